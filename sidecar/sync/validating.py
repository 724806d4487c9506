"""Whether a request fits its order, answered from Oro and the ledger at once; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sidecar.ledger import returns
from sidecar.ledger.engine import Ledger
from sidecar.returns import eligibility
from sidecar.returns.eligibility import LineEligibility
from sidecar.returns.lookups import order_key
from sidecar.returns.model import IntakeLine, Mappings, Order, ReturnRecord
from sidecar.settings import Settings
from sidecar.sync import mappings as mapping_store
from sidecar.sync.known import read_returns
from sidecar.sync.world import policy_of

ReadOrders = Callable[[Sequence[str]], Mapping[str, Order]]
ORDER_NOT_FOUND = "order_not_found"


@dataclass(frozen=True)
class Validation:
    """``problems`` are those of the whole request; every line has its own."""

    eligible: bool
    lines: tuple[LineEligibility, ...]
    problems: tuple[str, ...] = ()


def validate(ledger: Ledger, read_orders: ReadOrders, body: Mapping[str, Any], settings: Settings) -> Validation:
    """Check an intake body against its order and the other returns of that order.

    Without lines, every line of the order is answered with what is left of it. Raises OroError.
    """
    identifier = body["order_identifier"]
    order = read_orders([identifier]).get(identifier)
    lines = tuple(
        IntakeLine(
            sku=line["sku"],
            quantity=Fraction(line["quantity"]),
            unit=line.get("unit", ""),
            reason=line.get("reason", ""),
        )
        for line in body.get("lines", ())
    )
    if order is None:
        unknown = tuple(LineEligibility(line.sku, False, Fraction(0), line.unit, (ORDER_NOT_FOUND,)) for line in lines)
        return Validation(False, unknown, (ORDER_NOT_FOUND,))
    known, others = _known(ledger, identifier, body["return_id"], settings)
    checked = eligibility.check_request(order, lines or _whole(order), others, known, policy_of(settings))
    if not lines:
        # Asked for nothing in particular: what is left is the answer, not that it is less than was ordered.
        checked = tuple(
            LineEligibility(line.sku, line.left > 0, line.left, line.unit, _but_for_quantity(line.problems))
            for line in checked
        )
        return Validation(any(line.eligible for line in checked), checked)
    return Validation(all(line.eligible for line in checked), checked)


def _whole(order: Order) -> tuple[IntakeLine, ...]:
    return tuple(IntakeLine(sku=line.sku, quantity=line.quantity, unit=line.unit) for line in order.lines)


def _but_for_quantity(problems: Sequence[str]) -> tuple[str, ...]:
    return tuple(problem for problem in problems if problem != "quantity_exceeds_order")


def _known(ledger: Ledger, identifier: str, return_id: str, settings: Settings) -> tuple[Mappings, list[ReturnRecord]]:
    """The mappings, and the other returns of the order as the rules read them."""
    with ledger.read() as conn:
        known = mapping_store.load(conn)
        rows = [
            row
            for row in returns.of_orders(conn, [order_key(identifier)])
            if (row.retailer_code, row.return_id) != (settings.zigzag_retailer_code, return_id)
        ]
        return known, list(read_returns(conn, rows, settings.zigzag_timezone).records.values())
