"""The body of the one POST: its three shapes, and numbers that are exact or refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.oro.bodies import amount, build_body, moved, movement_keys, resource_of, shown
from sidecar.returns.model import Posting
from tests.oro.goods import AT, DIGEST, credit_line, document, fee, line, move, posting
from tests.oro.recorded import recording


def body(of: Any, with_: Posting | None = None) -> dict[str, Any]:
    return build_body(of, with_, DIGEST, AT)


def included(made: dict[str, Any], type_: str) -> list[dict[str, Any]]:
    return [each for each in made["included"] if each["type"] == type_]


def shape(value: Any) -> Any:
    """A body as types and names only, so that it can be laid beside a recording."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items() if name not in ("attributes", "id")}
    return [shape(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else value


# --- Without a posting ---------------------------------------------------------------------------------------------


def test_a_document_alone_is_an_upsert_of_the_return_with_its_lines() -> None:
    made = body(document(line(1), line(2)))
    assert resource_of(None) == "orderreturns"
    assert made["data"]["meta"] == {"upsert": ["externalId"]}
    assert [each["meta"] for each in made["included"]] == [{"upsert": ["lineKey"]}] * 2
    assert made["data"]["relationships"]["lineItems"]["data"] == [
        {"type": "orderreturnlineitems", "id": "l1"},
        {"type": "orderreturnlineitems", "id": "l2"},
    ]
    assert "id" not in made["data"]


def test_a_document_without_lines_has_no_included_at_all() -> None:
    made = body(document())
    assert made["data"]["relationships"]["lineItems"] == {"data": []}
    assert "included" not in made
    recorded = recording("bundle", "18")["request"]["body"]
    assert set(made) == set(recorded)


def test_every_word_of_the_document_has_its_place() -> None:
    of = document(
        line(),
        order_id="25",
        tracking_number="T1",
        carrier="DHL",
        reason_summary="damaged",
        sync_state="review",
        review_reason="received_short, unit_ambiguous",
    )
    assert body(of)["data"]["attributes"] == {
        "externalId": "R1",
        "orderIdentifier": "SO-1",
        "status": "graded",
        "warehouseCode": "GB0064",
        "trackingNumber": "T1",
        "carrier": "DHL",
        "reasonSummary": "damaged",
        "syncState": "review",
        "reviewReason": "received_short, unit_ambiguous",
        "syncedAt": "2026-11-20T10:05:19Z",
        "sourceUpdatedAt": "2026-11-20T10:05:19Z",
    }
    assert body(of)["data"]["relationships"]["order"] == {"data": {"type": "orders", "id": "25"}}


def test_every_word_of_a_line_has_its_place() -> None:
    of = document(line(order_line_id="104", product_id="65", held_by=("grade_not_mapped",), credited=Fraction(1, 50)))
    (made,) = body(of)["included"]
    assert made["attributes"] == {
        "lineKey": "R1/1",
        "productSku": "GLOVE",
        "productUnitCode": "case",
        "requestedQuantity": "1",
        "receivedQuantity": "1",
        "acceptedQuantity": "1",
        "creditedQuantity": "0.02",
        "restockedQuantity": "1",
        "grade": "A",
        "disposition": "restock",
        "reasonCode": "damaged",
        "reviewReason": "grade_not_mapped",
    }
    assert made["relationships"] == {
        "orderLineItem": {"data": {"type": "orderlineitems", "id": "104"}},
        "product": {"data": {"type": "products", "id": "65"}},
    }


def test_what_is_gone_is_said_to_be_gone() -> None:
    """An upsert keeps what is not mentioned [12], so an empty field is sent as null."""
    of = document(line(grade="", reason_code=""), warehouse_code="", source_updated_at=None)
    made = body(of)
    assert made["data"]["attributes"]["warehouseCode"] is None
    assert made["data"]["attributes"]["sourceUpdatedAt"] is None
    assert made["data"]["relationships"]["order"] == {"data": None}
    assert made["included"][0]["attributes"]["grade"] is None


# --- With a credit -------------------------------------------------------------------------------------------------


def test_a_credit_comes_first_and_brings_everything_along() -> None:
    paid = posting((credit_line(), fee()), (move(), move(2, "130")))
    made = body(document(line()), paid)
    assert resource_of(paid) == "orderreturncredits"
    assert made["data"]["attributes"] == {
        "postingKey": "GL123:R1:1",
        "currency": "GBP",
        "netValue": "95.0000",
        "taxValue": "20.0000",
        "totalValue": "115.0000",
        "status": "issued",
        "digest": DIGEST,
    }
    assert [each["type"] for each in made["included"]] == [
        "orderreturns",
        "orderreturnlineitems",
        "orderreturncreditlines",
        "orderreturncreditlines",
        "orderreturnstockmovements",
        "orderreturnstockmovements",
    ]


def test_it_has_the_shape_that_oro_was_seen_to_accept() -> None:
    recorded = recording("bundle", "48")["request"]["body"]
    made = body(document(line(1), line(2)), posting((credit_line(), credit_line()), (move(), move(2, "130"))))
    ours, theirs = shape(made["data"]["relationships"]), shape(recorded["data"]["relationships"])
    assert {name: ours[name] for name in theirs} == theirs
    assert [each["type"] for each in made["included"]] == [each["type"] for each in recorded["included"]]
    for mine, other in zip(made["included"], recorded["included"], strict=True):
        assert set(mine["relationships"]) >= set(other["relationships"])
        assert mine.get("meta") == other.get("meta")


def test_a_credit_line_names_the_line_it_pays_and_a_fee_names_none() -> None:
    made = body(document(line()), posting((credit_line(product_id="65"), fee())))
    goods, service = included(made, "orderreturncreditlines")
    assert goods["relationships"] == {
        "orderReturnLineItem": {"data": {"type": "orderreturnlineitems", "id": "l1"}},
        "product": {"data": {"type": "products", "id": "65"}},
    }
    assert (goods["attributes"]["netValue"], goods["attributes"]["value"]) == ("100.0000", "120.0000")
    assert service["relationships"]["orderReturnLineItem"] == {"data": None}
    assert service["attributes"]["value"] == "-5.0000"


def test_a_memo_of_nothing_is_still_a_memo() -> None:
    eaten = posting((credit_line("5.00", "0"), fee()))
    assert body(document(line()), eaten)["data"]["attributes"]["totalValue"] == "0.0000"


def test_credit_lines_sum_to_the_memo() -> None:
    made = body(document(line()), posting((credit_line("33.33", "6.67"), credit_line("33.34", "6.66"), fee())))
    values = [Decimal(each["attributes"]["value"]) for each in included(made, "orderreturncreditlines")]
    assert sum(values) == Decimal(made["data"]["attributes"]["totalValue"]) == Decimal("75.00")


# --- Stock ---------------------------------------------------------------------------------------------------------


def test_stock_alone_is_no_memo() -> None:
    moved_only = posting(stock=(move(), move(Fraction(1, 8), "130")))
    made = body(document(line()), moved_only)
    assert resource_of(moved_only) == "orderreturns"
    assert made["data"]["type"] == "orderreturns"
    first, second = included(made, "orderreturnstockmovements")
    assert first["attributes"] == {"postingKey": "GL123:R1:1/1", "quantity": "50"}
    assert second["attributes"] == {"postingKey": "GL123:R1:1/2", "quantity": "0.125"}
    assert first["relationships"] == {
        "inventoryLevel": {"data": {"type": "inventorylevels", "id": "129"}},
        "orderReturn": {"data": {"type": "orderreturns", "id": made["data"]["id"]}},
    }


def test_movement_keys_count_from_one_beside_a_credit_too() -> None:
    made = body(document(line()), posting((credit_line(),), (move(), move(2, "130")), n=7))
    keys = [each["attributes"]["postingKey"] for each in included(made, "orderreturnstockmovements")]
    assert keys == ["GL123:R1:7/1", "GL123:R1:7/2"] == movement_keys(posting(stock=(move(), move()), n=7))


# --- Numbers and lengths -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(3), "3"),
        (Fraction(1000), "1000"),
        (Fraction(1, 3), "0.3333333333"),
        (Fraction(2, 3), "0.6666666667"),
        (Fraction(-2, 3), "-0.6666666667"),
        (Fraction(1, 50), "0.02"),
        (Fraction(1, 2 * 10**10), "0.0000000001"),  # half of the last digit, up
        (Fraction(123456789, 10**9), "0.123456789"),
        (Fraction(10**9) + Fraction(1, 10**10), "1000000000.0000000001"),
    ],
)
def test_a_quantity_to_look_at_has_ten_decimals_at_most(quantity: Fraction, text: str) -> None:
    assert shown(quantity) == text


