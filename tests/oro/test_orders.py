"""Reading orders: exact numbers, the right order for each identifier, and as few calls as possible."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sidecar.oro import errors
from sidecar.oro.multiget import MAX_URL
from sidecar.oro.orders import Orders
from sidecar.oro.products import Products
from tests.oro.recorded import Oro, body_of


def order_row(id_: str, identifier: str, *lines: str) -> dict[str, Any]:
    return {
        "type": "orders",
        "id": id_,
        "attributes": {
            "identifier": identifier,
            "currency": "EUR",
            "subtotalValue": "10.0000",
            "totalValue": "10.0000",
            "totalDiscountsAmount": None,
            "discount": 0,
        },
        "relationships": {"lineItems": {"data": [{"type": "orderlineitems", "id": line} for line in lines]}},
    }


def line_row(id_: str, sku: str, product: str | None) -> dict[str, Any]:
    return {
        "type": "orderlineitems",
        "id": id_,
        "attributes": {
            "productSku": sku,
            "productName": sku,
            "quantity": 2,
            "productUnitCode": "each",
            "value": "5.0000",
        },
        "relationships": {"product": {"data": {"type": "products", "id": product} if product else None}},
    }


def product_row(id_: str, sku: str, status: str = "enabled") -> dict[str, Any]:
    precision = {"type": "productunitprecisions", "id": f"p{id_}"}
    return {
        "type": "products",
        "id": id_,
        "attributes": {"sku": sku, "status": status, "productType": "simple"},
        "relationships": {"unitPrecisions": {"data": [precision]}, "primaryUnitPrecision": {"data": precision}},
    }


def precision_row(id_: str) -> dict[str, Any]:
    return {
        "type": "productunitprecisions",
        "id": f"p{id_}",
        "attributes": {"conversionRate": 1, "precision": 0},
        "relationships": {"unit": {"data": {"type": "productunits", "id": "each"}}},
    }


# --- What the recordings say ---------------------------------------------------------------------------------------


def test_the_recorded_order_is_read_exactly(oro: Oro) -> None:
    oro.answers("orders", body_of("oro", "61"))
    order = Orders(oro.client).read_orders(["RET-UNITS-1"])["RET-UNITS-1"]
    assert (order.id, order.currency, order.subtotal, order.total) == (
        "25",
        "USD",
        Decimal("143.30"),
        Decimal("156.91"),
    )
    assert (order.discount, order.total_discounts) == (0, 0)
    assert [line.id for line in order.lines] == ["104", "105", "106", "107"]
    each, case, pallet, _ = order.lines
    assert (each.quantity, each.unit, each.price) == (30, "each", Decimal("0.12"))
    assert (case.row_total, case.row_excluding_tax, case.row_including_tax) == (22, 22, Decimal("24.09"))
    assert case.row_discount == 0
    assert pallet.product is not None
    assert {code: unit.rate for code, unit in pallet.product.units.items()} == {"each": 1, "case": 50, "pallet": 1000}
    assert (pallet.product.primary_unit, pallet.product.status, pallet.product.sku) == ("each", "enabled", "RET-GLOVE")
    assert len(oro.asked) == 1


def test_a_rate_keeps_every_digit_and_its_precision(oro: Oro) -> None:
    oro.answers("orders", body_of("oro", "61"))
    wire = Orders(oro.client).read_orders(["RET-UNITS-1"])["RET-UNITS-1"].lines[3]
    assert wire.product is not None
    assert wire.product.units["piece"].rate == Fraction(123456789, 10**9)
    assert wire.product.units["kg"].precision == 3


def test_freeform_deleted_and_disabled_products(oro: Oro) -> None:
    oro.answers("orders", body_of("oro", "60"))
    freeform, gone, dead = Orders(oro.client).read_orders(["RET-ODD-1"])["RET-ODD-1"].lines
    assert (freeform.sku, freeform.name, freeform.product) == ("FREE-1", "Custom engraving", None)
    assert dead.product is not None
    assert (dead.id, dead.product.status) == ("118", "disabled")
    assert (gone.sku, gone.name, gone.product) == ("RET-GONE", "Product that gets deleted", None)


@pytest.mark.parametrize(
    ("number", "discount", "total_discounts", "total"),
    [("48", "0", "20.77", "134.07"), ("50", "90", "0", "271.34"), ("51", "0", "0", "31326.86")],
)
def test_discounts_of_the_recorded_orders(
    oro: Oro, number: str, discount: str, total_discounts: str, total: str
) -> None:
    body = body_of("oro", number)
    row = body["data"][0] if isinstance(body["data"], list) else body["data"]
    for line in (each for each in body["included"] if each["type"] == "orderlineitems"):
        line["attributes"] = {"productName": "", "productUnitCode": "each"} | line["attributes"]
        line["relationships"] = {"product": {"data": None}}  # these were read without products
    oro.answers("orders", {"data": [row], "included": body["included"]})
    (order,) = Orders(oro.client).read_orders([row["attributes"]["identifier"]]).values()
    assert order.discount == Decimal(discount)
    assert order.total_discounts == Decimal(total_discounts)
    assert order.total == Decimal(total)


# --- Which order answers to which identifier -----------------------------------------------------------------------


def test_an_order_oro_does_not_know_is_absent(oro: Oro) -> None:
    oro.answers_recorded("oro", "65", "orders")
    assert Orders(oro.client).read_orders(["NO-SUCH"]) == {}


def test_an_identifier_in_other_case_finds_the_only_order_it_can_mean(oro: Oro) -> None:
    oro.answers("orders", {"data": [order_row("1", "SO-1")]})
    found = Orders(oro.client).read_orders(["so-1", "SO-1"])
    assert found["so-1"].identifier == found["SO-1"].identifier == "SO-1"


def test_of_two_orders_that_differ_by_case_only_the_exact_one_counts(oro: Oro) -> None:
    oro.answers("orders", {"data": [order_row("1", "SO-1"), order_row("2", "so-1")]})
    found = Orders(oro.client).read_orders(["SO-1", "so-1", "So-1"])
    assert {key: order.id for key, order in found.items()} == {"SO-1": "1", "so-1": "2"}


def test_two_orders_with_one_identifier_are_no_order(oro: Oro) -> None:
    oro.answers("orders", {"data": [order_row("1", "SO-1"), order_row("2", "SO-1")]})
    assert Orders(oro.client).read_orders(["SO-1"]) == {}


@pytest.mark.parametrize("odd", ["A,B", "", " SO-1", "SO\n1", "SO\x00", "x" * 256])
def test_an_identifier_no_filter_can_ask_for_is_not_found_and_spoils_no_other(oro: Oro, odd: str) -> None:
    oro.answers("orders", {"data": [order_row("1", "SO-1")]})
    assert set(Orders(oro.client).read_orders([odd, "SO-1"])) == {"SO-1"}
    assert oro.asked[0][2]["filter[identifier]"] == "SO-1"
    assert Orders(oro.client).read_orders([odd]) == {}
    assert len(oro.asked) == 1


def test_signs_that_mean_something_in_an_address_arrive_as_they_are(oro: Oro) -> None:
    odd = "SO&1=2#3?%41+Ü/[x]"
    oro.answers("orders", {"data": [order_row("1", odd)]})
    assert set(Orders(oro.client).read_orders([odd])) == {odd}
    assert oro.asked[0][2]["filter[identifier]"] == odd


# --- How many calls ------------------------------------------------------------------------------------------------


def page_of(n: int) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
    """n orders of two lines each, over 20 products: identifiers, the answer with lines, the answer with products."""
    names = [f"SO-{i:05}" for i in range(n)]
    orders = [order_row(str(i), name, f"{i}a", f"{i}b") for i, name in enumerate(names)]
    lines = [line_row(f"{i}{part}", f"SKU-{i % 20}", str(i % 20)) for i in range(n) for part in "ab"]
    products = [product_row(str(i), f"SKU-{i}") for i in range(20)]
    precisions = [precision_row(str(i)) for i in range(20)]
    return names, {"data": orders, "included": lines}, {"data": products, "included": precisions}


def test_a_page_of_fifty_orders_costs_two_reads_and_one_while_products_are_known(oro: Oro) -> None:
    names, orders, products = page_of(50)
    oro.answers("orders", orders)
    oro.answers("products", products)
    reader = Orders(oro.client)
    assert len(reader.read_orders(names)) == 50
    assert [resource for _, resource, _ in oro.asked] == ["orders", "products"]
    assert "lineItems.product" not in oro.asked[0][2]["include"]
    reader.read_orders(names)
    assert [resource for _, resource, _ in oro.asked] == ["orders", "products", "orders"]


def test_a_few_orders_come_with_their_products_in_one_read(oro: Oro) -> None:
    names, orders, products = page_of(25)
    orders["included"] += products["data"] + products["included"]
    oro.answers("orders", orders)
    assert Orders(oro.client).read_orders(names)["SO-00003"].lines[0].product is not None
    assert len(oro.asked) == 1


def test_the_page_size_is_always_asked_for(oro: Oro) -> None:
    oro.answers("orders", {"data": []})
    Orders(oro.client).read_orders([f"SO-{i}" for i in range(40)])
    assert int(oro.asked[0][2]["page[size]"]) > 80


def test_a_full_page_may_miss_something_and_is_not_believed(oro: Oro) -> None:
    oro.answers("orders", {"data": [order_row(str(i), f"SO-{i}") for i in range(10)]})
    with pytest.raises(errors.AnswerLacks, match="rows"):
        Orders(oro.client).read_orders(["SO-1"])


def test_many_long_identifiers_are_split_by_the_length_of_the_address(oro: Oro) -> None:
    names = [f"Bestellung-Nr-{i:04}-" + "ü" * 30 for i in range(100)]
    oro.answers("orders", {"data": []})
    Orders(oro.client).read_orders(names)
    urls = [call.request.url or "" for call in oro.mock.calls if "orders" in (call.request.url or "")]
    assert len(urls) == 3
    assert all(len(url.removeprefix("https://oro.example").encode()) < MAX_URL for url in urls)
    asked = [name for _, _, query in oro.asked for name in query["filter[identifier]"].split(",")]
    assert asked == names


def test_more_than_a_hundred_identifiers_take_several_reads(oro: Oro) -> None:
    oro.answers("orders", {"data": []})
    Orders(oro.client).read_orders([f"S{i}" for i in range(250)])
    assert [len(query["filter[identifier]"].split(",")) for _, _, query in oro.asked] == [100, 100, 50]


def test_no_identifiers_no_call(oro: Oro) -> None:
    assert Orders(oro.client).read_orders([]) == {}
    assert oro.asked == []


def test_a_product_is_read_again_when_it_is_old(oro: Oro) -> None:
    now = [0.0]
    products = Products(oro.client, ttl=300, clock=lambda: now[0])
    oro.answers("products", {"data": [product_row("1", "GLOVE")], "included": [precision_row("1")]})
    oro.answers("products", {"data": [product_row("1", "GLOVE", "disabled")], "included": [precision_row("1")]})
    assert products.read(["1"])["1"].status == "enabled"
    now[0] = 299
    assert products.read(["1"])["1"].status == "enabled"
    now[0] = 301
    assert products.read(["1"])["1"].status == "disabled"


def test_a_product_oro_no_longer_shows_leaves_the_line_without_one(oro: Oro) -> None:
    names, orders, _ = page_of(50)
    oro.answers("orders", orders)
    oro.answers("products", {"data": []})
    order = Orders(oro.client).read_orders(names)["SO-00001"]
    assert order.lines[0].product is None


# --- What must be there --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["identifier", "currency", "discount", "totalDiscountsAmount"])
def test_an_order_without_what_was_asked_for_is_not_planned_with_less(oro: Oro, name: str) -> None:
    row = order_row("1", "SO-1")
    del row["attributes"][name]
    oro.answers("orders", {"data": [row]})
    with pytest.raises(errors.AnswerLacks, match=f"answer lacks orders.{name}"):
        Orders(oro.client).read_orders(["SO-1"])


@pytest.mark.parametrize("name", ["productSku", "quantity", "productUnitCode", "value"])
def test_a_line_without_what_was_asked_for_is_not_planned_with_less(oro: Oro, name: str) -> None:
    line = line_row("7", "GLOVE", None)
    del line["attributes"][name]
    oro.answers("orders", {"data": [order_row("1", "SO-1", "7")], "included": [line]})
    with pytest.raises(errors.AnswerLacks, match=f"answer lacks orderlineitems.{name}"):
        Orders(oro.client).read_orders(["SO-1"])


def test_lines_that_were_not_included_are_missed(oro: Oro) -> None:
    oro.answers_recorded("oro", "66", "orders")  # trimmed: not every line is there
    with pytest.raises(errors.AnswerLacks, match="not included"):
        Orders(oro.client).read_orders(["EXT001000", "FR1012401"])


def test_a_misspelt_include_of_products_is_noticed(oro: Oro) -> None:
    answer = {"data": [order_row("1", "SO-1", "7")], "included": [line_row("7", "GLOVE", "65")]}
    oro.answers("orders", answer)
    with pytest.raises(errors.AnswerLacks, match="answer lacks products"):
        Orders(oro.client).read_orders(["SO-1"])


def test_row_totals_oro_does_not_compute_are_unknown_not_zero(oro: Oro) -> None:
    oro.answers("orders", {"data": [order_row("1", "SO-1", "7")], "included": [line_row("7", "GLOVE", None)]})
    line = Orders(oro.client).read_orders(["SO-1"])["SO-1"].lines[0]
    assert (line.row_total, line.row_discount, line.row_including_tax, line.row_excluding_tax) == (None,) * 4
    assert line.price == 5


def test_oro_that_answers_with_an_error_is_an_error_not_an_empty_page(oro: Oro) -> None:
    oro.answers("orders", {"errors": [{"status": "500", "title": "internal"}]}, status=500)
    with pytest.raises(errors.OroUnreachable):
        Orders(oro.client).read_orders(["SO-1"])
