"""What every measurement stands on: the two upstreams as processes of their own, a ledger, an embedded queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sidecar.jobs.queue import JobQueue, connect
from sidecar.ledger import counters, signals, work
from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.ledger.migrations import migrate
from sidecar.sandbox.stage import StandIn, call
from sidecar.settings import Settings, load
from sidecar.sync import mappings, sweep
from sidecar.sync.dispatch import Dispatcher
from sidecar.sync.world import utc_now
from tests.support import valkey

RETAILER = "GL123"
PRODUCTS = 200
CHUNK = 500
PATIENCE = 900.0
TICKS = os.sysconf("SC_CLK_TCK")


def environ_of(var: Path, **more: str) -> dict[str, str]:
    """The environment of a process of the product; nothing of the caller's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV") if name in os.environ}
    return {
        **kept,
        "ORO_BASE_URL": "http://127.0.0.1:9",
        "ORO_CLIENT_ID": "sidecar",
        "ORO_CLIENT_SECRET": "secret",
        "ZIGZAG_BASE_URL": "http://127.0.0.1:9",
        "ZIGZAG_USERNAME": "demo",
        "ZIGZAG_PASSWORD": "demo",
        "ZIGZAG_RETAILER_CODE": RETAILER,
        "ZIGZAG_WEBHOOK_SECRET": "webhook-secret",
        "ZIGZAG_RATE_PER_SECOND": "1000",
        "SIDECAR_API_KEY": "the-key-of-the-bundle",
        "SYNC_INTERVAL_SECONDS": "0",
        "LOG_LEVEL": "INFO",  # as in production: a line per return is part of the price
        "VAR_DIR": str(var),
        **more,
    }


def until(true: Callable[[], bool], what: str, pause: float = 0.02) -> None:
    """Wait for it. Raises TimeoutError naming ``what``."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(pause)


@dataclass
class Spent:
    """What a process and its children took since it began: seconds of processor, kilobytes at the most."""

    cpu: float
    peak_kb: int


class Worker:
    """A process of ours; the processor time of its forked jobs counts with it. What it logs goes into VAR_DIR."""

    def __init__(self, arguments: list[str], environ: Mapping[str, str]) -> None:
        with (Path(environ["VAR_DIR"]) / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *arguments], env=dict(environ), stdout=log, stderr=log, start_new_session=True
            )

    def cpu(self) -> float:
        """Seconds so far, jobs that have ended included."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return sum(int(field) for field in stat[11:15]) / TICKS

    def stop(self) -> Spent:
        """SIGTERM, and what it took in all."""
        self.process.send_signal(signal.SIGTERM)
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return Spent(used.ru_utime + used.ru_stime, used.ru_maxrss)


@dataclass
class Scene:
    """A shop with ``PRODUCTS`` products, a ZigZag, a ledger with the mappings a pass needs, and perhaps a queue."""

    oro: str
    zigzag: str
    settings: Settings
    environ: dict[str, str]
    ledger: Ledger
    redis_url: str

    def graded(self, first: int, count: int) -> list[str]:
        """``count`` returns of orders of their own, two products each, graded A; every second one is restocked too."""
        changed = datetime.now(UTC) - timedelta(minutes=2)
        numbers = range(first, first + count)
        for start in range(0, count, CHUNK):
            chunk = numbers[start : start + CHUNK]
            call("POST", f"{self.oro}/_sandbox/seed", {"orders": [order(number) for number in chunk]})
            said = [{"changed_at": changed.isoformat(), "snapshot": snapshot(number, changed)} for number in chunk]
            call("POST", f"{self.zigzag}/_sandbox/snapshots", said)
        return [f"R{number}" for number in numbers]

    def calls(self) -> dict[str, int]:
        """Requests as the upstreams counted them."""
        oro, zigzag = (call("GET", f"{url}/_sandbox/counters") for url in (self.oro, self.zigzag))
        return {
            "writes": oro["writes"],
            "reads": oro["reads"],
            "tokens": oro["tokens"],
            "zigzag": sum(zigzag.get(place, 0) for place in ("token", "return", "returns")),
            "memos": oro["created"]["orderreturncredits"],
            "movements": oro["created"]["orderreturnstockmovements"],
        }

    def counted(self, name: str) -> int:
        """A counter of the ledger."""
        with self.ledger.read() as conn:
            return counters.all(conn).get(name, 0)

    def counts(self) -> dict[str, int]:
        with self.ledger.read() as conn:
            return counters.all(conn)

    def queue(self) -> JobQueue:
        return JobQueue(connect(self.redis_url, quick=True))

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(self.ledger, self.queue(), self.settings, utc_now, "benchmark", room=1)

    def relay(self, done: Callable[[], bool]) -> None:
        """Be the dispatcher until ``done``."""
        dispatcher = self.dispatcher()

        def turn() -> bool:
            dispatcher.tick()
            return done()

        until(turn, "the returns to be done", pause=0.1)
        dispatcher.resign()

    def idle(self) -> bool:
        with self.ledger.read() as conn:
            left = work.counts(conn, utc_now())
        return not left.due and not left.queued


