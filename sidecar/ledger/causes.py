"""Flags grouped by cause: 17 returns that wait for one reason code are one row, with what is at stake in each currency.

(code, cause) names a group (``FlagDraft.cause``); one decision ends all flags of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from sidecar.ledger.flags import LIVE, FlagRow
from sidecar.ledger.tables import flags, return_lines

PAGE = 50


@dataclass(frozen=True)
class CauseFilter:
    """What to look for; an empty field asks for nothing.

    ``state``: ``open``, ``assigned``, ``resolved`` or ``released``; empty: open and assigned. ``text`` is found in a
    return's id, an order's identifier or the flag's SKU, and as the whole SKU of any line of the return. ``since``
    bounds closed flags by when they were closed.
    """

    owner: str = ""
    code: str = ""
    cause: str | None = None  # None: any; "" is a cause too
    severity: str = ""
    state: str = ""
    assigned_to: str = ""
    text: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class CauseRow:
    """One group. ``urgency`` is that of its most urgent flag, ``first_seen_at`` and ``due_at`` the earliest.

    ``assignee`` is the one person all its flags are assigned to, empty when there is none or there are several.
    ``example`` is the oldest flag of the group.
    """

    code: str
    cause: str
    urgency: int
    flags: int
    returns: int
    assigned: int
    assignee: str
    first_seen_at: datetime
    last_seen_at: datetime
    due_at: datetime | None
    amounts: dict[str, Decimal]  # at stake, by currency
    example: FlagRow


@dataclass(frozen=True)
class CausePage:
    """``total`` counts all groups that answer to the filter."""

    rows: list[CauseRow]
    total: int


@dataclass(frozen=True)
class WaitingWord:
    """A word of ZigZag that nobody mapped. ``source`` as ZigZag wrote it; ``code`` of one of its flags."""

    kind: str
    source: str
    code: str
    cause: str
    returns: int
    amounts: dict[str, Decimal]  # that wait, by currency
    first_seen_at: datetime
    holds: str


def search(conn: Connection, wanted: CauseFilter, *, offset: int = 0, limit: int = PAGE) -> CausePage:
    """The most urgent first, then the longest open."""
    where = _where(wanted)
    grouped = (
        select(
            flags.c.code,
            flags.c.cause,
            func.min(flags.c.urgency).label("urgency"),
            func.count().label("flags"),
            func.count(flags.c.return_pk.distinct()).label("returns"),
            func.sum(case((flags.c.state == "assigned", 1), else_=0)).label("assigned"),
            func.min(flags.c.assigned_to).label("one"),
            func.max(flags.c.assigned_to).label("other"),
            func.min(flags.c.first_seen_at).label("first_seen_at"),
            func.max(flags.c.last_seen_at).label("last_seen_at"),
            func.min(flags.c.due_at).label("due_at"),
            func.min(flags.c.id).label("example"),
            func.count().over().label("total"),
        )
        .where(*where)
        .group_by(flags.c.code, flags.c.cause)
        .order_by("urgency", "first_seen_at", flags.c.code, flags.c.cause)
        .limit(limit)
        .offset(offset)
    )
    rows = conn.execute(grouped).all()
    if not rows:
        return CausePage([], _count(conn, where) if offset else 0)
    amounts = _amounts(conn, where, [(row.code, row.cause) for row in rows])
    examples = _examples(conn, [row.example for row in rows])
    found = [
        CauseRow(
            code=row.code,
            cause=row.cause,
            urgency=row.urgency,
            flags=row.flags,
            returns=row.returns,
            assigned=int(row.assigned),
            assignee=row.one if row.one == row.other else "",
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            due_at=row.due_at,
            amounts=amounts.get((row.code, row.cause), {}),
            example=examples[row.example],
        )
        for row in rows
    ]
    return CausePage(found, rows[0].total)


def flags_of(
    conn: Connection, code: str, cause: str, wanted: CauseFilter, *, after: int = 0, limit: int = PAGE
) -> list[FlagRow]:
    """The flags of one group in the order of their id, from behind the id ``after``."""
    found = (
        select(*flags.c)
        .where(flags.c.code == code, flags.c.cause == cause, flags.c.id > after, *_where(wanted))
        .order_by(flags.c.id)
        .limit(limit)
    )
    return [FlagRow(*row) for row in conn.execute(found)]


def waiting_words(conn: Connection, kind: str | None = None, limit: int = 500) -> list[WaitingWord]:
    """The words that open flags name as lacking a mapping (of one kind), the one with most returns first."""
    where: list[ColumnElement[bool]] = [flags.c.state.in_(LIVE), flags.c.mapping_kind.is_not(None)]
    if kind is not None:
        where.append(flags.c.mapping_kind == kind)
    grouped = (
        select(
            flags.c.mapping_kind,
            flags.c.cause,
            func.min(flags.c.mapping_source).label("source"),
            func.min(flags.c.code).label("code"),
            func.count(flags.c.return_pk.distinct()).label("returns"),
            func.min(flags.c.first_seen_at).label("first_seen_at"),
            func.max(flags.c.holds).label("holds"),
        )
        .where(*where)
        .group_by(flags.c.mapping_kind, flags.c.cause)
        .order_by(func.count(flags.c.return_pk.distinct()).desc(), flags.c.cause)
        .limit(limit)
    )
    amounts: dict[str, dict[str, Decimal]] = defaultdict(dict)
    summed = (
        select(flags.c.cause, flags.c.currency, _sum())
        .where(*where, flags.c.amount.is_not(None))
        .group_by(flags.c.cause, flags.c.currency)
    )
    for cause, currency, amount in conn.execute(summed):
        amounts[cause][currency] = amount
    return [
        WaitingWord(
            row.mapping_kind,
            row.source,
            row.code,
            row.cause,
            row.returns,
            amounts.get(row.cause, {}),
            row.first_seen_at,
            row.holds,
        )
        for row in conn.execute(grouped)
    ]


def _where(wanted: CauseFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [flags.c.state == wanted.state if wanted.state else flags.c.state.in_(LIVE)]
    for column, value in (
        (flags.c.owner, wanted.owner),
        (flags.c.code, wanted.code),
        (flags.c.severity, wanted.severity),
        (flags.c.assigned_to, wanted.assigned_to),
    ):
        if value:
            where.append(column == value)
    if wanted.cause is not None:
        where.append(flags.c.cause == wanted.cause)
    if wanted.since is not None:
        where.append(flags.c.closed_at >= wanted.since)
    if wanted.text:
        has_sku = select(return_lines.c.return_pk).where(func.upper(return_lines.c.sku) == wanted.text.strip().upper())
        where.append(
            or_(
                *(
                    column.icontains(wanted.text.strip(), autoescape=True)
                    for column in (flags.c.return_id, flags.c.order_identifier, flags.c.sku)
                ),
                flags.c.return_pk.in_(has_sku),
            )
        )
    return where


def _amounts(
    conn: Connection, where: list[ColumnElement[bool]], groups: Collection[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, Decimal]]:
    found: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    summed = (
        select(flags.c.code, flags.c.cause, flags.c.currency, _sum())
        .where(
            *where,
            flags.c.amount.is_not(None),
            flags.c.code.in_({code for code, _ in groups}),
            flags.c.cause.in_({cause for _, cause in groups}),
        )
        .group_by(flags.c.code, flags.c.cause, flags.c.currency)
    )
    for code, cause, currency, amount in conn.execute(summed):
        found[code, cause][currency] = amount
    return found


def _examples(conn: Connection, ids: Collection[int]) -> dict[int, FlagRow]:
    found = (FlagRow(*row) for row in conn.execute(select(*flags.c).where(flags.c.id.in_(ids))))
    return {flag.id: flag for flag in found}


def _count(conn: Connection, where: list[ColumnElement[bool]]) -> int:
    groups = select(flags.c.code, flags.c.cause).where(*where).distinct().subquery()
    return conn.execute(select(func.count()).select_from(groups)).scalar() or 0


def _sum() -> ColumnElement[Decimal]:
    return func.sum(flags.c.amount, type_=flags.c.amount.type)
