"""The outbox: one row per return says when it is due, who has it, and how often it failed.

``generation`` counts what was asked, ``done_generation`` what was answered: work that arrives while a page runs is
not swallowed by that page's end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select, update

from sidecar.ledger.dialects import insert_for, take_in_order
from sidecar.ledger.tables import work

SOON = timedelta(seconds=2)


@dataclass(frozen=True)
class WorkRow:
    """``due_at`` None: idle. ``pull``: ZigZag must be asked before planning."""

    return_pk: int
    due_at: datetime | None
    queued_until: datetime | None
    generation: int
    done_generation: int
    pull: bool
    attempts: int
    reason: str
    last_error: str
    last_error_code: str
    correlation_id: str
    job_id: str


@dataclass(frozen=True)
class WorkCounts:
    """Rows by what they wait for; ``oldest_due_at`` among those that are due and not in the queue."""

    due: int
    queued: int
    later: int
    idle: int
    oldest_due_at: datetime | None


@cache
def _make_due(dialect: str) -> Any:
    fresh = insert_for(dialect, work).values(
        generation=1, done_generation=0, attempts=0, last_error="", last_error_code="", job_id="", queued_until=None
    )
    said = fresh.excluded
    sooner = or_(work.c.due_at.is_(None), work.c.due_at > said.due_at)
    return fresh.on_conflict_do_update(
        index_elements=["return_pk"],
        set_={
            "generation": work.c.generation + 1,
            "due_at": case((sooner, said.due_at), else_=work.c.due_at),
            "pull": or_(work.c.pull, said.pull),
            "reason": said.reason,
            "correlation_id": said.correlation_id,
        },
    )


def make_due(
    conn: Connection,
    return_pks: Iterable[int],
    now: datetime,
    *,
    pull: bool,
    reason: str,
    correlation_id: str,
    at: datetime | None = None,
) -> None:
    """These returns are due at ``at`` (now, when None), or earlier if they were due earlier already.

    ``pull`` once asked for stays asked for. What is under way is not disturbed: it is due again when it ends.
    """
    rows = [
        {"return_pk": pk, "due_at": at or now, "pull": pull, "reason": reason[:200], "correlation_id": correlation_id}
        for pk in sorted(set(return_pks))
    ]
    if rows:
        conn.execute(_make_due(conn.dialect.name), rows)


_DUE = (
    select(work.c.return_pk)
    .where(
        work.c.due_at <= bindparam("now"),
        or_(work.c.queued_until.is_(None), work.c.queued_until < bindparam("now")),
    )
    .order_by(work.c.due_at, work.c.return_pk)
)


def take_due(conn: Connection, now: datetime, limit: int, hold_seconds: int, job_id: str) -> list[WorkRow]:
    """Hand up to ``limit`` due returns to a job, for ``hold_seconds``; nobody else is handed them meanwhile."""
    wanted = _DUE.limit(limit)
    if conn.dialect.name == "postgresql":
        wanted = wanted.with_for_update(skip_locked=True)
    pks = [row.return_pk for row in conn.execute(wanted, {"now": now})]
    if not pks:
        return []
    taken = conn.execute(
        update(work)
        .where(work.c.return_pk.in_(pks))
        .values(queued_until=now + timedelta(seconds=hold_seconds), job_id=job_id)
        .returning(*work.c)
    )
    return sorted((WorkRow(*row) for row in taken), key=lambda row: pks.index(row.return_pk))


def take(conn: Connection, return_pks: Collection[int]) -> None:
    """Lock these rows in the order in which everybody takes them, before they are written one by one."""
    take_in_order(conn, work.c.return_pk, work.c.return_pk.in_(list(return_pks)))


_LOAD = select(*work.c).where(work.c.return_pk.in_(bindparam("pks", expanding=True)))


def load(conn: Connection, return_pks: Collection[int]) -> list[WorkRow]:
    if not return_pks:
        return []
    return [WorkRow(*row) for row in conn.execute(_LOAD, {"pks": list(return_pks)})]


_FINISH = (
    update(work)
    .where(work.c.return_pk == bindparam("pk"))
    .values(
        due_at=case((work.c.generation > bindparam("seen"), bindparam("now", type_=work.c.due_at.type)), else_=None),
        done_generation=bindparam("seen"),
        pull=case((work.c.generation > bindparam("seen"), work.c.pull), else_=False),
        attempts=0,
        queued_until=None,
        last_error="",
        last_error_code="",
    )
)


def finish(conn: Connection, generations: Mapping[int, int], now: datetime) -> None:
    """What was asked of a return up to its generation is done; it is idle unless more was asked meanwhile."""
    if generations:
        conn.execute(_FINISH, [{"pk": pk, "seen": seen, "now": now} for pk, seen in sorted(generations.items())])


_PULLED = (
    update(work).where(work.c.return_pk == bindparam("pk"), work.c.generation == bindparam("seen")).values(pull=False)
)


def pulled(conn: Connection, generations: Mapping[int, int]) -> None:
    """ZigZag's answers are stored: a retry need not ask again, unless something new was asked meanwhile."""
    if generations:
        conn.execute(_PULLED, [{"pk": pk, "seen": seen} for pk, seen in sorted(generations.items())])


