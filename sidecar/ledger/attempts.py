"""Attempts to sign in that failed, per user and per address, so that every web process throttles alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, select, update

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.people_tables import attempts

FORGOTTEN_AFTER = timedelta(hours=1)  # without a failure
FIRST_WAIT = timedelta(seconds=30)  # doubled with every further failure
LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True)
class Limit:
    """Whose attempts are counted, and how many may fail before there is a wait."""

    who: str
    free: int


def reserve(conn: Connection, limits: Sequence[Limit], now: datetime) -> datetime | None:
    """Count one attempt against each of ``limits`` before it is tried; None when it may be tried.

    Else the moment from when on it may; nothing is counted then. Counting first keeps many guesses sent at the same
    moment from all being the first. ``forgive`` takes a success back.
    """
    rows = {}
    for limit in sorted(limits, key=lambda each: each.who):  # one order for everybody
        fresh = insert_for(conn.dialect.name, attempts).values(who=limit.who, failures=0, last_at=now)
        # Touching the row locks it until the commit.
        conn.execute(fresh.on_conflict_do_update(index_elements=["who"], set_={"who": fresh.excluded.who}))
        rows[limit] = conn.execute(select(*attempts.c).where(attempts.c.who == limit.who)).one()
    blocked = [row.blocked_until for row in rows.values() if row.blocked_until is not None and row.blocked_until > now]
    if blocked:
        latest: datetime = max(blocked)
        return latest
    for limit, row in rows.items():
        failures = 1 if now - row.last_at > FORGOTTEN_AFTER else row.failures + 1
        conn.execute(
            update(attempts)
            .where(attempts.c.who == limit.who)
            .values(failures=failures, last_at=now, blocked_until=_blocked_until(failures, limit, now))
        )
    return None


def forgive(conn: Connection, user: Limit, address: Limit, now: datetime) -> None:
    """The attempt was right: the user's failures are forgotten; of the address this one and one before it.

    Forgetting them all would let somebody with a password of his own go on guessing the others'; forgetting none
    would in the end lock out an office that shares an address and mistypes now and then.
    """
    conn.execute(
        update(attempts)
        .where(attempts.c.who == address.who)
        .values(failures=case((attempts.c.failures > 2, attempts.c.failures - 2), else_=0), blocked_until=None)
    )
    conn.execute(delete(attempts).where(attempts.c.who == user.who))
    # One that is being counted at this moment is left to the next: who waits for it may hold what that one waits for.
    old = select(attempts.c.who).where(attempts.c.last_at < now - FORGOTTEN_AFTER).with_for_update(skip_locked=True)
    conn.execute(delete(attempts).where(attempts.c.who.in_(old)))


def _blocked_until(failures: int, limit: Limit, now: datetime) -> datetime | None:
    beyond = failures - limit.free
    if beyond < 0:
        return None
    doubled: timedelta = FIRST_WAIT * (1 << min(beyond, 16))
    return now + min(doubled, LONGEST_WAIT)
