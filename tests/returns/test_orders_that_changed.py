"""Orders that Oro shows otherwise after a credit: what was posted stays posted, and nothing is paid a second time."""

from __future__ import annotations

from dataclasses import replace

from sidecar.returns.model import ReturnPlan, ReturnRecord
from tests.returns.builders import (
    codes,
    graded,
    line,
    money,
    order,
    plan,
    plans,
    posted,
    returned,
    row,
    snapshot,
    stock,
    then,
)

TEN = order(line(10, "each", "100.00"))  # 10 at 10.00


def credited() -> ReturnRecord:
    """2 of the 10 came back: 20.00 are credited and 2 restocked."""
    record = graded(row(2, "A"), asked=2, word="Restocked")
    answer = plan(TEN, record)
    assert (money(answer), stock(answer)) == ("20.00", ["2 each"])
    return posted(record, answer)


def told(answer: ReturnPlan) -> list[tuple[str, str | None]]:
    """The flags with what is at stake."""
    return [(flag.code, None if flag.amount is None else str(flag.amount)) for flag in answer.flags]


def test_an_order_sent_again_with_new_lines_credits_and_restocks_nothing_twice() -> None:
    """Oro replaces the lines of an order that a shop sends again: 104 is 204 now, and the 2 are not 2 more."""
    again = order(line(10, "each", "100.00", line_id="204"))
    done = credited()
    answer = plan(again, done)
    assert (answer.posting, told(answer)) == (None, [("regraded_after_credit", "20.00")])
    assert answer.flags[0].message == (
        "GLOVE was posted on an order line that Oro no longer has. Nothing more of it moves by itself."
    )
    assert {each.identity: each.credited for each in answer.document.lines} == {"line:104": 2, "line:204": 0}
    more = plan(again, then(done, snapshot(6, "Restocked", row(5, "A"))))
    assert (more.posting, told(more)) == (None, [("received_over_request", None), ("regraded_after_credit", "20.00")])


def test_what_one_return_was_credited_on_a_line_that_is_gone_holds_the_sku_for_the_others_too() -> None:
    """10 were sold and 2 are credited: whether 8 or 10 are left of the new line nobody can tell."""
    again = order(line(10, "each", "100.00", line_id="204"), line(1, "each", "7.00", sku="HAT", line_id="205"))
    other = graded(row(10, "A"), row(1, "A", sku="HAT"), return_id="R2", day=7)
    _, answer = plans(again, credited(), other)
    assert money(answer) == "7.00"
    assert told(answer) == [("regraded_after_credit", None)]


def test_a_line_that_was_taken_off_the_order_after_its_credit_is_told_to_finance() -> None:
    answer = plan(order(line(1, "each", "7.00", sku="HAT", line_id="205")), credited())
    assert (answer.posting, told(answer)) == (
        None,
        [("regraded_after_credit", "20.00"), ("sku_not_on_order", None)],
    )


def test_a_quantity_lowered_below_the_credit_is_worth_less_and_says_how_much() -> None:
    """1 at 10.00 is left of the order, and 20.00 were credited."""
    answer = plan(order(line(1, "each", "10.00")), credited())
    flag = next(flag for flag in answer.flags if flag.code == "regraded_after_credit")
    assert (answer.posting, str(flag.amount)) == (None, "10.00")
    assert flag.message == "10.00 more was credited for GLOVE than its order line is worth since the order changed."


def test_an_order_in_another_currency_than_its_credit_is_credited_no_further() -> None:
    """20.00 GBP are credited; 115.00 EUR for 10 are another sum, from which they cannot be taken."""
    euros = replace(order(line(10, "each", "115.00")), currency="EUR")
    answer = plan(euros, then(credited(), snapshot(6, "Graded", row(3, "A"))))
    assert money(answer) == ""
    flag = next(flag for flag in answer.flags if flag.code == "currency_mismatch")
    assert flag.message == "The order is in EUR now; it was credited in another currency before."
    yen = replace(order(line(10, "each", "10")), currency="JPY")
    assert "regraded_after_credit" not in codes(plan(yen, credited()))


def test_a_return_that_zigzag_moves_to_another_order_after_its_credit_is_credited_no_further() -> None:
    moved = replace(snapshot(6, "Restocked", row(5, "A")), order_number="SO-10013")
    answer = plan(TEN, then(credited(), moved))
    assert (answer.posting, told(answer)) == (
        None,
        [("received_over_request", None), ("regraded_after_credit", "20.00")],
    )
    assert answer.flags[1].message == (
        "Order SO-10012 was credited; ZigZag names SO-10013 by now. Nothing more of it moves by itself."
    )
    same = replace(moved, order_number="so-10012 ")
    assert money(plan(TEN, then(credited(), same))) == "30.00"  # 50.00 for 5 of 10, less the 20.00


def test_before_any_credit_another_order_number_is_no_matter_of_the_rules() -> None:
    """The ledger follows it (``ledger.returns.ensure``)."""
    record = returned(replace(snapshot(5, "Graded", row(2, "A")), order_number="SO-10013"))
    assert money(plan(TEN, record)) == "20.00"
