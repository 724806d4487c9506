"""What was worked out about one return, in words: what was asked, counted and judged, what is left, what is due.

Every sentence is made from the values that the plan itself was made from (``case.Case``), so that a person reads what
the rules did and not what somebody thinks they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from sidecar.returns.case import Case
from sidecar.returns.counting import CountedRow
from sidecar.returns.crediting import LineValue
from sidecar.returns.lookups import sku_key
from sidecar.returns.matching import ZERO, total
from sidecar.returns.memos import LineDue, count_of
from sidecar.returns.model import Disposition, OrderLine, Product
from sidecar.returns.postings import Carried
from sidecar.returns.units import base_unit, rate
from sidecar.returns.wording import amount_of, plain


@dataclass(frozen=True)
class Taken:
    """What another return of the order has of a line, in the line's unit: accepted, and of that credited."""

    return_id: str
    milestone: str
    accepted: Fraction
    credited: Fraction
    asked: Fraction  # asked for and not sent yet


@dataclass(frozen=True)
class LineReckoning:
    """One order line as this return sees it. Quantities in the line's unit, ``value`` of the whole line.

    ``left``: ordered less what the other returns took. ``sentences`` tell what was counted and what it comes to.
    """

    line: OrderLine
    line_key: str
    value: LineValue
    taken: tuple[Taken, ...]
    left: Fraction
    requested: Fraction
    received: Fraction
    accepted: Fraction
    credited: Fraction
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Reckoning:
    """A whole return: its order lines in order-line order, and what belongs to no line."""

    lines: tuple[LineReckoning, ...]
    sentences: tuple[str, ...]


def reckon(case: Case, others: Iterable[Case] = ()) -> Reckoning:
    """Tell a case; ``others`` are the other returns of the order, worked out together with it."""
    everyone = [case, *others]
    records = [replace(each.record, postings=each.postings) for each in everyone]
    carried = Carried({line.id: line for line in case.order.lines}, records)
    lines = tuple(_line(line, case, everyone[1:], carried) for line in case.order.lines if line.id in case.line_keys)
    return Reckoning(lines, tuple(_of_no_line(case)))


def units_in_words(product: Product | None, unit: str) -> str:
    """What a product is counted in: ``each, case of 50 each``; of a line without a product only its own unit."""
    if product is None:
        return unit
    known = sorted(product.units.values(), key=lambda each: (each.rate, each.code))
    return ", ".join(_unit_in_words(each.code, each.rate, product.primary_unit) for each in known)


def _unit_in_words(code: str, unit_rate: Fraction, primary: str) -> str:
    return code if code == primary else f"{code} of {amount_of(unit_rate, primary)}"


def _line(line: OrderLine, case: Case, others: Sequence[Case], carried: Carried) -> LineReckoning:
    taken = tuple(each for other in others if (each := _taken(line, other, carried)) is not None)
    here = case.allocation
    own = (case.record.return_id, line.id)
    return LineReckoning(
        line=line,
        line_key=case.line_keys[line.id],
        value=case.values[line.id],
        taken=taken,
        left=max(line.quantity - total(each.accepted for each in taken), ZERO),
        requested=here.requested.get(line.id, ZERO),
        received=here.received.get(line.id, ZERO),
        accepted=max(here.accepted.get(line.id, ZERO), carried.occupied(*own)),
        credited=carried.quantity_of.get(own, ZERO),
        sentences=tuple(_sentences(line, case)),
    )


def _taken(line: OrderLine, other: Case, carried: Carried) -> Taken | None:
    accepted = other.allocation.accepted.get(line.id, ZERO) if other.history.live else ZERO
    accepted = max(accepted, carried.occupied(other.record.return_id, line.id))
    waiting = other.history.live and not other.history.received
    asked = other.allocation.requested.get(line.id, ZERO) if waiting else ZERO
    if not accepted and not asked:
        return None
    credited = carried.quantity_of.get((other.record.return_id, line.id), ZERO)
    return Taken(other.record.return_id, other.history.milestone.word, accepted, credited, asked)


def _sentences(line: OrderLine, case: Case) -> Iterable[str]:
    requested = case.allocation.requested.get(line.id, ZERO)
    if requested:
        yield f"{amount_of(requested, line.unit)} asked for."
    for row in case.allocation.rows:
        if any(line is candidate for candidate in row.lines):
            yield from _of_row(row, line, case)
    for due in case.dues:
        if due.line is line:
            yield from _of_money(due, case.order.currency)
    yield from _of_stock(line, case)


def _of_row(row: CountedRow, line: OrderLine, case: Case) -> Iterable[str]:
    shares = [share for share in case.allocation.shares if share.counted is row and share.line is line]
    if shares:
        counted = " + ".join(count_of(share) for share in shares)
        yield f"{counted} counted{_by_which_rule(row, case)}. {_grade_in_words(row)}"
    elif line is row.lines[0] and (row.base is None or not row.arrived):
        yield _not_placed(row, line, case)
    if line is row.lines[-1]:
        beyond = total(rest for other, rest in case.allocation.surplus if other is row)
        if beyond:
            yield f"{amount_of(beyond, base_unit(line))} more than is left of the order; not credited."
    if row.credit_held and line is row.lines[0]:
        yield _credit_waits(row, case)


