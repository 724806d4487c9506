"""The shop of the proofs, made through Oro's own API: two products with units and stock, one order."""

from __future__ import annotations

from typing import Any

from tests.contract.proofs.place import Place

OPENING = 100  # on every level
_ADDRESS = {
    "firstName": "Bea",
    "lastName": "Buyer",
    "street": "1 Main St",
    "city": "Santa Monica",
    "postalCode": "90401",
}


def furnish(place: Place, customer: str = "1") -> None:
    """Raises AssertionError when the shop refuses: the units each and case, and a customer, must be there."""
    products = [
        _product(place, f"{place.run}-GLOVE", "Nitrile glove", {"each": 1, "case": 50}),
        _product(place, f"{place.run}-MASK", "Face mask", {"each": 1}),
    ]
    place.products = tuple(products)
    place.levels = tuple(_levels(place, products))
    for level in place.levels:
        _done(place, "PATCH", f"inventorylevels/{level}", _of("inventorylevels", level, quantity=OPENING))
    place.order, place.lines = _order(place, products, customer)


def _of(type_: str, id_: str, **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": type_, "id": id_, "attributes": attributes}}


def _done(place: Place, method: str, path: str, body: Any = None) -> Any:
    answer = place.send(method, path, body)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:800]}"
    return answer.json()


def _to(type_: str, *ids: str) -> dict[str, Any]:
    return {"data": [{"type": type_, "id": id_} for id_ in ids]}


def _one(type_: str, id_: str) -> dict[str, Any]:
    return {"data": {"type": type_, "id": id_}}


def _product(place: Place, sku: str, name: str, units: dict[str, int]) -> str:
    included: list[dict[str, Any]] = [
        {"type": "productnames", "id": "n", "attributes": {"fallback": None, "string": name}}
    ]
    for code, rate in units.items():
        included.append(
            {
                "type": "productunitprecisions",
                "id": f"u-{code}",
                "attributes": {"precision": 0, "conversionRate": rate, "sell": True},
                "relationships": {"unit": _one("productunits", code)},
            }
        )
    data = {
        "type": "products",
        "attributes": {"sku": sku, "status": "enabled"},
        "relationships": {
            "names": _to("productnames", "n"),
            "attributeFamily": _one("attributefamilies", "1"),
            "primaryUnitPrecision": _one("productunitprecisions", f"u-{next(iter(units))}"),
            "unitPrecisions": _to("productunitprecisions", *(f"u-{code}" for code in units)),
            "inventory_status": _one("prodinventorystatuses", "in_stock"),
        },
    }
    id_: str = _done(place, "POST", "products", {"data": data, "included": included})["data"]["id"]
    return id_


def _levels(place: Place, products: list[str]) -> list[str]:
    found = []
    for product in products:
        query = f"inventorylevels?filter[product]={product}&include=productUnitPrecision&page[size]=10&sort=id"
        found += [each["id"] for each in _done(place, "GET", query)["data"]]
    return found


def _order(place: Place, products: list[str], customer: str) -> tuple[str, tuple[str, ...]]:
    wanted = ((products[0], "2", "case", "100"), (products[1], "10", "each", "2.50"))
    lines = [
        {
            "type": "orderlineitems",
            "id": f"l{number}",
            "attributes": {"quantity": float(quantity), "value": float(value), "currency": "USD"},
            "relationships": {"product": _one("products", product), "productUnit": _one("productunits", unit)},
        }
        for number, (product, quantity, unit, value) in enumerate(wanted)
    ]
    addresses = [
        {
            "type": "orderaddresses",
            "id": name,
            "attributes": _ADDRESS,
            "relationships": {"country": _one("countries", "US"), "region": _one("regions", "US-CA")},
        }
        for name in ("b", "s")
    ]
    data = {
        "type": "orders",
        "attributes": {"identifier": f"{place.run}-SO", "currency": "USD"},
        "relationships": {
            "customer": _one("customers", customer),
            "billingAddress": _one("orderaddresses", "b"),
            "shippingAddress": _one("orderaddresses", "s"),
            "lineItems": _to("orderlineitems", *(each["id"] for each in lines)),
        },
    }
    made = _done(place, "POST", "orders", {"data": data, "included": [*lines, *addresses]})["data"]
    return made["id"], tuple(sorted((each["id"] for each in made["relationships"]["lineItems"]["data"]), key=int))
