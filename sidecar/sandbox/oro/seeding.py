"""Filling the shop: products with units and levels, orders with lines. Amounts are stored as they are given."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import ROUND_DOWN, Decimal
from typing import Any

from sidecar.sandbox.oro.store import Record, Table
from sidecar.sandbox.oro.values import as_money, as_number, as_quantity

Number = Decimal | int | float | str
_UNITS: tuple[tuple[str, int, str, str, str, str], ...] = (
    ("case", 0, "case", "cs", "cases", "css"),
    ("each", 0, "each", "ea", "each", "ea"),
    ("hour", 0, "hour", "hr", "hours", "hrs"),
    ("item", 0, "item", "item", "items", "items"),
    ("kg", 3, "kilogram", "kg", "kilograms", "kgs"),
    ("pallet", 0, "pallet", "plt", "pallets", "plts"),
    ("piece", 0, "piece", "pc", "pieces", "pcs"),
    ("set", 0, "set", "set", "sets", "sets"),
)


@dataclass(frozen=True)
class LineSpec:
    """One order line. Without row totals: after = value x quantity - discount, excluding = after, including =
    + tax.

    `tax=None` means no tax record: both tax fields "0.0000" (contracts/oro.md section 4). `free_form` is the
    text of a line without product.
    """

    sku: str
    quantity: Number
    unit: str
    value: Number
    tax: Number | None = 0
    discount: Number = 0
    after_discount: Number | None = None
    including_tax: Number | None = None
    excluding_tax: Number | None = None
    name: str | None = None
    free_form: str | None = None
    id: str | None = None

    @property
    def amounts(self) -> tuple[Decimal, Decimal, Decimal]:
        """Row total after discount, including and excluding tax."""
        row = Decimal(str(self.value)) * Decimal(str(self.quantity)) - Decimal(str(self.discount))
        # 2.125 x 8.3333 is 17.70826..., recorded as 17.7082: the row total is cut, not rounded ([61]).
        cut = row.quantize(Decimal("0.0001"), ROUND_DOWN)
        after = cut if self.after_discount is None else Decimal(str(self.after_discount))
        if self.tax is None:
            including = excluding = Decimal(0)
        else:
            excluding = after
            including = after + Decimal(str(self.tax))
        if self.excluding_tax is not None:
            excluding = Decimal(str(self.excluding_tax))
        if self.including_tax is not None:
            including = Decimal(str(self.including_tax))
        return after, including, excluding


@dataclass(frozen=True)
class ProductIds:
    id: str
    precisions: Mapping[str, str]
    levels: Mapping[str, str]


@dataclass(frozen=True)
class OrderIds:
    id: str
    lines: tuple[str, ...]


_LINE_NAMES = {field.name for field in fields(LineSpec)}


class Seeding:
    """What a shopkeeper does in the back office, as plain calls."""

    tables: dict[str, Table]
    lock: threading.RLock
    opening_levels: dict[str, str]

    def now(self) -> str:
        raise NotImplementedError

    def add_default_units(self) -> None:
        for id_, precision, label, short, plural, short_plural in _UNITS:
            self._add_unit(id_, precision, label, short, plural, short_plural)

    def _add_unit(self, id_: str, precision: int, label: str, short: str, plural: str, short_plural: str) -> None:
        attributes = {
            "defaultPrecision": precision,
            "label": label,
            "shortLabel": short,
            "pluralLabel": plural,
            "shortPluralLabel": short_plural,
        }
        self.tables["productunits"].add(Record("productunits", id_, attributes, {}))

    def add_product(
        self,
        sku: str,
        primary_unit: str = "each",
        units: Mapping[str, tuple[Number, int] | list[Any]] | None = None,
        status: str = "enabled",
        levels: Mapping[str, Number] | None = None,
        product_type: str = "simple",
        id_: str | None = None,
        precision_ids: Mapping[str, str] | None = None,
    ) -> ProductIds:
        """`units`: unit code -> (conversion rate to the primary unit, precision); one inventory level per
        unit.
        """
        units = units or {primary_unit: (1, 0)}
        levels = levels or {}
        if primary_unit not in units:
            raise ValueError(f"{sku}: the primary unit {primary_unit} is not among its units")
        with self.lock:
            if self.tables["products"].one("sku", sku):
                raise ValueError(f"product {sku} exists")
            precisions, stock = self.tables["productunitprecisions"], self.tables["inventorylevels"]
            product_id = id_ or self.tables["products"].new_id()
            made: dict[str, str] = {}
            made_levels: dict[str, str] = {}
            for unit, (rate, precision) in units.items():
                if self.tables["productunits"].get(unit) is None:
                    self._add_unit(unit, precision, unit, unit, unit, unit)
                made[unit] = (precision_ids or {}).get(unit) or precisions.new_id()
                of_precision = {"precision": precision, "conversionRate": as_number(rate)}
                relations = {"product": product_id, "unit": unit}
                precisions.add(Record("productunitprecisions", made[unit], of_precision, relations))
            now = self.now()
            attributes: dict[str, Any] = {"sku": sku, "createdAt": now, "updatedAt": now}
            if status != "enabled":
                attributes["status"] = status
            if product_type != "simple":
                attributes["productType"] = product_type
            owned = {"unitPrecisions": list(made.values()), "primaryUnitPrecision": made[primary_unit]}
            self.tables["products"].add(Record("products", product_id, attributes, owned))
            for unit, precision_id in made.items():
                # In the recordings a level has the number of its precision; nothing may rely on it.
                free = stock.get(precision_id) is None
                made_levels[unit] = precision_id if free else stock.new_id()
                quantity = as_quantity(levels.get(unit, 0))
                of_level = {"product": product_id, "productUnitPrecision": precision_id}
                stock.add(Record("inventorylevels", made_levels[unit], {"quantity": quantity}, of_level))
                self.opening_levels[made_levels[unit]] = quantity
            return ProductIds(product_id, made, made_levels)

    def add_order(
        self,
        identifier: str,
        currency: str,
        lines: Iterable[LineSpec | Mapping[str, Any]],
        discount: Number = 0,
        total_discounts: Number | None = None,
        shipping: Number = 0,
        id_: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        relations: Mapping[str, Any] | None = None,
    ) -> OrderIds:
        """`discount`: applied promotions; `total_discounts`: manual order discounts; both as oro.md section 4
        has them.

        `attributes` and `relations` overrule what is derived (totals, internalStatus, createdAt, ...).
        """
        specs = [line if isinstance(line, LineSpec) else line_spec(line) for line in lines]
        with self.lock:
            orders, items = self.tables["orders"], self.tables["orderlineitems"]
            if orders.one("identifier", identifier.casefold()):
                raise ValueError(f"order {identifier} exists")
            order_id, now = id_ or orders.new_id(), self.now()
            line_ids = [self._add_line(items, order_id, currency, spec, now) for spec in specs]
            subtotal = sum((Decimal(str(s.value)) * Decimal(str(s.quantity)) for s in specs), Decimal(0))
            tax = sum((s.amounts[1] - s.amounts[2] for s in specs), Decimal(0))
            off = Decimal(str(discount)) + Decimal(str(total_discounts or 0))
            given: dict[str, Any] = {
                "identifier": identifier,
                "currency": currency,
                "subtotalValue": as_money(subtotal),
                "subtotalWithDiscountsValue": as_money(subtotal - off),
                "subtotalWithDiscounts": as_money(subtotal - off),
                "totalValue": as_money(subtotal - off + tax + Decimal(str(shipping))),
                "createdAt": now,
                "updatedAt": now,
            }
            if Decimal(str(discount)):
                given["discount"] = as_number(discount)
            if total_discounts is not None:
                given["totalDiscountsAmount"] = as_money(total_discounts)
            if Decimal(str(shipping)):
                given["estimatedShippingCostAmount"] = as_money(shipping)
            related: dict[str, Any] = {"lineItems": line_ids, "internalStatus": "open"}
            order = Record("orders", order_id, {**given, **(attributes or {})}, {**related, **(relations or {})})
            orders.add(order)
            return OrderIds(order_id, tuple(line_ids))

    def _add_line(self, items: Table, order_id: str, currency: str, spec: LineSpec, now: str) -> str:
        product = None if spec.free_form is not None else self.tables["products"].one("sku", spec.sku)
        after, including, excluding = (as_money(amount) for amount in spec.amounts)
        attributes: dict[str, Any] = {
            "productSku": spec.sku,
            "productName": spec.name if spec.name is not None else ("" if spec.free_form is not None else spec.sku),
            "quantity": as_number(spec.quantity),
            "productUnitCode": spec.unit,
            "value": as_money(spec.value),
            "currency": currency,
            "createdAt": now,
            "updatedAt": now,
            "rowTotalAfterDiscount": after,
            "rowTotalAfterDiscountIncludingTax": including,
            "rowTotalAfterDiscountExcludingTax": excluding,
        }
        if spec.free_form is not None:
            attributes["freeFormProduct"] = spec.free_form
        if Decimal(str(spec.discount)):
            attributes["rowTotalDiscountAmount"] = as_money(spec.discount)
        relations: dict[str, Any] = {"orders": [order_id], "productUnit": spec.unit}
        if product is not None:
            relations["product"] = product.id
        return items.add(Record("orderlineitems", spec.id or items.new_id(), attributes, relations)).id

    def seed(self, description: Mapping[str, Any]) -> dict[str, Any]:
        """A shop as JSON: {"products": [keywords of add_product], "orders": [keywords of add_order]}."""
        made: dict[str, Any] = {"products": {}, "orders": {}}
        for product in description.get("products", ()):
            ids = self.add_product(**product)
            made["products"][product["sku"]] = {"id": ids.id, "levels": dict(ids.levels)}
        for order in description.get("orders", ()):
            order_ids = self.add_order(**order)
            made["orders"][order["identifier"]] = {"id": order_ids.id, "lines": list(order_ids.lines)}
        return made


def line_spec(given: Mapping[str, Any]) -> LineSpec:
    unknown = set(given) - _LINE_NAMES
    if unknown:
        raise ValueError(f"unknown line field: {', '.join(sorted(unknown))}")
    return LineSpec(**given)
