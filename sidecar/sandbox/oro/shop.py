"""The state of the stand-in shop: tables, settings, counters, and the books an audit reads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sidecar.sandbox.oro.books import Books, read_books
from sidecar.sandbox.oro.bundle import OF_BUNDLE
from sidecar.sandbox.oro.faults import Faults
from sidecar.sandbox.oro.schema import CHOICES, OF_SHOP, ResourceType
from sidecar.sandbox.oro.seeding import Seeding
from sidecar.sandbox.oro.store import Record, Table
from sidecar.sandbox.oro.tokens import Tokens
from sidecar.sandbox.oro.values import as_moment

KINDS: Mapping[str, ResourceType] = {**OF_SHOP, **OF_BUNDLE}
ROLES = ("full", "read_only", "none")


def _now() -> datetime:
    return datetime.now(UTC)


class OroShop(Seeding):
    """One shop in memory. Every method may be called from any thread.

    bundle_enabled: the feature toggle of bundle recording 71; bundle_installed: False answers "unknown entity
    type" ([90]); api_enabled: the "web API" switch of a fresh install; role: rights on the bundle's entities,
    `full`, `read_only` or `none`; write_pause: seconds between what a document write has read and its flush,
    which is what lets two simultaneous writes of one return meet (bundle recordings 27, 29, 58).
    """

    def __init__(
        self,
        clients: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = _now,
        token_lifetime: float = 3600,
        write_pause: float = 0.0,
    ) -> None:
        self.kinds = KINDS
        self.clock = clock
        self.lock = threading.RLock()
        self.tokens = Tokens(clients if clients is not None else {"sidecar": "secret"}, token_lifetime)
        self.faults = Faults()
        self.write_pause = write_pause
        self.bundle_enabled = True
        self.bundle_installed = True
        self.api_enabled = True
        self.role = "full"
        self.closing = threading.Event()
        self._counts: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self.opening_levels: dict[str, str] = {}
        self.patched_levels: Counter[str] = Counter()
        self.tables: dict[str, Table] = {kind.name: Table(kind.name, kind.indexes) for kind in KINDS.values()}
        for type_, choices in CHOICES.items():
            for id_, (priority, default, name) in choices.items():
                attributes = {"priority": priority, "default": default, "name": name}
                self.tables[type_].add(Record(type_, id_, attributes, {}))
        self.add_default_units()

    def now(self) -> str:
        return as_moment(self.clock())

    def count(self, *names: str) -> None:
        with self.lock:
            for name in names:
                self._counts[name] += 1

    def count_refusals(self, titles: list[str]) -> None:
        with self.lock:
            self._refused.update(titles)

    def counters(self) -> dict[str, Any]:
        """Requests as `METHOD type`, `reads`, `writes`, `tokens`, `status NNN`; what exists; refused writes."""
        with self.lock:
            return {
                "requests": dict(self._counts),
                "reads": self._counts["reads"],
                "writes": self._counts["writes"],
                "tokens": self._counts["tokens"],
                "created": {
                    name: len(self.tables[name])
                    for name in ("orderreturns", "orderreturncredits", "orderreturnstockmovements")
                },
                "refused_writes": dict(self._refused),
            }

    def reset_counters(self) -> None:
        with self.lock:
            self._counts.clear()
            self._refused.clear()

    def books(self) -> Books:
        """Everything that was posted, for an independent audit."""
        with self.lock:
            return read_books(self.tables, self.opening_levels, self.patched_levels)
