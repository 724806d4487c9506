"""How the requested and the counted quantities of one return take their place on the order's lines (DESIGN 4.1).

Over all returns of a line never more is accepted than was ordered; what a posting once carried stays where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sidecar.returns.counting import CountedRow, readable
from sidecar.returns.history import History, Request
from sidecar.returns.lookups import lookups, sku_key
from sidecar.returns.matching import ZERO, OrderBook, fill, total
from sidecar.returns.model import Mappings, OrderLine
from sidecar.returns.postings import Carried
from sidecar.returns.units import comparable, rate, reads_in_line_unit


@dataclass(frozen=True)
class Share:
    """The part of a counted row that an order line takes; ``quantity`` and ``weight`` in the line's unit."""

    counted: CountedRow
    line: OrderLine
    quantity: Fraction
    weight: Fraction

    @property
    def accepted(self) -> bool:
        return not self.counted.held and self.counted.arrived


@dataclass(frozen=True)
class Asked:
    """One requested quantity on the order: ``base`` None when its unit is not known to the product."""

    request: Request
    lines: tuple[OrderLine, ...]
    base: Fraction | None
    problem: str = ""  # flag code
    beyond: Fraction = ZERO  # base units above what is left of the order


@dataclass(frozen=True)
class Allocation:
    """One return on the lines of its order. Quantities per order line id, in the line's unit."""

    asked: tuple[Asked, ...]
    rows: tuple[CountedRow, ...]
    shares: tuple[Share, ...]
    surplus: tuple[tuple[CountedRow, Fraction], ...]  # base units above what is left of the order
    requested: dict[str, Fraction]
    received: dict[str, Fraction]
    accepted: dict[str, Fraction]


class Room:
    """What is left of each order line while the returns of the order are served one after the other."""

    def __init__(self, book: OrderBook, carried: Carried, returns: Sequence[str]) -> None:
        self._book = book
        self._taken: dict[str, Fraction] = {}  # by returns already served
        self._open_requests: dict[str, Fraction] = {}
        self._posted = {  # by every return: what was posted counts for ever
            return_id: {line: carried.occupied(return_id, line) for line in carried.lines_of(return_id)}
            for return_id in returns
        }
        self._graded = {return_id: carried.graded(return_id) for return_id in returns}
        self._waiting: dict[str, Fraction] = {}  # posted by returns not yet served
        for posted in self._posted.values():
            _add(self._waiting, posted)

    def posted(self, return_id: str) -> dict[str, Fraction]:
        return self._posted.get(return_id, {})

    def graded(self, return_id: str) -> dict[tuple[str, str], Fraction]:
        """What the return was credited for, per line id and grade."""
        return self._graded.get(return_id, {})

    def left(self, return_id: str) -> dict[str, Fraction]:
        """Ordered less what the other returns have taken, per line id; never below zero."""
        left = {line_id: line.quantity for line_id, line in self._book.lines.items()}
        _subtract(left, self._taken)
        _subtract(left, self._waiting)
        own = {line_id: quantity for line_id, quantity in self.posted(return_id).items() if line_id in left}
        _add(left, own)
        return {line_id: quantity if quantity.numerator > 0 else ZERO for line_id, quantity in left.items()}

    def left_to_ask(self, return_id: str) -> dict[str, Fraction]:
        """The same, less what other returns ask for and have not sent yet."""
        left = self.left(return_id)
        _subtract(left, self._open_requests)
        return {line_id: quantity if quantity.numerator > 0 else ZERO for line_id, quantity in left.items()}

    def take(self, return_id: str, accepted: dict[str, Fraction], open_requests: dict[str, Fraction]) -> None:
        """Serves one return: it occupies what it has accepted now, and never less than it posted."""
        posted = self.posted(return_id)
        _subtract(self._waiting, posted)
        touched = posted.keys() | accepted.keys()
        _add(self._taken, {line: max(posted.get(line, ZERO), accepted.get(line, ZERO)) for line in touched})
        _add(self._open_requests, open_requests)


def _add(totals: dict[str, Fraction], quantities: Mapping[str, Fraction]) -> None:
    for line_id, quantity in quantities.items():
        known = totals.get(line_id)
        totals[line_id] = known + quantity if known else quantity


def _subtract(totals: dict[str, Fraction], quantities: Mapping[str, Fraction]) -> None:
    for line_id, quantity in quantities.items():
        if line_id in totals and quantity:
            totals[line_id] -= quantity


def allocate(
    return_id: str, history: History, rows: Sequence[CountedRow], book: OrderBook, room: Room, mappings: Mappings
) -> Allocation:
    """Places one return and takes its part of ``room``. A cancelled one takes nothing but what it posted."""
    counting = history.live and history.received
    asked, requested = _place_requests(
        history, book, room.left(return_id) if counting else room.left_to_ask(return_id), mappings
    )
    left = room.left(return_id)
    rows = tuple(_guarded(row, rows, requested, left) for row in rows)
    kept, graded = dict(room.posted(return_id)), dict(room.graded(return_id))
    shares, surplus = _place_counts(rows, left, kept, graded) if history.live else ([], [])
    received, accepted = _received(shares, surplus), _accepted(shares)
    room.take(return_id, accepted, requested if history.live and not history.received else {})
    return Allocation(asked, rows, tuple(shares), tuple(surplus), requested, received, accepted)


