"""Which credit a return is due now, line by line, and the credit memo lines that pay it (DESIGN 4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sidecar.returns.allocating import Allocation, Share
from sidecar.returns.crediting import NO_MONEY, LineValue, cumulative, minor_unit
from sidecar.returns.explaining import counted_in_words
from sidecar.returns.history import History
from sidecar.returns.matching import ZERO, in_order_line_order, total
from sidecar.returns.model import CreditBasis, CreditedPart, CreditLine, Order, OrderLine, Policy, ReturnRecord
from sidecar.returns.postings import Carried
from sidecar.returns.units import rate
from sidecar.returns.wording import plain


@dataclass(frozen=True)
class LineDue:
    """What one return is due on one order line beyond what all postings carry. Quantities in the line's unit."""

    line: OrderLine
    shares: tuple[Share, ...]  # what is credited, by grade
    weight: Fraction  # to be posted; 0: nothing is due
    quantity: Fraction  # newly credited
    net: Decimal
    tax: Decimal
    held: Decimal  # known credit that something holds
    regraded: bool  # more weight or more goods were posted than the newest count and grades justify
    excess: Decimal  # what that is worth
    overpaid: Decimal  # credited beyond what the weight is worth by the order of today: it became cheaper since
    own_before: Fraction  # weight that earlier credits of the return carry
    weight_before: Fraction  # the same of all credits of the line, with their amounts
    net_before: Decimal
    tax_before: Decimal


def credit_released(history: History, policy: Policy) -> bool:
    """Only the words Graded and Restocked release money, and never of a cancelled or rejected return."""
    said = history.restocked if policy.credit_trigger == "restocked" else history.graded
    return history.live and said


def is_active(line: OrderLine) -> bool:
    """A product that is enabled; not a freeform line, nor one whose product was deleted since."""
    return line.product is not None and line.product.status == "enabled"


def is_payable(line: OrderLine, record: ReturnRecord, policy: Policy) -> bool:
    """An inactive SKU is paid when a person released it, or where the shop decided so for all."""
    return is_active(line) or policy.inactive_sku == "credit" or ("sku_inactive", line.sku) in record.released


def lines_due(
    record: ReturnRecord,
    history: History,
    allocation: Allocation,
    order: Order,
    values: Mapping[str, LineValue],
    carried: Carried,
    policy: Policy,
) -> tuple[LineDue, ...]:
    """For every order line that the return has goods or credit on, in order-line order."""
    by_line: dict[str, list[Share]] = {}
    for share in allocation.shares:
        by_line.setdefault(share.line.id, []).append(share)
    unclear = {line.id for row in allocation.rows if row.base is None for line in row.lines}
    released = credit_released(history, policy)
    touched = set(by_line) | carried.lines_of(record.return_id)
    return tuple(
        _line_due(
            line,
            record,
            by_line.get(line.id, ()),
            values[line.id],
            carried,
            pays=released and is_payable(line, record, policy),
            compares=not carried.currencies - {order.currency},
            judges=history.live and line.id not in unclear,
            exponent=minor_unit(order.currency),
        )
        for line in in_order_line_order(order, touched)
    )


def _line_due(
    line: OrderLine,
    record: ReturnRecord,
    shares: Sequence[Share],
    value: LineValue,
    carried: Carried,
    *,
    pays: bool,
    compares: bool,
    judges: bool,
    exponent: int,
) -> LineDue:
    there = (record.return_id, line.id)
    before, own = carried.weight.get(line.id, ZERO), carried.weight_of.get(there, ZERO)

    def worth(weight: Fraction) -> Decimal:
        """Net + tax of all credits of the line up to ``weight``."""
        return _worth(value, weight, line, exponent)

    accepted = [share for share in shares if share.accepted and share.weight > 0]
    free = [share for share in accepted if not share.counted.credit_held] if pays and value.known else []
    after = min(before + max(_weight(free) - own, ZERO), line.quantity)
    known = min(before + max(_weight(accepted) - own, ZERO), line.quantity)
    net_before, tax_before = carried.net.get(line.id, NO_MONEY), carried.tax.get(line.id, NO_MONEY)
    credited = carried.quantity_of.get(there, ZERO)
    quantity = total(share.quantity for share in free) - credited
    undecided = total(share.quantity for share in shares if share.counted.rule is None or share.counted.held)
    best = _weight(accepted) + undecided  # what the newest snapshot can justify once all of it is decided
    goods = total(share.quantity for share in shares)
    pending = after > before
    return LineDue(
        line=line,
        shares=tuple(free),
        weight=after - before if pending else ZERO,
        quantity=max(quantity, ZERO) if pending else ZERO,
        net=_step(value.net, after, line, net_before, exponent) if pending else NO_MONEY,
        tax=_step(value.tax, after, line, tax_before, exponent) if pending else NO_MONEY,
        held=worth(known) - worth(max(after, before)) if known > after else NO_MONEY,
        regraded=judges and (best < own or goods < credited),
        excess=worth(before) - worth(before - (own - best)) if judges and best < own else NO_MONEY,
        overpaid=max(net_before + tax_before - worth(before), NO_MONEY)
        if own and value.known and compares
        else NO_MONEY,
        own_before=own,
        weight_before=before,
        net_before=net_before,
        tax_before=tax_before,
    )


