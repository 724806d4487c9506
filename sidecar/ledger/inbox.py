"""The inbox: every message that ever arrived, raw, before anything else happens with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select, update

from sidecar.ledger import returns
from sidecar.ledger.dialects import insert_for, take_in_order
from sidecar.ledger.tables import inbox
from sidecar.ledger.tables import returns as return_rows


@dataclass(frozen=True)
class Incoming:
    """A readable message, scrubbed. ``at`` is when its sender says it became true."""

    source: str
    retailer_code: str
    return_id: str
    order_identifier: str
    digest: str
    payload: str
    at: datetime
    milestone_rank: int
    correlation_id: str
    received_at: datetime
    size: int


@dataclass(frozen=True)
class Stored:
    """``duplicate``: the content was there already. ``return_pk`` None: it is nobody's work."""

    id: int
    duplicate: bool
    return_pk: int | None


@dataclass(frozen=True)
class InboxRow:
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


@dataclass(frozen=True)
class Identity:
    """What tells one message from another, without its content."""

    return_id: str
    at: datetime | None
    state: str
    source: str
    seen: int


@dataclass(frozen=True)
class Mark:
    """What a message is recognised by before its content is read."""

    retailer_code: str
    return_id: str
    digest: str


_KNOWN = (
    select(inbox.c.id, inbox.c.occurrence)
    .where(
        inbox.c.retailer_code == bindparam("code"),
        inbox.c.return_id == bindparam("return_id"),
        inbox.c.digest == bindparam("d"),
    )
    .order_by(inbox.c.occurrence.desc())
    .limit(1)
)
_NEWEST = (
    select(inbox.c.digest)
    .where(
        inbox.c.retailer_code == bindparam("code"),
        inbox.c.return_id == bindparam("return_id"),
        inbox.c.at.is_not(None),
    )
    .order_by(inbox.c.at.desc(), inbox.c.milestone_rank.desc(), inbox.c.id.desc())
    .limit(1)
)
_SEEN = (
    update(inbox)
    .where(inbox.c.id == bindparam("pk"))
    .values(seen=inbox.c.seen + 1, last_seen_at=bindparam("now", type_=inbox.c.last_seen_at.type))
)
_PK = select(return_rows.c.id).where(
    return_rows.c.retailer_code == bindparam("code"), return_rows.c.return_id == bindparam("return_id")
)


_OF_RETURN = (return_rows.c.retailer_code == inbox.c.retailer_code) & (return_rows.c.return_id == inbox.c.return_id)
_CONTENTS = (
    select(inbox.c.retailer_code, inbox.c.return_id, inbox.c.digest, inbox.c.id, return_rows.c.id)
    .join(return_rows, _OF_RETURN)
    .where(
        inbox.c.retailer_code.in_(bindparam("codes", expanding=True)),
        inbox.c.return_id.in_(bindparam("return_ids", expanding=True)),
        inbox.c.at.is_not(None),
    )
    .order_by(inbox.c.at, inbox.c.milestone_rank, inbox.c.id)
)


def recognised(conn: Connection, marks: Collection[Mark], *, speaking: bool) -> dict[Mark, Stored]:
    """Those of these messages whose content is stored: duplicates, told without reading what they say.

    ``speaking``: only those that still speak for their return, as a pull asks (``store``).
    """
    if not marks:
        return {}
    codes, return_ids = {mark.retailer_code for mark in marks}, {mark.return_id for mark in marks}
    known: dict[Mark, Stored] = {}
    newest: dict[tuple[str, str], str] = {}
    asked = {"codes": sorted(codes), "return_ids": sorted(return_ids)}
    for code, return_id, digest, pk, return_pk in conn.execute(_CONTENTS, asked):
        known[Mark(code, return_id, digest)] = Stored(pk, True, return_pk)
        newest[code, return_id] = digest
    return {
        mark: known[mark]
        for mark in marks
        if mark in known and (not speaking or newest[mark.retailer_code, mark.return_id] == mark.digest)
    }


