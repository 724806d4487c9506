"""The orders as they were read when something was posted: evidence, one row per distinct content (law 7)."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, select

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.tables import orders_read


@cache
def _remember(dialect: str) -> Any:
    return insert_for(dialect, orders_read).on_conflict_do_nothing()


def remember(conn: Connection, order_key: str, digest: str, body: dict[str, Any], now: datetime) -> None:
    """Keep this content of an order; nothing is written when it is known."""
    conn.execute(_remember(conn.dialect.name), {"order_key": order_key, "digest": digest, "body": body, "read_at": now})


def get(conn: Connection, order_key: str, digest: str) -> dict[str, Any] | None:
    """The content a posting's evidence names."""
    body: dict[str, Any] | None = conn.execute(
        select(orders_read.c.body).where(orders_read.c.order_key == order_key, orders_read.c.digest == digest)
    ).scalar()
    return body
