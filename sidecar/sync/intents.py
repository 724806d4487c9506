"""Plan an order and commit what is intended, before any call: postings, documents, flags, evidence."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from sidecar.ledger import audit, flags, inbox, orders_read, postings, return_plans, returns, words, work
from sidecar.ledger import mappings as mapping_rows
from sidecar.ledger.audit import PLANNED, AuditRow
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.return_plans import PlanRow
from sidecar.returns import lookups, planning
from sidecar.returns.model import Document, Order, Posting, PostingState, ReturnPlan, ReturnRecord
from sidecar.returns.postings import posting_digest
from sidecar.returns.vocabulary import words_of
from sidecar.sync import flagging, records, trouble
from sidecar.sync.reading import Desk
from sidecar.sync.records import JsonObject
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
    document_body: JsonObject  # the document as the ledger keeps it
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
    """Plan every claimed order and commit what is intended, in one transaction for the page.

    A commit costs as much as planning ten returns. When the page cannot be committed as one, each order is on its own:
    a poison order does not stop the others.
    """
    planned = _plan_all(world, desk, report)
    world.step("planned")
    intended = _commit(world, desk, planned, report)
    world.step("committed")
    return intended


@dataclass(frozen=True)
class _Planned:
    """One order, planned and put into words for the ledger; nothing of it is committed yet."""

    order_key: str
    order: Order | None
    order_body: JsonObject  # the order as read, and its digest; empty when Oro does not know it
    order_digest: str
    plans: dict[int, ReturnPlan]  # by return pk, as are the intents
    intents: dict[int, Intent]


def _plan_all(world: World, desk: Desk, report: PageReport) -> list[_Planned]:
    planned: list[_Planned] = []
    for order_key, members in desk.by_order.items():
        try:
            planned.append(_plan(world, desk, order_key, members))
        except Exception as error:  # noted in the ledger with its attempt, retried, flagged in the end
            _failed(world, order_key, members, error, report)
    return planned


def _failed(world: World, order_key: str, pks: Iterable[int], error: Exception, report: PageReport) -> None:
    for pk in pks:
        trouble.one_failed(world, pk, error)
        report.failed += 1
    report.failures.append(f"{order_key}: {error}")


def _plan(world: World, desk: Desk, order_key: str, members: Sequence[int]) -> _Planned:
    if order_key in desk.poison:
        raise desk.poison[order_key]
    order = desk.orders.get(order_key)
    answers = planning.plan_order(order, [desk.records[pk] for pk in members], desk.mappings, world.policy, desk.levels)
    plans = dict(zip(members, answers, strict=True))
    body = records.order_evidence(order) if order is not None else {}
    return _Planned(
        order_key=order_key,
        order=order,
        order_body=body,
        order_digest=records.fingerprint(body) if order is not None else "",
        plans=plans,
        intents={pk: _intent(desk, pk, order_key, plan) for pk, plan in plans.items()},
    )


def _commit(world: World, desk: Desk, planned: Sequence[_Planned], report: PageReport) -> list[Intent]:
    """The intents that are committed. Orders that are not ours any more are left out: they are planned again."""
    try:
        held = _commit_together(world, desk, planned)
    except Exception as error:
        if len(planned) == 1:
            _failed(world, planned[0].order_key, planned[0].plans, error, report)
            return []
        log.warning("the page cannot be committed as one, each order is on its own: %s", error)
        return [intent for one in planned for intent in _commit(world, desk, [one], report)]
    for one in planned:
        if one.order_key not in held:
            log.info("claim lost, or a return left the order, before the commit", extra={"order": one.order_key})
            report.skipped += len(one.plans)
    return [intent for one in planned if one.order_key in held for intent in one.intents.values()]


def _commit_together(world: World, desk: Desk, planned: Sequence[_Planned]) -> set[str]:
    """Postings before any call, documents, flags and what became of the snapshots; the order keys that were ours."""
    with world.ledger.begin() as conn:
        now = world.clock()
        words_changed = mapping_rows.standing_version(conn) != desk.mappings.version
        held = desk.claim.hold(conn, [one.order_key for one in planned], now)
        held -= _left_meanwhile(conn, desk, planned)
        ours = [one for one in planned if one.order_key in held]
        _remember_orders(conn, desk, ours, now)
        postings.insert_planned(conn, [row for one in ours for row in _posting_rows(world, desk, one, now)])
        # By return id, as the intake takes them: two writers in one order do not wait for each other.
        members = sorted(((pk, one) for one in ours for pk in one.plans), key=lambda each: desk.rows[each[0]].return_id)
        rows = {pk: _plan_row(one, pk) for pk, one in members}
        changed = return_plans.save_plans(conn, rows, previous=desk.rows, now=now)
        audit.write_many(conn, [_trace(desk, one, pk, rows[pk], now) for pk, one in members if pk in changed])
        _reconcile_flags(conn, desk, {pk: one.plans[pk] for pk, one in members}, now)
        words.note(conn, {pk: _words(desk, pk) for pk in rows})
        _settle_inbox(conn, desk, rows)
        again = _left_behind(conn, desk, ours)
        # A mapping that arrived since these were read woke only those whose flags it could see: these are only now
        # committed, and would wait for it for ever (law 5).
        if words_changed:
            again.update(rows)
        why = "mapping changed" if words_changed else "a return left the order"
        work.make_due(conn, again, now, pull=False, reason=why, correlation_id="order")
    return held


def _left_meanwhile(conn: Connection, desk: Desk, planned: Sequence[_Planned]) -> set[str]:
    """The orders of which ZigZag moved a return to another while Oro was read: no posting may go to the old one."""
    planned_for = {pk: desk.rows[pk].order_key for one in planned for pk in one.plans}
    now_in = returns.order_keys(conn, planned_for)
    return {one.order_key for one in planned if any(now_in[pk] != planned_for[pk] for pk in one.plans)}


def _left_behind(conn: Connection, desk: Desk, planned: Sequence[_Planned]) -> set[int]:
    """A return whose order ZigZag corrected no longer takes its place on the old one: its siblings there may."""
    left = set()
    for one in planned:
        for pk in one.plans:
            before = lookups.order_key((desk.rows[pk].document or {}).get("order_identifier") or "")
            if before and before != one.order_key:
                left.add(before)
    return {row.id for row in returns.of_orders(conn, sorted(left))}


def _remember_orders(conn: Connection, desk: Desk, planned: Sequence[_Planned], now: datetime) -> None:
    """The orders as read are evidence (law 7): kept once per content; what no plan or posting names is dropped."""
    again: dict[str, str] = {}
    new: list[_Planned] = []
    for one in planned:
        if one.order is not None and all(desk.rows[pk].order_digest == one.order_digest for pk in one.plans):
            again[one.order_key] = one.order_digest
        elif one.order is not None:
            new.append(one)
    orders_read.seen_again(conn, again, now)
    orders_read.remember(conn, [(one.order_key, one.order_digest, one.order_body) for one in new], now)
    for one in new:
        if any(desk.rows[pk].order_digest for pk in one.plans):
            posted = {row.evidence.get("order") for pk in one.plans for row in desk.postings.get(pk, ())}
            orders_read.keep_only(conn, one.order_key, {one.order_digest, *(each for each in posted if each)})


def _trace(desk: Desk, one: _Planned, pk: int, row: PlanRow, now: datetime) -> AuditRow:
    """A plan that says something new, with what it was made from; ``sync.story`` tells it."""
    plan, intent = one.plans[pk], one.intents[pk]
    return AuditRow(
        id=0,
        at=now,
        actor="system",
        action=PLANNED,
        subject=f"return:{pk}",
        return_id=desk.rows[pk].return_id,
        detail={
            "milestone": row.milestone,
            "status": row.status,
            "state": plan.state,
            "owed": str(row.owed),
            "currency": row.currency,
            "posting": plan.posting.key if plan.posting is not None else None,
            "mappings": desk.mappings.version,
            "order": row.order_digest,
            "snapshot": row.applied_inbox_id,
        },
        correlation_id=intent.correlation_id,
    )


def _words(desk: Desk, pk: int) -> frozenset[tuple[str, str]]:
    """Which words the newly arrived snapshots use; the announcement's with the first plan."""
    fresh, record = desk.fresh.get(pk, frozenset()), desk.records[pk]
    said = [each for each in record.snapshots if each.sequence in fresh]
    return words_of(said, record.intake if desk.rows[pk].document is None else ())


