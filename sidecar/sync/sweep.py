"""Once a night: does Oro still show what we wrote, is anything unfinished, has a return gone silent?

Facts heal, money does not (law 6): a document somebody changed in Oro is flagged and written again; a credit memo that
is missing or different is a flag for finance and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from fractions import Fraction
from typing import Any

from sidecar.ledger import flags, inbox, postings, returns, work
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.returns import ReturnRow
from sidecar.oro.bodies import shown
from sidecar.oro.documents import FoundPosting, RemoteReturn
from sidecar.sync import flagging, records, silence
from sidecar.sync.world import World

log = logging.getLogger(__name__)

CURSOR = "swept"
AT = time(2, 0)
LOOK_BACK = timedelta(days=90)
BATCH = 100
QUANTITIES = ("requested", "received", "accepted", "credited", "restocked")


@dataclass
class Swept:
    """What a sweep found, in counts of returns and postings."""

    looked_at: int = 0
    drifted: int = 0
    lost: int = 0
    unfinished: int = 0
    silent: int = 0
    unsettled: int = 0


def is_due(now: datetime, last: str | None, zone: tzinfo) -> bool:
    """Whether two o'clock of the business's night has passed since the last sweep."""
    local = now.astimezone(zone)
    tonight = datetime.combine(local.date(), AT, zone)
    if local < tonight:
        tonight -= timedelta(days=1)
    return last is None or datetime.fromisoformat(last) < tonight


def sweep(world: World) -> Swept:
    """Walk the returns of the last 90 days in batches of 100, one shared read of Oro each."""
    found = Swept()
    now = world.clock()
    world.ledger.look_at_tables()
    with world.ledger.begin() as conn:
        stuck = postings.unfinished(conn, now - timedelta(minutes=15))
        fresh = inbox.unsettled_returns(conn, now - timedelta(minutes=15))
        left = [*(row.return_pk for row in stuck), *fresh]
        work.make_due(conn, left, now, pull=False, reason="sweep", correlation_id="sweep")
        found.unfinished, found.unsettled = len(stuck), len(fresh)
    found.silent = silence.look(world.ledger, world.settings, now).silent  # before Oro is asked, which may fail
    after = 0
    while True:
        with world.ledger.read() as conn:
            rows = returns.changed_since(conn, now - LOOK_BACK, after, BATCH)
        if not rows:
            break
        after = rows[-1].id
        found.looked_at += len(rows)
        _compare(world, rows, found)
        _look_for_postings(world, rows, found)
    figures = {"looked_at": found.looked_at, "drifted": found.drifted, "lost": found.lost, "silent": found.silent}
    log.info("swept", extra=figures)
    return found


def _compare(world: World, rows: list[ReturnRow], found: Swept) -> None:
    written = [row for row in rows if row.document_digest]
    if not written:
        return
    remote = world.oro.documents.read_returns([row.return_id for row in written])
    for row in written:
        difference = difference_of(row, remote.get(row.return_id))
        if not difference:
            continue
        found.drifted += 1
        with world.ledger.begin() as conn:
            now = world.clock()
            flags.raise_for_return(
                conn,
                row.id,
                flagging.sync_draft("edited_in_oro", f"Oro shows {difference}. It is written again.", now),
                now,
            )
            returns.forget_written(conn, row.id)
            work.make_due(conn, [row.id], now, pull=False, reason="drift", correlation_id="sweep")


def _look_for_postings(world: World, rows: list[ReturnRow], found: Swept) -> None:
    """What Oro confirmed and does not show any more, as after a backup was restored. Nothing is posted again."""
    with world.ledger.read() as conn:
        posted = postings.of_returns(conn, [row.id for row in rows])
    confirmed = [each for of_return in posted.values() for each in of_return if each.state == "confirmed"]
    if not confirmed:
        return
    remote = world.oro.documents.read_postings({each.key: each.kind == "credit" for each in confirmed})
    lost = [each for each in confirmed if not _is_there(each, remote.get(each.key))]
    found.lost += len(lost)
    for each in lost:
        with world.ledger.begin() as conn:
            now = world.clock()
            message = f"Oro no longer shows {each.key} ({each.total} {each.currency}) as it had confirmed it."
            draft = flagging.sync_draft(
                "posting_conflict", message, now, subject=each.key, amount=each.total, currency=each.currency
            )
            flags.raise_for_return(conn, each.return_pk, draft, now)


def _is_there(posting: PostingRow, there: FoundPosting | None) -> bool:
    return there is not None and there.is_same(records.read_posting(posting), posting.digest)


def difference_of(row: ReturnRow, remote: RemoteReturn | None) -> str:
    """What Oro shows otherwise than we wrote, in words; empty when nothing differs."""
    if remote is None:
        return "no such return"
    document = row.document or {}
    if row.planned_digest != row.document_digest:
        return ""  # a newer document is on its way anyway
    if remote.status != document.get("status"):
        return f"status {remote.status} instead of {document.get('status')}"
    if remote.sync_state != document.get("sync_state"):
        return f"sync state {remote.sync_state} instead of {document.get('sync_state')}"
    return _difference_of_lines(document.get("lines", ()), remote)


def _difference_of_lines(ours: Iterable[Mapping[str, Any]], remote: RemoteReturn) -> str:
    theirs = {line.line_key: line for line in remote.lines}
    for line in ours:
        found = theirs.pop(line["line_key"], None)
        if found is None:
            return f"no line {line['line_key']}"
        for name in QUANTITIES:
            stated = shown(Fraction(line[name]))
            if shown(getattr(found, name)) != stated:
                return f"{name} {shown(getattr(found, name))} of {found.sku} instead of {stated}"
    return f"a line {min(theirs)} that is not ours" if theirs else ""
