"""What ``POST /v1/returns/validate`` answers about a request."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sidecar.returns.eligibility import LineEligibility, check_request
from sidecar.returns.model import IntakeLine, Order, ReturnRecord
from tests.returns.builders import MAPPINGS, POLICY, graded, line, order, product, returned, row, snapshot

FOUR_CASES = order(line(4, "case", "400.00"))


def check(bought: Order, quantity: str, *returns: ReturnRecord, sku: str = "GLOVE", unit: str = "") -> LineEligibility:
    return check_request(bought, [IntakeLine(sku, Fraction(quantity), unit)], returns, MAPPINGS, POLICY)[0]


def test_what_is_left_may_be_returned() -> None:
    assert check(FOUR_CASES, "4") == LineEligibility("GLOVE", True, Fraction(4), "case", ())


@pytest.mark.parametrize(
    ("quantity", "unit", "left", "problems"),
    [
        ("5", "", "4", ("quantity_exceeds_order",)),
        ("200", "each", "200", ()),
        ("201", "each", "200", ("quantity_exceeds_order",)),
    ],
)
def test_a_request_may_be_in_any_unit_of_the_product(
    quantity: str, unit: str, left: str, problems: tuple[str, ...]
) -> None:
    answer = check(FOUR_CASES, quantity, unit=unit)
    assert (answer.left, answer.problems, answer.eligible) == (Fraction(left), problems, not problems)


def test_other_returns_take_what_they_hold_and_what_they_ask_for() -> None:
    counted = graded(row(75, "A"), return_id="COUNTED")
    asking = returned(snapshot(0, "", row(1)), return_id="ASKING")
    gone = returned(snapshot(0, "", row(2), status="Cancelled"), return_id="GONE")
    assert check(FOUR_CASES, "1.5", counted, asking, gone).left == Fraction(3, 2)


def test_lines_of_one_sku_count_together() -> None:
    lines = [IntakeLine("GLOVE", Fraction(3)), IntakeLine("glove", Fraction(2))]
    answers = check_request(FOUR_CASES, lines, [], MAPPINGS, POLICY)
    assert [(each.eligible, each.left) for each in answers] == [(True, 4), (False, 1)]


@pytest.mark.parametrize(
    ("sku", "unit", "quantity", "problem"),
    [
        ("SOCK", "", "1", "sku_not_on_order"),
        ("GLOVE", "drum", "1", "unit_not_resolved"),
        ("GLOVE", "", "-1", "payload_unreadable"),
        ("GLOVE", "each", "0.5", "unit_not_divisible"),
    ],
)
def test_what_does_not_fit_is_named(sku: str, unit: str, quantity: str, problem: str) -> None:
    answer = check(FOUR_CASES, quantity, sku=sku, unit=unit)
    assert (answer.eligible, answer.problems) == (False, (problem,))


def test_an_inactive_sku_is_told_and_does_not_fail_the_request() -> None:
    dead = order(line(4, "case", "400.00", product=product(status="disabled")))
    answer = check(dead, "1")
    assert (answer.eligible, answer.problems) == (True, ("sku_inactive",))
