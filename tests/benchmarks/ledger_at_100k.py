"""A ledger of 100,000 returns: what people, monitoring and the dispatcher ask of it is answered within a second.

The ledger is filled with copies of returns that went through the bridge - credited ones, some with an unknown grade,
some of orders that Oro does not know - so that its rows are those of the program as it is. What has ended is spread
over 85 days, what is open over the last two.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Connection, Table, select, text

from sidecar.ledger import inbox, postings, returns, work
from sidecar.ledger import tables as t
from sidecar.ledger.columns import UtcDateTime
from sidecar.ledger.engine import Ledger
from sidecar.sandbox.stage import call
from sidecar.sync import people, silence
from sidecar.sync.build import build_world
from sidecar.sync.dispatch import Dispatcher
from sidecar.sync.world import utc_now
from sidecar.web import create_app
from tests.benchmarks.figures import Figure
from tests.benchmarks.passes import Say, pass_here
from tests.benchmarks.scene import Scene, order, scene, snapshot
from tests.support import postgres

LIMIT_MS = 1000.0
RUNS = 3
GOOD, ODD, LOST = 20, 10, 5  # templates: credited, with an unknown grade, of an order Oro does not know
DAYS, OPEN_DAYS = 85, 2
CHUNK = 1000
DUE = 400  # returns that wait for the dispatcher
PASSWORD = "correct horse battery"


def figures(count: int, say: Say) -> list[Figure]:
    """On SQLite and, where it can be had, on PostgreSQL."""
    found = _on("SQLite", count, say)
    with postgres.running() as server, postgres.fresh_database(server) if server else nullcontext() as url:
        if url is None:
            say(f"PostgreSQL is left out: {postgres.WHY_NOT}")
        else:
            found += _on("PostgreSQL", count, say, DATABASE_URL=url)
    return found


def _on(name: str, count: int, say: Say, **settings: str) -> list[Figure]:
    with scene(queue=False, ALERT_EMAIL_TO="", **settings) as place:
        say(f"{name} is filled with {count:,} returns")
        _live_through(place)
        fill(place.ledger, count)
        place.ledger.dispose()
        say(f"{name} is asked")
        group = f"{count:,} returns, {name}"
        asked = questions(place, count)
        return [Figure(group, what, _slowest(ask), " ms", 0, LIMIT_MS) for what, ask in asked.items()]


def _slowest(ask: Callable[[], Any]) -> float:
    """Milliseconds of the slowest of a few times, the first included."""
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begun) * 1e3)
    return max(taken)


# --- filling ----------------------------------------------------------------------------------------------------------


def _live_through(place: Scene) -> None:
    """The templates, through the bridge."""
    place.graded(0, GOOD)
    changed = datetime.now(UTC) - timedelta(minutes=2)
    odd, lost = range(GOOD, GOOD + ODD), range(GOOD + ODD, GOOD + ODD + LOST)
    call("POST", f"{place.oro}/_sandbox/seed", {"orders": [order(number) for number in odd]})
    said = [snapshot(number, changed, grade=f"E{number % 3}") for number in odd]
    said += [snapshot(number, changed) for number in lost]
    told = [{"changed_at": changed.isoformat(), "snapshot": each} for each in said]
    call("POST", f"{place.zigzag}/_sandbox/snapshots", told)
    pass_here(place, build_world(place.settings, place.ledger, "benchmark"))


def fill(ledger: Ledger, count: int) -> None:
    """Copies of the returns that are there until there are ``count``: nine of ten of the good ones."""
    with ledger.read() as conn:
        kept = Templates(conn)
    first = len(kept.pks) + 1
    good, other = kept.pks[:GOOD], kept.pks[GOOD:]
    of = (other[n // 10 % len(other)] if n % 10 == 0 else good[n % len(good)] for n in range(count - len(kept.pks)))
    copies = (Copy(first + n, pk, n, DAYS if kept.has_ended[pk] else OPEN_DAYS) for n, pk in enumerate(of))
    while some := list(islice(copies, CHUNK)):
        with ledger.begin() as conn:
            for moulds in kept.tables:
                moulds.cast(conn, some)
    with ledger.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT setval(pg_get_serial_sequence('returns', 'id'), max(id)) FROM returns"))
            conn.execute(text("ANALYZE"))  # as autovacuum would have done long ago
        waiting = [row.id for row in returns.after(conn, 0, DUE)]
        work.make_due(conn, waiting, utc_now(), pull=False, reason="benchmark", correlation_id="benchmark")


@dataclass(frozen=True)
class Copy:
    """``pk`` of a copy of the return ``of``, the ``n``th, as if it had happened within the last ``days``."""

    pk: int
    of: int
    n: int
    days: int

    @property
    def back(self) -> timedelta:
        return timedelta(seconds=self.n * 7919 % (self.days * 86_400))


class Templates:
    """All rows of the returns that are there, as the database holds them."""

    def __init__(self, conn: Connection) -> None:
        known = conn.execute(select(t.returns)).mappings().all()
        self.pks = sorted(row["id"] for row in known)
        self.has_ended = {row["id"]: row["status"] == "closed" for row in known}
        names = {row["return_id"]: row["id"] for row in known} | {row["order_key"]: row["id"] for row in known}
        self.tables = [
            Moulds(conn, t.returns, "id", {pk: pk for pk in self.pks}),
            Moulds(conn, t.orders_read, "order_key", names),
            Moulds(conn, t.inbox, "return_id", names, without="id"),
            Moulds(conn, t.flags, "return_pk", {pk: pk for pk in self.pks}, without="id"),
            *(
                Moulds(conn, table, "return_pk", {pk: pk for pk in self.pks})
                for table in (t.return_lines, t.words, t.postings, t.work)
            ),
        ]


_NAME = re.compile(r"(?:\bR|\bSO-|\bso-)\d+")
_NAMED = ("return_id", "order_identifier", "order_key", "key", "line_key")


class Moulds:
    """The rows of one table by return. A cast has the copy's own names and numbers and is so many days older."""

    def __init__(self, conn: Connection, table: Table, by: str, of: Mapping[Any, int], without: str = "") -> None:
        columns = [column for column in table.columns if column.name != without]
        names = ", ".join(f'"{column.name}"' for column in columns)
        holder = "?" if conn.dialect.name == "sqlite" else "%s"
        self.insert = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join([holder] * len(columns))})"
        self.rows: dict[int, list[list[Callable[[Copy], Any]]]] = {}
        for row in conn.exec_driver_sql(f"SELECT {names} FROM {table.name}").mappings():
            owner = of.get(row[by])
            if owner is not None:
                made = [_made(column.name, row[column.name], column.type) for column in columns]
                self.rows.setdefault(owner, []).append(made)

    def cast(self, conn: Connection, copies: Iterable[Copy]) -> None:
        rows = [tuple(make(copy) for make in row) for copy in copies for row in self.rows.get(copy.of, ())]
        if rows:
            conn.exec_driver_sql(self.insert, rows)


