"""What a returned quantity is worth (DESIGN 4.2; ``contracts/oro.md`` section 4). Money is exact to the minor unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sidecar.returns.model import Order, OrderLine

NO_MONEY = Decimal(0)

# ISO 4217 table A.1: the currencies whose minor unit is not 2 decimals (funds codes and metals are not sold in).
_MINOR_UNITS: Mapping[str, int] = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"), 0
    ),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def minor_unit(currency: str) -> int:
    """Decimals of a currency's smallest amount: 2, JPY 0, KWD 3 (ISO 4217)."""
    return _MINOR_UNITS.get(currency.upper(), 2)


def round_half_up(value: Decimal | Fraction, exponent: int) -> Decimal:
    """The one rounding rule, to ``exponent`` decimals; halves go away from zero."""
    return _rounded(*value.as_integer_ratio(), exponent)


def cumulative(n: Decimal, weight: Fraction, ordered: Fraction, exponent: int) -> Decimal:
    """C(W) = round_half_up(N x W / Q): what ``weight`` out of ``ordered`` is worth of ``n``. Never falls as W grows.

    W counts as never above Q and never below 0. In whole numbers throughout: it is the most called rule of a plan.
    """
    part, whole = weight.numerator * ordered.denominator, weight.denominator * ordered.numerator
    if part <= 0 or whole <= 0:
        return Decimal(0).scaleb(-exponent)
    numerator, denominator = n.as_integer_ratio()
    return _rounded(numerator * min(part, whole), denominator * whole, exponent)


def _rounded(numerator: int, denominator: int, exponent: int) -> Decimal:
    units = (2 * abs(numerator) * 10**exponent + denominator) // (2 * denominator)
    return Decimal(units if numerator >= 0 else -units).scaleb(-exponent)


@dataclass(frozen=True)
class LineValue:
    """What the customer paid for a whole order line: ``net`` after every discount, and its ``tax``.

    ``incomplete``: Oro did not say enough and the value is the best that can be told (flag ``price_incomplete``);
    ``known`` is False when it said nothing at all: then nothing may be credited for it.
    ``discount``: the part of ``net`` that order-level discounts took, for the explanation.
    """

    net: Decimal
    tax: Decimal
    incomplete: bool = False
    discount: Decimal = NO_MONEY
    known: bool = True


def line_values(order: Order) -> Mapping[str, LineValue]:
    """Per order line id, so that all lines together are what the customer paid for the goods, to the minor unit.

    What was paid, by the recordings: ``subtotal - discount - totalDiscountsAmount`` (+ tax, when prices are without
    it). So a line starts from ``rowTotalAfterDiscount``, in all three tax modes:

    * default [48-51, 61]: net = row, tax = IncludingTax - ExcludingTax beside it. ExcludingTax itself will not do: it
      is worked out from the rounded unit price and can miss the row by a cent (17.70 against 17.71 charged [61]).
    * taxes after promotions [132]: ExcludingTax has the line discount subtracted twice (207.50 for 217.50), but the row
      less its share of the order promotion is right, and so is the difference: 232.50 + 22.09 = 254.59.
    * prices include tax [133]: the row holds the tax, which is taken out of it: 263.97 + 26.03 is the row of 290.00.

    The order-level part is spread over the rows by largest remainder. It is raised where all lines together would be
    worth more than the order's total: Oro can store a stale discount [129], and rounds the tax of an order once
    (77.25 for lines of 77.26 [60]). Nothing is ever below zero.
    """
    exponent = minor_unit(order.currency)
    rows = [_row(line, exponent) for line in order.lines]
    taxes = [_tax(line, exponent) for line in order.lines]
    included, unclear = _prices_include_tax(order, rows, taxes, exponent)
    shares = _order_level_shares(order, rows, NO_MONEY if included else sum(taxes, NO_MONEY), exponent)
    values = {}
    for line, row, tax, share in zip(order.lines, rows, taxes, shares, strict=True):
        paid = row - share
        if included:
            tax = min(tax, paid)
            paid -= tax
        incomplete = _is_incomplete(line) or (unclear and tax > 0)
        known = line.row_total is not None or line.price is not None
        values[line.id] = LineValue(paid, tax, incomplete, share, known)
    return values


