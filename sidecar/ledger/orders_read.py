"""The orders as Oro said them when they were last planned, and when something was posted (law 7).

One row per order and content. ``returns.order_digest`` names the content of the last plan, ``evidence.order`` of a
posting the one it was computed from; what neither names is dropped when a newer content comes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, select, update

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.tables import orders_read, return_lines, returns

READ_AT_MOST_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class OrderRead:
    """An order as it was read; ``read_at`` is when this content was last seen in Oro, to the hour."""

    order_key: str
    digest: str
    body: dict[str, Any]
    read_at: datetime


@cache
def _remember(dialect: str) -> Any:
    fresh = insert_for(dialect, orders_read)
    return fresh.on_conflict_do_update(index_elements=["order_key", "digest"], set_={"read_at": fresh.excluded.read_at})


_SEEN = (
    update(orders_read)
    .where(
        orders_read.c.order_key == bindparam("k"),
        orders_read.c.digest == bindparam("d"),
        orders_read.c.read_at < bindparam("before", type_=orders_read.c.read_at.type),
    )
    .values(read_at=bindparam("now", type_=orders_read.c.read_at.type))
)
# Two lists instead of one of pairs, which SQLite would answer by reading the whole table.
_MANY = select(*orders_read.c).where(
    orders_read.c.order_key.in_(bindparam("keys", expanding=True)),
    orders_read.c.digest.in_(bindparam("digests", expanding=True)),
)


def remember(conn: Connection, orders: Iterable[tuple[str, str, dict[str, Any]]], now: datetime) -> None:
    """Keep these contents of orders (order key, digest, body); known content is only marked as read now."""
    rows = [{"order_key": key, "digest": digest, "body": body, "read_at": now} for key, digest, body in orders]
    if rows:
        conn.execute(_remember(conn.dialect.name), rows)


def seen_again(conn: Connection, digests: Mapping[str, str], now: datetime) -> None:
    """The orders (key -> digest) were read and are what they were; noted at most once an hour."""
    before = now - READ_AT_MOST_EVERY
    rows = [{"k": key, "d": digest, "now": now, "before": before} for key, digest in digests.items()]
    if rows:
        conn.execute(_SEEN, rows)


def keep_only(conn: Connection, order_key: str, digests: Collection[str]) -> int:
    """Drop every other content of this order; how many they were."""
    return conn.execute(
        delete(orders_read).where(orders_read.c.order_key == order_key, orders_read.c.digest.not_in(list(digests)))
    ).rowcount


def get(conn: Connection, order_key: str, digest: str) -> dict[str, Any] | None:
    """The content a posting's evidence names."""
    found = many(conn, [(order_key, digest)])
    return found[order_key, digest].body if found else None


def many(conn: Connection, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], OrderRead]:
    """Contents by (order key, digest); one that is not kept is absent."""
    if not pairs:
        return {}
    asked = {"keys": sorted({key for key, _ in pairs}), "digests": sorted({digest for _, digest in pairs})}
    rows = (OrderRead(*row) for row in conn.execute(_MANY, asked))
    return {(row.order_key, row.digest): row for row in rows if (row.order_key, row.digest) in pairs}


def of_sku(conn: Connection, sku: str, limit: int = 5) -> list[dict[str, Any]]:
    """The orders, as last read, of the newest returns that have a line of this SKU (without regard to case)."""
    has_it = (
        select(return_lines.c.return_pk)
        .where(func.upper(return_lines.c.sku) == sku.strip().upper(), return_lines.c.order_line_id.is_not(None))
        .order_by(return_lines.c.return_pk.desc())
        .limit(limit)
    )
    wanted = (
        select(orders_read.c.body)
        .join(
            returns,
            and_(returns.c.order_key == orders_read.c.order_key, returns.c.order_digest == orders_read.c.digest),
        )
        .where(returns.c.id.in_(has_it))
        .order_by(returns.c.id.desc())
    )
    return list(conn.scalars(wanted))
