"""The HTTP doors: webhook and intake on both ledgers, beside a bare endpoint with one insert as the ceiling."""

from __future__ import annotations

import json
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sidecar.ledger.engine import open_ledger
from sidecar.ledger.migrations import migrate
from sidecar.sandbox.stage import free_port
from tests.benchmarks import bare, load
from tests.benchmarks.figures import Figure, stolen
from tests.benchmarks.scene import Worker, environ_of, snapshot, until
from tests.support import postgres

P99_MS = 50.0  # at 200 requests per second on two cores (DESIGN 7)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Door:
    """A path, and the bytes of its nth request: every one is about a return of its own."""

    name: str
    path: str
    headers: dict[str, str]
    body: Callable[[int], bytes]


def _webhook(number: int) -> bytes:
    return json.dumps({"data": snapshot(number, datetime.now(UTC))}).encode()


def _announcement(number: int) -> bytes:
    lines = [{"sku": "P1", "quantity": "2", "unit": "each", "reason": "Too small"}]
    return json.dumps({"return_id": f"A{number}", "order_identifier": f"SO-{number}", "lines": lines}).encode()


WEBHOOK = Door("webhook", "/v1/webhooks/zigzag", {"X-ZigZag-Key": "webhook-secret"}, _webhook)
INTAKE = Door("intake", "/v1/returns", {"Authorization": "Bearer the-key-of-the-bundle"}, _announcement)
BARE = Door("bare endpoint, one insert", bare.PATH, {}, _webhook)


def figures(rate: float, seconds: float, say: Say) -> list[Figure]:
    """Both doors and the ceiling, on SQLite and, where it can be had, on PostgreSQL (with fsync)."""
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary, postgres.running(durable=True) as server:
        found += _on("SQLite", f"sqlite:///{temporary}/sidecar.db", Path(temporary), rate, seconds, say)
        if server is None:
            say(f"PostgreSQL is left out: {postgres.WHY_NOT}")
            return found
        with postgres.fresh_database(server) as url:
            found += _on("PostgreSQL", url, Path(temporary), rate, seconds, say)
    return found


def _on(name: str, url: str, var: Path, rate: float, seconds: float, say: Say) -> list[Figure]:
    migrate(url)
    ledger = open_ledger(url)
    bare.make_table(ledger)
    ledger.dispose()
    found: list[Figure] = []
    most: dict[str, float] = {}
    for arguments, doors in ((["-m", "tests.benchmarks.bare"], [BARE]), (["-m", "sidecar", "web"], [WEBHOOK, INTAKE])):
        with _served(arguments, url, var) as address:
            for door in doors:
                say(f"{door.name} on {name}: {rate:.0f} requests per second, then as many as it takes")
                group, more = _measure(door, name, address, rate, seconds)
                most[door.name] = group.per_second
                found += more
    for door in (WEBHOOK, INTAKE):
        share = most[door.name] / most[BARE.name]
        found.append(Figure(f"doors, {name}", f"{door.name} beside the bare endpoint", share, " x"))
    return found


def _measure(
    door: Door, name: str, address: tuple[str, int], rate: float, seconds: float
) -> tuple[load.Answers, list[Figure]]:
    def make(offset: int) -> Callable[[int], bytes]:
        return lambda number: load.request_of(address, door.path, door.headers, door.body(offset + number))

    load.at_rate(address, make(20_000_000), rate, min(2.0, seconds))  # what every process pays once
    before = stolen()
    steady = load.at_rate(address, make(0), rate, seconds)
    taken = stolen(before)
    full = load.at_most(address, make(10_000_000), seconds)
    for answers in (steady, full):
        if set(answers.statuses) - {200, 201, 202}:
            raise RuntimeError(f"{door.name} on {name} answered {dict(answers.statuses)}")
    group = f"doors, {name}"
    limit = P99_MS if door is not BARE else None
    return full, [
        Figure(group, f"{door.name}: half answered within", steady.within(0.5) * 1e3, " ms", 1),
        Figure(
            group, f"{door.name}: 99 % answered within, at {rate:.0f}/s", steady.within(0.99) * 1e3, " ms", 1, limit
        ),
        Figure(group, "  processor time taken by the host meanwhile", taken.share * 100, " %", 1),
        Figure(group, f"{door.name}: requests per second at the most", full.per_second, "", 0),
    ]


@contextmanager
def _served(arguments: list[str], url: str, var: Path) -> Iterator[tuple[str, int]]:
    """The process behind its port; stopped in order at the end."""
    address = ("127.0.0.1", free_port())
    environ = environ_of(var, DATABASE_URL=url, BIND=f"{address[0]}:{address[1]}", LOG_LEVEL="WARNING")
    process = Worker(arguments, environ)

    def answers() -> bool:
        if process.process.poll() is not None:
            raise RuntimeError(f"{arguments[-1]} did not start: {(var / 'log').read_text(errors='replace')[-2000:]}")
        try:
            urllib.request.urlopen(f"http://{address[0]}:{address[1]}/healthz", timeout=1).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    try:
        until(answers, f"{arguments[-1]} to answer")
        yield address
    finally:
        process.stop()
