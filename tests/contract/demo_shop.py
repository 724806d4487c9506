"""The shop the Oro recordings were made in, as far as the replayed ones show it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sidecar.sandbox.oro import LineSpec, OroShop

MADE = datetime(2026, 11, 23, 7, 50, 41, tzinfo=UTC)
FRENCH = ("1AB92", "2JD90", "3UK92", "5GE27")
FREEFORM = {"name": "", "free_form": "Custom engraving"}


def demo_shop() -> OroShop:
    """29 orders ([75]); ids, units and amounts as recorded. Stock is 0 throughout, as before [86]."""
    shop = OroShop(clock=lambda: MADE)
    _add_products(shop)
    _add_imported_orders(shop)
    _add_made_orders(shop)
    return shop


def _product(shop: OroShop, id_: str, sku: str, primary: str, units: dict[str, tuple[str, str, int]]) -> None:
    """Units: code -> (id of the precision, conversion rate, precision)."""
    shop.add_product(
        sku,
        primary,
        {unit: (rate, precision) for unit, (_, rate, precision) in units.items()},
        id_=id_,
        precision_ids={unit: precision_id for unit, (precision_id, _, _) in units.items()},
    )


def _add_products(shop: OroShop) -> None:
    _product(shop, "23", "4HJ92", "item", {"item": ("23", "1", 0), "set": ("86", "10", 0)})
    _product(shop, "42", "6VC22", "item", {"item": ("42", "1", 0), "set": ("105", "10", 0)})
    _product(
        shop,
        "65",
        "RET-GLOVE",
        "each",
        {"each": ("129", "1", 0), "case": ("130", "50", 0), "pallet": ("131", "1000", 0)},
    )
    _product(
        shop,
        "66",
        "RET-WIRE",
        "kg",
        {
            "kg": ("132", "1", 3),
            "each": ("133", "0.3333", 0),
            "case": ("134", "16.6667", 0),
            "piece": ("135", "0.123456789", 2),
        },
    )
    _product(shop, "67", "RET-DEAD", "each", {"each": ("136", "1", 0)})
    _product(shop, "68", "RET-GONE", "each", {"each": ("137", "1", 0)})
    for product in shop.tables["products"]:
        product.relationships["taxCode"] = "1"
    # Of these [66] shows only how many there are.
    for number, sku in enumerate(("8TF72", *FRENCH), 1):
        units = {"item": (str(200 + number), "1", 0), "set": (str(300 + number), "10", 0)}
        _product(shop, str(number), sku, "item", units)


def _add_imported_orders(shop: OroShop) -> None:
    imported: dict[str, Any] = {"external": True, "timesContacted": 0, "timesContactedIn": 0, "timesContactedOut": 0}
    lines = (("4HJ92", "1", "item", "17"), ("6VC22", "10", "set", "984"), ("8TF72", "1", "item", "6630"))
    shop.add_order(
        "EXT001000",
        "USD",
        [
            LineSpec(*line, name=name, id=str(number))
            for number, (line, name) in enumerate(
                zip(lines, ("500-Watt Portable Work Light", "Bluetooth Barcode Scanner", "Third"), strict=True), 1
            )
        ],
        id_="1",
        attributes={
            **imported,
            "poNumber": "x",
            "customerNotes": "This order has been imported from the ERP.",
            "shipUntil": "2026-11-24",
        },
        relations={
            "billingAddress": "1",
            "shippingAddress": "1",
            "customerUser": "1",
            "owner": "20",
            "paymentTerm": "1",
        },
    )
    # Made by import: [27] has fromExternalSource.
    for id_ in ("1", "2", "3"):
        shop.tables["orderlineitems"].rows[id_].attributes["fromExternalSource"] = True
    names = {2: "EXT001001", 3: "EXT001002", 4: "EXT002003", 5: "EXT002004", 6: "EXT002005"}
    status = {2: "cancelled", 3: "closed"}
    for number in range(2, 7):
        shop.add_order(
            names[number],
            "USD",
            [],
            id_=str(number),
            attributes={"updatedAt": "2026-11-23T07:50:28Z"},
            relations={"internalStatus": status.get(number, "open")},
        )
    for number in range(7, 25):
        first = number == 7
        specs = [
            LineSpec(sku, "1", "item", "7152.25", tax="679.465", id=id_)
            for sku, id_ in zip(FRENCH, ("25", "37", "38", "39"), strict=True)
        ]
        shop.add_order(
            f"FR{1012394 + number}",
            "USD",
            specs if first else [],
            id_=str(number),
            attributes={"poNumber": "CV032342USDD", "updatedAt": "2026-11-23T07:50:28Z"},
            relations={"customerUser": "1"},
        )


def _add_made_orders(shop: OroShop) -> None:
    glove, wire = "Nitrile glove", "Copper wire"
    not_shipped = {"shippingStatus": "not_shipped", "billingAddress": "37", "shippingAddress": "38"}
    shop.add_order(
        "RET-UNITS-1",
        "USD",
        [
            LineSpec("RET-GLOVE", "30", "each", "0.12", tax="0.34", name=glove, id="104"),
            LineSpec("RET-GLOVE", "4", "case", "5.5", tax="2.09", name=glove, id="105"),
            LineSpec("RET-GLOVE", "1", "pallet", "99.99", tax="9.50", name=glove, id="106"),
            # The tax engine rounds the row to cents before it taxes it, the row total keeps four decimals.
            LineSpec(
                "RET-WIRE",
                "2.125",
                "kg",
                "8.3333",
                including_tax="19.38",
                excluding_tax="17.70",
                name=wire,
                id="107",
            ),
        ],
        id_="25",
        attributes={
            "poNumber": "PO-RET-UNITS-1",
            "subtotalValue": "143.3000",
            "subtotalWithDiscounts": "143.3000",
            "subtotalWithDiscountsValue": "143.3000",
            "totalValue": "156.9100",
        },
        relations=not_shipped,
    )
    for id_, name, updated in (
        ("26", "RET-DISC-1", "42"),
        ("27", "RET-PROMO-1", "43"),
        ("28", "RET-PROMO-2", "42"),
    ):
        shop.add_order(name, "USD", [], id_=id_, attributes={"updatedAt": f"2026-11-23T07:50:{updated}Z"})
    shop.add_order(
        "RET-ODD-1",
        "USD",
        [
            LineSpec("FREE-1", "2", "each", "5.25", id="116", **FREEFORM),
            LineSpec("RET-DEAD", "4", "each", "9.99", tax="3.80", name="Discontinued thing", id="118"),
            LineSpec("RET-GONE", "3", "each", "7", tax="2.00", name="Product that gets deleted", id="117"),
        ],
        id_="29",
        attributes={"poNumber": "PO-RET-ODD-1", "updatedAt": "2026-11-23T07:51:49Z", "totalValue": "77.2500"},
        relations={**not_shipped, "billingAddress": "45", "shippingAddress": "46"},
    )