def ask(request: Request, book: OrderBook) -> Asked:
    """A request matched to the order. Without a unit it is in that of the order line it belongs to."""
    lines = book.candidates(request.sku, request.order_line_item_number)
    if request.quantity is None or not readable(request.quantity):
        return Asked(request, lines, None, "payload_unreadable")
    if not lines:
        return Asked(request, lines, None, "sku_not_on_order")
    unit_rate = rate(lines[0], request.unit or lines[0].unit)
    if unit_rate is None or not comparable(lines):
        return Asked(request, lines, None, "unit_not_resolved")
    return Asked(request, lines, request.quantity * unit_rate)


def place(asked: Asked, left: dict[str, Fraction], requested: dict[str, Fraction]) -> Asked:
    """Fills the lines with one request: ``left`` is lowered, ``requested`` raised; the rest goes to the last line."""
    if asked.base is None:
        return asked
    rates = _rates(asked.lines)
    taken, beyond = fill(asked.lines, asked.base, rates, left, {})
    _add(requested, {line.id: quantity for line, quantity in taken})
    if beyond:
        _add(requested, {asked.lines[-1].id: beyond / rates[-1]})
    return replace(asked, beyond=beyond)


def _place_requests(
    history: History, book: OrderBook, left: dict[str, Fraction], mappings: Mappings
) -> tuple[tuple[Asked, ...], dict[str, Fraction]]:
    fees = lookups(mappings).fees
    requested: dict[str, Fraction] = {}
    asked = tuple(
        place(ask(request, book), left, requested)
        for request in history.requested
        if sku_key(request.sku) not in fees and request.quantity != 0
    )
    return asked, requested


def _guarded(
    row: CountedRow, rows: Sequence[CountedRow], requested: dict[str, Fraction], left: dict[str, Fraction]
) -> CountedRow:
    """The ambiguity guard, by the whole count of the SKU: a warehouse counts all grades of a SKU in one unit."""
    if row.scan is None or row.base is None or not row.scan.guessed:
        return row
    count = total(other.quantity for other in rows if other.lines is row.lines or other.lines == row.lines)
    touched = [line for line in row.lines if requested.get(line.id)]
    limits = requested if touched else left
    in_base = {line.id: limits.get(line.id, ZERO) * (rate(line, line.unit) or 1) for line in touched or row.lines}
    whole = total(in_base.values()) if touched else None
    for line in touched or row.lines:
        if reads_in_line_unit(line, row.scan, count, in_base[line.id] if whole is None else whole):
            return replace(row, base=None, held="unit_ambiguous")
    return row


def _place_counts(
    rows: Sequence[CountedRow],
    left: dict[str, Fraction],
    kept: dict[str, Fraction],
    graded: dict[tuple[str, str], Fraction],
) -> tuple[list[Share], list[tuple[CountedRow, Fraction]]]:
    """Rows that name their line first, then the better grade, then the order of the snapshot.

    So the outcome does not hang on how ZigZag sorts its rows, and a surplus is the worst of the goods. But first every
    grade goes where it was credited: were it dealt out anew, what a line lost by that would be paid again on another.
    """
    shares: list[Share] = []
    surplus: list[tuple[CountedRow, Fraction]] = []
    counted = sorted((row for row in rows if row.base is not None and row.arrived), key=_serving_order)
    stays = [_place_credited(row, left, kept, graded) for row in counted]
    for row, (taken, need) in zip(counted, stays, strict=True):
        more, beyond = fill(row.lines, need, _rates(row.lines), left, kept)
        _add(taken, {line.id: quantity for line, quantity in more})
        part = [(line, taken[line.id]) for line in row.lines if line.id in taken]
        shares.extend(Share(row, line, quantity, row.weight(quantity)) for line, quantity in part)
        if beyond:
            surplus.append((row, beyond))
    return shares, surplus


def _place_credited(
    row: CountedRow, left: dict[str, Fraction], kept: dict[str, Fraction], graded: dict[tuple[str, str], Fraction]
) -> tuple[dict[str, Fraction], Fraction]:
    """The part of a row that stays where its grade was credited, per line id, and the rest (base units).

    Goods whose credit is held, an exchange say, were not what was credited.
    """
    if not graded or row.credit_held:
        return {}, row.base or ZERO
    grade = row.row.grade.strip()
    there = {line.id: min(left[line.id], graded.get((line.id, grade), ZERO)) for line in row.lines}
    placed, rest = fill(row.lines, row.base or ZERO, _rates(row.lines), there, kept)
    taken = {line.id: quantity for line, quantity in placed}
    _subtract(left, taken)
    for line_id, quantity in taken.items():
        graded[line_id, grade] -= quantity
    return taken, rest


def _serving_order(row: CountedRow) -> tuple[bool, bool, Fraction, str, int]:
    return (len(row.lines) > 1, row.rule is None, -(row.percent or ZERO), row.row.grade, row.row.position)


def _rates(lines: Sequence[OrderLine]) -> list[Fraction]:
    return [rate(line, line.unit) or Fraction(1) for line in lines]


def _received(shares: Sequence[Share], surplus: Sequence[tuple[CountedRow, Fraction]]) -> dict[str, Fraction]:
    """Counted goods per line, the surplus on the last line that they could belong to."""
    received: dict[str, Fraction] = {}
    for share in shares:
        _add(received, {share.line.id: share.quantity})
    for row, beyond in surplus:
        last = row.lines[-1]
        _add(received, {last.id: beyond / (rate(last, last.unit) or 1)})
    return received


def _accepted(shares: Sequence[Share]) -> dict[str, Fraction]:
    accepted: dict[str, Fraction] = {}
    for share in shares:
        if share.accepted:
            _add(accepted, {share.line.id: share.quantity})
    return accepted
