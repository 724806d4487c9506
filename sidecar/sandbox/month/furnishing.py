"""What the month needs in OroCommerce before it begins: products and orders, as the stand-in takes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sidecar.sandbox.month.player import Month, ShopOrder
from sidecar.sandbox.month.shop import ARTICLES


def seed(month: Month) -> dict[str, Any]:
    """The body of the stand-in's ``/_sandbox/seed``."""
    products = [
        {
            "sku": article.sku,
            "primary_unit": article.primary,
            "units": {code: [rate, precision] for code, (rate, precision) in article.units.items()},
            "status": article.status,
        }
        for article in ARTICLES
    ]
    return {"products": products, "orders": [_order(order) for order in month.orders if order.story.known_to_oro]}


def _order(order: ShopOrder) -> dict[str, Any]:
    story = order.story
    return {
        "identifier": order.identifier,
        "currency": story.currency,
        "total_discounts": story.order_discount if Decimal(story.order_discount) else None,
        "lines": [
            {
                "sku": line.sku,
                "quantity": line.quantity,
                "unit": line.unit,
                "value": str((Decimal(line.net) / Decimal(line.quantity)).quantize(Decimal("0.0001"))),
                "after_discount": line.net,
                "tax": line.tax,
            }
            for line in story.lines
        ],
    }
