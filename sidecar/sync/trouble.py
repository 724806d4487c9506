"""When something went wrong: the attempt is counted, the next one scheduled, the person told - in the ledger."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from sidecar.ledger import flags, requests, returns, work
from sidecar.oro import errors as oro
from sidecar.sync import flagging, retry
from sidecar.sync.world import World
from sidecar.zigzag.errors import ZigZagError

if TYPE_CHECKING:
    from sidecar.sync.intents import Intent

log = logging.getLogger(__name__)

WRITE_TROUBLE = ["outcome_unknown", "credit_refused", "attempts_exhausted"]
REFUSED_AGAIN_AFTER = timedelta(hours=1)
ORDER_LOOKED_FOR_AGAIN = timedelta(minutes=10)
ORDER_YOUNG = timedelta(days=14)


def one_failed(world: World, return_pk: int, error: BaseException) -> None:
    """One return failed for a reason of its own: counted, retried, flagged when it keeps failing."""
    log.error("return failed", exc_info=error)
    with world.ledger.begin() as conn:
        note(conn, world, return_pk, error, world.clock())


def all_retry(world: World, return_pks: Iterable[int], error: oro.OroError, *, reading: bool) -> int:
    """Oro could not be asked: every return of the page waits; the link is flagged once, for the whole system.

    ``reading``: it was the orders that could not be read.
    """
    pks = list(return_pks)
    now = world.clock()
    with world.ledger.begin() as conn:
        note_all(conn, world, dict.fromkeys(pks, error), now)
        upstream_failed(conn, "oro", error, now, reading=reading)
    return len(pks)


def note(conn: Connection, world: World, return_pk: int, error: BaseException, now: datetime) -> None:
    """Count the attempt and schedule the next; after ``retry.EXHAUSTED_AFTER`` a person is told, and it goes on."""
    note_all(conn, world, {return_pk: error}, now)
    if isinstance(error, oro.OroError):
        upstream_failed(conn, "oro", error, now)


def note_all(conn: Connection, world: World, errors: Mapping[int, BaseException], now: datetime) -> None:
    """The same for several returns, by pk. Returns are taken before their work, as the intake does."""
    attempts = {pk: work.attempts(conn, pk) + 1 for pk in errors}
    exhausted = [pk for pk, tried in attempts.items() if tried >= retry.EXHAUSTED_AFTER]
    for pk in returns.order_keys(conn, exhausted):
        _exhausted(conn, pk, attempts[pk], errors[pk], now)
    work.take(conn, errors)
    for pk, error in errors.items():
        pause = retry.delay(attempts[pk], world.chance(), getattr(error, "retry_after", None))
        if isinstance(error, oro.Refused):
            pause = max(pause, REFUSED_AGAIN_AFTER)
        code = getattr(error, "title", "") or type(error).__name__
        work.retry(conn, pk, now + pause, code, str(error)[:500], now)
    again = [requests.Ended(pk, None, "failed", f"{error}; tried again by itself") for pk, error in errors.items()]
    requests.finish(conn, again, now)


def _exhausted(conn: Connection, return_pk: int, attempts: int, error: BaseException, now: datetime) -> None:
    flags.raise_for_return(
        conn,
        return_pk,
        flagging.sync_draft(
            "attempts_exhausted", f"{attempts} attempts failed, the last with: {error}", now, holds="all"
        ),
        now,
    )
    returns.set_state(conn, return_pk, "failed", now)


def retry_later(world: World, return_pk: int, why: str) -> None:
    """The page stopped writing before this return's turn: it was not tried, so no attempt is counted."""
    with world.ledger.begin() as conn:
        work.give_back(conn, [return_pk], world.clock() + retry.delay(1, world.chance()))
    log.info("not tried: %s", why)


def upstream_failed(
    conn: Connection, name: str, error: oro.OroError | ZigZagError, now: datetime, *, reading: bool = False
) -> None:
    """Tell IT once per link of the chain, in the word that says what to do about it."""
    from sidecar.sync import health

    health.failed(conn, name, error, now, reading=reading)


def look_again(conn: Connection, intent: Intent, now: datetime) -> None:
    """An order Oro does not know (yet) is looked for again, closely while the return is young, then daily."""
    if intent.document.order_id is not None or not intent.record.order_identifier:
        return
    arrived = min((each.at for each in intent.record.snapshots), default=intent.document.source_updated_at or now)
    pause = ORDER_LOOKED_FOR_AGAIN if now - arrived < ORDER_YOUNG else timedelta(days=1)
    work.make_due(
        conn, [intent.return_pk], now, pull=False, reason="order_not_found", correlation_id="", at=now + pause
    )
