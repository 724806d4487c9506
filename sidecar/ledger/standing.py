"""Where open returns stand and since when, and how long warehouses take to grade."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select

from sidecar.ledger.tables import returns


@dataclass(frozen=True)
class Standing:
    """Where an open return stands, and since when: the word of its milestone, and its warehouse as Oro names it."""

    return_pk: int
    status: str
    warehouse: str
    since: datetime


def at_milestone(conn: Connection, milestone: str, before: datetime) -> list[Standing]:
    """The open returns that have been at a milestone since before a moment (one only announced: since it came)."""
    wanted = select(
        returns.c.id,
        returns.c.status,
        returns.c.warehouse,
        func.coalesce(returns.c.milestone_at, returns.c.first_seen_at, type_=returns.c.first_seen_at.type),
    ).where(
        returns.c.status == milestone,
        returns.c.milestone == milestone,
        or_(returns.c.milestone_at < before, and_(returns.c.milestone_at.is_(None), returns.c.first_seen_at < before)),
    )
    return [Standing(*row) for row in conn.execute(wanted.order_by(returns.c.id))]


def grading_times(conn: Connection, warehouses: Collection[str], since: datetime) -> list[tuple[str, timedelta]]:
    """(warehouse, time from receipt to grade) of these warehouses' returns graded since a moment.

    A return whose receipt and grade were said at once tells nothing about the time between.
    """
    if not warehouses:
        return []
    wanted = select(returns.c.warehouse, returns.c.received_at, returns.c.graded_at).where(
        returns.c.graded_at >= since,
        returns.c.received_at < returns.c.graded_at,
        returns.c.warehouse.in_(sorted(warehouses)),
    )
    return [(row.warehouse, row.graded_at - row.received_at) for row in conn.execute(wanted)]
