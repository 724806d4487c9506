"""Whether a request fits its order: the answer of ``POST /v1/returns/validate``, before anything is sent back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sidecar.returns.allocating import Asked, Room, allocate, ask, place
from sidecar.returns.counting import count_rows
from sidecar.returns.history import Request, allocation_key, fold
from sidecar.returns.matching import ZERO, OrderBook, total
from sidecar.returns.memos import is_active
from sidecar.returns.model import IntakeLine, Mappings, Order, OrderLine, Policy, ReturnRecord
from sidecar.returns.postings import Carried
from sidecar.returns.units import holds, rate

ADVISORY = frozenset({"sku_inactive"})  # a person will look at it; it does not stop the return


@dataclass(frozen=True)
class LineEligibility:
    """One requested line: what can still be returned of its SKU (``left`` in ``unit``), and what is wrong with it."""

    sku: str
    eligible: bool
    left: Fraction
    unit: str
    problems: tuple[str, ...] = ()  # flag codes


def check_request(
    order: Order,
    lines: Sequence[IntakeLine],
    returns: Sequence[ReturnRecord],
    mappings: Mappings,
    policy: Policy,
) -> tuple[LineEligibility, ...]:
    """Checks a new request against the order and the returns it already has; one answer per line, in the order given.

    Lines of one SKU count together: the second sees what the first left.
    """
    book = OrderBook(order)
    left = left_to_ask(book, returns, mappings)
    return tuple(_check(line, book, left) for line in lines)


def left_to_ask(book: OrderBook, returns: Sequence[ReturnRecord], mappings: Mappings) -> dict[str, Fraction]:
    """Ordered less accepted and less asked for by the returns there are, per order line id in the line's unit."""
    carried = Carried(book.lines, returns)
    room = Room(book, carried, [record.return_id for record in returns])
    histories = {record.return_id: fold(record, mappings) for record in returns}
    for record in sorted(returns, key=lambda each: allocation_key(each, histories[each.return_id])):
        history = histories[record.return_id]
        rows = count_rows(record, history, book, mappings, carried)
        allocate(record.return_id, history, rows, book, room, mappings)
    return room.left_to_ask("")


def _check(line: IntakeLine, book: OrderBook, left: dict[str, Fraction]) -> LineEligibility:
    asked = ask(Request(sku=line.sku, quantity=line.quantity, unit=line.unit), book)
    unit = _unit(line, asked.lines)
    still = _left(asked.lines, unit, left)
    placed = place(asked, left, {})
    problems = [placed.problem] if placed.problem else []
    if placed.beyond > 0:
        problems.append("quantity_exceeds_order")
    if asked.base is not None and not _divisible(asked):
        problems.append("unit_not_divisible")
    if any(not is_active(each) for each in asked.lines):
        problems.append("sku_inactive")
    eligible = not set(problems) - ADVISORY and line.quantity > 0
    return LineEligibility(line.sku, eligible, still, unit, tuple(problems))


def _unit(line: IntakeLine, lines: Sequence[OrderLine]) -> str:
    """The unit of the answer: the one asked in, where the product has it; else the order line's."""
    if not lines:
        return line.unit
    return line.unit if line.unit and rate(lines[0], line.unit) is not None else lines[0].unit


def _left(lines: Sequence[OrderLine], unit: str, left: dict[str, Fraction]) -> Fraction:
    if not lines:
        return ZERO
    base = total(left[line.id] * (rate(line, line.unit) or 1) for line in lines)
    return base / (rate(lines[0], unit) or 1)


def _divisible(asked: Asked) -> bool:
    product = asked.lines[0].product
    return product is None or holds(product, product.primary_unit, asked.base or ZERO)