_RETRY = (
    update(work)
    .where(work.c.return_pk == bindparam("pk"))
    .values(
        due_at=bindparam("at", type_=work.c.due_at.type),
        attempts=work.c.attempts + 1,
        queued_until=None,
        last_error=bindparam("error"),
        last_error_code=bindparam("code"),
    )
)


def retry(conn: Connection, return_pk: int, at: datetime, error_code: str, error: str, now: datetime) -> None:
    """The attempt failed; the next is at ``at``."""
    conn.execute(_RETRY, {"pk": return_pk, "at": at, "error": error, "code": error_code[:100]})


_ATTEMPTS = select(work.c.attempts).where(work.c.return_pk == bindparam("pk"))


def attempts(conn: Connection, return_pk: int) -> int:
    """How often this return failed in a row."""
    return conn.execute(_ATTEMPTS, {"pk": return_pk}).scalar() or 0


_HURRY = (
    update(work)
    .where(work.c.return_pk == bindparam("pk"))
    .values(due_at=bindparam("at", type_=work.c.due_at.type), attempts=0)
)


def hurry(conn: Connection, return_pk: int, now: datetime) -> None:
    """Due at once whatever was scheduled, as if it had never failed; what is in the queue stays there."""
    conn.execute(_HURRY, {"pk": return_pk, "at": now})


def give_back(conn: Connection, return_pks: Collection[int], at: datetime) -> None:
    """Not tried (its order was claimed by another worker): due again at ``at``, no attempt counted."""
    if return_pks:
        take(conn, return_pks)
        conn.execute(
            update(work)
            .where(work.c.return_pk.in_(list(return_pks)), work.c.due_at.is_not(None))
            .values(due_at=at, queued_until=None)
        )


def queued_jobs(conn: Connection) -> list[str]:
    """The jobs that hold returns now."""
    return list(conn.scalars(select(work.c.job_id).where(work.c.queued_until.is_not(None)).distinct()))


def requeue_jobs(conn: Connection, job_ids: Collection[str], now: datetime) -> int:
    """The jobs are gone: what they held is due again as it was; how many returns that are."""
    lost = and_(work.c.job_id.in_(list(job_ids)), work.c.queued_until.is_not(None))
    take_in_order(conn, work.c.return_pk, lost)
    return conn.execute(update(work).where(lost).values(queued_until=None)).rowcount


def counts(conn: Connection, now: datetime) -> WorkCounts:
    moment = bindparam("now", now, type_=work.c.due_at.type)
    queued = work.c.queued_until >= moment
    due = (work.c.due_at <= moment) & or_(work.c.queued_until.is_(None), work.c.queued_until < moment)
    row = conn.execute(
        select(
            func.count().filter(due),
            func.count().filter(queued),
            func.count().filter((work.c.due_at > moment) & work.c.queued_until.is_(None)),
            func.count().filter(work.c.due_at.is_(None)),
        ).select_from(work)
    ).one()
    oldest = conn.execute(select(work.c.due_at).where(due).order_by(work.c.due_at).limit(1)).scalar()
    return WorkCounts(*row, oldest)


def due_now(conn: Connection, now: datetime) -> list[int]:
    """The returns that are due and not in the queue, the longest waiting first."""
    return [row.return_pk for row in conn.execute(_DUE, {"now": now})]


def due_before(conn: Connection, at: datetime) -> int:
    """How many returns are in the queue or due before ``at``."""
    return conn.execute(select(func.count()).select_from(work).where(work.c.due_at <= at)).scalar() or 0


def next_due(conn: Connection) -> datetime | None:
    """When the next return is due."""
    return conn.execute(
        select(work.c.due_at).where(work.c.due_at.is_not(None)).order_by(work.c.due_at).limit(1)
    ).scalar()
