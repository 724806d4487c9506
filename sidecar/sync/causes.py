"""What is stuck, by cause: one row per thing that somebody must decide, with how many returns and how much wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sidecar.ledger import causes as rows
from sidecar.ledger.causes import CauseFilter, CauseRow
from sidecar.ledger.engine import Ledger
from sidecar.ledger.flags import FlagRow
from sidecar.returns.titles import TITLES
from sidecar.sync import flagging

__all__ = ["PER_PAGE", "Cause", "CauseFilter", "CausePage", "flags_of", "one", "page"]

PER_PAGE = 50
CLOSED_WITHIN = timedelta(days=30)  # how far back closed flags are looked for, unless the filter says otherwise
LONGEST_TEXT = 100
SEVERITIES = ("critical", "warning", "info")  # by urgency


@dataclass(frozen=True)
class Cause:
    """One cause. (``code``, ``cause``) names it in ``flags_of`` and ``one``.

    ``about`` is the thing in words (``grade "E"``); ``mapping`` the (kind, source) whose mapping ends it; ``amounts``
    what is at stake by currency; ``due_at`` the earliest due time of its flags, ``overdue`` whether that has passed;
    ``assignee`` the one person who has all of it. ``example`` is its oldest flag, whose message stands for all when
    ``flags`` is 1.
    """

    code: str
    cause: str
    title: str
    about: str
    owner: str
    severity: str
    holds: str
    next_step: str
    flags: int
    returns: int
    assigned: int
    assignee: str
    amounts: dict[str, Decimal]
    first_seen_at: datetime
    last_seen_at: datetime
    due_at: datetime | None
    overdue: bool
    mapping: tuple[str, str] | None
    sku: str
    example: FlagRow


@dataclass(frozen=True)
class CausePage:
    """Page ``number`` (from 1) of ``pages``; ``total`` causes answer to the filter."""

    causes: tuple[Cause, ...]
    total: int
    number: int
    pages: int


def page(ledger: Ledger, wanted: CauseFilter, *, now: datetime, number: int = 1, per_page: int = PER_PAGE) -> CausePage:
    """The causes of open flags (or of those in ``wanted.state``): the most urgent first, then the longest open.

    A number beyond the last page gives an empty one. Closed flags are those of the last 30 days.
    """
    number = max(number, 1)
    with ledger.read() as conn:
        found = rows.search(conn, _bounded(wanted, now), offset=(number - 1) * per_page, limit=per_page)
    pages = max(-(-found.total // per_page), 1)
    return CausePage(tuple(_cause(row, now) for row in found.rows), found.total, number, pages)


def one(ledger: Ledger, code: str, cause: str, *, now: datetime, state: str = "") -> Cause | None:
    """One cause by its name; None when no flag of it stands (any more)."""
    wanted = _bounded(CauseFilter(code=code, cause=cause, state=state), now)
    with ledger.read() as conn:
        found = rows.search(conn, wanted, limit=1)
    return _cause(found.rows[0], now) if found.rows else None


def flags_of(
    ledger: Ledger,
    code: str,
    cause: str,
    *,
    now: datetime,
    wanted: CauseFilter | None = None,
    after: int = 0,
    limit: int = PER_PAGE,
) -> list[FlagRow]:
    """The flags of one cause in the order of their id, from behind the id ``after``."""
    with ledger.read() as conn:
        return rows.flags_of(conn, code, cause, _bounded(wanted or CauseFilter(), now), after=after, limit=limit)


def _bounded(wanted: CauseFilter, now: datetime) -> CauseFilter:
    closed = wanted.state in ("resolved", "released")
    since = wanted.since or (now - CLOSED_WITHIN if closed else None)
    return CauseFilter(
        owner=wanted.owner,
        code=wanted.code,
        cause=wanted.cause,
        severity=wanted.severity,
        state=wanted.state,
        assigned_to=wanted.assigned_to,
        text=wanted.text.strip()[:LONGEST_TEXT],
        since=since,
    )


def _cause(row: CauseRow, now: datetime) -> Cause:
    flag = row.example
    mapping = (flag.mapping_kind, flag.mapping_source or "") if flag.mapping_kind else None
    return Cause(
        code=row.code,
        cause=row.cause,
        title=TITLES.get(row.code, row.code),
        about=flagging.about(flag),
        owner=flag.owner,
        severity=SEVERITIES[row.urgency],
        holds=flag.holds,
        next_step=flag.next_step,
        flags=row.flags,
        returns=row.returns,
        assigned=row.assigned,
        assignee=row.assignee,
        amounts=row.amounts,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        due_at=row.due_at,
        overdue=row.due_at is not None and row.due_at < now,
        mapping=mapping,
        sku=flag.sku,
        example=flag,
    )
