"""Which goods go back into stock, and into which inventory level (DESIGN 4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sidecar.returns.allocating import Allocation, Share
from sidecar.returns.history import History
from sidecar.returns.matching import ZERO, in_order_line_order
from sidecar.returns.memos import is_active
from sidecar.returns.model import Disposition, Order, OrderLine, Policy, Product, ReturnRecord, StockMove
from sidecar.returns.postings import Carried
from sidecar.returns.units import holds, rate

DESTINATION = "destination"


@dataclass(frozen=True)
class StockProblem:
    """Stock that is due and cannot move: ``base`` units of the line's product; ``unit`` is the level's."""

    code: str
    line: OrderLine
    base: Fraction
    unit: str


@dataclass(frozen=True)
class Restocking:
    """The stock movements of one return that are due now and not carried by a posting."""

    moves: tuple[StockMove, ...] = ()
    problems: tuple[StockProblem, ...] = ()
    waits: bool = False  # goods for stock whose word (STOCK_TRIGGER) was not said yet
    excess: tuple[tuple[OrderLine, Fraction], ...] = ()  # base units moved but no longer to be restocked
    stranded: frozenset[str] = frozenset()  # lines with goods for stock that never go there: the SKU is inactive


def stock_released(history: History, policy: Policy) -> bool:
    """Restocked, or Graded where the shop decided so; never of a cancelled or rejected return."""
    return history.live and (history.graded if policy.stock_trigger == "graded" else history.restocked)


def restocking(
    record: ReturnRecord,
    history: History,
    allocation: Allocation,
    order: Order,
    carried: Carried,
    policy: Policy,
    levels: Mapping[tuple[str, str], str],
    line_keys: Mapping[str, str],
) -> Restocking:
    """What goes into stock. An inactive SKU never does, nor anything in a hub; an unmapped warehouse holds it."""
    due, best = _base_per_line(allocation.shares)
    moved = {line_id: base for (owner, line_id), base in carried.restocked_of.items() if owner == record.return_id}
    still = Restocking(
        excess=_excess(order, allocation, moved, best) if history.live else (),
        stranded=_stranded(allocation.shares, moved),
    )
    open_lines = [line for line in in_order_line_order(order, due) if due[line.id] > moved.get(line.id, ZERO)]
    if not stock_released(history, policy):
        return replace(still, waits=bool(open_lines) and history.live)
    if history.warehouse_rule is None:
        problems = [StockProblem("warehouse_not_mapped", line, due[line.id], "") for line in open_lines]
        return replace(still, problems=tuple(problems))
    if history.warehouse_rule.role != DESTINATION:
        return still
    outcomes = [
        _move(line, line.product, due[line.id] - moved.get(line.id, ZERO), policy, levels, line_keys)
        for line in open_lines
        if line.product
    ]
    return replace(
        still,
        moves=tuple(each for each in outcomes if isinstance(each, StockMove)),
        problems=tuple(each for each in outcomes if isinstance(each, StockProblem)),
    )


def _stranded(shares: Sequence[Share], moved: Mapping[str, Fraction]) -> frozenset[str]:
    due: dict[str, Fraction] = {}
    for share in shares:
        rule = share.counted.rule
        if rule is not None and rule.disposition is Disposition.RESTOCK and not is_active(share.line):
            base = share.quantity * (rate(share.line, share.line.unit) or 1)
            due[share.line.id] = due.get(share.line.id, ZERO) + base
    return frozenset(line_id for line_id, base in due.items() if base > moved.get(line_id, ZERO))


def _base_per_line(shares: Sequence[Share]) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """Per order line in base units: what is to be restocked, and what it could still become when all is decided."""
    due: dict[str, Fraction] = {}
    best: dict[str, Fraction] = {}
    for share in shares:
        line, rule = share.line, share.counted.rule
        base = share.quantity * (rate(line, line.unit) or 1)
        to_stock = rule is not None and rule.disposition is Disposition.RESTOCK
        if to_stock and share.accepted and is_active(line):
            due[line.id] = due.get(line.id, ZERO) + base
        if to_stock or rule is None or share.counted.held:
            best[line.id] = best.get(line.id, ZERO) + base
    return due, best


def _excess(
    order: Order, allocation: Allocation, moved: Mapping[str, Fraction], best: Mapping[str, Fraction]
) -> tuple[tuple[OrderLine, Fraction], ...]:
    """Stock that was moved and would not be today; not judged while a count of the line cannot be told."""
    unclear = {line.id for row in allocation.rows if row.base is None for line in row.lines}
    return tuple(
        (line, moved[line.id] - best.get(line.id, ZERO))
        for line in in_order_line_order(order, moved)
        if moved[line.id] > best.get(line.id, ZERO) and line.id not in unclear
    )


def _move(
    line: OrderLine,
    product: Product,
    base: Fraction,
    policy: Policy,
    levels: Mapping[tuple[str, str], str],
    line_keys: Mapping[str, str],
) -> StockMove | StockProblem:
    unit = line.unit if policy.stock_unit == "order_line" else product.primary_unit
    unit_rate = rate(line, unit)
    if unit_rate is None:
        return StockProblem("unit_not_resolved", line, base, unit)
    quantity = base / unit_rate
    if not holds(product, unit, quantity):
        return StockProblem("unit_not_divisible", line, base, unit)
    level_id = levels.get((product.sku, unit))
    if level_id is None:
        return StockProblem("unit_not_resolved", line, base, unit)
    return StockMove(product.sku, unit, quantity, level_id, line_keys[line.id], line.id)
