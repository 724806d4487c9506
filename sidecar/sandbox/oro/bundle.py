"""The resource types the returns bundle adds (contracts/bundle.md, Resources)."""

from __future__ import annotations

from sidecar.sandbox.oro.schema import (
    ID,
    MOMENTS,
    Filter,
    Relation,
    ResourceType,
    attribute,
    by_attribute,
    by_relation,
    relation,
)

_ORGANIZATION = Relation("organizations", default="1")
_QUANTITIES = (
    "requestedQuantity",
    "receivedQuantity",
    "acceptedQuantity",
    "creditedQuantity",
    "restockedQuantity",
)


def _posting_filters(*relations: str) -> dict[str, Filter]:
    names = {name: Filter("integer", relation(name)) for name in relations}
    return {"id": ID, "postingKey": Filter("string", attribute("postingKey")), **names}


# fmt: off
OF_BUNDLE = {
    kind.name: kind
    for kind in (
        ResourceType(
            "orderreturns",
            {
                "externalId": None, "revision": 0, "orderIdentifier": None, "status": None,
                "warehouseCode": None,
                "trackingNumber": None, "carrier": None, "reasonSummary": None, "syncState": None,
                "reviewReason": None, "syncedAt": None, "sourceUpdatedAt": None, "createdAt": None,
                "updatedAt": None,
            },
            {
                "order": Relation("orders"),
                "organization": _ORGANIZATION,
                "lineItems": Relation("orderreturnlineitems", many=True),
                "credits": Relation("orderreturncredits", many=True),
            },
            {
                "id": ID,
                **{
                    name: Filter("string", attribute(name))
                    for name in ("externalId", "orderIdentifier", "status", "syncState", "warehouseCode")
                },
                "order": Filter("integer", relation("order")),
                "sourceUpdatedAt": Filter("datetime", attribute("sourceUpdatedAt")),
                **MOMENTS,
            },
            {
                "externalId": by_attribute("externalId"),
                "orderIdentifier": by_attribute("orderIdentifier"),
                "order": by_relation("order"),
            },
            frozenset({"id", "externalId", "createdAt", "updatedAt", "sourceUpdatedAt"}),
            ("OPTIONS", "GET", "POST", "PATCH"),
            ("OPTIONS", "GET", "PATCH"),
            of_bundle=True,
        ),
        ResourceType(
            "orderreturnlineitems",
            {
                "lineKey": None, "productSku": None, "productUnitCode": None, **dict.fromkeys(_QUANTITIES,
                "0"),
                "grade": None, "disposition": None, "reasonCode": None, "reviewReason": None,
            },
            {
                "orderReturn": Relation("orderreturns"),
                "orderLineItem": Relation("orderlineitems"),
                "product": Relation("products"),
            },
            {
                "id": ID,
                "lineKey": Filter("string", attribute("lineKey")),
                "productSku": Filter("string", attribute("productSku")),
                "orderReturn": Filter("integer", relation("orderReturn")),
                "orderLineItem": Filter("integer", relation("orderLineItem")),
            },
            {
                "lineKey": by_attribute("lineKey"),
                "orderReturn": by_relation("orderReturn"),
                "orderLineItem": by_relation("orderLineItem"),
                "product": by_relation("product"),
            },
            of_bundle=True,
        ),
        ResourceType(
            "orderreturncredits",
            {
                "postingKey": None, "currency": None, "netValue": None, "taxValue": None, "totalValue": None,
                "status": "issued", "digest": None, "createdAt": None,
            },
            {
                "orderReturn": Relation("orderreturns"),
                "order": Relation("orders"),
                "organization": _ORGANIZATION,
                "lines": Relation("orderreturncreditlines", many=True),
                "stockMovements": Relation("orderreturnstockmovements", many=True),
            },
            {
                **_posting_filters("orderReturn", "order"),
                "status": Filter("string", attribute("status")),
                "createdAt": MOMENTS["createdAt"],
            },
            {
                "postingKey": by_attribute("postingKey"),
                "orderReturn": by_relation("orderReturn"),
                "order": by_relation("order"),
            },
            frozenset({"id", "postingKey", "createdAt"}),
            ("OPTIONS", "GET", "POST"),
            of_bundle=True,
        ),
        ResourceType(
            "orderreturncreditlines",
            {
                "productSku": None, "description": None, "quantity": None, "productUnitCode": None,
                "netValue": None,
                "taxValue": None, "value": None,
            },
            {
                "credit": Relation("orderreturncredits"),
                "orderReturnLineItem": Relation("orderreturnlineitems"),
                "product": Relation("products"),
            },
            {"id": ID, "credit": Filter("integer", relation("credit"))},
            {
                "credit": by_relation("credit"),
                "orderReturnLineItem": by_relation("orderReturnLineItem"),
                "product": by_relation("product"),
            },
            of_bundle=True,
        ),
        ResourceType(
            "orderreturnstockmovements",
            {"postingKey": None, "quantity": None, "createdAt": None},
            {
                "orderReturn": Relation("orderreturns"),
                "credit": Relation("orderreturncredits"),
                "inventoryLevel": Relation("inventorylevels"),
                "organization": _ORGANIZATION,
            },
            _posting_filters("orderReturn", "credit", "inventoryLevel"),
            {
                "postingKey": by_attribute("postingKey"),
                "orderReturn": by_relation("orderReturn"),
                "credit": by_relation("credit"),
                "inventoryLevel": by_relation("inventoryLevel"),
            },
            frozenset({"id", "postingKey", "createdAt"}),
            ("OPTIONS", "GET", "POST"),
            of_bundle=True,
        ),
    )
}
# fmt: on