def seen_again(conn: Connection, ids: Iterable[int], now: datetime) -> None:
    """Count these messages once more; in the order in which ``settle`` takes them."""
    rows = [{"pk": pk, "now": now} for pk in sorted(ids)]
    if rows:
        conn.execute(_SEEN, rows)


@cache
def _insert(dialect: str) -> Any:
    return insert_for(dialect, inbox).on_conflict_do_nothing().returning(inbox.c.id)


def store(conn: Connection, message: Incoming) -> Stored:
    """Store a message, or count it when its content is known."""
    (stored,) = store_all(conn, [message], message.received_at)
    return stored


def store_all(conn: Connection, messages: Iterable[Incoming], now: datetime, again: Iterable[int] = ()) -> list[Stored]:
    """Store messages, or count those whose content is known, and those of ``again`` (ids) with them.

    A pull that brings back a content which no longer speaks for the return (A, B, A) is stored once more, as it is the
    truth now; a webhook that does is a late duplicate. The messages come in the order of their return ids. Returns are
    taken before messages that are there, as a page's commit does, so that the two cannot wait for each other.
    """
    stored = [_store(conn, message) for message in messages]
    seen_again(conn, [*again, *(each.id for each in stored if each.duplicate)], now)
    return stored


def _store(conn: Connection, message: Incoming) -> Stored:
    who = {"code": message.retailer_code, "return_id": message.return_id}
    occurrence = 0
    known = conn.execute(_KNOWN, {**who, "d": message.digest}).first()
    if known is not None:
        again = message.source == "pull" and conn.execute(_NEWEST, who).scalar() != message.digest
        if not again:
            return Stored(known.id, True, conn.execute(_PK, who).scalar())
        occurrence = known.occurrence + 1
    # The return comes first: its row is what two deliveries of one message at the same moment queue up behind.
    return_pk = returns.ensure(
        conn,
        message.retailer_code,
        message.return_id,
        message.order_identifier,
        message.received_at,
        snapshots=1,
        at=message.at,
    )
    pk = conn.execute(_insert(conn.dialect.name), _row(message, "new", "", occurrence)).scalar()
    if pk is None:  # PostgreSQL: the other delivery was stored while we waited
        conn.execute(
            update(return_rows).where(return_rows.c.id == return_pk).values(snapshots=return_rows.c.snapshots - 1)
        )
        first = conn.execute(_KNOWN, {**who, "d": message.digest}).one()
        return Stored(first.id, True, return_pk)
    return Stored(pk, False, return_pk)


def _row(message: Incoming, state: str, detail: str, occurrence: int) -> dict[str, Any]:
    return {
        "received_at": message.received_at,
        "last_seen_at": message.received_at,
        "source": message.source,
        "retailer_code": message.retailer_code,
        "return_id": message.return_id,
        "order_identifier": message.order_identifier,
        "digest": message.digest,
        "occurrence": occurrence,
        "payload": message.payload,
        "size": message.size,
        "at": message.at,
        "milestone_rank": message.milestone_rank,
        "state": state,
        "detail": detail,
        "seen": 1,
        "correlation_id": message.correlation_id,
    }


def store_foreign(conn: Connection, message: Incoming, reason: str) -> Stored:
    """Keep a message of another retailer as evidence; it belongs to no return of ours."""
    return _flagged(conn, _row(message, "flagged", reason, 0))


def store_unreadable(
    conn: Connection,
    *,
    source: str,
    digest: str,
    size: int,
    reason: str,
    correlation_id: str,
    received_at: datetime,
) -> Stored:
    """Of a body that cannot be read only length, SHA-256 and the reason are kept."""
    return _flagged(
        conn,
        {
            "received_at": received_at,
            "last_seen_at": received_at,
            "source": source,
            "retailer_code": "",
            "return_id": "",
            "order_identifier": "",
            "digest": digest,
            "occurrence": 0,
            "payload": None,
            "size": size,
            "at": None,
            "milestone_rank": 0,
            "state": "flagged",
            "detail": reason[:500],
            "seen": 1,
            "correlation_id": correlation_id,
        },
    )


