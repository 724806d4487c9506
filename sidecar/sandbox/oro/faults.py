"""Switchable faults: deterministic, per matching request, for the Nth one or with a seeded probability."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

BEFORE = frozenset(
    {
        "timeout_before",
        "error500_before",
        "conflict409",
        "drop_before",
        "unavailable503",
        "throttled429",
        "unauthorized_once",
        "forbidden403",
        "switched_off",
        "api_off",
    }
)
AFTER = frozenset({"timeout_after", "error500_after", "drop_after", "truncate"})
KINDS = BEFORE | AFTER | {"slow"}
_ALIASES = {
    "503": "unavailable503",
    "429": "throttled429",
    "403": "forbidden403",
    "unauthorized": "unauthorized_once",
}
# These last until they are cleared, unless a count is given.
_LASTING = frozenset({"slow", "switched_off", "api_off"})
_WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and for which requests.

    kind: `timeout_*` holds the connection for `seconds` and closes it, `drop_*` closes it at once, `*_before`
    leaves the request undone, `*_after` and `truncate` do it first. `slow` waits `seconds`, then does and
    answers it: with a client that gives up earlier it is the write that arrives late. `on`: `write`, `read`,
    `token`, a method, a resource type, or method and type ("POST orderreturncredits"); empty matches
    everything. `contains` must occur in URL or body. The fault starts with the `nth` match and strikes
    `count` times (None: for ever).
    """

    kind: str
    on: str = ""
    contains: str = ""
    nth: int = 1
    count: int | None = -1
    probability: float = 1.0
    seed: int = 0
    seconds: float = 60.0
    retry_after: int | str | None = 1
    title: str = "conflict constraint"
    detail: str = "The entity already exists."

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", _ALIASES.get(self.kind, self.kind))
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(sorted(KINDS))}")
        if self.count == -1:
            lasting = self.kind in _LASTING or self.probability < 1.0
            object.__setattr__(self, "count", None if lasting else 1)

    def concerns(self, method: str, type_: str, text: str) -> bool:
        return (not self.on or all(self._word(word, method, type_) for word in self.on.split())) and (
            not self.contains or self.contains in text
        )

    @staticmethod
    def _word(word: str, method: str, type_: str) -> bool:
        if word == "write":
            return method in _WRITES and type_ != "token"
        if word == "read":
            return method == "GET" and type_ != "token"
        return word in (method, type_)


@dataclass
class _Armed:
    fault: Fault
    random: Random
    matches: int = 0
    hits: int = 0


@dataclass
class Faults:
    """The faults that are switched on, in the order they were added."""

    _armed: list[_Armed] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __bool__(self) -> bool:
        return bool(self._armed)

    def add(self, fault: Fault | str, **options: Any) -> Fault:
        """`faults.add("timeout_after", on="POST orderreturncredits", nth=3)`, or a Fault as it is."""
        made = Fault(fault, **options) if isinstance(fault, str) else fault
        with self._lock:
            self._armed.append(_Armed(made, Random(made.seed)))
        return made

    def clear(self, kind: str | None = None) -> None:
        with self._lock:
            self._armed = [
                armed for armed in self._armed if kind is not None and armed.fault.kind != _ALIASES.get(kind, kind)
            ]

    def strike(self, method: str, type_: str, url: str, body: bytes) -> list[Fault]:
        """The faults this request meets: any number of `slow` ones, then at most one other."""
        with self._lock:
            struck: list[Fault] = []
            text: str | None = None
            for armed in self._armed:
                fault = armed.fault
                if fault.contains and text is None:
                    text = url + "\n" + body.decode("utf-8", "replace")
                if not fault.concerns(method, type_, text or ""):
                    continue
                armed.matches += 1
                if armed.matches < fault.nth or (fault.count is not None and armed.hits >= fault.count):
                    continue
                if fault.probability < 1.0 and armed.random.random() >= fault.probability:
                    continue
                armed.hits += 1
                struck.append(fault)
                if fault.kind != "slow":
                    break
            return struck

    def listing(self) -> list[Mapping[str, Any]]:
        with self._lock:
            return [{**asdict(a.fault), "matches": a.matches, "hits": a.hits} for a in self._armed]