@given(st.fractions(min_value=-(10**9), max_value=10**9))
def test_a_shown_quantity_is_off_by_half_a_step_at_most(quantity: Fraction) -> None:
    assert abs(Fraction(Decimal(shown(quantity))) - quantity) <= Fraction(1, 2 * 10**10)


@given(st.integers(-(10**18), 10**18))
def test_a_quantity_that_moves_stock_is_exact(steps: int) -> None:
    quantity = Fraction(steps, 10**10)
    assert Fraction(Decimal(moved(quantity))) == quantity
    assert moved(quantity) == shown(quantity)


def test_a_third_cannot_move_stock() -> None:
    with pytest.raises(ValueError, match="1/3 cannot be moved"):
        body(document(line()), posting(stock=(move(Fraction(1, 3)),)))


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0.0000"), ("12.5", "12.5000"), ("1E+3", "1000.0000"), ("-0.001", "-0.0010"), ("1.23000000", "1.2300")],
)
def test_money_is_written_out_with_four_decimals(value: str, text: str) -> None:
    assert amount(Decimal(value)) == text


@pytest.mark.parametrize("value", ["0.00001", "NaN", "Infinity", "1E+60"])
def test_money_that_oro_would_round_is_not_sent(value: str) -> None:
    with pytest.raises(ValueError, match="cannot be posted"):
        amount(Decimal(value))


def test_words_too_long_for_their_column_are_cut_and_keys_are_not() -> None:
    made = body(document(line(reason_code="x" * 300), carrier="y" * 300, review_reason="z" * 2000))
    assert len(made["included"][0]["attributes"]["reasonCode"]) == 255
    assert made["data"]["attributes"]["carrier"].endswith("…")
    assert len(made["data"]["attributes"]["reviewReason"]) == 1000
    with pytest.raises(ValueError, match="unique"):
        body(document(return_id="R" * 256))
