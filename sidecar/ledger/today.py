"""The figures of the desk's first page; each is answered from an index, however many returns there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from sidecar.ledger.flags import LIVE
from sidecar.ledger.tables import flags, inbox, postings, work

SOURCES = ("webhook", "pull", "feed")


@dataclass(frozen=True)
class OpenFlags:
    """Live flags of one owner, severity and currency; ``currency`` is empty where no money is at stake."""

    owner: str
    severity: str
    currency: str
    count: int
    overdue: int
    amount: Decimal | None
    first_seen_at: datetime


@dataclass(frozen=True)
class Credited:
    """What credit memos that Oro confirmed in a period come to, in one currency."""

    currency: str
    count: int
    net: Decimal
    tax: Decimal
    total: Decimal


@dataclass(frozen=True)
class Waiting:
    """Returns that are due now, the longest since ``oldest``; in the queue or with a worker; scheduled for later."""

    due: int
    oldest: datetime | None
    queued: int
    later: int


def open_flags(conn: Connection, now: datetime) -> list[OpenFlags]:
    wanted = (
        select(
            flags.c.owner,
            flags.c.severity,
            flags.c.currency,
            func.count(),
            func.sum(case((flags.c.due_at < now, 1), else_=0)),
            _sum(flags.c.amount),
            func.min(flags.c.first_seen_at, type_=flags.c.first_seen_at.type),
        )
        .where(flags.c.state.in_(LIVE))
        .group_by(flags.c.owner, flags.c.severity, flags.c.currency)
    )
    return [OpenFlags(*row) for row in conn.execute(wanted)]


def credited(conn: Connection, since: datetime, until: datetime | None = None) -> list[Credited]:
    """Credit memos confirmed from ``since`` on, and before ``until`` where it is given, by currency."""
    wanted = (
        select(
            postings.c.currency,
            func.count(),
            _sum(postings.c.net),
            _sum(postings.c.tax),
            _sum(postings.c.total),
        )
        .where(
            postings.c.state == "confirmed",
            postings.c.kind == "credit",
            postings.c.confirmed_at >= since,
            *([] if until is None else [postings.c.confirmed_at < until]),
        )
        .group_by(postings.c.currency)
        .order_by(postings.c.currency)
    )
    return [Credited(*row) for row in conn.execute(wanted)]


def snapshots_by_hour(conn: Connection, since: datetime) -> dict[datetime, int]:
    """How many new snapshots arrived in each hour of UTC; hours without any are left out."""
    hour = _hour(conn, inbox.c.received_at)
    wanted = select(hour, func.count()).where(inbox.c.source.in_(SOURCES), inbox.c.received_at >= since).group_by(hour)
    return {_moment(text): count for text, count in conn.execute(wanted)}


def postings_by_hour(conn: Connection, since: datetime) -> dict[datetime, int]:
    """How many postings Oro confirmed in each hour of UTC."""
    hour = _hour(conn, postings.c.confirmed_at)
    wanted = (
        select(hour, func.count())
        .where(postings.c.state == "confirmed", postings.c.confirmed_at >= since)
        .group_by(hour)
    )
    return {_moment(text): count for text, count in conn.execute(wanted)}


def last_confirmed(conn: Connection) -> datetime | None:
    """When Oro last confirmed a posting."""
    newest = func.max(postings.c.confirmed_at, type_=postings.c.confirmed_at.type)
    found: datetime | None = conn.execute(select(newest).where(postings.c.state == "confirmed")).scalar()
    return found


def waiting(conn: Connection, now: datetime) -> Waiting:
    """What the outbox holds. Rows that are idle, nearly all of them, are not looked at."""
    queued = conn.execute(
        select(func.count()).select_from(work).where(work.c.queued_until.is_not(None), work.c.due_at.is_not(None))
    ).scalar_one()
    due, oldest = conn.execute(
        select(func.count(), func.min(work.c.due_at, type_=work.c.due_at.type)).where(work.c.due_at <= now)
    ).one()
    later = conn.execute(select(func.count()).select_from(work).where(work.c.due_at > now)).scalar_one()
    return Waiting(max(due - queued, 0), oldest, queued, later)


def _hour(conn: Connection, column: Any) -> ColumnElement[str]:
    """``2026-11-27T10`` of a column of moments."""
    if conn.dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24')
    return func.substr(column, 1, 13)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)


def _sum(column: Any) -> ColumnElement[Decimal]:
    return func.sum(column, type_=column.type)
