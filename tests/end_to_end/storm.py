"""A storm of messages over two web processes and four workers: every return must be credited once, none may be lost.

``python -m tests.end_to_end.storm --deliveries 100000`` ends with status 0 only if Oro's books and the ledger are as
the weather promises; its last line is one JSON object. ``--rough`` also kills processes and makes Redis forget, in
mid-run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import redis
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sidecar import embedded
from sidecar.ledger import counters, inbox, postings, returns, work
from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.sandbox.stage import WEBHOOK_KEY_NAME, Stage, StageError, call, free_port
from sidecar.sandbox.zigzag.sender import Sender
from tests.end_to_end.installation import children, command_line
from tests.end_to_end.weather import Weather, make_weather
from tests.support import postgres

SENDERS = 8  # messages under way at a time
STUCK_AFTER = 120.0  # seconds without anything getting done
SOON = timedelta(minutes=30)
MAPPINGS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("warehouses", "GB0064", {"role": "destination", "oro_code": "main"}),
)
# What Oro does to writes, by chance; seeds make the same storm twice.
FAULTS: tuple[tuple[str, float], ...] = (
    ("error500_after", 0.01),
    ("drop_after", 0.01),
    ("truncate", 0.01),
    ("drop_before", 0.01),
    ("error500_before", 0.005),
    ("unavailable503", 0.005),
)


class StormStage(Stage):
    """The demo's stage, with the processes of the storm."""

    database_url = ""
    pull = "off"

    def environ(self) -> dict[str, str]:
        more = {"DATABASE_URL": self.database_url} if self.database_url else {}
        return {
            **super().environ(),
            "WEB_WORKERS": "2",
            "WORKERS": "4",
            "ZIGZAG_PULL": self.pull,
            "SYNC_INTERVAL_SECONDS": "0",
            "LEASE_SECONDS": "20",
            "LOG_LEVEL": "WARNING",
            **more,
        }

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.database_url or f"sqlite:///{self.var / 'sidecar.db'}")

    def pids(self, name: str) -> list[int]:
        assert self.sidecar is not None
        wanted = ("redis-server", "valkey-server") if name == "redis" else (f"-m sidecar {name}",)
        return [pid for pid in children(self.sidecar.pid) if any(word in command_line(pid) for word in wanted)]


@dataclass
class Outcome:
    """``problems`` are sentences; nothing is off when there are none. Amounts are pounds."""

    deliveries: int
    seed: int
    messages: int
    returns: int
    orders: int
    ledger: str
    pull: str
    rough: bool
    acknowledged: int = 0
    repeated_by_sender: int = 0
    double_postings: int = 0
    lost_returns: int = 0
    lost_messages: int = 0
    credited: Decimal = Decimal(0)
    expected: Decimal = Decimal(0)
    memos: int = 0
    stock_moves: int = 0
    oro_writes: int = 0
    oro_reads: int = 0
    oro_faults: int = 0
    zigzag_calls: int = 0
    returns_taken: int = 0
    worker_cpu_seconds: int = 0
    deliver_seconds: int = 0
    seconds: int = 0
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> str:
        said = {**vars(self), "problems": self.problems[:20], "problems_in_all": len(self.problems)}
        return json.dumps(said, default=str)


