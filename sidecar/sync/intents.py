"""Plan an order and commit what is intended, before any call: postings, documents, flags, evidence."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from sidecar.ledger import flags, inbox, orders_read, postings, returns, words
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.returns import PlanRow
from sidecar.returns import planning
from sidecar.returns.model import Document, Order, Posting, PostingState, ReturnPlan, ReturnRecord
from sidecar.returns.postings import posting_digest
from sidecar.returns.vocabulary import words_of
from sidecar.sync import flagging, records, trouble
from sidecar.sync.claims import ClaimLost
from sidecar.sync.reading import Desk
from sidecar.sync.world import World

if TYPE_CHECKING:
    from sidecar.sync.page import PageReport

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Intent:
    """What one return should look like in Oro, committed here and not yet (or already) there."""

    return_pk: int
    order_key: str
    record: ReturnRecord
    document: Document
    document_digest: str
    written_digest: str  # of the document Oro confirmed last
    posting: Posting | None
    posting_digest: str
    state: str  # of the return once Oro has it: in_sync, review
    generation: int | None  # of the work this pass answers; None: a sibling that was not due
    correlation_id: str = ""  # of the message or request that made it due
    resumed: bool = False  # the posting is an earlier, unfinished one: what is due beside it was not planned

    @property
    def must_write(self) -> bool:
        return self.posting is not None or self.document_digest != self.written_digest


def plan_and_commit(world: World, desk: Desk, report: PageReport) -> list[Intent]:
    """Plan every claimed order and commit its intents, each order on its own; a poison order does not stop the page."""
    planned: list[Intent] = []
    for order_key, members in desk.by_order.items():
        try:
            plans = planning.plan_order(
                desk.orders.get(order_key),
                [desk.records[pk] for pk in members],
                desk.mappings,
                world.policy,
                desk.levels,
            )
            world.step("planned")
            planned += _commit(world, desk, order_key, dict(zip(members, plans, strict=True)))
            world.step("committed")
        except ClaimLost:
            log.info("claim lost before the intents were committed", extra={"order": order_key})
            report.skipped += len(members)
        except Exception as error:  # noted in the ledger with its attempt, retried, flagged in the end
            for pk in members:
                trouble.one_failed(world, pk, error)
            report.failed += len(members)
            report.failures.append(f"{order_key}: {error}")
    return planned


def _commit(world: World, desk: Desk, order_key: str, plans: dict[int, ReturnPlan]) -> list[Intent]:
    order = desk.orders.get(order_key)
    intended: list[Intent] = []
    with world.ledger.begin() as conn:
        now = world.clock()
        desk.claim.hold(conn, order_key, now)
        order_digest = _remember_order(conn, desk, order_key, order, now)
        for pk, plan in plans.items():
            intent = _intent(desk, pk, order_key, plan)
            if plan.posting is not None:
                _remember_posting(conn, desk, intent, plan.posting, order_digest, world)
            returns.save_plan(
                conn,
                pk,
                PlanRow(
                    order_id=plan.document.order_id,
                    milestone=plan.milestone.word,
                    state="pending" if intent.must_write and plan.state == "in_sync" else plan.state,
                    status=plan.document.status,
                    warehouse=plan.document.warehouse_code,
                    tracking=plan.document.tracking_number,
                    carrier=plan.document.carrier,
                    currency=order.currency if order else "",
                    owed=plan.owed,
                    document=records.plain(plan.document),
                    planned_digest=intent.document_digest,
                    pins=records.pins_body(plan.pins),
                    lines=plan.document.lines,
                    applied_inbox_id=plan.newest_sequence or None,
                    order_digest=order_digest,
                    milestone_at=plan.milestone_at,
                    received_at=plan.received_at,
                    graded_at=plan.graded_at,
                ),
                previous=desk.rows[pk],
                now=now,
            )
            row = desk.rows[pk]
            flags.reconcile(
                conn,
                pk,
                row.return_id,
                row.order_identifier,
                flagging.drafts(plan.flags, now),
                now,
                codes=flagging.PLANNED,
                spare={("stale_return", flagging.SILENCE)},
            )
            _note_words(conn, desk, pk)
            _settle_inbox(conn, desk.fresh.get(pk, frozenset()), plan.newest_sequence)
            intended.append(intent)
    return intended


def _remember_order(conn: Connection, desk: Desk, order_key: str, order: Order | None, now: datetime) -> str:
    """The order as read is evidence (law 7): kept once per content; what no plan or posting names is dropped."""
    if order is None:
        return ""
    body = records.order_evidence(order)
    digest = records.fingerprint(body)
    members = desk.by_order[order_key]
    if all(desk.rows[pk].order_digest == digest for pk in members):
        orders_read.seen_again(conn, order_key, digest, now)
        return digest
    orders_read.remember(conn, order_key, digest, body, now)
    if any(desk.rows[pk].order_digest for pk in members):
        posted = {row.evidence.get("order") for pk in members for row in desk.postings.get(pk, ())}
        orders_read.keep_only(conn, order_key, {digest, *(each for each in posted if each)})
    return digest


def _note_words(conn: Connection, desk: Desk, pk: int) -> None:
    """Which words the newly arrived snapshots use; the announcement's with the first plan."""
    fresh, record = desk.fresh.get(pk, frozenset()), desk.records[pk]
    first = desk.rows[pk].document is None
    if fresh or first:
        said = [each for each in record.snapshots if each.sequence in fresh]
        words.note(conn, pk, words_of(said, record.intake if first else ()))


