"""The plan: what should be true in Oro now for all returns of one order. A pure function of what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sidecar.returns import fees
from sidecar.returns.allocating import Allocation, Room, allocate
from sidecar.returns.case import Case, owed
from sidecar.returns.counting import count_rows
from sidecar.returns.crediting import LineValue, line_values
from sidecar.returns.documents import document, identities, line_keys
from sidecar.returns.findings import findings
from sidecar.returns.history import History, allocation_key, fold
from sidecar.returns.lookups import sku_key
from sidecar.returns.matching import OrderBook
from sidecar.returns.memos import lines_due, memo_lines
from sidecar.returns.model import (
    CreditLine,
    GradeRule,
    Mappings,
    Order,
    Pins,
    Policy,
    Posting,
    ReturnPlan,
    ReturnRecord,
    StockMove,
)
from sidecar.returns.postings import Carried, unfinished
from sidecar.returns.restocking import DESTINATION, Restocking, restocking, stock_released

Levels = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class WorkedOut:
    """A plan and the case it was made from."""

    case: Case
    plan: ReturnPlan


def plan_order(
    order: Order | None, returns: Sequence[ReturnRecord], mappings: Mappings, policy: Policy, levels: Levels
) -> tuple[ReturnPlan, ...]:
    """Plans all returns of one order together; one plan per record, in the order given.

    ``order`` is None when Oro has no such order. ``levels`` maps (product SKU, unit code) to the id of Oro's inventory
    level; ``stock_needs`` tells which are asked for. The returns share the order's lines in an order of their own
    (``history.allocation_key``), so the outcome does not depend on the order given.
    """
    return tuple(each.plan for each in work_out(order, returns, mappings, policy, levels))


def work_out(
    order: Order | None, returns: Sequence[ReturnRecord], mappings: Mappings, policy: Policy, levels: Levels
) -> tuple[WorkedOut, ...]:
    """The same plans, each with everything that was worked out on the way to it: what a person is told why."""
    found = order is not None
    if order is None:
        order = Order(id="", identifier="", currency="", lines=())
    return _Planner(order, found, returns, mappings, policy, levels).work_out()


def stock_needs(
    order: Order | None, returns: Sequence[ReturnRecord], mappings: Mappings, policy: Policy
) -> frozenset[tuple[str, str]]:
    """The levels that ``plan_order`` may ask for, as (product SKU, unit code); empty when no stock is due.

    Also for a return whose posting is unfinished: Oro may be found to have it between this question and the plan.
    """
    if order is None or not any(_may_move_stock(record, mappings, policy) for record in returns):
        return frozenset()
    return _Planner(order, True, returns, mappings, policy, AnyLevel()).stock_needs()


def _may_move_stock(record: ReturnRecord, mappings: Mappings, policy: Policy) -> bool:
    history = fold(record, mappings)
    rule = history.warehouse_rule
    return rule is not None and rule.role == DESTINATION and stock_released(history, policy)


class AnyLevel(Mapping[tuple[str, str], str]):
    """A warehouse that has every level but the ``missing`` ones, for plans that only look ahead."""

    def __init__(self, missing: frozenset[tuple[str, str]] = frozenset()) -> None:
        self._missing = missing

    def __getitem__(self, key: tuple[str, str]) -> str:
        if key in self._missing:
            raise KeyError(key)
        return "?"

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Planner:
    """The returns of one order, served one after the other from what is left of its lines."""

    def __init__(
        self,
        order: Order,
        found: bool,
        returns: Sequence[ReturnRecord],
        mappings: Mappings,
        policy: Policy,
        levels: Levels,
    ) -> None:
        self._order = order
        self._found = found
        self._returns = returns
        self._mappings = mappings
        self._policy = policy
        self._levels = levels
        self._book = OrderBook(order)
        self._carried = Carried(self._book.lines, returns)
        self._room = Room(self._book, self._carried, [record.return_id for record in returns])

    def work_out(self) -> tuple[WorkedOut, ...]:
        values = line_values(self._order)
        done = {index: self._plan(record, history, values) for index, record, history in self._in_serving_order()}
        return tuple(done[index] for index in range(len(done)))

    def stock_needs(self) -> frozenset[tuple[str, str]]:
        """The levels of all moves that are due and that no posting carries yet."""
        needs: set[tuple[str, str]] = set()
        for _, record, history in self._in_serving_order():
            allocation = self._allocate(record, history)
            _, keys_by_line = self._line_keys(record, allocation)
            stock = self._restocking(record, history, allocation, keys_by_line)
            needs.update((move.sku, move.unit) for move in stock.moves)
        return frozenset(needs)

    def _in_serving_order(self) -> list[tuple[int, ReturnRecord, History]]:
        folded = [(index, each, fold(each, self._mappings)) for index, each in enumerate(self._returns)]
        folded.sort(key=lambda one: allocation_key(one[1], one[2]))
        return folded

    def _allocate(self, record: ReturnRecord, history: History) -> Allocation:
        rows = count_rows(record, history, self._book, self._mappings, self._carried)
        return allocate(record.return_id, history, rows, self._book, self._room, self._mappings)

    def _line_keys(self, record: ReturnRecord, allocation: Allocation) -> tuple[dict[str, str], dict[str, str]]:
        """Line keys by identity, and those of lines of the order by line id."""
        keys = line_keys(record, identities(record, allocation, self._book, self._carried))
        return keys, {line_id: keys[f"line:{line_id}"] for line_id in self._book.lines if f"line:{line_id}" in keys}

    def _restocking(
        self, record: ReturnRecord, history: History, allocation: Allocation, keys_by_line: Mapping[str, str]
    ) -> Restocking:
        return restocking(
            record, history, allocation, self._order, self._carried, self._policy, self._levels, keys_by_line
        )

    def _plan(self, record: ReturnRecord, history: History, values: Mapping[str, LineValue]) -> WorkedOut:
        allocation = self._allocate(record, history)
        keys, keys_by_line = self._line_keys(record, allocation)
        dues = lines_due(record, history, allocation, self._order, values, self._carried, self._policy)
        stock = self._restocking(record, history, allocation, keys_by_line)
        charges = fees.charges(history, self._order.currency, self._mappings, record.pins)
        posting = None
        if not unfinished(record):
            lines = memo_lines(dues, values, keys_by_line)
            posting = self._posting(record, lines, stock.moves, charges)
        if posting:
            self._carried.add(posting)
        case = Case(
            record=record,
            history=history,
            order=self._order,
            found=self._found,
            allocation=allocation,
            dues=dues,
            stock=stock,
            charges=charges,
            posting=posting,
            values=values,
            line_keys=keys_by_line,
            mappings=self._mappings,
            policy=self._policy,
        )
        return WorkedOut(case, self._answer(case, keys))

    def _posting(
        self,
        record: ReturnRecord,
        lines: Sequence[CreditLine],
        moves: Sequence[StockMove],
        charges: Sequence[fees.Charge],
    ) -> Posting | None:
        """A memo only for goods: a fee alone makes none. Stock alone makes a posting without a memo."""
        if not lines and not moves:
            return None
        fee = Decimal(0)
        fee_lines: tuple[CreditLine, ...] = ()
        if lines and not any(posting.credits for posting in record.postings):
            fee = fees.total_due(charges)
            fee_lines = fees.deduct(charges, sum((line.value for line in lines), Decimal(0)))
        n = max((posting.n for posting in record.postings), default=0) + 1
        return Posting(
            key=f"{record.retailer_code or self._policy.retailer_code}:{record.return_id}:{n}",
            return_id=record.return_id,
            n=n,
            currency=self._order.currency,
            lines=(*lines, *fee_lines),
            stock=tuple(moves),
            status="draft" if self._policy.credit_mode == "draft" else "issued",
            fee=fee,
        )

    def _answer(self, case: Case, keys: Mapping[str, str]) -> ReturnPlan:
        raised = findings(case)
        paper = document(case, keys, self._carried, raised)
        return ReturnPlan(
            return_id=case.record.return_id,
            milestone=case.history.milestone,
            state=paper.sync_state,
            document=paper,
            posting=case.posting,
            flags=raised.flags(),
            pins=_pins(case.record.pins, case.posting, case.allocation, case.charges),
            owed=owed(case),
            newest_sequence=case.history.newest.sequence if case.history.newest else 0,
            milestone_at=case.history.milestone_at,
            received_at=case.history.received_at if case.history.received else None,
            graded_at=case.history.graded_at,
        )


def _pins(pins: Pins, posting: Posting | None, allocation: Allocation, charges: Sequence[fees.Charge]) -> Pins:
    """What the new posting was computed with, added to what earlier ones were: the earlier wins.

    All accepted goods of the return are priced at this moment, also those that a grade of 0 % pays nothing for.
    """
    if posting is None:
        return pins
    grades: dict[str, GradeRule] = {}
    scan_units: dict[str, str] = {}
    for share in allocation.shares:
        row = share.counted
        if share.accepted and row.rule is not None and row.scan is not None:
            grades[row.row.grade.strip()] = row.rule
            scan_units[sku_key(share.line.sku)] = row.scan.code
    fee_rules = {charge.source: charge.rule for charge in charges if charge.rule is not None}
    return Pins(
        grades={**grades, **pins.grades},
        scan_units={**scan_units, **pins.scan_units},
        fees={**(fee_rules if posting.credits else {}), **pins.fees},
    )
