"""A stand-in per test, served over real HTTP, and a client that sends what was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from sidecar.sandbox.oro import LineSpec, OroServer, OroShop, serve
from tests.contract.demo_shop import demo_shop

JSON_API = "application/vnd.api+json"
TIMEOUT = 10


@dataclass
class Caller:
    """Sends recorded requests; the placeholders in them are filled in here."""

    server: OroServer
    session: requests.Session = field(default_factory=requests.Session)
    bearer: str = ""

    @property
    def shop(self) -> OroShop:
        return self.server.shop

    def sign_in(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": "sidecar", "client_secret": "secret"}
        answer = self.session.post(f"{self.server.url}/oauth2-token", data=form, timeout=TIMEOUT)
        self.bearer = answer.json()["access_token"]

    def replay(self, recording: dict[str, Any]) -> requests.Response:
        request = recording["request"]
        if not self.bearer:
            self.sign_in()
        headers = {name: self._filled(value) for name, value in request["headers"].items()}
        if "query" not in request:
            # The bundle's recordings name no token; all of them were made with one.
            headers["Authorization"] = f"Bearer {self.bearer}"
        body = request.get("body")
        data = self._filled(body) if isinstance(body, str) else None if body is None else json.dumps(body)
        url = self.server.url + request["path"]
        asked = requests.Request(request["method"], url, headers, data=data, params=request.get("query"))
        return self.session.send(asked.prepare(), timeout=TIMEOUT)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        if not self.bearer:
            self.sign_in()
        sent = {"Accept": JSON_API, "X-Include": "noHateoas", "Authorization": f"Bearer {self.bearer}"}
        if body is not None:
            sent["Content-Type"] = JSON_API
        return self.session.request(
            method,
            f"{self.server.url}/admin/api/{path}",
            headers={**sent, **headers},
            data=None if body is None else json.dumps(body),
            timeout=TIMEOUT,
        )

    def _filled(self, text: str) -> str:
        if text == "Basic <client_id:client_secret>":
            return requests.auth._basic_auth_str("sidecar", "secret")
        known = {"<token>": self.bearer, "<client_id>": "sidecar", "<client_secret>": "secret"}
        for placeholder, value in known.items():
            text = text.replace(placeholder, value)
        return text


def _calling(shop: OroShop) -> Iterator[Caller]:
    with serve(shop) as server, requests.Session() as session:
        # requests would add its own Accept and an Authorization from the environment.
        session.trust_env = False
        yield Caller(server, session)


@pytest.fixture
def demo() -> Iterator[Caller]:
    """The shop of the Oro recordings."""
    yield from _calling(demo_shop())


@pytest.fixture
def caller() -> Iterator[Caller]:
    """An empty shop."""
    yield from _calling(OroShop())


@pytest.fixture
def bundle() -> Iterator[Caller]:
    """The shop of the bundle recordings: order 1 with three lines, nine inventory levels of 10."""
    shop = OroShop()
    for number, sku in enumerate(("4HJ92", "6VC22", "8TF72", "A", "B", "C", "D", "E", "F"), 1):
        made = shop.add_product(sku, "item", levels={"item": 10})
        assert made.levels["item"] == str(number)
    lines = [LineSpec(sku, "10", "item", "25") for sku in ("4HJ92", "6VC22", "8TF72")]
    shop.add_order("EXT001000", "USD", lines)
    yield from _calling(shop)