@contextmanager
def scene(*, queue: bool = True, **more: str) -> Iterator[Scene]:
    """Everything started and empty; stopped and thrown away at the end. ``more``: settings."""
    oro, zigzag = StandIn("sidecar.sandbox.oro"), StandIn("sidecar.sandbox.zigzag", ("--retailer-code", RETAILER))
    server = valkey.running() if queue else nullcontext()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary, server as redis:
        var = Path(temporary)
        redis_url = redis.url if redis is not None else ""
        try:
            oro.start()
            zigzag.start()
            environ = environ_of(var, ORO_BASE_URL=oro.url, ZIGZAG_BASE_URL=zigzag.url, REDIS_URL=redis_url, **more)
            settings = load(environ, need=("oro", "zigzag"))
            migrate(settings.database_url)
            ledger = open_ledger(settings.database_url)
            for kind, source, value in MAPPINGS:
                mappings.change(ledger, kind, source, value, actor="benchmark", now=utc_now())
            with ledger.begin() as conn:  # the nightly sweep would read Oro in the middle of a measurement
                signals.cursor_set(conn, sweep.CURSOR, utc_now().isoformat(), utc_now())
            call("POST", f"{oro.url}/_sandbox/seed", {"products": [{"sku": f"P{n}"} for n in range(PRODUCTS)]})
            yield Scene(oro.url, zigzag.url, settings, environ, ledger, redis_url)
            ledger.dispose()
        finally:
            zigzag.stop()
            oro.stop()


MAPPINGS: tuple[tuple[str, str, Any], ...] = (
    ("grades", "A", {"credit_percent": 100, "disposition": "restock"}),
    ("warehouses", "GB0064", {"role": "destination", "oro_code": "main"}),
    ("scan_units", "*", "primary"),
)


def _skus(number: int) -> tuple[str, str]:
    return f"P{number % PRODUCTS}", f"P{(number + 1) % PRODUCTS}"


def order(number: int) -> dict[str, Any]:
    lines = [{"sku": sku, "quantity": "5", "unit": "each", "value": "12.50", "tax": "12.50"} for sku in _skus(number)]
    return {"identifier": f"SO-{number}", "currency": "GBP", "lines": lines}


def snapshot(number: int, changed: datetime, grade: str = "A") -> dict[str, Any]:
    """A return as ZigZag tells it, in its usual length."""
    return {
        "retailerCode": RETAILER,
        "orderNumber": f"SO-{number}",
        "returnId": f"R{number}",
        "source": "portal",
        "country": "GB",
        "customerName": "Steve Sample",
        "carrier": "DPD",
        "carrierService": "1",
        "returnCost": "0.00",
        "returnCostCurrency": "GBP",
        "warehouse": "Daventry",
        "warehouseReference": "GB0064",
        "trackingId": f"TRK{number}",
        "dateTimeStatusChange": changed.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastTrackingStatus": "",
        "orderStatus": "Restocked" if number % 2 else "Graded",
        "returnOption": "1",
        "products": [
            {"productSku": sku, "productTitle": sku, "grade": grade, "quantity": "2", "currency": "GBP", "notes": ""}
            for sku in _skus(number)
        ],
    }