def _row(line: OrderLine, exponent: int) -> Decimal:
    """What the row was charged before order-level discounts; value x quantity when Oro does not say."""
    if line.row_total is not None:
        return round_half_up(max(line.row_total, NO_MONEY), exponent)
    return round_half_up(max(Fraction(line.price or 0) * line.quantity, Fraction(0)), exponent)


def _tax(line: OrderLine, exponent: int) -> Decimal:
    """IncludingTax - ExcludingTax; both "0.0000" mean that Oro keeps no tax record of the line."""
    if line.row_total is None or line.row_including_tax is None or line.row_excluding_tax is None:
        return round_half_up(NO_MONEY, exponent)
    return round_half_up(max(line.row_including_tax - line.row_excluding_tax, NO_MONEY), exponent)


def _is_incomplete(line: OrderLine) -> bool:
    return line.row_total is None or line.row_including_tax is None or line.row_excluding_tax is None


def _order_level(order: Order) -> Decimal:
    """Discounts that Oro spreads over no line: promotions on the order and manual order discounts."""
    on_lines = sum((line.row_discount or NO_MONEY for line in order.lines), NO_MONEY)
    return max(order.discount - on_lines + order.total_discounts, NO_MONEY)


def _order_level_shares(order: Order, rows: Sequence[Decimal], tax: Decimal, exponent: int) -> list[Decimal]:
    """Each line's share of the order-level discounts; ``tax`` is what the customer paid on top of the rows."""
    goods = sum(rows, NO_MONEY)
    level = round_half_up(_order_level(order), exponent)
    if order.total is not None:
        level = max(level, goods + tax - round_half_up(order.total, exponent))
    return apportion(min(level, goods), rows, exponent)


def apportion(total: Decimal, rows: Sequence[Decimal], exponent: int) -> list[Decimal]:
    """Spreads ``total`` over ``rows`` in proportion, by largest remainder; ties go to the earlier line.

    No line gets more than its row. ``total`` and ``rows`` are whole minor units, ``total`` at most the sum of the rows.
    """
    goods = sum(rows, NO_MONEY)
    if total <= 0 or goods <= 0:
        return [round_half_up(NO_MONEY, exponent) for _ in rows]
    whole, all_rows = int(total.scaleb(exponent)), int(goods.scaleb(exponent))
    shares = [divmod(whole * int(row.scaleb(exponent)), all_rows) for row in rows]
    units = [share for share, _ in shares]
    by_remainder = sorted(range(len(rows)), key=lambda index: (-shares[index][1], index))
    for index in by_remainder[: whole - sum(units)]:
        units[index] += 1
    return [Decimal(each).scaleb(-exponent) for each in units]


def _prices_include_tax(
    order: Order, rows: Sequence[Decimal], taxes: Sequence[Decimal], exponent: int
) -> tuple[bool, bool]:
    """Whether the rows hold the tax, and whether that is unclear. Oro does not tell the mode [134]: it is inferred.

    ExcludingTax (prices without tax) or IncludingTax (with tax) is the row; with taxes after promotions it is the row
    less the order's share and less the line discount once more [132]. The nearer one, over the whole order, tells.
    Where both fit to the cent the order's total decides; where even that does not (its shipping is not read), tax is
    taken out of the row, which never pays back more than was paid, and the price is flagged.
    """
    taxed = [index for index, tax in enumerate(taxes) if tax > 0]
    if not taxed:
        return False, False
    shares = apportion(min(round_half_up(_order_level(order), exponent), sum(rows, NO_MONEY)), rows, exponent)
    excluding = including = NO_MONEY
    for index in taxed:
        line, row = order.lines[index], rows[index]
        after_promotions = max(row - shares[index] - (line.row_discount or NO_MONEY), NO_MONEY)
        excluding += _distance(line.row_excluding_tax, row, after_promotions)
        including += _distance(line.row_including_tax, row, after_promotions)
    if including != excluding:
        return including < excluding, False
    goods, tax = sum(rows, NO_MONEY) - sum(shares, NO_MONEY), sum(taxes, NO_MONEY)
    if order.total is None or order.total > goods + tax:
        return True, True
    return order.total < goods + tax, False


def _distance(said: Decimal | None, row: Decimal, after_promotions: Decimal) -> Decimal:
    value = said or NO_MONEY
    return min(abs(value - row), abs(value - after_promotions))
