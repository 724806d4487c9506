"""The resource types of the shop itself: fields in the order and with the defaults of the recordings [60-62]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sidecar.sandbox.oro.store import IndexKey, Record

READ = ("OPTIONS", "GET")
Tables = Mapping[str, Any]


@dataclass(frozen=True)
class Relation:
    """A relationship; `derived` computes its ids, `linked=False` has no links even with HATEOAS on ([63])."""

    target: str
    many: bool = False
    linked: bool = True
    derived: Callable[[Record], list[str]] | None = None
    default: str | None = None


@dataclass(frozen=True)
class Filter:
    """One `filter[name]`. `value` reads what is compared; `fold` means case does not matter ([64])."""

    kind: str
    value: Callable[[Record, Tables], Any]
    fold: bool = False


@dataclass(frozen=True)
class ResourceType:
    name: str
    attributes: Mapping[str, Any]
    relations: Mapping[str, Relation] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    indexes: Mapping[str, IndexKey] = field(default_factory=dict)
    sorts: frozenset[str] = frozenset({"id"})
    collection_methods: tuple[str, ...] = READ
    item_methods: tuple[str, ...] = READ
    text_id: bool = False
    of_bundle: bool = False


def attribute(name: str) -> Callable[[Record, Tables], Any]:
    return lambda record, tables: record.attributes.get(name)


def relation(name: str) -> Callable[[Record, Tables], Any]:
    return lambda record, tables: record.relationships.get(name)


def by_attribute(name: str) -> IndexKey:
    return lambda record: record.attributes.get(name)


def by_relation(name: str) -> IndexKey:
    return lambda record: record.relationships.get(name)


def _via(relation_name: str, table: str, read: Callable[[Record], Any]) -> Callable[[Record, Tables], Any]:
    def value(record: Record, tables: Tables) -> Any:
        target = tables[table].get(record.relationships.get(relation_name))
        return None if target is None else read(target)

    return value


def _folded_identifier(record: Record) -> Any:
    identifier = record.attributes.get("identifier")
    return identifier.casefold() if isinstance(identifier, str) else None


def _subtotals(record: Record) -> list[str]:
    kinds = ("subtotal-0", "discount-1", "shipping_cost-2", "discount-3", "tax-4", "tax-5", "tax-6")
    return [f"{record.id}-{kind}" for kind in kinds]


ID = Filter("integer", lambda record, tables: record.order)
TEXT_ID = Filter("string", lambda record, tables: record.id)
MOMENTS = {name: Filter("datetime", attribute(name)) for name in ("createdAt", "updatedAt")}
EDITABLE = ("OPTIONS", "GET", "PATCH", "DELETE")
LISTED = ("OPTIONS", "GET", "POST", "PATCH", "DELETE")

# fmt: off
ORDERS = ResourceType(
    "orders",
    {
        "identifier": None, "poNumber": None, "customerNotes": None, "shipUntil": None, "currency": None,
        "subtotalWithDiscountsValue": None, "subtotalWithDiscounts": None, "subtotalValue": None,
        "totalValue": None,
        "shippingMethod": None, "shippingMethodType": None, "estimatedShippingCostAmount": None,
        "overriddenShippingCostAmount": None, "sourceEntityIdentifier": None, "totalDiscountsAmount": None,
        "external": False, "createdAt": None, "updatedAt": None, "externalId": None,
        "lastContactedDate": None,
        "lastContactedDateIn": None, "lastContactedDateOut": None, "timesContacted": None,
        "timesContactedIn": None,
        "timesContactedOut": None, "disablePromotions": False, "discount": 0, "shippingDiscount": 0,
    },
    {
        "createdBy": Relation("users"),
        "billingAddress": Relation("orderaddresses"),
        "shippingAddress": Relation("orderaddresses"),
        "lineItems": Relation("orderlineitems", many=True),
        "discounts": Relation("orderdiscounts", many=True),
        "shippingTrackings": Relation("ordershippingtrackings", many=True),
        "parent": Relation("orders"),
        "subOrders": Relation("orders", many=True),
        "owner": Relation("users", default="1"),
        "organization": Relation("organizations", default="1"),
        "customerUser": Relation("customerusers"),
        "customer": Relation("customers", default="1"),
        "paymentTerm": Relation("paymentterms"),
        "source": Relation("ordersources"),
        "internalStatus": Relation("orderinternalstatuses"),
        "orderSubtotals": Relation("ordersubtotals", many=True, linked=False, derived=_subtotals),
        "attachments": Relation("attachments", many=True),
        "documents": Relation("orderdocuments", many=True),
        "activityNotes": Relation("notes", many=True),
        "activityEmails": Relation("emails", many=True),
        "status": Relation("orderstatuses"),
        "shippingStatus": Relation("ordershippingstatuses"),
    },
    {
        "id": ID,
        "identifier": Filter("string", lambda record, tables: _folded_identifier(record), fold=True),
        "externalId": Filter("string", attribute("externalId")),
        "poNumber": Filter("string", attribute("poNumber")),
        "internalStatus": Filter("string", relation("internalStatus")),
        "customer": Filter("integer", relation("customer")),
        **MOMENTS,
    },
    {"identifier": _folded_identifier},
    frozenset({"id", "identifier", "createdAt", "updatedAt", "poNumber"}),
    LISTED,
    EDITABLE,
)

ORDER_LINES = ResourceType(
    "orderlineitems",
    {
        "productSku": None, "productName": None, "productVariantFields": [], "freeFormProduct": None,
        "quantity": None,
        "productUnitCode": None, "value": None, "currency": None, "priceType": 10, "shipBy": None,
        "fromExternalSource": False, "comment": None, "shippingMethod": None, "shippingMethodType": None,
        "shippingEstimateAmount": None, "checksum": "", "createdAt": None, "updatedAt": None,
        "draftDelete": False,
        "rowTotalDiscountAmount": "0.0000", "rowTotalAfterDiscountIncludingTax": "0.0000",
        "rowTotalAfterDiscountExcludingTax": "0.0000", "rowTotalAfterDiscount": "0.0000",
    },
    {
        "orders": Relation("orders", many=True),
        "product": Relation("products"),
        "parentProduct": Relation("products"),
        "productUnit": Relation("productunits"),
        "kitItemLineItems": Relation("orderproductkititemlineitems", many=True),
        "freeFormTaxCode": Relation("producttaxcodes"),
    },
    {
        "id": ID,
        "orders": Filter("integer", relation("orders")),
        "productSku": Filter("string", attribute("productSku")),
        "product": Filter("integer", relation("product")),
    },
    {"orders": by_relation("orders"), "product": by_relation("product")},
    collection_methods=LISTED,
    item_methods=EDITABLE,
)

PRODUCTS = ResourceType(
    "products",
    {
        "sku": None, "status": "enabled", "variantFields": [], "createdAt": None, "updatedAt": None,
        "productType": "simple", "featured": False, "newArrival": False, "kitShippingCalculationMethod": None,
        "category_sort_order": None, "availability_date": None,
    },
    {
        "owner": Relation("businessunits", default="1"),
        "organization": Relation("organizations", default="1"),
        "unitPrecisions": Relation("productunitprecisions", many=True),
        "primaryUnitPrecision": Relation("productunitprecisions"),
        "category": Relation("categories"),
        "taxCode": Relation("producttaxcodes"),
        "inventory_status": Relation("prodinventorystatuses", default="in_stock"),
    },
    {
        "id": ID,
        "sku": Filter("string", attribute("sku")),
        "status": Filter("string", attribute("status")),
        **MOMENTS,
    },
    {"sku": by_attribute("sku")},
    frozenset({"id", "sku", "createdAt", "updatedAt"}),
    LISTED,
    EDITABLE,
)

PRECISIONS = ResourceType(
    "productunitprecisions",
    {"precision": 0, "conversionRate": 1, "sell": True},
    {"product": Relation("products"), "unit": Relation("productunits")},
    {
        "id": ID,
        "product": Filter("integer", relation("product")),
        "unit": Filter("string", relation("unit")),
    },
    {"product": by_relation("product")},
)

LEVELS = ResourceType(
    "inventorylevels",
    {"quantity": "0", "externalId": None},
    {
        "product": Relation("products"),
        "productUnitPrecision": Relation("productunitprecisions"),
        "organization": Relation("organizations", default="1"),
    },
    {
        "id": ID,
        "product": Filter("integer", relation("product")),
        "product.sku": Filter("string", _via("product", "products", lambda found: found.attributes["sku"])),
        "productUnitPrecision": Filter("integer", relation("productUnitPrecision")),
        "productUnitPrecision.unit": Filter(
            "string", _via("productUnitPrecision", "productunitprecisions", lambda found: found.relationships["unit"])
        ),
    },
    {"product": by_relation("product"), "productUnitPrecision": by_relation("productUnitPrecision")},
    collection_methods=("OPTIONS", "GET", "PATCH"),
    item_methods=("OPTIONS", "GET", "PATCH"),
)

UNITS = ResourceType(
    "productunits",
    {"defaultPrecision": 0, "label": None, "shortLabel": None, "pluralLabel": None, "shortPluralLabel": None},
    filters={"id": TEXT_ID},
    collection_methods=LISTED,
    item_methods=EDITABLE,
    text_id=True,
)

# fmt: on


def _choices(name: str) -> ResourceType:
    return ResourceType(name, {"priority": 0, "default": False, "name": None}, filters={"id": TEXT_ID}, text_id=True)


# fmt: off
CHOICES = {
    "orderinternalstatuses": {
        "cancelled": (2, False, "Cancelled"), "closed": (3, False, "Closed"), "open": (1, False, "Open"),
        "pending": (1, False, "Pending"), "processing": (2, False, "Processing"),
    },
    "ordershippingstatuses": {
        "not_shipped": (1, True, "Not Shipped"), "partially_shipped": (3, False, "Partially Shipped"),
        "shipped": (2, False, "Shipped"),
    },
    "orderstatuses": {},
    "prodinventorystatuses": {
        "discontinued": (3, False, "Discontinued"), "in_stock": (1, True, "In Stock"),
        "out_of_stock": (2, False, "Out of Stock"),
    },
}
# fmt: on

OF_SHOP = {
    kind.name: kind
    for kind in (
        ORDERS,
        ORDER_LINES,
        PRODUCTS,
        PRECISIONS,
        LEVELS,
        UNITS,
        *(_choices(name) for name in CHOICES),
    )
}
