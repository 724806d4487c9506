"""What a flag is called where people read it: a headline per code, and the thing it is about."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "order_not_found": "Order not found in Oro",
        "sku_not_on_order": "Goods that are not on the order",
        "quantity_exceeds_order": "More asked for than is left of the order",
        "exchange_requested": "Exchange or store credit wanted",
        "payload_unreadable": "Message not readable",
        "currency_mismatch": "Stated in another currency than the order",
        "price_incomplete": "Price or tax not stated in full",
        "fee_not_mapped": "Fee without a mapping",
        "fee_needs_review": "Fee to be decided",
        "fee_exceeds_credit": "Fee larger than the credit",
        "regraded_after_credit": "Graded lower after the credit",
        "cancelled_after_credit": "Cancelled after the credit",
        "credit_refused": "Credit refused by Oro",
        "posting_conflict": "Another posting under our key in Oro",
        "option_not_mapped": "Return option without a mapping",
        "outcome_unknown": "Oro did not tell whether it posted",
        "unit_ambiguous": "Counted in which unit?",
        "unit_not_resolved": "Unit unknown to Oro",
        "unit_not_divisible": "Count finer than Oro's unit",
        "received_short": "Less came back than was announced",
        "received_over": "More came back than is left of the order",
        "received_over_request": "More came back than was announced",
        "sku_inactive": "Product inactive in Oro",
        "warehouse_not_mapped": "Warehouse without a mapping",
        "reason_not_mapped": "Return reason without a mapping",
        "grade_not_mapped": "Grade without a mapping",
        "status_not_mapped": "Status word without a mapping",
        "stale_return": "Nothing heard for too long",
        "edited_in_oro": "Return edited in Oro",
        "zigzag_unreachable": "ZigZag cannot be reached",
        "oro_unreachable": "OroCommerce cannot be reached",
        "bundle_switched_off": "Return bundle switched off in Oro",
        "credentials_refused": "Credentials refused",
        "attempts_exhausted": "Given up after many attempts",
        "retailer_unknown": "Message of another retailer",
    }
)

KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "grades": "grade",
        "warehouses": "warehouse",
        "reasons": "return reason",
        "fees": "fee",
        "scan_units": "SKU",
        "return_options": "return option",
        "order_statuses": "order status",
        "tracking_statuses": "tracking status",
    }
)


def about(subject: str, sku: str, mapping: tuple[str, str] | None) -> str:
    """The thing a flag is about, such as ``grade "E"``, ``SKU GLOVE`` or the subject itself; "" when it is the return.

    An empty word (a return without an option) is shown as such: ``return option ""``.
    """
    if mapping is not None:
        kind, source = mapping
        return f"SKU {source}" if kind == "scan_units" else f'{KIND_NAMES.get(kind, kind)} "{source}"'
    return f"SKU {sku}" if sku else subject
