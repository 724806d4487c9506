"""Returns and their lines: what is known, what should stand in Oro, and what Oro has confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, collate, func, literal, literal_column, or_, select, update

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.tables import inbox, postings, return_lines, returns
from sidecar.returns.lookups import order_key

PAGE = 50


@dataclass(frozen=True)
class ReturnRow:
    id: int
    retailer_code: str
    return_id: str
    order_identifier: str
    order_key: str
    order_id: str | None
    milestone: str
    state: str
    status: str
    warehouse: str
    tracking: str
    carrier: str
    currency: str
    owed: Decimal
    snapshots: int
    first_seen_at: datetime
    last_snapshot_at: datetime | None
    changed_at: datetime
    synced_at: datetime | None
    source_updated_at: datetime | None
    document_digest: str
    planned_digest: str
    document: dict[str, Any] | None
    pins: dict[str, Any] | None
    intake: dict[str, Any] | None
    intake_digest: str
    applied_inbox_id: int | None
    revision: int
    order_digest: str
    milestone_at: datetime | None
    received_at: datetime | None
    graded_at: datetime | None
    oro_return_id: str | None


@dataclass(frozen=True)
class Page:
    rows: list[ReturnRow]
    next_cursor: str | None


_BLANK = {
    "order_id": None,
    "milestone": "unknown",
    "state": "pending",
    "status": "",
    "warehouse": "",
    "tracking": "",
    "carrier": "",
    "currency": "",
    "owed": Decimal(0),
    "synced_at": None,
    "source_updated_at": None,
    "document_digest": "",
    "planned_digest": "",
    "document": None,
    "pins": None,
    "intake": None,
    "intake_digest": "",
    "applied_inbox_id": None,
    "revision": 0,
    "order_digest": "",
    "milestone_at": None,
    "received_at": None,
    "graded_at": None,
    "oro_return_id": None,
}


@cache
def _ensure(dialect: str) -> Any:
    fresh = insert_for(dialect, returns).values(**_BLANK)
    said = fresh.excluded
    # The newest word of ZigZag on the order counts, in whatever order words arrive, unless money has been posted
    # against the old one. Columns of the row that is there are named as text: SQLAlchemy does not see that these
    # subqueries stand inside an upsert of ``returns``, and would look at all returns instead of this one.
    posted = select(literal(1)).where(postings.c.return_pk == literal_column("returns.id")).exists()
    outdated = (
        select(literal(1))
        .where(
            inbox.c.retailer_code == literal_column("returns.retailer_code"),
            inbox.c.return_id == literal_column("returns.return_id"),
            inbox.c.order_identifier != "",
            inbox.c.at > literal_column("excluded.last_snapshot_at"),
        )
        .exists()
    )
    newer = or_(
        returns.c.order_identifier == "",
        and_(
            said.order_identifier != "",
            said.last_snapshot_at.is_not(None),
            ~outdated,
            ~posted,
        ),
    )
    later = or_(
        returns.c.last_snapshot_at.is_(None),
        and_(said.last_snapshot_at.is_not(None), said.last_snapshot_at > returns.c.last_snapshot_at),
    )
    return fresh.on_conflict_do_update(
        index_elements=["retailer_code", "return_id"],
        set_={
            "order_identifier": case((newer, said.order_identifier), else_=returns.c.order_identifier),
            "order_key": case((newer, said.order_key), else_=returns.c.order_key),
            "snapshots": returns.c.snapshots + said.snapshots,
            "last_snapshot_at": case((later, said.last_snapshot_at), else_=returns.c.last_snapshot_at),
        },
    ).returning(returns.c.id)


def ensure(
    conn: Connection,
    retailer_code: str,
    return_id: str,
    order_identifier: str,
    now: datetime,
    *,
    snapshots: int = 0,
    at: datetime | None = None,
) -> int:
    """The return's pk; its row is made when missing.

    ``snapshots`` new ones, the newest from ``at``, are counted. The order is filled in when it was not known, and
    follows a newer snapshot as long as nothing is posted.
    """
    row = {
        "retailer_code": retailer_code,
        "return_id": return_id,
        "order_identifier": order_identifier,
        "order_key": order_key(order_identifier),
        "first_seen_at": now,
        "changed_at": now,
        "snapshots": snapshots,
        "last_snapshot_at": at,
    }
    pk: int = conn.execute(_ensure(conn.dialect.name), row).scalar_one()
    return pk


_GET = select(*returns.c).where(
    returns.c.retailer_code == bindparam("code"), returns.c.return_id == bindparam("return_id")
)
_BY_PKS = select(*returns.c).where(returns.c.id.in_(bindparam("pks", expanding=True))).order_by(returns.c.id)
_ORDER_KEYS = select(returns.c.id, returns.c.order_key).where(returns.c.id.in_(bindparam("pks", expanding=True)))
_OF_ORDERS = (
    select(*returns.c)
    .where(returns.c.order_key.in_(bindparam("keys", expanding=True)), returns.c.order_key != "")
    .order_by(returns.c.id)
)


def get(conn: Connection, retailer_code: str, return_id: str) -> ReturnRow | None:
    row = conn.execute(_GET, {"code": retailer_code, "return_id": return_id}).first()
    return ReturnRow(*row) if row else None


def by_pks(conn: Connection, pks: Collection[int]) -> list[ReturnRow]:
    """In the order of their pk."""
    return [ReturnRow(*row) for row in conn.execute(_BY_PKS, {"pks": list(pks)})] if pks else []


def order_keys(conn: Connection, pks: Collection[int]) -> dict[int, str]:
    """return pk -> order key, which nobody changes until the transaction ends (in SQLite nobody could anyway)."""
    wanted = _ORDER_KEYS
    if conn.dialect.name == "postgresql":  # in the order in which the intake takes them
        wanted = _ORDER_KEYS.order_by(collate(returns.c.return_id, "C")).with_for_update(key_share=True)
    return {row.id: row.order_key for row in conn.execute(wanted, {"pks": list(pks)})} if pks else {}


def of_orders(conn: Connection, order_keys: Collection[str]) -> list[ReturnRow]:
    """Every return of these orders."""
    return [ReturnRow(*row) for row in conn.execute(_OF_ORDERS, {"keys": list(order_keys)})] if order_keys else []


def after(conn: Connection, pk: int, limit: int) -> list[ReturnRow]:
    """The next returns in the order of their pk, for walks over all."""
    return [
        ReturnRow(*row)
        for row in conn.execute(select(*returns.c).where(returns.c.id > pk).order_by(returns.c.id).limit(limit))
    ]


def changed_since(conn: Connection, since: datetime, after_pk: int, limit: int) -> list[ReturnRow]:
    """The next returns that changed since a moment, in the order of their pk."""
    wanted = (
        select(*returns.c)
        .where(returns.c.id > after_pk, returns.c.changed_at >= since)
        .order_by(returns.c.id)
        .limit(limit)
    )
    return [ReturnRow(*row) for row in conn.execute(wanted)]


def search(
    conn: Connection,
    *,
    state: str | None = None,
    milestone: str | None = None,
    order_identifier: str | None = None,
    changed_since: datetime | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page:
    """The one changed last first; ``cursor`` is the ``next_cursor`` of the page before."""
    wanted = select(*returns.c)
    if state:
        wanted = wanted.where(returns.c.state == state)
    if milestone:
        wanted = wanted.where(returns.c.milestone == milestone)
    if order_identifier:
        wanted = wanted.where(returns.c.order_key == order_key(order_identifier))
    if changed_since is not None:
        wanted = wanted.where(returns.c.changed_at >= changed_since)
    if cursor:
        text, _, pk = cursor.rpartition("|")
        at = datetime.fromisoformat(text)
        wanted = wanted.where(or_(returns.c.changed_at < at, and_(returns.c.changed_at == at, returns.c.id < int(pk))))
    wanted = wanted.order_by(returns.c.changed_at.desc(), returns.c.id.desc()).limit(limit + 1)
    rows = [ReturnRow(*row) for row in conn.execute(wanted)]
    more = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], f"{more.changed_at.isoformat()}|{more.id}" if more else None)


def look_up(conn: Connection, retailer_code: str, text: str, *, limit: int = PAGE) -> list[ReturnRow]:
    """Returns that a person means by ``text``: a return's id, an order's identifier or a SKU; newest first."""
    text = text.strip()
    key = order_key(text)
    of_sku = select(return_lines.c.return_pk).where(
        func.upper(return_lines.c.sku) == text.upper(), return_lines.c.gone.is_(False)
    )
    which = or_(
        and_(returns.c.retailer_code == retailer_code, returns.c.return_id == text),
        and_(returns.c.order_key == key, returns.c.order_key != ""),
        returns.c.id.in_(of_sku.order_by(return_lines.c.return_pk.desc()).limit(limit)),
    )
    wanted = select(*returns.c).where(which).order_by(returns.c.changed_at.desc(), returns.c.id.desc()).limit(limit)
    return [ReturnRow(*row) for row in conn.execute(wanted)]


_TAKE_IN = (
    update(returns)
    .where(returns.c.id == bindparam("pk"), returns.c.intake_digest == "")
    .values(
        intake=bindparam("body", type_=returns.c.intake.type),
        intake_digest=bindparam("digest"),
        changed_at=bindparam("now", type_=returns.c.changed_at.type),
    )
)


def set_intake(conn: Connection, pk: int, body: dict[str, Any], digest: str, now: datetime) -> bool:
    """Keep the announcement of our own intake; False when there is one already."""
    return bool(conn.execute(_TAKE_IN, {"pk": pk, "body": body, "digest": digest, "now": now}).rowcount)


_SYNCED = (
    update(returns)
    .where(returns.c.id == bindparam("pk"))
    .values(
        document_digest=bindparam("digest"),
        source_updated_at=bindparam("source", type_=returns.c.source_updated_at.type),
        state=bindparam("to"),
        oro_return_id=func.coalesce(bindparam("oro", type_=returns.c.oro_return_id.type), returns.c.oro_return_id),
        synced_at=bindparam("now", type_=returns.c.synced_at.type),
        changed_at=bindparam("now", type_=returns.c.changed_at.type),
    )
)


@dataclass(frozen=True)
class SyncedRow:
    """What Oro has confirmed of a return; ``state`` as it stands from now on."""

    pk: int
    document_digest: str
    source_updated_at: datetime | None
    state: str
    oro_return_id: str | None = None


def mark_synced(conn: Connection, synced: Iterable[SyncedRow], now: datetime) -> None:
    """Oro has these documents."""
    rows = [
        {
            "pk": row.pk,
            "digest": row.document_digest,
            "source": row.source_updated_at,
            "to": row.state,
            "oro": row.oro_return_id,
            "now": now,
        }
        for row in synced
    ]
    if rows:
        conn.execute(_SYNCED, rows)


def set_state(conn: Connection, pk: int, state: str, now: datetime) -> None:
    conn.execute(
        update(returns).where(returns.c.id == pk, returns.c.state != state).values(state=state, changed_at=now)
    )


def advance_source(conn: Connection, pk: int, at: datetime) -> None:
    """The next document is of ``at`` at least: Oro holds a later one than ours."""
    conn.execute(update(returns).where(returns.c.id == pk).values(source_updated_at=at))


def forget_written(conn: Connection, pk: int) -> None:
    """Oro no longer shows what we wrote: the next pass writes it again."""
    conn.execute(update(returns).where(returns.c.id == pk).values(document_digest=""))


def everything(conn: Connection) -> Iterable[ReturnRow]:
    """All returns, in batches."""
    pk = 0
    while rows := after(conn, pk, 500):
        yield from rows
        pk = rows[-1].id


def counts(conn: Connection) -> list[tuple[str, str, int]]:
    """(state, milestone, how many)."""
    wanted = select(returns.c.state, returns.c.milestone, func.count()).group_by(returns.c.state, returns.c.milestone)
    return [(row[0], row[1], row[2]) for row in conn.execute(wanted)]
