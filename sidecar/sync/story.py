"""Everything known about one return: how it stands, its credit memos explained, and what happened, moment by moment.

Read from the ledger; neither upstream is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from sidecar.ledger import audit, flags, orders_read, return_plans, returns, work
from sidecar.ledger.engine import Ledger
from sidecar.ledger.flags import LIVE, FlagRow
from sidecar.ledger.inbox import InboxRow
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.return_plans import LineRow
from sidecar.ledger.returns import ReturnRow
from sidecar.ledger.work import WorkRow
from sidecar.returns.explaining import MemoExplanation, explain
from sidecar.returns.model import Milestone, Order, Snapshot
from sidecar.returns.titles import TITLES
from sidecar.settings import Settings
from sidecar.sync import records
from sidecar.sync.known import read_returns, stored_orders, with_siblings

SNAPSHOT, POSTED, FLAG, PERSON, PLAN = "snapshot", "posting", "flag", "person", "plan"
TRAIL = 200  # decisions looked back at


@dataclass(frozen=True)
class Memo:
    """One posting. ``explained`` is None when it only moves stock."""

    row: PostingRow
    explained: MemoExplanation | None
    stock: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Event:
    """Something that happened. ``kind``: snapshot, posting, flag, person or plan; ``detail`` may be empty.

    ``true_since`` is when a snapshot became true by ZigZag, which may be long before it reached us.
    """

    at: datetime
    kind: str
    text: str
    detail: str = ""
    true_since: datetime | None = None


@dataclass(frozen=True)
class Story:
    """One return. ``siblings`` are the other returns of its order; ``events`` the newest first.

    ``order`` is the order as it was last read, None when Oro does not know it or nobody has looked yet; ``work`` what
    the outbox says about it.
    """

    row: ReturnRow
    lines: tuple[LineRow, ...]
    memos: tuple[Memo, ...]
    open_flags: tuple[FlagRow, ...]
    closed_flags: tuple[FlagRow, ...]
    order: Order | None
    order_read_at: datetime | None
    siblings: tuple[ReturnRow, ...]
    work: WorkRow | None
    events: tuple[Event, ...]


def of_return(ledger: Ledger, return_id: str, settings: Settings) -> Story | None:
    """The story of a return; None when nothing is known of it."""
    with ledger.read() as conn:
        row = returns.get(conn, settings.zigzag_retailer_code, return_id)
        if row is None:
            return None
        family = with_siblings(conn, [row])
        stored = stored_orders(conn, family).get(row.order_key)
        known = read_returns(conn, [row], settings.zigzag_timezone)
        posted = known.postings.get(row.id, [])
        raised = flags.of_returns(conn, [row.id]).get(row.id, [])
        waiting = work.load(conn, [row.id])
        events = [
            *_snapshots(known.snapshots.get(row.id, []), known.records[row.id].snapshots),
            *_postings(posted),
            *_flags(raised),
            *_plans(conn, row),
            *_people(conn, row),
        ]
        return Story(
            row=row,
            lines=tuple(return_plans.lines_of(conn, [row.id]).get(row.id, ())),
            memos=tuple(_memos(conn, posted)),
            open_flags=tuple(sorted((f for f in raised if f.state in LIVE), key=lambda f: (f.urgency, f.id))),
            closed_flags=tuple(f for f in raised if f.state not in LIVE),
            order=stored.order if stored else None,
            order_read_at=stored.read_at if stored else None,
            siblings=tuple(sorted((each for each in family if each.id != row.id), key=lambda each: each.id)),
            work=waiting[0] if waiting else None,
            events=tuple(sorted(events, key=_when, reverse=True)),
        )


_AT_ONE_MOMENT = (SNAPSHOT, PERSON, PLAN, FLAG, POSTED)  # what comes of what, where one commit did it all


def _when(event: Event) -> tuple[datetime, int]:
    return event.at, _AT_ONE_MOMENT.index(event.kind)


def _memos(conn: Connection, posted: list[PostingRow]) -> Iterator[Memo]:
    """Each explained with the order as it was read for it (DESIGN law 7), not as it may stand now."""
    read = orders_read.many(conn, {(row.order_key, str(row.evidence.get("order") or "")) for row in posted})
    for row in posted:
        kept = read.get((row.order_key, str(row.evidence.get("order") or "")))
        posting = records.read_posting(row)
        order = records.read_order(kept.body) if kept else None
        yield Memo(row, explain(posting, order) if posting.lines else None, tuple(row.body.get("stock") or ()))


def _snapshots(arrived: list[InboxRow], read: tuple[Snapshot, ...]) -> Iterator[Event]:
    by_id = {snapshot.sequence: snapshot for snapshot in read}
    for message in arrived:
        snapshot = by_id.get(message.id)
        if snapshot is None:
            yield Event(
                message.received_at, SNAPSHOT, f"A message by {message.source} could not be read", message.detail
            )
            continue
        said = ", ".join(word for word in (snapshot.order_status, snapshot.tracking_status) if word)
        again = f", {message.seen} times" if message.seen > 1 else ""
        superseded = "; a newer one speaks for the return" if message.state == "superseded" else ""
        yield Event(
            message.received_at,
            SNAPSHOT,
            f"ZigZag said {said or 'nothing of the status'} ({_milestone(message.milestone_rank)})",
            f"by {message.source}{again}{superseded}",
            snapshot.at,
        )


def _milestone(rank: int) -> str:
    try:
        return Milestone(rank).word.replace("_", " ")
    except ValueError:
        return "unknown"


def _postings(posted: list[PostingRow]) -> Iterator[Event]:
    for row in posted:
        what = f"Credit of {row.total} {row.currency}" if row.kind == "credit" else "Stock movement"
        yield Event(row.created_at, PLAN, f"{what} planned", row.key)
        if row.confirmed_at is not None:
            number = f", number {row.oro_id} there" if row.oro_id else ""
            yield Event(row.confirmed_at, POSTED, f"{what} confirmed by OroCommerce", f"{row.key}{number}")
        elif row.detail:
            yield Event(row.sent_at or row.created_at, POSTED, f"{what}: {row.state}", row.detail)


def _flags(raised: list[FlagRow]) -> Iterator[Event]:
    for flag in raised:
        title = TITLES.get(flag.code, flag.code)
        yield Event(flag.first_seen_at, FLAG, f"Flag: {title}", flag.message)
        if flag.closed_at is not None and flag.closed_by == "system":
            yield Event(flag.closed_at, FLAG, f"Flag ended: {title}", flag.closed_reason)


def _plans(conn: Connection, row: ReturnRow) -> Iterator[Event]:
    """Each plan that said something new: how the return stood by it, and what waited."""
    for done in audit.search(conn, return_id=row.return_id, action=audit.PLANNED, limit=TRAIL):
        plan = done.detail if isinstance(done.detail, dict) else {}
        review = ", with something to decide" if plan.get("state") == "review" else ""
        owed = Decimal(str(plan.get("owed") or 0))
        waits = f"{owed} {plan.get('currency')} of credit waits" if owed else ""
        status = str(plan.get("status") or "unknown").replace("_", " ")
        yield Event(done.at, PLAN, f"Planned as {status}{review}", waits)


def _people(conn: Connection, row: ReturnRow) -> Iterator[Event]:
    for done in audit.search(conn, return_id=row.return_id, but_not=audit.PLANNED, limit=TRAIL):
        detail = done.detail if isinstance(done.detail, dict) else {}
        code = TITLES.get(str(detail.get("code", "")), "")
        note = str(detail.get("note") or "")
        words = f"{_DONE.get(done.action, done.action)} by {done.actor.removeprefix('user:')}"
        yield Event(done.at, PERSON, words, ": ".join(part for part in (code, note) if part))


_DONE = {
    "sync": "Asked again",
    "intake": "Announced",
    "flag assign": "Flag assigned",
    "flag resolve": "Flag closed",
    "flag release": "Flag released",
    "flag reopen": "Flag opened again",
    "flag note": "Note",
}
