"""The shop's own writes that the stand-in claims: PATCH of orders, products and levels, DELETE of orders and
products.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sidecar.sandbox.oro.drafts import primary_data
from sidecar.sandbox.oro.errors import EmptyAnswer, Problem, Refused
from sidecar.sandbox.oro.shop import OroShop
from sidecar.sandbox.oro.store import Record
from sidecar.sandbox.oro.values import QUANTITY_LIMIT, as_quantity, check_decimal

# Writable without a recalculation of totals ([111, 112]); `internalStatus` is passed over in silence ([110]).
_PLAIN: Mapping[str, frozenset[str]] = {
    "orders": frozenset({"poNumber", "customerNotes", "externalId", "shipUntil"}),
    "products": frozenset({"status", "featured", "newArrival"}),
    "inventorylevels": frozenset({"quantity", "externalId"}),
}
PATCHED = frozenset(_PLAIN)
DELETED = frozenset({"orders", "products"})
_SETTLED = frozenset({"closed", "cancelled"})


def patch(shop: OroShop, record: Record, body: Any) -> Record:
    """PATCH of one record of the shop ([21], [31-33], [59], [86-90], [107-113])."""
    data = primary_data(body, record.type, record.id)
    attributes, relations = data.get("attributes") or {}, data.get("relationships") or {}
    if record.type == "orders" and record.relationships.get("internalStatus") in _SETTLED:
        detail = 'No access by "EDIT" permission to the entity.'
        raise Refused(Problem(403, "access denied exception", detail))
    kind = shop.kinds[record.type]
    extra = [name for name in attributes if name not in kind.attributes]
    if extra:
        names = '", "'.join(extra)
        detail = f'This form should not contain extra fields: "{names}".'
        raise Refused(Problem(400, "extra fields constraint", detail))
    if any(name not in _PLAIN[record.type] for name in attributes):
        # Totals, prices and quantities would recalculate; the stand-in does not pretend to.
        raise Refused(Problem(501, "not implemented", "The stand-in writes no field that recalculates."))
    changes = dict(attributes)
    if "quantity" in changes:
        # Below zero is accepted here ([88]); a stock movement is not.
        number = check_decimal(changes["quantity"], "/data/attributes/quantity", QUANTITY_LIMIT, 10)
        if isinstance(number, Problem):
            raise Refused(number)
        changes["quantity"] = as_quantity(number)
        shop.patched_levels[record.id] += 1
    table = shop.tables[record.type]
    table.unindex(record)
    record.attributes.update(changes)
    status = relations.get("inventory_status")
    if record.type == "products" and isinstance(status, dict):
        record.relationships["inventory_status"] = status["data"]["id"]
    table.index(record)
    if "updatedAt" in kind.attributes:
        record.attributes["updatedAt"] = shop.now()
    return record


def delete(shop: OroShop, record: Record) -> None:
    """An order or a product disappears; whatever pointed at it points at nothing ([58, 60]; bundle SET NULL)."""
    if record.type == "products":
        _forget(shop, ("orderlineitems", "orderreturnlineitems", "orderreturncreditlines"), "product", record.id)
        for level in shop.tables["inventorylevels"].find("product", record.id):
            if shop.tables["orderreturnstockmovements"].find("inventoryLevel", level.id):
                # The movements are the proof of what was posted; Oro would keep the row for the foreign key
                # too.
                raise Refused(Problem(409, "conflict constraint", "The product has stock movements."))
        for type_ in ("inventorylevels", "productunitprecisions"):
            for owned in shop.tables[type_].find("product", record.id):
                shop.tables[type_].remove(owned)
    elif record.type == "orders":
        _forget(shop, ("orderreturns", "orderreturncredits"), "order", record.id)
        for line_id in record.relationships.get("lineItems", ()):
            _forget(shop, ("orderreturnlineitems",), "orderLineItem", line_id)
            shop.tables["orderlineitems"].remove(shop.tables["orderlineitems"].rows[line_id])
    else:
        raise EmptyAnswer(405)
    shop.tables[record.type].remove(record)


def _forget(shop: OroShop, types: tuple[str, ...], relation: str, id_: str) -> None:
    for type_ in types:
        table = shop.tables[type_]
        for record in table.find(relation, id_):
            table.unindex(record)
            record.relationships[relation] = None
            table.index(record)
