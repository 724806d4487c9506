"""The inbox: every snapshot that ever arrived, stored before anything else happens. What arrived is never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, func, select, update

from sidecar.ledger.returns import seen_snapshot
from sidecar.ledger.statements import among, insert, many, written
from sidecar.ledger.tables import inbox, returns

UNREADABLE = ""  # the return id of a body that nobody could read


@dataclass(frozen=True)
class Incoming:
    """A readable snapshot as it arrived. ``payload`` is its scrubbed JSON text, ``at`` when ZigZag says it changed."""

    source: str  # webhook, pull, feed, intake
    retailer_code: str
    return_id: str
    order_identifier: str
    digest: str
    payload: str
    at: datetime | None
    milestone_rank: int
    correlation_id: str
    received_at: datetime
    size: int


@dataclass(frozen=True)
class Stored:
    """The inbox row; ``duplicate``: it was there already. ``return_pk`` is None for what became no return's."""

    id: int
    duplicate: bool
    return_pk: int | None = None


@dataclass(frozen=True)
class InboxRow:
    """One thing that arrived. ``payload`` is None when it could not be read; ``seen`` counts deliveries of it."""

    id: int
    received_at: datetime
    last_seen_at: datetime
    source: str
    retailer_code: str
    return_id: str
    order_identifier: str
    digest: str
    occurrence: int
    payload: str | None
    size: int
    at: datetime | None
    milestone_rank: int
    state: str
    detail: str
    seen: int
    correlation_id: str


_plain = insert(inbox)
_STORE = _plain.on_conflict_do_update(
    index_elements=[inbox.c.retailer_code, inbox.c.return_id, inbox.c.digest, inbox.c.occurrence],
    set_={
        "seen": inbox.c.seen + 1,
        "last_seen_at": case(
            (_plain.excluded.last_seen_at > inbox.c.last_seen_at, _plain.excluded.last_seen_at),
            else_=inbox.c.last_seen_at,
        ),
    },
).returning(inbox.c.id, inbox.c.seen)

_OF_RETURN = (inbox.c.retailer_code == bindparam("code")) & (inbox.c.return_id == bindparam("return"))
_NEWEST = (
    select(
        inbox.c.digest,
        inbox.c.occurrence,
        select(func.max(inbox.c.occurrence)).where(_OF_RETURN, inbox.c.digest == bindparam("digest")).scalar_subquery(),
    )
    .where(_OF_RETURN)
    .order_by(inbox.c.id.desc())
    .limit(1)
)
_PK = select(returns.c.id).where(
    returns.c.retailer_code == bindparam("code"), returns.c.return_id == bindparam("return")
)
_OF_PKS = (
    select(returns.c.id, *inbox.c)
    .join(returns, (returns.c.retailer_code == inbox.c.retailer_code) & (returns.c.return_id == inbox.c.return_id))
    .where(returns.c.id.in_(among("pks")), inbox.c.payload.is_not(None), inbox.c.state != "flagged")
    .order_by(inbox.c.id)
)
_SETTLE = (
    update(inbox)
    .where(inbox.c.id.in_(among("ids")), inbox.c.state.in_(["new", "applied", "superseded"]))
    .where(inbox.c.state != bindparam("to"))
    .values(state=bindparam("to"))
)
_COUNT_NEW = select(func.count()).where(inbox.c.state == "new")
_UNSETTLED = (
    select(returns.c.id)
    .join(inbox, (returns.c.retailer_code == inbox.c.retailer_code) & (returns.c.return_id == inbox.c.return_id))
    .where(inbox.c.state == "new", inbox.c.received_at < bindparam("before"))
    .distinct()
    .order_by(returns.c.id)
)
_WALK = (
    select(inbox)
    .where(inbox.c.id > bindparam("after"), inbox.c.payload.is_not(None))
    .order_by(inbox.c.id)
    .limit(bindparam("batch"))
)


def store(conn: Connection, incoming: Incoming) -> Stored:
    """Store a snapshot and make sure that its return has a row; the same content again only counts as seen once more.

    A pull that shows an earlier content after another one (A, B, A) is news and stored as its next occurrence; a
    delivery that does is a repetition. However many store the same at once, there is one row and no error.
    """
    occurrence = _occurrence(conn, incoming) if incoming.source == "pull" else 0
    row_id, duplicate = _put(conn, incoming, occurrence, "new", "")
    if duplicate:
        found = conn.execute(_PK, {"code": incoming.retailer_code, "return": incoming.return_id}).scalar()
        if found is not None:
            return Stored(row_id, True, found)
    pk = seen_snapshot(
        conn, incoming.retailer_code, incoming.return_id, incoming.order_identifier, incoming.received_at
    )
    return Stored(row_id, duplicate, pk)


