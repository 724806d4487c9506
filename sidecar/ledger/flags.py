"""Flags: one row per cause and object. Seeing it again counts; when its cause is gone it closes itself and says why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, update

from sidecar.ledger.dialects import insert_for, take_in_order
from sidecar.ledger.tables import flags
from sidecar.ledger.tables import returns as return_rows

LIVE = ("open", "assigned")
SEEN_AT_MOST_EVERY = timedelta(hours=1)
SYSTEM = ""
PAGE = 50
URGENCY = {"critical": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class FlagDraft:
    """A flag as it should stand now. (code, subject) names the cause within its return, or within the system.

    ``cause`` names what it is about beyond its return: (code, cause) groups what one decision would end.
    """

    code: str
    subject: str
    owner: str
    severity: str
    message: str
    next_step: str
    line_key: str | None = None
    sku: str = ""
    amount: Decimal | None = None
    currency: str = ""
    holds: str = ""
    mapping_kind: str | None = None
    mapping_source: str | None = None
    due_at: datetime | None = None
    cause: str = ""


@dataclass(frozen=True)
class FlagRow:
    id: int
    scope: str
    return_pk: int | None
    return_id: str
    order_identifier: str
    code: str
    subject: str
    owner: str
    severity: str
    state: str
    message: str
    next_step: str
    line_key: str | None
    sku: str
    amount: Decimal | None
    currency: str
    holds: str
    mapping_kind: str | None
    mapping_source: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    count: int
    due_at: datetime | None
    assigned_to: str
    closed_at: datetime | None
    closed_by: str
    closed_reason: str
    person_released: bool
    urgency: int
    cause: str


@dataclass(frozen=True)
class Reconciled:
    """Counts of flags opened (or opened again), seen and closed by themselves."""

    opened: int = 0
    seen: int = 0
    released: int = 0


@dataclass(frozen=True)
class FlagPage:
    rows: list[FlagRow]
    next_cursor: str | None


@dataclass(frozen=True)
class FlagCount:
    """Live flags of one code, with what is at stake in one currency."""

    code: str
    owner: str
    severity: str
    currency: str
    count: int
    amount: Decimal | None


_STATED = [field.name for field in fields(FlagDraft) if field.name not in ("code", "subject", "due_at")]
_OF_RETURNS = select(*flags.c).where(flags.c.return_pk.in_(bindparam("pks", expanding=True))).order_by(flags.c.id)
_GET = select(*flags.c).where(flags.c.id == bindparam("pk"))
_TAKE = _GET.with_for_update(key_share=True)  # SQLite, which has one writer, is told nothing of it
_ONE = select(*flags.c).where(
    flags.c.scope == bindparam("s"), flags.c.code == bindparam("c"), flags.c.subject == bindparam("o")
)


@cache
def _insert(dialect: str) -> Any:
    return insert_for(dialect, flags).on_conflict_do_nothing().returning(flags.c.id)


def scope_of(return_pk: int) -> str:
    return f"return:{return_pk}"


def of_returns(conn: Connection, return_pks: Collection[int]) -> dict[int, list[FlagRow]]:
    """Every flag of these returns, whatever its state."""
    found: dict[int, list[FlagRow]] = defaultdict(list)
    if return_pks:
        for row in conn.execute(_OF_RETURNS, {"pks": list(return_pks)}):
            flag = FlagRow(*row)
            if flag.return_pk is not None:
                found[flag.return_pk].append(flag)
    return dict(found)


# --- flags that the system raises and closes ---------------------------------------------------------------------


def reconcile(
    conn: Connection,
    return_pk: int,
    return_id: str,
    order_identifier: str,
    drafts: Sequence[FlagDraft],
    now: datetime,
    codes: Collection[str] | None = None,
    spare: Collection[tuple[str, str]] = (),
    *,
    standing: Iterable[FlagRow] | None = None,
) -> Reconciled:
    """Make these the flags of a return: new ones open, known ones are seen again, the others close by themselves.

    ``standing`` are all flags of the return as they stand in this transaction (None: they are read). ``codes`` limits
    which flags may close, ``spare`` names (code, subject) that may not: others raise those. A flag that a person
    resolved stays so while its message is the same. Nothing is written when nothing changed.
    """
    if standing is None:
        standing = of_returns(conn, [return_pk]).get(return_pk, ())
    known = {(each.code, each.subject): each for each in standing}
    if not known and not drafts:
        return Reconciled()
    opened = seen = released = 0
    for draft in drafts:
        before = known.pop((draft.code, draft.subject), None)
        if _put(conn, before, draft, now, scope_of(return_pk), return_pk, return_id, order_identifier):
            opened += 1
        else:
            seen += 1
    for flag in known.values():
        raised_elsewhere = (codes is not None and flag.code not in codes) or (flag.code, flag.subject) in spare
        if flag.state in LIVE and not raised_elsewhere:
            _close_by_itself(conn, flags.c.id == flag.id, "its cause is gone", now)
            released += 1
    return Reconciled(opened, seen, released)


def raise_for_return(conn: Connection, return_pk: int, draft: FlagDraft, now: datetime) -> None:
    """Raise one flag of a return, or see it again."""
    names = conn.execute(
        select(return_rows.c.return_id, return_rows.c.order_identifier).where(return_rows.c.id == return_pk)
    ).one()
    scope = scope_of(return_pk)
    _put(conn, _find(conn, scope, draft), draft, now, scope, return_pk, names.return_id, names.order_identifier)


def clear_for_returns(
    conn: Connection,
    return_pks: Collection[int],
    codes: Iterable[str],
    reason: str,
    now: datetime,
    subject: str | None = None,
) -> int:
    """Close these returns' live flags of these codes (and subject): their cause is gone; how many they were."""
    return _clear(conn, [scope_of(pk) for pk in return_pks], list(codes), subject, reason, now)