def run(
    deliveries: int,
    seed: int,
    var: Path,
    *,
    database_url: str = "",
    pull: str = "off",
    rough: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Let the storm pass over a fresh installation in ``var`` and compare. Raises StageError when it cannot go on."""
    weather = make_weather(deliveries, seed)
    stage = StormStage(var, bind=f"127.0.0.1:{free_port()}")
    stage.database_url, stage.pull = database_url, pull
    kind = "postgresql" if database_url.startswith("postgresql") else "sqlite"
    found = Outcome(
        len(weather.deliveries),
        seed,
        len(weather.messages),
        len(weather.returns),
        len(weather.orders),
        kind,
        pull,
        rough,
    )
    began = time.monotonic()
    try:
        stage.start()
        _furnish(stage, weather)
        sender = _deliver(stage, weather, found, progress)
        found.deliver_seconds = round(time.monotonic() - began)
        _wait_until_quiet(stage, progress)
        _judge(stage, weather, sender, found)
    finally:
        stage.stop()
    found.seconds = round(time.monotonic() - began)
    return found


def _furnish(stage: StormStage, weather: Weather) -> None:
    call("POST", f"{stage.oro.url}/_sandbox/seed", weather.seed_of_oro())
    for kind, source, value in MAPPINGS:
        stage.api("PUT", f"/v1/mappings/{kind}/{source}", {"value": value})
    for index, (kind, probability) in enumerate(FAULTS):
        fault = {"kind": kind, "on": "write", "probability": probability, "seed": weather.seed + index}
        call("POST", f"{stage.oro.url}/_sandbox/faults", fault)
    if stage.pull != "off":
        newest = {message.return_id: message for message in weather.messages}
        said = [{"snapshot": each.snapshot, "changed_at": each.at.isoformat()} for each in newest.values()]
        for at in range(0, len(said), 500):
            call("POST", f"{stage.zigzag.url}/_sandbox/snapshots", said[at : at + 500])


def _deliver(stage: StormStage, weather: Weather, found: Outcome, progress: Progress | None) -> Sender:
    """All deliveries, a few at a time; what is not acknowledged is repeated, as ZigZag does."""
    sender = Sender(f"{stage.url}/v1/webhooks/zigzag", stage.webhook_key, auth=f"header:{WEBHOOK_KEY_NAME}")
    now = datetime.now(UTC)
    bodies = [message.body for message in weather.messages]
    task = progress.add_task("messages arrive", total=len(weather.deliveries)) if progress else None
    troubles = _troubles(stage, len(weather.deliveries)) if found.rough else {}

    def one(position: int) -> None:
        sender.send_raw(bodies[weather.deliveries[position]], now)

    with ThreadPoolExecutor(SENDERS, thread_name_prefix="zigzag-sends") as senders:
        for position, _ in enumerate(senders.map(one, range(len(weather.deliveries)))):
            if position in troubles:
                troubles[position]()
            if progress and task is not None:
                progress.advance(task)
    found.repeated_by_sender = sender.let_days_pass(stage.wait_until_open)
    sender.close()
    return sender


def _troubles(stage: StormStage, length: int) -> dict[int, Callable[[], None]]:
    """What is done to the installation, and after how many messages."""

    def killing(name: str) -> Callable[[], None]:
        def kill() -> None:
            for pid in stage.pids(name)[:1]:
                os.kill(pid, signal.SIGKILL)

        return kill

    def forget() -> None:
        url = embedded.url_of(stage.var)
        if url is not None:
            redis.Redis.from_url(url).flushall()

    planned: list[tuple[float, Callable[[], None]]] = [
        (0.15, forget),
        (0.30, killing("worker")),
        (0.45, killing("redis")),
        (0.60, killing("dispatcher")),
        (0.75, killing("web")),
        (0.85, killing("worker")),
        (0.90, forget),
    ]
    return {int(share * length): trouble for share, trouble in planned}


def _wait_until_quiet(stage: StormStage, progress: Progress | None) -> None:
    ledger = stage.ledger
    task = progress.add_task("returns are credited and restocked", total=None) if progress else None
    least, most, until = sys.maxsize, 1, time.monotonic() + STUCK_AFTER
    try:
        while True:
            with ledger.read() as conn:
                left = work.due_before(conn, datetime.now(UTC) + SOON) + inbox.count_unsettled(conn)
            most = max(most, left)
            if progress and task is not None:
                progress.update(task, total=most, completed=most - left)
            if not left:
                return
            if left < least:
                least, until = left, time.monotonic() + STUCK_AFTER
            if time.monotonic() > until:
                raise StageError(
                    f"{left} returns and messages still open, none ended within {STUCK_AFTER:.0f} s:{_open(ledger)}"
                )
            time.sleep(0.2)
    finally:
        ledger.dispose()


def _open(ledger: Ledger) -> str:
    """What waits, and for what."""
    with ledger.read() as conn:
        rows = work.load(conn, [row.id for row in returns.everything(conn)])
    waiting = [row for row in rows if row.due_at is not None]
    return "".join(f"\n  now {datetime.now(UTC):%H:%M:%S}: {row}" for row in waiting[:5])


# --- what came of it ---------------------------------------------------------------------------------------------


def _judge(stage: StormStage, weather: Weather, sender: Sender, found: Outcome) -> None:
    books = call("GET", f"{stage.oro.url}/_sandbox/books")
    requests = call("GET", f"{stage.oro.url}/_sandbox/counters")
    struck = call("GET", f"{stage.oro.url}/_sandbox/faults")["faults"]
    at_zigzag = call("GET", f"{stage.zigzag.url}/_sandbox/counters")
    found.acknowledged = sender.counters["delivered"]
    found.oro_writes, found.oro_reads = requests["writes"], requests["reads"]
    found.oro_faults = sum(fault["hits"] for fault in struck)
    found.zigzag_calls = sum(at_zigzag.get(place, 0) for place in ("token", "return", "returns"))
    if found.acknowledged != len(weather.deliveries):
        found.problems.append(f"{len(weather.deliveries) - found.acknowledged} deliveries were never acknowledged")
    found.problems += books["problems"]
    compare_books(weather, books, found)
    _compare_ledger(stage, weather, books, found)


def compare_books(weather: Weather, books: dict[str, Any], found: Outcome) -> None:
    """Order by order what was credited and restocked, return by return how many memos."""
    net: dict[str, Decimal] = defaultdict(Decimal)
    tax: dict[str, Decimal] = defaultdict(Decimal)
    pieces: dict[str, Decimal] = defaultdict(Decimal)
    memos: Counter[str] = Counter()
    for memo in books["credits"]:
        net[memo["orderIdentifier"]] += Decimal(memo["netValue"])
        tax[memo["orderIdentifier"]] += Decimal(memo["taxValue"])
        memos[memo["orderReturn"]] += 1
    for move in books["stock_movements"]:
        pieces[weather.returns.get(move["orderReturn"], "?")] += Decimal(move["quantity"])
    found.memos, found.stock_moves = len(books["credits"]), len(books["stock_movements"])
    found.credited = sum(net.values(), Decimal(0)) + sum(tax.values(), Decimal(0))
    keys = Counter(memo["postingKey"] for memo in books["credits"])
    found.double_postings += sum(times - 1 for times in keys.values())
    for order, kind in weather.orders.items():
        found.expected += Decimal(kind.net) + Decimal(kind.tax)
        due = (Decimal(kind.net), Decimal(kind.tax), Decimal(kind.pieces))
        there = (net.pop(order, Decimal(0)), tax.pop(order, Decimal(0)), pieces.pop(order, Decimal(0)))
        if there != due:
            found.double_postings += there > due
            found.problems.append(f"{order}: credited, taxed, restocked {there}, due {due}")
    for return_id, order in weather.returns.items():
        least, most = weather.orders[order].memos
        times = memos.pop(return_id, 0)
        if not least <= times <= most:
            found.double_postings += max(0, times - most)
            found.problems.append(f"{return_id}: {times} memos, due {least} to {most}")
    if net or pieces or memos:
        found.problems.append(f"credited or restocked, and nobody knows why: {[*net, *pieces, *memos][:5]}")
    if found.credited != found.expected:
        found.problems.append(f"credited {found.credited}, due {found.expected}")


def _compare_ledger(stage: StormStage, weather: Weather, books: dict[str, Any], found: Outcome) -> None:
    """Every return is there and settled, every message is in the inbox, every posting of Oro's is confirmed here."""
    ledger = stage.ledger
    try:
        with ledger.read() as conn:
            known = {row.return_id: row for row in returns.everything(conn)}
            stored = inbox.identities(conn)
            posted = postings.of_returns(conn, [row.id for row in known.values()])
            counted = counters.all(conn)
    finally:
        ledger.dispose()
    found.returns_taken = counted.get("returns_taken", 0)
    found.worker_cpu_seconds = round(counted.get("worker_cpu_us", 0) / 1_000_000)
    in_oro = {entry["externalId"] for entry in books["returns"]}
    for return_id in weather.returns:
        row = known.get(return_id)
        if row is None or row.state not in ("in_sync", "review") or return_id not in in_oro:
            found.lost_returns += 1
            found.problems.append(f"{return_id}: {row.state if row else 'unknown here'}, in Oro: {return_id in in_oro}")
    kept = {(each.return_id, each.at) for each in stored if each.source == "webhook" and each.state != "new"}
    for message in weather.messages:
        if (message.return_id, message.at) not in kept:
            found.lost_messages += 1
            found.problems.append(
                f"{message.return_id}: the message of {message.at} is not in the inbox, or not settled"
            )
    seen = sum(each.seen for each in stored if each.source == "webhook")
    if seen < found.acknowledged:
        found.lost_messages += found.acknowledged - seen
        found.problems.append(f"{found.acknowledged} deliveries were acknowledged, the inbox has counted {seen}")
    here = {row.key for rows in posted.values() for row in rows if row.state == "confirmed"}
    open_here = [row.key for rows in posted.values() for row in rows if row.state != "confirmed"]
    there = {memo["postingKey"] for memo in books["credits"]}
    there |= {move["postingKey"].rpartition("/")[0] for move in books["stock_movements"]}
    if open_here or here != there:
        found.problems.append(f"not confirmed: {open_here[:5]}; in one place only: {sorted(here ^ there)[:5]}")


# --- the command -------------------------------------------------------------------------------------------------


@contextmanager
def _database(wanted: bool) -> Iterator[str]:
    if not wanted:
        yield ""
        return
    with postgres.running(durable=True) as server:
        if server is None:
            raise SystemExit(postgres.WHY_NOT)
        with postgres.fresh_database(server) as url:
            yield url


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.end_to_end.storm", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261127, help="the same seed makes the same storm")
    parser.add_argument("--pull", choices=("off", "single", "full"), default="off", help="ZIGZAG_PULL of the bridge")
    parser.add_argument("--rough", action="store_true", help="kill processes and make Redis forget in mid-run")
    parser.add_argument(
        "--postgres", action="store_true", help="the ledger in PostgreSQL (TEST_POSTGRES_URL, or a private one)"
    )
    parser.add_argument("--var", type=Path, help="where it runs, emptied first; default: a temporary directory")
    asked = parser.parse_args(arguments)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<36}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    place = nullcontext(str(asked.var)) if asked.var else tempfile.TemporaryDirectory(prefix="storm-")
    with place as var, _database(asked.postgres) as database_url, Progress(*columns, console=console) as progress:
        console.print(f"seed {asked.seed}, {asked.deliveries:,} deliveries")
        found = run(
            asked.deliveries,
            asked.seed,
            Path(var),
            database_url=database_url,
            pull=asked.pull,
            rough=asked.rough,
            progress=progress,
        )
    for problem in found.problems[:20]:
        console.print(problem, highlight=False)
    print(found.as_json())
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