def _intent(desk: Desk, pk: int, order_key: str, plan: ReturnPlan) -> Intent:
    record = desk.records[pk]
    unfinished = next((p for p in record.postings if p.state is not PostingState.CONFIRMED), None)
    posting = plan.posting if plan.posting is not None else unfinished
    due = desk.work.get(pk)
    body = records.plain(plan.document)
    return Intent(
        return_pk=pk,
        order_key=order_key,
        record=record,
        document=plan.document,
        document_body=body,
        document_digest=records.document_digest(body),
        written_digest=desk.rows[pk].document_digest or "",
        posting=posting,
        posting_digest=posting_digest(posting) if posting is not None else "",
        state=plan.state,
        generation=due.generation if due is not None and due.due_at is not None and pk in desk.claim.wanted else None,
        correlation_id=due.correlation_id if due is not None else "",
        resumed=plan.posting is None and unfinished is not None,
    )


def _plan_row(one: _Planned, pk: int) -> PlanRow:
    plan, intent = one.plans[pk], one.intents[pk]
    document = plan.document
    return PlanRow(
        order_id=document.order_id,
        milestone=plan.milestone.word,
        state="pending" if intent.must_write and plan.state == "in_sync" else plan.state,
        status=document.status,
        warehouse=document.warehouse_code,
        tracking=document.tracking_number,
        carrier=document.carrier,
        currency=one.order.currency if one.order else "",
        owed=plan.owed,
        document=intent.document_body,
        planned_digest=intent.document_digest,
        pins=records.pins_body(plan.pins),
        lines=document.lines,
        applied_inbox_id=plan.newest_sequence or None,
        order_digest=one.order_digest,
        milestone_at=plan.milestone_at,
        received_at=plan.received_at,
        graded_at=plan.graded_at,
    )


