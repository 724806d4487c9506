"""DESIGN 4.1, the table: what is counted against what was ordered and asked for, in several units."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sidecar.returns.model import Mappings, Policy
from tests.returns.builders import (
    MAPPINGS,
    codes,
    graded,
    line,
    mapped,
    money,
    order,
    plan,
    plans,
    posted,
    product,
    returned,
    row,
    snapshot,
    stock,
)

TWO_CASES = order(line(2, "case", "200.00"))
RESTOCKED = "Restocked"


@pytest.mark.parametrize(
    ("asked", "counted", "mappings", "credit", "stock_moves", "flags"),
    [
        pytest.param(1, 50, MAPPINGS, "100.00", ["50 each"], [], id="50 pieces are the case that was asked for"),
        pytest.param(1, 1, MAPPINGS, "", [], ["unit_ambiguous"], id="1 may be a case or a piece: nothing moves"),
        pytest.param(1, 1, mapped(scan_units={"GLOVE": "case"}), "100.00", ["50 each"], [], id="1 scanned as case"),
        pytest.param(
            1, 1, mapped(scan_units={"GLOVE": "each"}), "2.00", ["1 each"], ["received_short"], id="1 scanned as each"
        ),
        pytest.param(2, 75, MAPPINGS, "150.00", ["75 each"], ["received_short"], id="75 of the 100 pieces asked for"),
        pytest.param(
            1, 60, MAPPINGS, "120.00", ["60 each"], ["received_over_request"], id="more than asked, not than ordered"
        ),
        pytest.param(
            2,
            130,
            MAPPINGS,
            "200.00",
            ["100 each"],
            ["received_over"],
            id="more than ordered: the surplus earns nothing",
        ),
    ],
)
def test_the_table_of_units(
    asked: int, counted: int, mappings: Mappings, credit: str, stock_moves: list[str], flags: list[str]
) -> None:
    answer = plan(TWO_CASES, graded(row(counted, "A"), asked=asked, word=RESTOCKED), mappings=mappings)
    assert (money(answer), stock(answer), codes(answer)) == (credit, stock_moves, flags)


def test_three_returns_of_a_pallet_are_together_exactly_its_price() -> None:
    pallet = order(line(1, "pallet", "900.00"))
    returns = [graded(row(n, "A"), return_id=f"R{n}-{i}", day=5 + i) for i, n in enumerate((333, 333, 334))]
    assert [money(each) for each in plans(pallet, *returns)] == ["299.70", "299.70", "300.60"]


@pytest.mark.parametrize(
    ("total", "memos"),
    [("9.99", ["3.33", "3.33", "3.33"]), ("10.00", ["3.33", "3.34", "3.33"])],
)
def test_one_by_one_three_pieces_are_together_exactly_the_row(total: str, memos: list[str]) -> None:
    three = order(line(3, "each", total))
    returns = [graded(row(1, "A"), return_id=f"R{i}", day=5 + i) for i in range(3)]
    assert [money(each) for each in plans(three, *returns)] == memos


def test_one_return_counted_piece_by_piece_gets_the_same_to_the_cent() -> None:
    three, record, memos = order(line(3, "each", "10.00")), graded(row(1, "A")), []
    for count in (1, 2, 3):
        record = returned(snapshot(4 + count, "Graded", row(count, "A")), postings=record.postings, pins=record.pins)
        answer = plan(three, record)
        memos.append(money(answer))
        record = posted(record, answer)
    assert memos == ["3.33", "3.34", "3.33"]


def test_the_shortfall_is_told_in_pieces() -> None:
    answer = plan(TWO_CASES, graded(row(1, "A"), asked=1), mappings=mapped(scan_units={"glove": "each"}))
    assert answer.flags[0].message.startswith("49 each of GLOVE did not arrive")


def test_a_scan_unit_for_one_warehouse_goes_before_the_one_for_the_sku() -> None:
    rules = mapped(scan_units={"GLOVE": "each", "glove@GB0064": "case"})
    assert money(plan(TWO_CASES, graded(row(1, "A"), asked=1), mappings=rules)) == "100.00"


def test_without_a_request_the_guard_looks_at_what_is_left_on_the_line() -> None:
    assert codes(plan(TWO_CASES, graded(row(2, "A")))) == ["unit_ambiguous"]
    assert money(plan(TWO_CASES, graded(row(3, "A")))) == "6.00"  # 3 cases were never sold: 3 pieces


def test_the_guard_looks_at_all_grades_of_a_sku_together() -> None:
    ten_cases = order(line(10, "case", "1000.00"))
    answer = plan(ten_cases, graded(row(495, "A"), row(5, "C"), asked=10))
    assert (money(answer), codes(answer)) == ("995.00", [])


def test_a_line_in_a_unit_below_the_primary_one_is_guarded_too() -> None:
    sets = product("SETS", {"set": "1", "item": "0.1"})
    answer = plan(order(line(30, "item", "30.00", sku="SETS", product=sets)), graded(row(1, "A", "SETS"), asked=10))
    assert codes(answer) == ["unit_ambiguous"]


def test_a_scan_unit_that_the_product_does_not_have_holds_the_row() -> None:
    answer = plan(TWO_CASES, graded(row(1, "A"), asked=1), mappings=mapped(scan_units={"GLOVE": "drum"}))
    assert (money(answer), codes(answer)) == ("", ["unit_not_resolved"])


def test_a_count_that_the_primary_unit_cannot_hold_holds_the_row() -> None:
    wire = product("WIRE", {"kg": "1", "bundle": "0.3333"}, precision=3)
    rules = mapped(scan_units={"WIRE": "bundle"})
    spool = order(line(2, "kg", "16.00", sku="WIRE", product=wire))
    answer = plan(spool, graded(row(1, "A", "WIRE")), mappings=rules)
    assert (money(answer), codes(answer)) == ("", ["unit_not_divisible"])
    assert money(plan(spool, graded(row("0.125", "A", "WIRE")))) == "1.00"


def test_a_sku_is_found_however_it_is_written() -> None:
    assert money(plan(TWO_CASES, graded(row(50, "a", "glove"), asked=1))) == "100.00"


def test_a_row_that_names_its_order_line_goes_there() -> None:
    two = order(line(5, "each", "50.00"), line(5, "each", "25.00", line_id="105"))
    answer = plan(two, graded(row(2, "A", order_line_item_number="105")))
    assert (money(answer), answer.document.lines[0].identity) == ("10.00", "line:105")


def test_a_line_number_of_another_sku_is_not_believed() -> None:
    two = order(line(5, "each", "50.00"), line(5, "each", "25.00", sku="SOCK", line_id="105"))
    assert money(plan(two, graded(row(2, "A", order_line_item_number="105")))) == "20.00"


def test_several_lines_of_a_sku_are_filled_in_order_line_order() -> None:
    two = order(line(2, "each", "20.00"), line(1, "case", "250.00", line_id="105"))
    answer = plan(two, graded(row(7, "A"), asked=7), mappings=mapped(scan_units={"GLOVE": "each"}))
    assert [(each.order_line_id, each.accepted) for each in answer.document.lines] == [
        ("104", Fraction(2)),
        ("105", Fraction(1, 10)),
    ]
    assert money(answer) == "45.00"


def test_goods_once_credited_on_a_line_stay_there_when_another_line_becomes_free() -> None:
    two = order(line(10, "each", "100.00"), line(10, "each", "50.00", line_id="105"))
    first = graded(row(10, "A"), return_id="FIRST", day=3)
    second = graded(row(10, "A"), return_id="SECOND", day=4)
    answer = plan(two, second, first)
    assert money(answer) == "50.00"
    cancelled = returned(snapshot(9, "", status="Cancelled"), return_id="FIRST")
    again = plan(two, posted(second, answer), cancelled)
    assert (money(again), codes(again)) == ("", [])


def test_a_count_is_not_spread_over_lines_that_oro_cannot_convert_into_each_other() -> None:
    """2 cases whose product was deleted since, and 5 pieces of its successor under the same SKU."""
    mixed = order(line(2, "case", "200.00", product=None), line(5, "each", "50.00", line_id="105"))
    answer = plan(mixed, graded(row(4, "A")))
    assert (money(answer), codes(answer)) == ("", ["sku_inactive", "unit_not_resolved"])
    assert answer.flags[1].message == (
        "GLOVE stands on order lines in case and each, which Oro cannot convert into each other."
    )
    named = plan(mixed, graded(row(4, "A", order_line_item_number="105")))
    assert (money(named), codes(named)) == ("40.00", [])
    asked = plan(mixed, returned(snapshot(0, "", row(1))))
    assert codes(asked) == ["sku_inactive", "unit_not_resolved"]


def test_a_unit_below_the_primary_one_is_credited_and_stocked_exactly() -> None:
    """A set is 10 items; 30 items were sold for 29.99, 1.7 sets come back: 17 items."""
    sets = product("SETS", {"set": "1", "item": "0.1"}, precision=1)
    sold = order(line(30, "item", "29.99", sku="SETS", product=sets))
    answer = plan(sold, graded(row("1.7", "A", "SETS"), word=RESTOCKED), mappings=mapped(scan_units={"SETS": "set"}))
    assert (money(answer), stock(answer)) == ("16.99", ["17/10 set"])  # 29.99 x 17/30 = 16.994
    assert answer.document.lines[0].accepted == 17


def test_a_part_that_never_ends_as_a_decimal_adds_up_exactly() -> None:
    """A pallet of 7 for 100.00, back piece by piece: each is 1/7, and the 7 memos are the price."""
    seven = product("SEVEN", {"each": "1", "pallet": "7"})
    pallet = order(line(1, "pallet", "100.00", sku="SEVEN", product=seven))
    returns = [graded(row(1, "A", "SEVEN"), return_id=f"R{i}", day=5 + i) for i in range(7)]
    memos = [money(each) for each in plans(pallet, *returns, mappings=mapped(scan_units={"SEVEN": "each"}))]
    assert memos == ["14.29", "14.28", "14.29", "14.28", "14.29", "14.28", "14.29"]


def test_a_row_that_names_its_line_is_served_before_one_that_fits_anywhere() -> None:
    two = order(line(5, "each", "50.00"), line(5, "each", "25.00", line_id="105"))
    answer = plan(two, graded(row(5, "A"), row(5, "C", order_line_item_number="104")))
    assert answer.posting is not None
    assert [(each.order_line_id, str(each.net)) for each in answer.posting.lines] == [
        ("104", "25.00"),
        ("105", "25.00"),
    ]


def test_a_surplus_is_the_worst_of_the_goods() -> None:
    two = order(line(2, "each", "20.00"))
    assert money(plan(two, graded(row(2, "C"), row(1, "A")))) == "15.00"


def test_stock_in_the_order_lines_unit_where_the_shop_wants_it() -> None:
    policy = Policy(retailer_code="GL123", stock_unit="order_line")
    whole = plan(TWO_CASES, graded(row(50, "A"), asked=1, word=RESTOCKED), policy=policy)
    assert stock(whole) == ["1 case"]
    half = plan(TWO_CASES, graded(row(75, "A"), asked=2, word=RESTOCKED), policy=policy)
    assert (stock(half), money(half)) == ([], "150.00")
    assert "unit_not_divisible" in codes(half)
