"""What people were told: a mark for every matter that was, and the messages on their way to each channel.

A mark keeps a matter from being told twice; it goes when the matter has ended, so that its return is told again.
A notice is claimed by a conditional UPDATE before it is sent: of two senders one gets it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from sidecar.ledger import dialects
from sidecar.ledger.flags import LIVE
from sidecar.ledger.tables import alert_marks, alert_notices, flags

CRITICAL, PAST_DUE, LINK = "critical", "past due", "link"
WAITING, SENT, GIVEN_UP = "waiting", "sent", "given_up"
KEPT = timedelta(days=90)
EXAMPLES = 5


@dataclass(frozen=True)
class Gathered:
    """Flags of one code and currency that were marked together."""

    owner: str
    code: str
    severity: str
    currency: str
    flags: int
    amount: Decimal | None


@dataclass(frozen=True)
class Standing(Gathered):
    """Live flags of one code and currency as they stand for the daily digest."""

    oldest: datetime
    past_due: int
    fresh: int


@dataclass(frozen=True)
class Example:
    """One of the flags behind a group, the oldest first. ``return_id`` is empty for a flag of the whole system."""

    return_id: str
    message: str
    next_step: str


@dataclass(frozen=True)
class Mark:
    """A matter that was told. ``text`` is what was said of a link of the chain."""

    subject: str
    kind: str
    owner: str
    text: str


@dataclass(frozen=True)
class NoticeRow:
    id: int
    key: str
    channel: str
    owner: str
    kind: str
    body: Mapping[str, Any]
    state: str
    created_at: datetime
    attempts: int
    next_attempt_at: datetime
    sent_at: datetime | None
    detail: str


# --- flags nobody was told about ----------------------------------------------------------------------------------


def _is_matter(kind: str, now: datetime, unknown_since: datetime) -> ColumnElement[bool]:
    """Live flags that are critical, or past their due time. An unknown outcome turns critical by its age."""
    live = flags.c.state.in_(LIVE)
    if kind == PAST_DUE:
        return and_(live, flags.c.severity != "critical", flags.c.due_at <= now)
    old = and_(flags.c.code == "outcome_unknown", flags.c.first_seen_at <= unknown_since)
    return and_(live, or_(flags.c.urgency == 0, old))


def _untold(kind: str, now: datetime, unknown_since: datetime) -> ColumnElement[bool]:
    told = exists().where(alert_marks.c.flag_id == flags.c.id, alert_marks.c.kind == kind)
    return and_(_is_matter(kind, now, unknown_since), ~told)


def owners_with_untold(conn: Connection, kind: str, now: datetime, unknown_since: datetime) -> set[str]:
    """Owners of flags that became a matter of this kind and were not told."""
    return set(conn.scalars(select(flags.c.owner).where(_untold(kind, now, unknown_since)).distinct()))


def mark_untold(
    conn: Connection, kind: str, batch: str, owners: Collection[str], now: datetime, unknown_since: datetime
) -> int:
    """Mark every untold flag of these owners as told in ``batch``; how many they were."""
    wanted = select(
        literal(f"{kind}:") + cast(flags.c.id, Text),
        flags.c.id,
        literal(kind),
        flags.c.owner,
        literal(""),
        literal(batch),
        literal(now, alert_marks.c.told_at.type),
    ).where(_untold(kind, now, unknown_since), flags.c.owner.in_(owners))
    return conn.execute(insert(alert_marks).from_select(list(alert_marks.c.keys()), wanted)).rowcount


def gathered(conn: Connection, batch: str, kind: str) -> list[Gathered]:
    """What a batch marked, by owner, code and currency."""
    columns = (flags.c.owner, flags.c.code, flags.c.severity, flags.c.currency)
    wanted = (
        select(*columns, func.count(), func.sum(flags.c.amount, type_=flags.c.amount.type))
        .join(alert_marks, alert_marks.c.flag_id == flags.c.id)
        .where(alert_marks.c.batch == batch, alert_marks.c.kind == kind)
        .group_by(*columns)
        .order_by(flags.c.owner, flags.c.code, flags.c.currency)
    )
    return [Gathered(*row) for row in conn.execute(wanted)]


def examples(conn: Connection, batch: str, kind: str, owner: str, code: str) -> list[Example]:
    """The oldest flags behind one group of a batch."""
    wanted = (
        select(flags.c.return_id, flags.c.message, flags.c.next_step)
        .join(alert_marks, alert_marks.c.flag_id == flags.c.id)
        .where(alert_marks.c.batch == batch, alert_marks.c.kind == kind)
        .where(flags.c.owner == owner, flags.c.code == code)
        .order_by(flags.c.id)
        .limit(EXAMPLES)
    )
    return [Example(*row) for row in conn.execute(wanted)]


def _ended() -> ColumnElement[bool]:
    """Marks whose flag is closed: when it opens again, it is told again."""
    live = exists().where(flags.c.id == alert_marks.c.flag_id, flags.c.state.in_(LIVE))
    return and_(alert_marks.c.flag_id.is_not(None), ~live)


def any_ended(conn: Connection) -> bool:
    return conn.execute(select(alert_marks.c.subject).where(_ended()).limit(1)).first() is not None


def forget_ended(conn: Connection) -> int:
    """Drop the marks of closed flags; how many they were."""
    return conn.execute(delete(alert_marks).where(_ended())).rowcount


# --- links of the chain -------------------------------------------------------------------------------------------


def link_marks(conn: Connection) -> dict[str, Mark]:
    """Links that were told to be down, by subject."""
    wanted = select(alert_marks.c.subject, alert_marks.c.kind, alert_marks.c.owner, alert_marks.c.text)
    return {row.subject: Mark(*row) for row in conn.execute(wanted.where(alert_marks.c.kind == LINK))}


def mark_link(conn: Connection, subject: str, owner: str, text: str, batch: str, now: datetime) -> None:
    row = {"subject": subject, "flag_id": None, "kind": LINK, "owner": owner, "text": text, "batch": batch}
    conn.execute(insert(alert_marks), row | {"told_at": now})


def forget_link(conn: Connection, subject: str) -> None:
    conn.execute(delete(alert_marks).where(alert_marks.c.subject == subject, alert_marks.c.kind == LINK))


# --- the daily digest ---------------------------------------------------------------------------------------------


def standing(conn: Connection, now: datetime, since: datetime) -> list[Standing]:
    """Every live flag, by owner, code and currency; ``fresh`` ones opened after ``since``. The most urgent first."""
    columns = (flags.c.owner, flags.c.code, flags.c.severity, flags.c.currency)
    wanted = (
        select(
            *columns,
            func.count(),
            func.sum(flags.c.amount, type_=flags.c.amount.type),
            func.min(flags.c.first_seen_at, type_=flags.c.first_seen_at.type),
            func.sum(case((flags.c.due_at <= now, 1), else_=0)),
            func.sum(case((flags.c.first_seen_at > since, 1), else_=0)),
        )
        .where(flags.c.state.in_(LIVE))
        .group_by(*columns)
        .order_by(func.min(flags.c.urgency), flags.c.code, flags.c.currency)
    )
    return [Standing(*row) for row in conn.execute(wanted)]


# --- messages on their way ----------------------------------------------------------------------------------------


def add_notice(
    conn: Connection, *, key: str, channel: str, owner: str, kind: str, body: Mapping[str, Any], now: datetime
) -> bool:
    """Queue one message for one channel; False when there is one of this key already."""
    row = {
        "key": key,
        "channel": channel,
        "owner": owner,
        "kind": kind,
        "body": body,
        "state": WAITING,
        "created_at": now,
        "attempts": 0,
        "next_attempt_at": now,
        "sent_at": None,
        "detail": "",
    }
    fresh = dialects.insert(conn, alert_notices).on_conflict_do_nothing(index_elements=["key"])
    return bool(conn.execute(fresh.values(row)).rowcount)


def last_notice_at(conn: Connection, owner: str, kind: str) -> datetime | None:
    wanted = select(func.max(alert_notices.c.created_at, type_=alert_notices.c.created_at.type))
    found: datetime | None = conn.execute(
        wanted.where(alert_notices.c.owner == owner, alert_notices.c.kind == kind)
    ).scalar()
    return found


def due_notices(conn: Connection, now: datetime, limit: int = 20) -> list[NoticeRow]:
    """Messages to be sent now, the oldest first."""
    wanted = (
        select(*alert_notices.c)
        .where(alert_notices.c.state == WAITING, alert_notices.c.next_attempt_at <= now)
        .order_by(alert_notices.c.next_attempt_at, alert_notices.c.id)
        .limit(limit)
    )
    return [NoticeRow(*row) for row in conn.execute(wanted)]


def claim_notice(conn: Connection, row: NoticeRow, now: datetime, hold: timedelta) -> bool:
    """Take one message for sending, for ``hold``; False when somebody else has it, or it was sent."""
    mine = and_(_still(row), alert_notices.c.next_attempt_at <= now)
    values = {"attempts": row.attempts + 1, "next_attempt_at": now + hold}
    return bool(conn.execute(update(alert_notices).where(mine).values(**values)).rowcount)


def notice_sent(conn: Connection, row: NoticeRow, now: datetime) -> None:
    conn.execute(
        update(alert_notices).where(_claimed(row)).values(state=SENT, sent_at=now, next_attempt_at=now, detail="")
    )


def notice_failed(conn: Connection, row: NoticeRow, detail: str, again_at: datetime | None) -> None:
    """It is tried again at ``again_at``; None: never."""
    values: dict[str, Any] = {"detail": detail[:500]}
    if again_at is None:
        values["state"] = GIVEN_UP
    else:
        values["next_attempt_at"] = again_at
    conn.execute(update(alert_notices).where(_claimed(row)).values(**values))


def _still(row: NoticeRow) -> ColumnElement[bool]:
    return and_(
        alert_notices.c.id == row.id, alert_notices.c.state == WAITING, alert_notices.c.attempts == row.attempts
    )


def _claimed(row: NoticeRow) -> ColumnElement[bool]:
    """The row as this sender left it: another one that claimed it later has counted one more attempt."""
    return and_(alert_notices.c.id == row.id, alert_notices.c.attempts == row.attempts + 1)


def notices(conn: Connection, limit: int = 50) -> list[NoticeRow]:
    """The newest first."""
    wanted = select(*alert_notices.c).order_by(alert_notices.c.id.desc()).limit(limit)
    return [NoticeRow(*row) for row in conn.execute(wanted)]


def counts(conn: Connection) -> list[tuple[str, str, int]]:
    """(channel, state, messages)."""
    columns = (alert_notices.c.channel, alert_notices.c.state)
    wanted = select(*columns, func.count()).group_by(*columns).order_by(*columns)
    return [(row[0], row[1], row[2]) for row in conn.execute(wanted)]


def forget_old(conn: Connection, now: datetime) -> int:
    """Drop messages that ended 90 days ago; how many they were."""
    old = and_(alert_notices.c.state != WAITING, alert_notices.c.created_at < now - KEPT)
    return conn.execute(delete(alert_notices).where(old)).rowcount