def store_all(conn: Connection, arrived: Sequence[Incoming]) -> list[Stored]:
    """Store many in one order of locks, so that two who store the same returns never wait for each other in a circle.

    The answers stand in the order of the arguments.
    """
    order = sorted(range(len(arrived)), key=lambda n: (arrived[n].retailer_code, arrived[n].return_id, n))
    stored = {n: store(conn, arrived[n]) for n in order}
    return [stored[n] for n in range(len(arrived))]


def store_foreign(conn: Connection, incoming: Incoming, reason: str) -> Stored:
    """Keep a readable snapshot that is not ours to apply, flagged with the reason; no return comes of it."""
    row_id, duplicate = _put(conn, incoming, 0, "flagged", reason)
    return Stored(row_id, duplicate)


def store_unreadable(
    conn: Connection,
    source: str,
    digest: str,
    size: int,
    reason: str,
    correlation_id: str,
    received_at: datetime,
) -> Stored:
    """Keep length, SHA-256 and reason of a body that nobody could read; never the body, it may hold personal data."""
    incoming = Incoming(source, "", UNREADABLE, "", digest, "", None, 0, correlation_id, received_at, size)
    row_id, duplicate = _put(conn, incoming, 0, "flagged", reason, readable=False)
    return Stored(row_id, duplicate)


def _occurrence(conn: Connection, incoming: Incoming) -> int:
    newest = conn.execute(
        _NEWEST, {"code": incoming.retailer_code, "return": incoming.return_id, "digest": incoming.digest}
    ).first()
    if newest is None:
        return 0
    digest, occurrence, highest = newest
    if digest == incoming.digest:
        return int(occurrence)
    return 0 if highest is None else int(highest) + 1


def _put(
    conn: Connection, incoming: Incoming, occurrence: int, state: str, detail: str, *, readable: bool = True
) -> tuple[int, bool]:
    row_id, seen = conn.execute(
        _STORE,
        {
            "received_at": incoming.received_at,
            "last_seen_at": incoming.received_at,
            "source": incoming.source,
            "retailer_code": incoming.retailer_code,
            "return_id": incoming.return_id,
            "order_identifier": incoming.order_identifier,
            "digest": incoming.digest,
            "occurrence": occurrence,
            "payload": incoming.payload if readable else None,
            "size": incoming.size,
            "at": incoming.at,
            "milestone_rank": incoming.milestone_rank,
            "state": state,
            "detail": detail,
            "seen": 1,
            "correlation_id": incoming.correlation_id,
        },
    ).one()
    return int(row_id), seen > 1


def snapshots_of(conn: Connection, return_pks: Collection[int]) -> dict[int, list[InboxRow]]:
    """The readable snapshots of these returns in the order they arrived; a return without any is left out."""
    found: dict[int, list[InboxRow]] = {}
    if return_pks:
        for pk, *row in conn.execute(_OF_PKS, {"pks": list(return_pks)}):
            found.setdefault(pk, []).append(InboxRow(*row))
    return found


def settle(conn: Connection, applied: Collection[int], superseded: Collection[int]) -> None:
    """Say what became of snapshots: ``applied`` spoke for their return, ``superseded`` came too late to."""
    if applied:
        written(conn, _SETTLE, ids=list(applied), to="applied")
    if superseded:
        written(conn, _SETTLE, ids=list(superseded), to="superseded")


def count_unsettled(conn: Connection) -> int:
    """How many snapshots no pass has looked at yet."""
    return int(conn.execute(_COUNT_NEW).scalar_one())


def unsettled_returns(conn: Connection, before: datetime) -> list[int]:
    """Returns with a snapshot that arrived before that moment and that no pass has settled."""
    return [pk for (pk,) in conn.execute(_UNSETTLED, {"before": before})]


def iter_all(conn: Connection, after: int = 0, batch: int = 1000) -> Iterator[InboxRow]:
    """Every readable snapshot in the order of arrival, from behind the id ``after``; read in batches, for a replay."""
    while rows := many(InboxRow, conn, _WALK, after=after, batch=batch):
        yield from rows
        after = rows[-1].id