def _flagged(conn: Connection, row: dict[str, Any]) -> Stored:
    pk = conn.execute(_insert(conn.dialect.name), row).scalar()
    if pk is not None:
        return Stored(pk, False, None)
    known = conn.execute(
        _KNOWN, {"code": row["retailer_code"], "return_id": row["return_id"], "d": row["digest"]}
    ).one()
    conn.execute(_SEEN, {"pk": known.id, "now": row["received_at"]})
    return Stored(known.id, True, None)


_OF_RETURNS = (
    select(return_rows.c.id, *inbox.c)
    .join(
        return_rows,
        _OF_RETURN,
    )
    .where(return_rows.c.id.in_(bindparam("pks", expanding=True)))
    .order_by(return_rows.c.id, inbox.c.id)
)


def snapshots_of(conn: Connection, return_pks: Collection[int]) -> dict[int, list[InboxRow]]:
    """Everything stored about these returns, in the order of arrival."""
    found: dict[int, list[InboxRow]] = defaultdict(list)
    if return_pks:
        for row in conn.execute(_OF_RETURNS, {"pks": list(return_pks)}):
            found[row[0]].append(InboxRow(*row[1:]))
    return dict(found)


_SETTLE = (
    update(inbox)
    .where(inbox.c.id.in_(bindparam("ids", expanding=True)), inbox.c.state == "new")
    .values(state=bindparam("to"))
)


def settle(conn: Connection, applied: Collection[int], superseded: Collection[int]) -> None:
    """New messages end here; what was settled before stays as it was."""
    take_in_order(conn, inbox.c.id, inbox.c.id.in_([*applied, *superseded]))
    for state, ids in (("applied", applied), ("superseded", superseded)):
        if ids:
            conn.execute(_SETTLE, {"ids": list(ids), "to": state})


def count_unsettled(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(inbox).where(inbox.c.state == "new")).scalar() or 0


def unsettled_returns(conn: Connection, before: datetime) -> list[int]:
    """The returns with a message that has waited since before ``before``."""
    wanted = (
        select(return_rows.c.id)
        .join(
            inbox,
            _OF_RETURN,
        )
        .where(inbox.c.state == "new", inbox.c.received_at < before)
        .distinct()
    )
    return list(conn.scalars(wanted))


def counts(conn: Connection) -> list[tuple[str, str, int, int]]:
    """(source, state, how many messages, how many repeats of them)."""
    wanted = select(inbox.c.source, inbox.c.state, func.count(), func.sum(inbox.c.seen - 1)).group_by(
        inbox.c.source, inbox.c.state
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in conn.execute(wanted)]


LATEST = 5_000  # messages; further back nobody looks for a sign of life


def last_received_at(conn: Connection, source: str) -> datetime | None:
    """When a source last spoke, also when it repeated itself; None when it never did.

    Looks at the newest 5,000 messages: a source that is not among them spoke no later than the oldest of these.
    """
    newest = select(inbox.c.source, inbox.c.received_at, inbox.c.last_seen_at).order_by(inbox.c.id.desc())
    latest = newest.limit(LATEST).subquery()
    kind = latest.c.received_at.type
    spoke = case((latest.c.source == source, latest.c.last_seen_at), else_=None)
    row = conn.execute(
        select(func.max(spoke, type_=kind), func.min(latest.c.received_at, type_=kind), func.count())
    ).one()
    heard: datetime | None = row[0]
    oldest: datetime | None = row[1]
    return oldest if heard is None and row[2] == LATEST else heard


def iter_all(conn: Connection, after: int = 0, batch: int = 1000) -> Iterator[InboxRow]:
    """Every message in the order of arrival, from behind the id ``after``; for a replay."""
    while True:
        wanted = select(*inbox.c).where(inbox.c.id > after)
        rows = [InboxRow(*row) for row in conn.execute(wanted.order_by(inbox.c.id).limit(batch))]
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def identities(conn: Connection) -> list[Identity]:
    """Every message, without its content."""
    wanted = select(inbox.c.return_id, inbox.c.at, inbox.c.state, inbox.c.source, inbox.c.seen)
    return [Identity(*row) for row in conn.execute(wanted)]