def _by_which_rule(row: CountedRow, case: Case) -> str:
    """Only where a conversion makes the rule matter."""
    line, scan = row.lines[0], row.scan
    if scan is None or scan.code == line.unit:
        return ""
    if sku_key(line.sku) in case.record.pins.scan_units:
        return " (in the unit of the first credit memo)"
    return " (in the unit that counts for all SKUs)" if scan.guessed else f" (in the unit mapped for {line.sku})"


def _grade_in_words(row: CountedRow) -> str:
    if row.ungraded:
        return "Not graded yet."
    grade, rule = row.row.grade.strip(), row.rule
    if rule is None:
        return f'Grade "{grade}" has no mapping: neither its credit nor its stock is decided.'
    if rule.disposition is Disposition.HOLD:
        return f'Grade "{grade}" is mapped to hold: neither its credit nor its stock moves.'
    return f"Grade {grade}: {plain(rule.credit_percent)} % credit, {rule.disposition.value.replace('_', ' ')}."


def _not_placed(row: CountedRow, line: OrderLine, case: Case) -> str:
    """A row that takes no place on the order: goods that are not there, or a count that cannot be told."""
    count, code = plain(row.quantity), row.scan.code if row.scan else ""
    sold = units_in_words(line.product, line.unit)
    if row.held == "payload_unreadable":
        return "The counted quantity is not readable, or cannot be true."
    if row.held == "unit_not_resolved":
        return f"{amount_of(row.quantity, code)} counted, but Oro knows {line.sku} only in {sold}."
    if row.held == "unit_not_divisible":
        base = row.quantity * (row.scan.rate or 1) if row.scan else row.quantity
        return f"{amount_of(row.quantity, code)} = {amount_of(base, base_unit(line))}, finer than Oro keeps that unit."
    if row.held == "unit_ambiguous" and row.scan is not None:
        return f"{count} counted, and the unit is not said. {_both_readings(row, line, case)}"
    grade = row.row.grade.strip()
    what = row.rule.disposition.value.replace("_", " ") if row.rule else "not placed"
    return f"{amount_of(row.quantity, code)} stated with grade {grade} ({what}): not goods that came back."


def _both_readings(row: CountedRow, line: OrderLine, case: Case) -> str:
    scan_rate = (row.scan.rate if row.scan else None) or Fraction(1)
    line_rate = rate(line, line.unit) or Fraction(1)
    code = row.scan.code if row.scan else ""
    one = f"{amount_of(row.quantity, code)} = {amount_of(row.quantity * scan_rate / line_rate, line.unit)}"
    other = f"{amount_of(row.quantity, line.unit)} = {amount_of(row.quantity * line_rate / scan_rate, code)}"
    asked = case.allocation.requested.get(line.id, ZERO)
    fits = f"{amount_of(asked, line.unit)} was asked for" if asked else "it is within what is left of the order"
    return f"Either {one}, or {other}: {fits}, so both can be true."


def _credit_waits(row: CountedRow, case: Case) -> str:
    why = {
        "currency_mismatch": f"the order is in {case.order.currency}, and not all that was said of it is",
        "exchange_requested": "the customer wants an exchange or store credit",
        "option_not_mapped": f'the return option "{row.option}" has no mapping',
    }
    return f"Its credit waits: {why.get(row.credit_held, row.credit_held)}."


def _of_money(due: LineDue, currency: str) -> Iterable[str]:
    if due.weight > 0:
        yield f"Credit due now: {due.net} net + {due.tax} tax = {due.net + due.tax} {currency}."
    if due.held > 0:
        yield f"{due.held} {currency} of credit waits for a decision."
    if due.excess > 0:
        yield f"{due.excess} {currency} more was credited than the newest count and grades justify."
    if due.overpaid > 0:
        yield f"{due.overpaid} {currency} more was credited than the order line is worth since the order changed."


def _of_stock(line: OrderLine, case: Case) -> Iterable[str]:
    for move in case.stock.moves:
        if move.order_line_id == line.id:
            yield f"{amount_of(move.quantity, move.unit)} go into stock now."
    for problem in case.stock.problems:
        if problem.line is line:
            waits = amount_of(problem.base, base_unit(line))
            yield f"{waits} for stock wait: {_STOCK_WAITS.get(problem.code, problem.code)}."


_STOCK_WAITS = {
    "warehouse_not_mapped": "the warehouse has no mapping",
    "unit_not_resolved": "Oro has no inventory level in that unit",
    "unit_not_divisible": "the inventory level cannot hold the quantity exactly",
}


def _of_no_line(case: Case) -> Iterable[str]:
    where = "of the order" if case.found else "is known: Oro has no such order"
    for asked in case.allocation.asked:
        if not asked.lines and asked.request.quantity is not None:
            yield f"{plain(asked.request.quantity)} of {asked.request.sku} asked for; no line {where}."
    for row in case.allocation.rows:
        if not row.lines:
            yield f"{plain(row.quantity)} of {row.row.sku} counted; no line {where}. {_grade_in_words(row)}"
    for charge in case.charges:
        stated = "an amount that is not readable" if charge.amount is None else f"{charge.amount}"
        rule = "no mapping" if charge.rule is None else f"{charge.rule.treatment.value}"
        yield f"Fee {charge.source}: {stated} {case.order.currency}, {rule}."
    settled = sum((posting.total for posting in case.record.postings if posting.credits), Decimal(0))
    if settled:
        yield f"{settled} {case.order.currency} was credited before."
