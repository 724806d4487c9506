"""Pull from ZigZag: single returns that somebody told us about, and the list of all that changed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sidecar import logs
from sidecar.ledger import requests, returns, signals, work
from sidecar.ledger.returns import ReturnRow
from sidecar.ledger.work import WorkRow
from sidecar.sync import health, intake, trouble
from sidecar.sync.world import World
from sidecar.zigzag.client import ZigZagClient
from sidecar.zigzag.errors import ZigZagError

log = logging.getLogger(__name__)

CURSOR = "pull"
OVERLAP = timedelta(minutes=15)
FIRST_LOOK_BACK = timedelta(days=30)
THREADS = 8


@dataclass
class Pulled:
    """``failed``: return pks that wait for another try; ``unknown``: those ZigZag says it does not know."""

    failed: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)


def pull(world: World, due: Sequence[WorkRow]) -> Pulled:
    """Ask ZigZag for each due return whose newest word came from outside a pull, in parallel, and store the answers.

    A 404, or a ZigZag that is not asked at all, leaves the stored snapshots as the evidence (contracts/zigzag.md,
    Pull). A return nobody has told anything about ends its request as failed then.
    """
    wanted = [row for row in due if row.pull]
    pulled = Pulled()
    if not wanted:
        return pulled
    with world.ledger.read() as conn:
        rows = {row.id: row for row in returns.by_pks(conn, [each.return_pk for each in wanted])}
    answers = _answers(world.zigzag, [rows[each.return_pk] for each in wanted])
    outcomes = list(zip(wanted, answers, strict=True))
    if snapshots := [(rows[each.return_pk], outcome) for each, outcome in outcomes if isinstance(outcome, dict)]:
        intake.store_pulled(world.ledger, snapshots, zone=world.zone, now=world.clock())
    failures = {each.return_pk: outcome for each, outcome in outcomes if isinstance(outcome, ZigZagError)}
    pulled.failed |= failures.keys()
    pulled.unknown |= {each.return_pk for each, outcome in outcomes if outcome is None}
    if failures:
        with world.ledger.begin() as conn:
            now = world.clock()
            trouble.note_all(conn, world, failures, now)
            for error in failures.values():
                health.failed(conn, "zigzag", error, now)
    with world.ledger.begin() as conn:
        now = world.clock()
        told = {each.return_pk: each.generation for each in wanted if each.return_pk not in pulled.failed}
        work.pulled(conn, told)
        if world.zigzag is not None and len(pulled.failed) < len(wanted):
            health.answered(conn, "zigzag", now)
        for pk in pulled.unknown:
            if rows[pk].snapshots == 0 and rows[pk].intake is None:
                pulled.failed.add(pk)
                work.finish(conn, {pk: told[pk]}, now)
                requests.finish(conn, [requests.Ended(pk, None, "failed", _unknown(world.zigzag))], now)
    return pulled


Outcome = dict[str, Any] | ZigZagError | None


def _answers(client: ZigZagClient | None, rows: Sequence[ReturnRow]) -> list[Outcome]:
    """ZigZag's word on each; None where it does not know the return, or with ``ZIGZAG_PULL=off``."""
    if client is None:
        return [None] * len(rows)
    ask = logs.carry(partial(_ask, client))
    with ThreadPoolExecutor(max_workers=min(THREADS, len(rows)), thread_name_prefix="zigzag") as pool:
        return list(pool.map(ask, rows))


def _unknown(client: ZigZagClient | None) -> str:
    if client is None:
        return "Nothing is known of this return, and ZIGZAG_PULL=off: it cannot be asked for."
    return "ZigZag does not know this return."


def _ask(client: ZigZagClient, row: ReturnRow) -> Outcome:
    try:
        return client.get_return(row.return_id)
    except ZigZagError as error:
        return error


@dataclass
class Walk:
    """What a walk over the changed returns saw, in snapshots."""

    seen: int = 0
    new: int = 0
    pages: int = 0


def poll(world: World, since: datetime | None = None) -> Walk:
    """Store everything that changed since the last walk (with overlap), one ledger commit per page of the list.

    The cursor moves only when the walk has ended, so that a walk cut short is walked again; what was stored already is
    recognised. Raises ZigZagError after noting it.
    """
    walk = Walk()
    if world.zigzag is None:
        return walk
    started = world.clock()
    if since is None:
        with world.ledger.read() as conn:
            cursor = signals.cursor_get(conn, CURSOR)
        since = datetime.fromisoformat(cursor) - OVERLAP if cursor else started - FIRST_LOOK_BACK
    try:
        for page in world.zigzag.changed_since(since):
            stored = intake.store_page(world.ledger, page, settings=world.settings, now=world.clock())
            walk.pages += 1
            walk.seen += len(page)
            walk.new += stored.new
    except ZigZagError as error:
        with world.ledger.begin() as conn:
            health.failed(conn, "zigzag", error, world.clock())
        raise
    with world.ledger.begin() as conn:
        signals.cursor_set(conn, CURSOR, started.isoformat(), world.clock())
        health.answered(conn, "zigzag", world.clock())
    log.info("walked", extra={"seen": walk.seen, "new": walk.new, "pages": walk.pages})
    return walk
