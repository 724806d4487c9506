"""Inventory levels by SKU and unit."""

from __future__ import annotations

import pytest

from sidecar.oro import errors
from sidecar.oro.levels import Levels
from tests.oro.recorded import Oro, body_of


def test_the_recorded_levels_are_found_by_sku_and_unit(oro: Oro) -> None:
    oro.answers_recorded("oro", "82", "inventorylevels")
    found = Levels(oro.client).level_ids([("RET-GLOVE", "case"), ("RET-WIRE", "kg"), ("RET-GLOVE", "box")])
    assert found == {("RET-GLOVE", "case"): "130", ("RET-WIRE", "kg"): "132"}
    query = oro.asked[0][2]
    assert query["filter[product.sku]"] == "RET-GLOVE,RET-WIRE"
    assert query["filter[productUnitPrecision.unit]"] == "box,case,kg"


def test_a_level_once_found_is_not_asked_for_again(oro: Oro) -> None:
    oro.answers_recorded("oro", "82", "inventorylevels")
    levels = Levels(oro.client)
    for _ in range(2):
        levels.level_ids([("RET-GLOVE", "case")])
    assert levels.level_ids([("RET-WIRE", "kg")]) == {("RET-WIRE", "kg"): "132"}
    assert len(oro.asked) == 1


def test_a_sku_in_other_case_is_another_sku(oro: Oro) -> None:
    oro.answers_recorded("oro", "82", "inventorylevels")
    assert Levels(oro.client).level_ids([("ret-glove", "case")]) == {}


def test_two_levels_for_one_unit_are_none(oro: Oro) -> None:
    body = body_of("oro", "82")
    body["data"].append({**body["data"][1], "id": "999"})
    oro.answers("inventorylevels", body)
    assert Levels(oro.client).level_ids([("RET-GLOVE", "case"), ("RET-GLOVE", "each")]) == {
        ("RET-GLOVE", "each"): "129"
    }


def test_an_answer_without_its_products_is_refused(oro: Oro) -> None:
    oro.answers_recorded("oro", "85", "inventorylevels")  # asked without include=product
    with pytest.raises(errors.AnswerLacks, match="products 65"):
        Levels(oro.client).level_ids([("RET-GLOVE", "case")])


@pytest.mark.parametrize("pair", [("A,B", "each"), ("GLOVE", ""), ("", "each")])
def test_what_no_filter_can_ask_for_is_absent(oro: Oro, pair: tuple[str, str]) -> None:
    assert Levels(oro.client).level_ids([pair]) == {}
    assert oro.asked == []
