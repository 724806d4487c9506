"""What the return costs the customer (DESIGN 4.4): ``returnCost`` and rows whose SKU is mapped as a fee."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sidecar.returns.counting import readable
from sidecar.returns.crediting import NO_MONEY, minor_unit, round_half_up
from sidecar.returns.history import History
from sidecar.returns.lookups import lookups, sku_key
from sidecar.returns.model import CreditLine, FeeRule, FeeTreatment, Mappings, Pins, Posting, SnapshotRow

RETURN_COST = "returnCost"


@dataclass(frozen=True)
class Charge:
    """One fee as ZigZag states it. ``amount`` (order currency) is None when it cannot be told: ``problem`` says why."""

    source: str  # "returnCost" or the SKU as ZigZag wrote it
    amount: Decimal | None
    rule: FeeRule | None = None
    problem: str = ""  # flag code

    @property
    def due(self) -> Decimal:
        """What is to be taken off the credit."""
        deducted = self.rule is not None and self.rule.treatment is FeeTreatment.DEDUCT and not self.problem
        return self.amount or NO_MONEY if deducted else NO_MONEY


def charges(history: History, currency: str, mappings: Mappings, pins: Pins) -> tuple[Charge, ...]:
    """All fees of a return: ``returnCost`` first, then the fee rows in their order. A fee is quantity x itemCost."""
    found = []
    rule = fee_rule(RETURN_COST, mappings, pins)
    if history.return_cost is not None and history.return_cost < 0:
        found.append(Charge(RETURN_COST, None, rule, "fee_needs_review"))
    elif history.return_cost is not None and history.return_cost > 0:
        amount = round_half_up(history.return_cost, minor_unit(currency))
        foreign = _is_foreign(history.return_cost_currency, currency)
        problem = "currency_mismatch" if foreign else "" if rule else "fee_not_mapped"
        found.append(Charge(RETURN_COST, amount, rule, problem))
    known = lookups(mappings).fees
    rows = (row for row in history.counted if sku_key(row.sku) in known and row.quantity != 0)
    found.extend(_charge_of_row(row, currency, fee_rule(row.sku, mappings, pins)) for row in rows)
    return tuple(charge for charge in found if charge.amount is None or charge.amount > 0 or charge.problem)


def fee_rule(source: str, mappings: Mappings, pins: Pins) -> FeeRule | None:
    """The rule of a fee; the one its memo was computed with wins over the mapping of today."""
    key = sku_key(source)
    for pinned, rule in pins.fees.items():
        if sku_key(pinned) == key:
            return rule
    return lookups(mappings).fees.get(key)


def _charge_of_row(row: SnapshotRow, currency: str, rule: FeeRule | None) -> Charge:
    if row.quantity is None or not readable(row.quantity):
        return Charge(row.sku, None, rule, "payload_unreadable")
    if row.item_cost is None or row.item_cost < 0:
        return Charge(row.sku, None, rule, "fee_needs_review")
    amount = round_half_up(row.quantity * Fraction(row.item_cost), minor_unit(currency))
    return Charge(row.sku, amount, rule, "currency_mismatch" if _is_foreign(row.currency, currency) else "")


def _is_foreign(stated: str, currency: str) -> bool:
    """Whether a fee is in another currency than the order; not while the order itself is not known."""
    return bool(stated.strip() and currency) and stated.strip().upper() != currency.upper()


def deduct(charges: Sequence[Charge], memo_total: Decimal) -> tuple[CreditLine, ...]:
    """Fee lines for the first credit memo of a return, together never above ``memo_total`` (net + tax of the goods).

    The ceiling is the memo's total, not its net: a fee has no tax, so one that eats the whole memo also eats the tax
    of the goods, and the memo's net is then below zero by just that tax.
    """
    lines = []
    for charge in charges:
        taken = min(charge.due, memo_total)
        if charge.rule is None or taken <= 0:
            continue
        memo_total -= taken
        lines.append(
            CreditLine(
                sku=charge.rule.service_sku,
                description=f"Return fee ({charge.source})",
                quantity=Fraction(1),
                unit="",
                net=-taken,
                tax=NO_MONEY,
                explanation=f"{charge.source}: {taken} of {charge.due}",
            )
        )
    return tuple(lines)


def total_due(charges: Iterable[Charge]) -> Decimal:
    return sum((charge.due for charge in charges), NO_MONEY)


def settled(postings: Iterable[Posting]) -> Decimal:
    """Fees that credit memos settled, whether they could be taken in full or not."""
    return sum((posting.fee for posting in postings), NO_MONEY)


def taken(postings: Iterable[Posting]) -> Decimal:
    """Fees that credit memos really took off the credit."""
    return -sum((line.net for posting in postings for line in posting.lines if line.order_line_id is None), NO_MONEY)