def _posting_rows(world: World, desk: Desk, one: _Planned, now: datetime) -> Iterator[PostingRow]:
    """The new postings of an order, with what their amounts can be recomputed from (law 7)."""
    policy = records.plain(world.policy)
    for pk, plan in one.plans.items():
        posting, intent = plan.posting, one.intents[pk]
        if posting is None:
            continue
        yield PostingRow(
            key=posting.key,
            return_pk=pk,
            order_key=one.order_key,
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
                "order": one.order_digest,
                "mappings": desk.mappings.version,
                "snapshots": sorted(each.sequence for each in intent.record.snapshots),
                "policy": policy,
            },
            created_at=now,
        )


def _reconcile_flags(conn: Connection, desk: Desk, plans: Mapping[int, ReturnPlan], now: datetime) -> None:
    moved_on = [pk for pk, plan in plans.items() if plan.document.status != desk.rows[pk].status]
    if moved_on:
        flags.clear_for_returns(conn, moved_on, ["stale_return"], "it moved on", now, flagging.SILENCE)
    standing = flags.of_returns(conn, plans.keys())
    for pk, plan in plans.items():
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
            standing=standing.get(pk, ()),
        )


def _settle_inbox(conn: Connection, desk: Desk, rows: Mapping[int, PlanRow]) -> None:
    """Every snapshot ends applied or superseded: the newest speaks for the return, an older one does not."""
    fresh = {number for pk in rows for number in desk.fresh.get(pk, ())}
    newest = {row.applied_inbox_id for row in rows.values()}
    inbox.settle(conn, applied=sorted(fresh & newest), superseded=sorted(fresh - newest))


def without_posting(intent: Intent) -> Intent:
    """The same document with the posting already in Oro: only the document is left to write."""
    return replace(intent, posting=None, posting_digest="")