def _made(name: str, value: Any, kind: Any) -> Callable[[Copy], Any]:
    """How a column's value comes about in a copy; the values are the database's own, without SQLAlchemy's types."""
    if name in ("id", "return_pk"):
        return lambda copy: copy.pk
    if name == "scope":
        return lambda copy: f"return:{copy.pk}"
    if name in _NAMED and value and (found := _NAME.search(value)):
        before, after = value[: found.end()], value[found.end() :]
        return lambda copy: f"{before}x{copy.n}{after}"
    if isinstance(kind, UtcDateTime) and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return lambda copy: (moment - copy.back).isoformat(timespec="microseconds")
    if isinstance(kind, UtcDateTime) and value is not None:
        return lambda copy: value - copy.back
    return lambda copy: value


# --- asking -----------------------------------------------------------------------------------------------------------


class Nowhere:
    """A queue that takes everything and keeps nothing."""

    def enqueue(self, name: str, args: Sequence[Any], job_id: str) -> None:
        pass

    def depth(self) -> int:
        return 0

    def dead(self, job_ids: Collection[str]) -> set[str]:
        return set()


def questions(place: Scene, count: int) -> dict[str, Callable[[], Any]]:
    """Each may be asked any number of times."""
    app = create_app(place.settings, ledger=place.ledger)
    client = app.test_client()
    people.add(place.ledger, "ada", ["admin"], PASSWORD, actor="benchmark", now=utc_now(), must_change=False)
    _sign_in(client)
    with place.ledger.read() as conn:
        (middle,) = returns.by_pks(conn, [count // 2])

    def get(path: str, *, key: bool = True) -> Callable[[], None]:
        headers = {"Authorization": "Bearer the-key-of-the-bundle"} if key else {}

        def ask() -> None:
            answer = client.get(path, headers=headers, buffered=True)
            if answer.status_code not in (200, 503):  # 503: /readyz without a dispatcher
                raise RuntimeError(f"{path}: {answer.status_code}")

        return ask

    def ledger(ask: Callable[[Connection], Any]) -> Callable[[], None]:
        def asked() -> None:
            with place.ledger.begin() as conn:
                ask(conn)

        return asked

    now = utc_now()
    dispatcher = Dispatcher(place.ledger, Nowhere(), place.settings, utc_now, "benchmark", room=4)
    return {
        "a return, with its story": get(f"/v1/returns/{middle.return_id}"),
        "returns of an order": get(f"/v1/returns?order_identifier={middle.order_identifier}"),
        "returns in review": get("/v1/returns?state=review"),
        "open flags": get("/v1/flags?state=open"),
        "open flags of operations": get("/v1/flags?owner=operations&state=open"),
        "/metrics": get("/metrics"),
        "/readyz": get("/readyz"),
        "desk: today": get("/desk", key=False),
        "desk: flags by cause": get("/desk/flags", key=False),
        "desk: returns": get("/desk/returns", key=False),
        "desk: one return": get(f"/desk/returns/{middle.return_id}", key=False),
        "desk: mappings": get("/desk/mappings", key=False),
        "a turn of the dispatcher: four pages relayed": dispatcher.tick,
        "sweep: unfinished postings": ledger(lambda conn: postings.unfinished(conn, now)),
        "sweep: unsettled messages": ledger(lambda conn: inbox.unsettled_returns(conn, now)),
        "sweep: a batch to compare with Oro": ledger(
            lambda conn: returns.changed_since(conn, now - timedelta(days=90), count // 2, 100)
        ),
        "sweep: what stands still": lambda: silence.look(place.ledger, place.settings, now),
    }


def _sign_in(client: FlaskClient) -> None:
    form = client.get("/desk/sign-in").text
    (token,) = re.findall(r'name="csrf" value="([^"]+)"', form)[:1]
    answer = client.post("/desk/sign-in", data={"csrf": token, "name": "ada", "password": PASSWORD})
    if answer.status_code not in (302, 303):
        raise RuntimeError(f"not signed in: {answer.status_code}")