def raise_system(conn: Connection, draft: FlagDraft, now: datetime) -> None:
    """Raise one flag of the whole system, or see it again."""
    _put(conn, _find(conn, SYSTEM, draft), draft, now, SYSTEM, None, "", "")


def clear_system(conn: Connection, code: str, subject: str, reason: str, now: datetime) -> int:
    return _clear(conn, [SYSTEM], [code], subject, reason, now)


def _find(conn: Connection, scope: str, draft: FlagDraft) -> FlagRow | None:
    row = conn.execute(_ONE, {"s": scope, "c": draft.code, "o": draft.subject}).first()
    return FlagRow(*row) if row else None


def _put(
    conn: Connection,
    before: FlagRow | None,
    draft: FlagDraft,
    now: datetime,
    scope: str,
    return_pk: int | None,
    return_id: str,
    order_identifier: str,
) -> bool:
    """Insert, reopen or touch one flag; whether it is open now and was not before."""
    stated = {name: getattr(draft, name) for name in _STATED} | {"urgency": URGENCY[draft.severity]}
    if before is None:
        row = {
            **stated,
            "scope": scope,
            "return_pk": return_pk,
            "return_id": return_id,
            "order_identifier": order_identifier,
            "code": draft.code,
            "subject": draft.subject,
            "state": "open",
            "first_seen_at": now,
            "last_seen_at": now,
            "count": 1,
            "due_at": draft.due_at,
            "assigned_to": "",
            "closed_at": None,
            "closed_by": "",
            "closed_reason": "",
            "person_released": False,
        }
        if conn.execute(_insert(conn.dialect.name), row).scalar() is not None:
            return True
        # PostgreSQL: another raised it while we waited, and nobody's message may fail because of a flag.
        before = FlagRow(*conn.execute(_ONE, {"s": scope, "c": draft.code, "o": draft.subject}).one())
    changed = {name: value for name, value in stated.items() if getattr(before, name) != value}
    reopens = before.state == "released" or (before.state == "resolved" and "message" in changed)
    if reopens:
        changed |= {
            "state": "open",
            "due_at": draft.due_at,
            "closed_at": None,
            "closed_by": "",
            "closed_reason": "",
        }
    elif before.state == "resolved":
        return False
    if "message" in changed or reopens or now - before.last_seen_at >= SEEN_AT_MOST_EVERY:
        changed |= {"last_seen_at": now, "count": before.count + 1}
    if changed:
        conn.execute(update(flags).where(flags.c.id == before.id).values(**changed))
    return reopens


def _clear(
    conn: Connection, scopes: list[str], codes: list[str], subject: str | None, reason: str, now: datetime
) -> int:
    which = and_(flags.c.scope.in_(scopes), flags.c.code.in_(codes), flags.c.state.in_(LIVE))
    if subject is not None:
        which = and_(which, flags.c.subject == subject)
    if len(scopes) > 1:
        take_in_order(conn, flags.c.id, which)
    return _close_by_itself(conn, which, reason, now)


