"""A ledger of 100,000 returns: what scripts, monitoring, the dispatcher and the sweep ask of it.

On SQLite and PostgreSQL; the pages of the desk are in ``pages``. Times are the slowest of a few, the first included.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from sidecar.ledger import inbox, postings, returns, work
from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.ledger.migrations import migrate
from sidecar.settings import Settings, load
from sidecar.sync import silence
from sidecar.sync.dispatch import Dispatcher
from sidecar.sync.world import utc_now
from sidecar.web import create_app
from tests.benchmarks import large_ledger
from tests.benchmarks.figures import Figure
from tests.benchmarks.passes import Say
from tests.support import postgres

LIMIT_MS = 1000.0  # (DESIGN 7)
RUNS = 3
DUE = 600  # returns that wait for the dispatcher, more than it relays in all runs
KEY = "the-key-of-the-bundle"


def figures(count: int, say: Say) -> list[Figure]:
    """On SQLite and, where it can be had, on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found = _on("SQLite", f"sqlite:///{folder}/large.db", folder, count, say)
        with postgres.running() as server, postgres.fresh_database(server) if server else nullcontext() as url:
            if url is None:
                say(f"PostgreSQL is left out: {postgres.WHY_NOT}")
                return found
            return found + _on("PostgreSQL", url, folder, count, say)


def _on(name: str, url: str, folder: str, count: int, say: Say) -> list[Figure]:
    say(f"{name} is filled with {count:,} returns")
    migrate(url)
    ledger = open_ledger(url)
    large_ledger.fill(ledger, utc_now(), count)
    with ledger.begin() as conn:
        waiting = [row.id for row in returns.after(conn, 0, DUE)]
        work.make_due(conn, waiting, utc_now(), pull=False, reason="benchmark", correlation_id="benchmark")
    ledger.dispose()
    say(f"{name} is asked")
    settings = load(
        {
            "DATABASE_URL": url,
            "ZIGZAG_RETAILER_CODE": large_ledger.RETAILER,
            "VAR_DIR": folder,
            "SIDECAR_API_KEY": KEY,
        }
    )
    group = f"{count:,} returns, {name}"
    found = [
        Figure(group, what, _slowest(ask), " ms", 0, LIMIT_MS)
        for what, ask in questions(ledger, settings, count).items()
    ]
    ledger.dispose()
    return found


def _slowest(ask: Callable[[], Any]) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begun) * 1e3)
    return max(taken)


class Nowhere:
    """A queue that takes everything and keeps nothing."""

    def enqueue(self, name: str, args: Sequence[Any], job_id: str) -> None:
        pass

    def depth(self) -> int:
        return 0

    def dead(self, job_ids: Collection[str]) -> set[str]:
        return set()


def questions(ledger: Ledger, settings: Settings, count: int) -> dict[str, Callable[[], Any]]:
    """Each may be asked any number of times."""
    with ledger.read() as conn:
        (middle,) = returns.by_pks(conn, [count // 2])
    client = create_app(settings, ledger=ledger).test_client()

    def get(path: str) -> Callable[[], None]:
        def ask() -> None:
            answer = client.get(path, headers={"Authorization": f"Bearer {KEY}"}, buffered=True)
            if answer.status_code not in (200, 503):  # 503: /readyz, as no Redis is there
                raise RuntimeError(f"{path}: {answer.status_code}")

        return ask

    def inside(ask: Callable[[Connection], Any]) -> Callable[[], None]:
        def asked() -> None:
            with ledger.begin() as conn:
                ask(conn)

        return asked

    now = utc_now()
    silence.look(ledger, settings, now)
    dispatcher = Dispatcher(ledger, Nowhere(), settings, utc_now, "benchmark", room=4)
    return {
        "a return, with its story": get(f"/v1/returns/{middle.return_id}"),
        "returns of an order": get(f"/v1/returns?order_identifier={middle.order_identifier}"),
        "returns in review": get("/v1/returns?state=review"),
        "open flags": get("/v1/flags?state=open"),
        "open flags of operations": get("/v1/flags?owner=operations&state=open"),
        "/metrics": get("/metrics"),
        "/readyz": get("/readyz"),
        "a turn of the dispatcher: four pages relayed": dispatcher.tick,
        "sweep: a look at the tables": ledger.look_at_tables,
        "sweep: unfinished postings": inside(lambda conn: postings.unfinished(conn, now)),
        "sweep: unsettled messages": inside(lambda conn: inbox.unsettled_returns(conn, now)),
        "sweep: 100 returns to compare with Oro": inside(
            lambda conn: returns.changed_since(conn, now - timedelta(days=90), count // 2, 100)
        ),
        "sweep: what stands still, all of it told before": lambda: silence.look(ledger, settings, now),
    }