def _weight(shares: Sequence[Share]) -> Fraction:
    return total(share.weight for share in shares)


def _worth(value: LineValue, weight: Fraction, line: OrderLine, exponent: int) -> Decimal:
    return cumulative(value.net, weight, line.quantity, exponent) + cumulative(
        value.tax, weight, line.quantity, exponent
    )


def _step(n: Decimal, after: Fraction, line: OrderLine, carried: Decimal, exponent: int) -> Decimal:
    """C(W) less what earlier postings carried; never below zero, should the order have become cheaper meanwhile."""
    return max(cumulative(n, after, line.quantity, exponent) - carried, NO_MONEY)


def stake(shares: Sequence[Share], values: Mapping[str, LineValue], exponent: int) -> Decimal:
    """What goods are worth, net + tax: by their grade, in full where the grade is not known."""
    return sum(
        (_worth(values[share.line.id], _weight_at_stake(share), share.line, exponent) for share in shares), NO_MONEY
    )


def _weight_at_stake(share: Share) -> Fraction:
    return share.quantity if share.counted.rule is None or share.counted.held else share.weight


def memo_lines(
    dues: Sequence[LineDue], values: Mapping[str, LineValue], line_keys: Mapping[str, str]
) -> tuple[CreditLine, ...]:
    """One credit memo line per order line with credit due (a line may round to 0.00: its weight still counts)."""
    return tuple(
        CreditLine(
            sku=due.line.sku,
            description=due.line.name or due.line.sku,
            quantity=due.quantity,
            unit=due.line.unit,
            net=due.net,
            tax=due.tax,
            order_line_id=due.line.id,
            line_key=line_keys[due.line.id],
            product_id=due.line.product.id if due.line.product else None,
            weight=due.weight,
            explanation=_explanation(due, values[due.line.id]),
            basis=_basis(due),
        )
        for due in dues
        if due.weight > 0
    )


def _explanation(due: LineDue, value: LineValue) -> str:
    """``50 each = 1 case of 50 each; 1/2 of 200.00; 100 % grade A``: how the amount comes about."""
    counted = " + ".join(count_of(share) for share in due.shares)
    less = f" ({value.net + value.discount} less {value.discount} discount)" if value.discount else ""
    portion = due.weight / due.line.quantity
    whole = "all" if portion == 1 else f"{portion.numerator}/{portion.denominator}"
    grades = ", ".join(
        dict.fromkeys(f"{plain(s.counted.percent or ZERO)} % grade {s.counted.row.grade}" for s in due.shares)
    )
    earlier = _weight(due.shares) - due.weight
    before = f"; less {plain(earlier)} credited before" if earlier > 0 else ""
    return f"{counted}{before}; {whole} of {value.net}{less}; {grades}"


def count_of(share: Share) -> str:
    """``50 each = 1 case of 50 each``: the part of a count that an order line took."""
    part = _part(share)
    return counted_in_words(part.counted, part.scan_unit, part.quantity, share.line)


def _part(share: Share) -> CreditedPart:
    row, line, scan = share.counted, share.line, share.counted.scan
    counted, scan_unit, line_rate = share.quantity, line.unit, rate(line, line.unit)
    if scan is not None and scan.rate is not None and line_rate is not None:
        counted, scan_unit = share.quantity * line_rate / scan.rate, scan.code
    return CreditedPart(counted, scan_unit, share.quantity, row.percent or ZERO, row.row.grade.strip())


def _basis(due: LineDue) -> CreditBasis:
    parts = tuple(_part(share) for share in due.shares)
    return CreditBasis(parts, due.own_before, due.weight_before, due.net_before, due.tax_before)
