"""``POST /v1/returns`` and ``/validate``."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest

from sidecar.ledger import returns
from sidecar.oro.errors import OroUnreachable
from sidecar.returns.model import Order, OrderLine, Product, ProductUnit
from tests.web.conftest import Door, asked, said

GLOVE = Product(
    id="1",
    sku="GLOVE",
    status="enabled",
    primary_unit="each",
    units={"each": ProductUnit("each", Fraction(1), 0), "case": ProductUnit("case", Fraction(50), 0)},
)
ORDER = Order(
    id="7",
    identifier="SO-10012",
    currency="GBP",
    lines=(OrderLine(id="104", sku="GLOVE", quantity=Fraction(2), unit="case", price=Decimal(100), product=GLOVE),),
)


def test_a_new_return_is_taken_in_and_due(door: Door) -> None:
    answer = door.post("/v1/returns", json=asked())
    assert answer.status_code == 202
    assert answer.get_json() == {
        "return_id": "413413515",
        "state": "pending",
        "links": {"self": "/v1/returns/413413515", "sync": "/v1/returns/413413515/sync"},
    }
    assert answer.headers["Location"] == "/v1/returns/413413515"
    assert door.due() == [1]
    assert door.get("/v1/returns/413413515").get_json()["state"] == "pending"


def test_the_same_body_again_is_known(door: Door) -> None:
    door.post("/v1/returns", json=asked())
    for same in (
        asked(),
        asked(lines=[{"reason": "12", "unit": "case", "quantity": 1, "sku": "GLOVE"}]),
        asked(lines=[{"reason": "12", "unit": "case", "quantity": 1.0, "sku": "GLOVE"}]),
    ):
        assert door.post("/v1/returns", json=same).status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        {"order_identifier": "SO-2"},
        {"lines": []},
        {"lines": [{"sku": "GLOVE", "quantity": "2", "unit": "case", "reason": "12"}]},
        {"lines": [{"sku": "GLOVE", "quantity": "1"}]},
    ],
)
def test_another_body_for_a_known_return_is_refused(door: Door, other: dict[str, object]) -> None:
    door.post("/v1/returns", json=asked())
    answer = door.post("/v1/returns", json=asked(**other))
    assert answer.status_code == 409
    assert answer.mimetype == "application/problem+json"
    with door.ledger.read() as conn:
        row = returns.get(conn, "GL123", "413413515")
    assert row is not None
    assert row.order_identifier == "SO-10012"
    assert row.intake["lines"][0]["quantity"] == "1"


def test_a_return_that_zigzag_told_of_first_takes_its_announcement(door: Door) -> None:
    door.hook(said())
    assert door.post("/v1/returns", json=asked(order_identifier="SO-OTHER")).status_code == 409
    assert door.post("/v1/returns", json=asked(order_identifier="so-10012")).status_code == 202


def test_lines_may_be_left_out(door: Door) -> None:
    body = {"return_id": "9", "order_identifier": "SO-1"}
    assert door.post("/v1/returns", json=body).status_code == 202
    assert door.post("/v1/returns", json={**body, "lines": []}).status_code == 200


def test_numbers_are_exact(door: Door) -> None:
    raw = json.dumps(asked()).replace('"1"', "1.10")
    door.post("/v1/returns", data=raw, content_type="application/json")
    with door.ledger.read() as conn:
        row = returns.get(conn, "GL123", "413413515")
    assert row is not None
    assert row.intake["lines"][0]["quantity"] == "1.1"


@pytest.mark.parametrize(
    "quantity",
    [
        "0",
        "-1",
        "",
        " 1",
        "1,5",
        "1e3",
        "NaN",
        "Infinity",
        "1000000000",
        "0.00000000001",
        "٣",
        0,
        -1,
        True,
        None,
        [],
        {},
        1e300,
        1e-300,
    ],
)
def test_quantities_that_cannot_be(door: Door, quantity: object) -> None:
    answer = door.post("/v1/returns", json=asked(lines=[{"sku": "GLOVE", "quantity": quantity}]))
    assert answer.status_code == 422
    assert answer.get_json(force=True)["errors"][0]["pointer"] == "/lines/0/quantity"


@pytest.mark.parametrize("quantity", ["0.0000000001", "999999999", "1.5", "1.50", 1, 1.5, "0.10"])
def test_quantities_that_can(door: Door, quantity: object) -> None:
    assert door.post("/v1/returns", json=asked(lines=[{"sku": "GLOVE", "quantity": quantity}])).status_code == 202


@pytest.mark.parametrize(
    "word", ["", " ", "a" * 101, "a\nb", "a\0b", " a", "a ", "\ud800", ".", "..", 7, None, "a\u200bb", "\u00a0"]
)
def test_ids_that_cannot_be(door: Door, word: object) -> None:
    for name in ("return_id", "order_identifier"):
        raw = json.dumps(asked(**{name: word}))
        answer = door.post("/v1/returns", data=raw, content_type="application/json")
        assert answer.status_code == 422
        assert answer.get_json(force=True)["errors"][0]["pointer"] == f"/{name}"


@pytest.mark.parametrize(
    "word", ["SO/2026/1", "a b", "Bestellung-Ä", "注文1", "'; drop table returns; --", "100%", "a?b#c"]
)
def test_ids_may_hold_what_people_put_there(door: Door, word: str) -> None:
    answer = door.post("/v1/returns", json=asked(return_id=word, order_identifier=word))
    assert answer.status_code == 202
    found = door.get(answer.headers["Location"])
    assert found.get_json()["return_id"] == word
    assert door.post(answer.get_json()["links"]["sync"]).get_json()["return_id"] == word


def test_a_thousand_lines_and_no_more(door: Door) -> None:
    lines = [{"sku": f"SKU-{n}", "quantity": "1"} for n in range(1001)]
    assert door.post("/v1/returns", json=asked(lines=lines)).status_code == 422
    assert door.post("/v1/returns", json=asked(lines=lines[:1000])).status_code == 202


# --- validate -----------------------------------------------------------------------------------------------------


def test_what_is_left_is_told_and_nothing_is_changed(door: Door) -> None:
    door.orders["SO-10012"] = ORDER
    answer = door.post("/v1/returns/validate", json=asked(return_id="new"))
    assert answer.status_code == 200
    assert answer.get_json() == {
        "eligible": True,
        "problems": [],
        "lines": [{"sku": "GLOVE", "eligible": True, "left": "2", "unit": "case", "problems": []}],
    }
    assert door.get("/v1/returns").get_json()["returns"] == []
    assert door.due() == []


def test_too_much_and_unknown_goods(door: Door) -> None:
    door.orders["SO-10012"] = ORDER
    lines = [
        {"sku": "GLOVE", "quantity": "75", "unit": "each"},
        {"sku": "GLOVE", "quantity": "1"},
        {"sku": "X", "quantity": 1},
    ]
    answer = door.post("/v1/returns/validate", json=asked(lines=lines)).get_json()
    assert answer["eligible"] is False
    assert [line["eligible"] for line in answer["lines"]] == [True, False, False]
    assert answer["lines"][0]["left"] == "100"
    assert answer["lines"][1] == {
        "sku": "GLOVE",
        "eligible": False,
        "left": "0.5",
        "unit": "case",
        "problems": ["quantity_exceeds_order"],
    }
    assert answer["lines"][2]["problems"] == ["sku_not_on_order"]


def test_other_returns_of_the_order_count_and_its_own_announcement_does_not(door: Door) -> None:
    door.orders["SO-10012"] = ORDER
    door.post("/v1/returns", json=asked())
    again = door.post("/v1/returns/validate", json=asked()).get_json()
    assert again["lines"][0]["left"] == "2"
    other = door.post("/v1/returns/validate", json=asked(return_id="another")).get_json()
    assert other["lines"][0]["left"] == "1"
    assert other["eligible"] is True


def test_without_lines_the_whole_order_is_answered(door: Door) -> None:
    door.orders["SO-10012"] = ORDER
    door.post("/v1/returns", json=asked())
    body = {"return_id": "new", "order_identifier": "SO-10012"}
    answer = door.post("/v1/returns/validate", json=body).get_json()
    assert answer["eligible"] is True
    assert answer["lines"] == [{"sku": "GLOVE", "eligible": True, "left": "1", "unit": "case", "problems": []}]


def test_an_order_oro_does_not_know(door: Door) -> None:
    answer = door.post("/v1/returns/validate", json=asked())
    assert answer.status_code == 200
    assert answer.get_json()["eligible"] is False
    assert answer.get_json()["lines"][0]["problems"] == ["order_not_found"]
    assert answer.get_json()["problems"] == ["order_not_found"]


@pytest.mark.parametrize(("said_by_oro", "asked_for"), [(7, "7"), (None, "10"), (999_999, "3600")])
def test_oro_unreachable(door: Door, said_by_oro: int | None, asked_for: str) -> None:
    door.trouble = OroUnreachable(None, "no connection", "secret detail", retry_after=said_by_oro)
    answer = door.post("/v1/returns/validate", json=asked())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == asked_for
    assert answer.mimetype == "application/problem+json"


def test_validate_checks_the_shape_first(door: Door) -> None:
    assert door.post("/v1/returns/validate", json=asked(odd=1)).status_code == 422
