"""Where a proof takes place: a shop over HTTP, its order of gloves and masks, and names for its ids."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

JSON_API = "application/vnd.api+json"
TIMEOUT = 120
_DIGEST = re.compile(r"[0-9a-f]{64}")
Call = tuple[str, str, Any]  # method, path below the API, body


@dataclass
class Place:
    """A shop and what lies in it. ``run`` begins every key written there, so that a shop can be proven twice."""

    url: str
    credentials: tuple[str, str]
    run: str
    without_rights: tuple[str, str] | None = None
    order: str = ""  # id
    lines: tuple[str, ...] = ()  # ids: 2 cases of gloves, 10 masks
    products: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()  # ids: gloves each, gloves case, masks each
    pairs: int = 20
    _bearers: dict[str, str] = field(default_factory=dict)
    _local: threading.local = field(default_factory=threading.local)

    def send(
        self, method: str, path: str, body: Any = None, *, as_: tuple[str, str] | None = None
    ) -> requests.Response:
        """One call as the sidecar makes it; ``as_``: with other credentials."""
        headers = {"Accept": JSON_API, "X-Include": "noHateoas", "Authorization": self._bearer(as_ or self.credentials)}
        if body is not None:
            headers["Content-Type"] = JSON_API
        return self._session.request(
            method,
            f"{self.url}/admin/api/{path}",
            headers=headers,
            data=None if body is None else json.dumps(body),
            timeout=TIMEOUT,
            allow_redirects=False,
        )

    def together(self, calls: Sequence[Call]) -> list[requests.Response]:
        """All calls start at the same moment; the answers stand in the order of the calls."""
        self._bearer(self.credentials)
        gate = threading.Barrier(len(calls))
        answers: dict[int, requests.Response] = {}

        def run(number: int, call: Call) -> None:
            gate.wait(timeout=30)
            answers[number] = self.send(*call)

        threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=TIMEOUT)
        return [answers[number] for number in range(len(calls))]

    @property
    def _session(self) -> requests.Session:
        """One per thread; without the environment, which would add its own Authorization."""
        found = getattr(self._local, "session", None)
        if found is None:
            found = self._local.session = requests.Session()
            found.trust_env = False
        return found

    def _bearer(self, who: tuple[str, str]) -> str:
        if who[0] not in self._bearers:
            form = {"grant_type": "client_credentials", "client_id": who[0], "client_secret": who[1]}
            answer = self._session.post(f"{self.url}/oauth2-token", data=form, timeout=TIMEOUT)
            answer.raise_for_status()
            self._bearers[who[0]] = f"Bearer {answer.json()['access_token']}"
        return self._bearers[who[0]]


def _resources(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _resources(item)
    elif isinstance(value, Mapping):
        if isinstance(value.get("type"), str) and isinstance(value.get("id"), str):
            yield value["type"], value["id"]
        for item in value.values():
            yield from _resources(item)


@dataclass
class Names:
    """Ids replaced by names, so that two shops can be compared; the bundle's records are numbered as they turn up."""

    place: Place
    _given: dict[tuple[str, str], str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        place = self.place
        known = {"orders": (place.order,), "orderlineitems": place.lines, "products": place.products}
        for type_, ids in {**known, "inventorylevels": place.levels}.items():
            for number, id_ in enumerate(ids, 1):
                self._given[type_, id_] = f"{type_}:{number}"

    def of(self, value: Any) -> Any:
        """A JSON value with names; records that are met for the first time are numbered in the order of their ids."""
        for type_, id_ in sorted(set(_resources(value)), key=lambda found: (found[0], len(found[1]), found[1])):
            self._name(type_, id_)
        return self._named(value)

    def _named(self, value: Any) -> Any:
        """A JSON value with names for ids and digests (they cover ids), and RUN for what begins this run's keys."""
        if isinstance(value, list):
            return [self._named(item) for item in value]
        if isinstance(value, str):
            return "DIGEST" if _DIGEST.fullmatch(value) else value.replace(self.place.run, "RUN")
        if not isinstance(value, Mapping):
            return value
        named = {name: self._named(item) for name, item in value.items()}
        if isinstance(value.get("type"), str) and isinstance(value.get("id"), str):
            named["id"] = self._name(value["type"], value["id"])
        return named

    def in_path(self, path: str) -> str:
        """``orderreturns/17`` as ``orderreturns/orderreturns:1``."""
        found = re.match(r"([a-z]+)/(\d+)(.*)", path)
        path = f"{found[1]}/{self._name(found[1], found[2])}{found[3]}" if found else path
        return path.replace(self.place.run, "RUN")

    def _name(self, type_: str, id_: str) -> str:
        if not id_.isdigit() or not (type_.startswith("orderreturn") or (type_, id_) in self._given):
            return id_
        if (type_, id_) not in self._given:
            self._counts[type_] = self._counts.get(type_, 0) + 1
            self._given[type_, id_] = f"{type_}:{self._counts[type_]}"
        return self._given[type_, id_]
