"""A credit memo explained line by line, from the posting and the order as it was read; and checked while telling.

``3 case of 12 each`` is what was counted, ``3/10 of 250.00 less 12.50 discount`` what that is of the order line, and
the rest is arithmetic that anybody can repeat. A line ``agrees`` when the stored order gives its amounts to the minor
unit; the lines of a memo add up to the memo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sidecar.returns.crediting import NO_MONEY, LineValue, cumulative, line_values, minor_unit
from sidecar.returns.matching import ZERO, total
from sidecar.returns.model import CreditBasis, CreditedPart, CreditLine, Order, OrderLine, Posting
from sidecar.returns.units import base_unit, rate
from sidecar.returns.wording import amount_of, plain


@dataclass(frozen=True)
class LineExplanation:
    """One line of a memo. ``counted``, ``graded``, ``portion`` and ``sum_`` are its parts in words, ``sentence`` all.

    ``agrees`` is None where it cannot be checked: a fee, or a posting whose order is not kept.
    """

    sku: str
    description: str
    counted: str
    graded: str
    portion: str
    worth: str
    net: Decimal
    tax: Decimal
    total: Decimal
    sentence: str
    agrees: bool | None


@dataclass(frozen=True)
class MemoExplanation:
    """A memo: its lines, whose net, tax and total add up to the memo's."""

    key: str
    currency: str
    lines: tuple[LineExplanation, ...]
    net: Decimal
    tax: Decimal
    total: Decimal

    @property
    def agrees(self) -> bool:
        """Whether nothing that could be checked disagrees."""
        return all(line.agrees is not False for line in self.lines)


def explain(posting: Posting, order: Order | None) -> MemoExplanation:
    """The memo of a posting; ``order`` as it was read for it, None when that is not known any more."""
    values = line_values(order) if order is not None else {}
    by_id = {line.id: line for line in order.lines} if order is not None else {}
    lines = tuple(_line(line, posting.currency, by_id, values) for line in posting.lines)
    return MemoExplanation(
        key=posting.key,
        currency=posting.currency,
        lines=lines,
        net=sum((line.net for line in lines), NO_MONEY),
        tax=sum((line.tax for line in lines), NO_MONEY),
        total=sum((line.total for line in lines), NO_MONEY),
    )


def counted_in_words(counted: Fraction, scan_unit: str, quantity: Fraction, line: OrderLine) -> str:
    """``50 each = 1 case of 50 each``: a count in the scan unit, and the ``quantity`` it is in the line's unit."""
    line_rate = rate(line, line.unit)
    if not scan_unit or scan_unit == line.unit or line_rate is None:
        return amount_of(quantity, line.unit)
    of_base = f" of {amount_of(line_rate, base_unit(line))}" if line.unit != base_unit(line) else ""
    return f"{amount_of(counted, scan_unit)} = {amount_of(quantity, line.unit)}{of_base}"


def _line(
    line: CreditLine, currency: str, by_id: Mapping[str, OrderLine], values: Mapping[str, LineValue]
) -> LineExplanation:
    bought = by_id.get(line.order_line_id or "")
    if bought is None or line.basis is None:
        return _told_only(line)
    value, basis = values[bought.id], line.basis
    counted = " + ".join(counted_in_words(part.counted, part.scan_unit, part.quantity, bought) for part in basis.parts)
    graded = _graded(basis.parts, bought.unit)
    if basis.own_before > 0:
        graded += f"; {amount_of(basis.own_before, bought.unit)} of that was credited before"
    portion = f"{_of(line.weight, bought)} of {_value(value)}"
    worth, agrees = _worth(line, basis, bought, value, minor_unit(currency))
    return LineExplanation(
        sku=line.sku,
        description=line.description,
        counted=counted,
        graded=graded,
        portion=portion,
        worth=worth,
        net=line.net,
        tax=line.tax,
        total=line.value,
        sentence=f"{counted}, {graded}. {portion[0].upper()}{portion[1:]}: {worth}.",
        agrees=agrees,
    )


def _told_only(line: CreditLine) -> LineExplanation:
    """A fee, or a line whose order line is not known: as it was said when it was computed."""
    worth = _amounts(line.net, line.tax)
    is_fee = line.order_line_id is None
    portion = f"{line.explanation.rpartition(': ')[2]} due" if is_fee else line.explanation
    return LineExplanation(
        sku=line.sku,
        description=line.description,
        counted=amount_of(line.quantity, line.unit),
        graded="",
        portion=portion,
        worth=worth,
        net=line.net,
        tax=line.tax,
        total=line.value,
        sentence=f"{line.description}: {portion}: {worth}.",
        agrees=None,
    )


def _graded(parts: Sequence[CreditedPart], unit: str) -> str:
    """``100 % grade A``; of several: ``2 each at 100 % (A) + 1 each at 50 % (C) = 2.5 each``."""
    if len({(part.percent, part.grade) for part in parts}) == 1:
        return f"{plain(parts[0].percent)} % grade {parts[0].grade}"
    each = " + ".join(f"{amount_of(part.quantity, unit)} at {plain(part.percent)} % ({part.grade})" for part in parts)
    return f"{each} = {amount_of(total(part.weight for part in parts), unit)}"


def _of(weight: Fraction, line: OrderLine) -> str:
    """``all``, ``3/10``; with the quantity ordered beside it where the fraction hides it."""
    portion = weight / line.quantity
    whole = "all" if portion == 1 else f"{portion.numerator}/{portion.denominator}"
    return f"{whole} ({plain(weight)} of {amount_of(line.quantity, line.unit)})"


def _value(value: LineValue) -> str:
    return f"{value.net + value.discount} less {value.discount} discount" if value.discount else f"{value.net}"


def _worth(
    line: CreditLine, basis: CreditBasis, bought: OrderLine, value: LineValue, exponent: int
) -> tuple[str, bool]:
    """What the line comes to, in words, and whether the order gives exactly that."""
    weight = basis.weight_before + line.weight
    net = cumulative(value.net, weight, bought.quantity, exponent)
    tax = cumulative(value.tax, weight, bought.quantity, exponent)
    due = (max(net - basis.net_before, NO_MONEY), max(tax - basis.tax_before, NO_MONEY))
    agrees = due == (line.net, line.tax)
    if basis.weight_before == ZERO:
        return _amounts(line.net, line.tax), agrees
    so_far = f"{_amounts(net, tax)} for {plain(weight)} of {plain(bought.quantity)} in all"
    before = f"{_amounts(basis.net_before, basis.tax_before)} credited before"
    return f"{so_far}, less {before} = {_amounts(line.net, line.tax)}", agrees


def _amounts(net: Decimal, tax: Decimal) -> str:
    return f"{net} net + {tax} tax" if tax else f"{net} net"
