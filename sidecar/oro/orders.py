"""*The* read: orders with their lines, products and units, for a page of returns at once (oro.md section 3).

In calls: up to 25 orders come with their products in one; more come without, and the products the process
does not know yet in a second one. A page of 50 orders costs two reads, one while its products are known.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction

from sidecar.oro.client import OroClient
from sidecar.oro.errors import AnswerLacks
from sidecar.oro.jsonapi import Page, Row, all_related, attribute, exact, money, optional, related, text
from sidecar.oro.multiget import multi_get, query
from sidecar.oro.products import FIELDS as PRODUCT_FIELDS
from sidecar.oro.products import Products, product_of
from sidecar.returns.model import Order, OrderLine, Product

log = logging.getLogger(__name__)

WITH_PRODUCTS_UP_TO = 25
"""Orders; beyond it one answer with all products costs Oro three times the two calls (section 3)."""

_FIELDS = {
    "orders": "identifier,currency,subtotalValue,totalValue,totalDiscountsAmount,discount,lineItems",
    "orderlineitems": (
        "productSku,productName,freeFormProduct,quantity,productUnitCode,value,rowTotalDiscountAmount,"
        "rowTotalAfterDiscount,rowTotalAfterDiscountIncludingTax,rowTotalAfterDiscountExcludingTax,product"
    ),
}
_LINES_ONLY = query("lineItems", _FIELDS)
_EVERYTHING = query("lineItems,lineItems.product,lineItems.product.unitPrecisions", _FIELDS | PRODUCT_FIELDS)
_SPELLINGS = 2  # rows per identifier: the filter ignores case [64], so SO-1 and so-1 both come


class Orders:
    """Reads orders; products are cached for ``product_ttl`` seconds."""

    def __init__(self, client: OroClient, *, product_ttl: int = 300, products: Products | None = None) -> None:
        self._client = client
        self._products = products if products is not None else Products(client, ttl=product_ttl)

    def read_orders(self, identifiers: Collection[str]) -> dict[str, Order]:
        """Orders by the identifier as asked; an order Oro does not know is absent.

        An identifier in another spelling of case finds its order when there is only one such order. An
        identifier that cannot stand in a filter (a comma, control characters) counts as not found. Raises
        OroError; AnswerLacks when Oro leaves out what was asked for, instead of planning with less.
        """
        few = len(identifiers) <= WITH_PRODUCTS_UP_TO
        found: list[tuple[Page, Row]] = []
        for page in multi_get(
            self._client,
            "orders",
            "identifier",
            identifiers,
            _EVERYTHING if few else _LINES_ONLY,
            rows_per_key=_SPELLINGS,
        ):
            if few:
                self._remember_products(page)
            found += [(page, row) for row in page.rows]
        chosen = _by_identifier(identifiers, found)
        lines = {key: _lines(page, row) for key, (page, row) in chosen.items()}
        products = self._products.read(
            {id_ for rows in lines.values() for line in rows if (id_ := related(line, "product")) is not None}
        )
        return {key: _order(row, lines[key], products) for key, (_, row) in chosen.items()}

    def _remember_products(self, page: Page) -> None:
        """Products that came along. Raises AnswerLacks when lines have products and none came."""
        rows = [row for row in page.included if row["type"] == "products"]
        lines = (row for row in page.included if row["type"] == "orderlineitems")
        if not rows and any(related(line, "product") for line in lines):
            raise AnswerLacks(200, "answer lacks products", "orders: the lines name products, none is included")
        for row in rows:
            self._products.remember(product_of(page, row))


def _by_identifier(asked: Collection[str], found: list[tuple[Page, Row]]) -> dict[str, tuple[Page, Row]]:
    """The exact spelling wins; another spelling of case counts when there is only one order it can mean."""
    exactly: dict[str, list[tuple[Page, Row]]] = defaultdict(list)
    anyhow: dict[str, dict[str, tuple[Page, Row]]] = defaultdict(dict)
    for page, row in found:
        identifier = text(attribute(row, "identifier"))
        exactly[identifier].append((page, row))
        anyhow[identifier.casefold()][str(row["id"])] = (page, row)
    chosen: dict[str, tuple[Page, Row]] = {}
    for key in asked:
        same = {str(row["id"]): (page, row) for page, row in exactly.get(key, ())}
        candidates = same or anyhow.get(key.casefold(), {})
        if len(candidates) == 1:
            chosen[key] = next(iter(candidates.values()))
        elif candidates:
            log.warning("%d orders answer to one identifier; none is taken", len(candidates), extra={"order": key})
    return chosen


def _lines(page: Page, row: Row) -> list[Row]:
    """In order-line order, which is that of the ids: the relation is not always in it [60: 116, 118, 117]."""
    ids = sorted(all_related(row, "lineItems"), key=lambda id_: (len(id_), id_))
    return [page.must_find("orderlineitems", id_) for id_ in ids]


def _order(row: Row, lines: list[Row], products: dict[str, Product]) -> Order:
    return Order(
        id=str(row["id"]),
        identifier=text(attribute(row, "identifier")),
        currency=text(attribute(row, "currency")),
        lines=tuple(_line(line, products) for line in lines),
        discount=money(attribute(row, "discount")) or Decimal(0),
        total_discounts=money(attribute(row, "totalDiscountsAmount")) or Decimal(0),
        subtotal=money(optional(row, "subtotalValue")),
        total=money(optional(row, "totalValue")),
    )


def _line(row: Row, products: dict[str, Product]) -> OrderLine:
    product_id = related(row, "product")
    name = text(attribute(row, "productName"))
    return OrderLine(
        id=str(row["id"]),
        sku=text(attribute(row, "productSku")),
        quantity=exact(attribute(row, "quantity")) or Fraction(0),
        unit=text(attribute(row, "productUnitCode")),
        price=money(attribute(row, "value")),
        name=name or text(optional(row, "freeFormProduct")),
        product=products.get(product_id) if product_id is not None else None,
        # Computed by Oro's promotion and tax bundles; without them the credit is planned as price_incomplete.
        row_discount=money(optional(row, "rowTotalDiscountAmount")),
        row_total=money(optional(row, "rowTotalAfterDiscount")),
        row_including_tax=money(optional(row, "rowTotalAfterDiscountIncludingTax")),
        row_excluding_tax=money(optional(row, "rowTotalAfterDiscountExcludingTax")),
    )