def _close_by_itself(conn: Connection, which: ColumnElement[bool], reason: str, now: datetime) -> int:
    closed = {"state": "released", "closed_at": now, "closed_by": "system", "closed_reason": reason}
    return conn.execute(update(flags).where(which).values(**closed)).rowcount


# --- looking -----------------------------------------------------------------------------------------------------


def get(conn: Connection, pk: int) -> FlagRow | None:
    row = conn.execute(_GET, {"pk": pk}).first()
    return FlagRow(*row) if row else None


def take(conn: Connection, pk: int) -> FlagRow | None:
    """One that nobody changes until the transaction ends (in SQLite nobody could anyway)."""
    row = conn.execute(_TAKE, {"pk": pk}).first()
    return FlagRow(*row) if row else None


def must_get(conn: Connection, pk: int) -> FlagRow:
    """One that is there. Raises sqlalchemy.exc.NoResultFound."""
    return FlagRow(*conn.execute(_GET, {"pk": pk}).one())


def search(
    conn: Connection,
    *,
    state: str | None = None,
    owner: str | None = None,
    code: str | None = None,
    severity: str | None = None,
    return_id: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> FlagPage:
    """The most urgent first, then the oldest; ``cursor`` is the ``next_cursor`` of the page before."""
    wanted = select(*flags.c)
    asked = {
        flags.c.state: state,
        flags.c.owner: owner,
        flags.c.code: code,
        flags.c.severity: severity,
        flags.c.return_id: return_id,
    }
    for column, value in asked.items():
        if value is not None:
            wanted = wanted.where(column == value)
    if cursor:
        urgency, _, pk = cursor.partition("|")
        wanted = wanted.where(
            or_(
                flags.c.urgency > int(urgency),
                and_(flags.c.urgency == int(urgency), flags.c.id > int(pk)),
            )
        )
    rows = [FlagRow(*row) for row in conn.execute(wanted.order_by(flags.c.urgency, flags.c.id).limit(limit + 1))]
    last = rows[limit - 1] if len(rows) > limit else None
    return FlagPage(rows[:limit], f"{last.urgency}|{last.id}" if last else None)


def live_with_mapping(conn: Connection, kind: str, *, dismissed: bool = False) -> list[tuple[int, str, str, str]]:
    """(return pk, code, mapping source, SKU) of every live flag that a mapping of this kind would settle.

    ``dismissed``: also of those that a person closed; what they held is held still.
    """
    which: ColumnElement[bool] = flags.c.state.in_(LIVE)
    if dismissed:
        which = or_(which, and_(flags.c.state == "resolved", flags.c.holds != ""))
    wanted = select(flags.c.return_pk, flags.c.code, flags.c.mapping_source, flags.c.sku).where(
        flags.c.mapping_kind == kind, which, flags.c.return_pk.is_not(None)
    )
    return [(pk, code, source or "", sku) for pk, code, source, sku in conn.execute(wanted)]


def live_of_code(conn: Connection, code: str) -> list[tuple[int, str]]:
    """(return pk, SKU) of every live flag of a code."""
    wanted = select(flags.c.return_pk, flags.c.sku).where(
        flags.c.code == code, flags.c.state.in_(LIVE), flags.c.return_pk.is_not(None)
    )
    return [(pk, sku) for pk, sku in conn.execute(wanted)]


def of_subject(conn: Connection, code: str, subject: str) -> dict[int, FlagRow]:
    """By return pk, the flags of this code and subject that are open or that a person resolved."""
    wanted = select(*flags.c).where(
        flags.c.code == code, flags.c.subject == subject, flags.c.state.in_((*LIVE, "resolved"))
    )
    found = (FlagRow(*row) for row in conn.execute(wanted))
    return {flag.return_pk: flag for flag in found if flag.return_pk is not None}


def counts(conn: Connection) -> list[FlagCount]:
    """Live flags by code, owner, severity and currency."""
    wanted = (
        select(
            flags.c.code,
            flags.c.owner,
            flags.c.severity,
            flags.c.currency,
            func.count(),
            func.sum(flags.c.amount, type_=flags.c.amount.type),
        )
        .where(flags.c.state.in_(LIVE))
        .group_by(flags.c.code, flags.c.owner, flags.c.severity, flags.c.currency)
        .order_by(flags.c.code)
    )
    return [FlagCount(*row) for row in conn.execute(wanted)]