def _intent(desk: Desk, pk: int, order_key: str, plan: ReturnPlan) -> Intent:
    record = desk.records[pk]
    unfinished = next((p for p in record.postings if p.state is not PostingState.CONFIRMED), None)
    posting = plan.posting if plan.posting is not None else unfinished
    due = desk.work.get(pk)
    return Intent(
        return_pk=pk,
        order_key=order_key,
        record=record,
        document=plan.document,
        document_digest=records.document_digest(plan.document),
        written_digest=desk.rows[pk].document_digest or "",
        posting=posting,
        posting_digest=posting_digest(posting) if posting is not None else "",
        state=plan.state,
        generation=due.generation if due is not None and due.due_at is not None and pk in desk.claim.wanted else None,
        correlation_id=due.correlation_id if due is not None else "",
        resumed=plan.posting is None and unfinished is not None,
    )


def _remember_posting(
    conn: Connection, desk: Desk, intent: Intent, posting: Posting, order_digest: str, world: World
) -> None:
    """The posting row is committed before any call, with what its amounts can be recomputed from."""
    postings.insert_planned(
        conn,
        PostingRow(
            key=posting.key,
            return_pk=intent.return_pk,
            order_key=intent.order_key,
            n=posting.n,
            state=PostingState.PLANNED.value,
            kind="credit" if posting.credits else "stock",
            status=posting.status,
            currency=posting.currency,
            net=posting.net,
            tax=posting.tax,
            total=posting.total,
            digest=intent.posting_digest,
            body=records.posting_body(posting),
            evidence={
                "order": order_digest,
                "mappings": desk.mappings.version,
                "snapshots": sorted(each.sequence for each in intent.record.snapshots),
                "policy": records.plain(world.policy),
            },
            created_at=world.clock(),
        ),
    )


def _settle_inbox(conn: Connection, fresh: frozenset[int], newest: int) -> None:
    """Every snapshot ends applied or superseded: the newest speaks for the return, an older one does not."""
    if fresh:
        inbox.settle(conn, applied=sorted(fresh & {newest}), superseded=sorted(fresh - {newest}))


def without_posting(intent: Intent) -> Intent:
    """The same document with the posting already in Oro: only the document is left to write."""
    return replace(intent, posting=None, posting_digest="")
