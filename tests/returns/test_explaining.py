"""Each credit memo can be followed line by line with pencil and paper."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings

from sidecar.returns.explaining import MemoExplanation, explain
from sidecar.returns.model import FeeRule, FeeTreatment, Order, ReturnRecord
from tests.returns.builders import graded, line, mapped, order, plan, posted, product, row
from tests.returns.test_laws import World, worlds

DOZENS = product("GLOVE", {"each": "1", "case": "12"})
GRADED_BY_CASE = mapped(scan_units={"GLOVE": "each"})


def told(bought: Order, record: ReturnRecord, *others: ReturnRecord, **more: object) -> MemoExplanation:
    answer = plan(bought, record, *others, **more)  # type: ignore[arg-type]
    assert answer.posting is not None
    return explain(answer.posting, bought)


def test_three_cases_of_twelve_out_of_ten_at_a_discount() -> None:
    bought = order(line(10, "case", "250.00", tax="50.00", product=DOZENS), discount="12.50")
    memo = told(bought, graded(row(36, "A"), asked=3), mappings=GRADED_BY_CASE)
    (told_line,) = memo.lines
    assert told_line.counted == "36 each = 3 case of 12 each"
    assert told_line.graded == "100 % grade A"
    assert told_line.portion == "3/10 (3 of 10 case) of 250.00 less 12.50 discount"
    assert told_line.worth == "71.25 net + 15.00 tax"
    assert told_line.sentence == (
        "36 each = 3 case of 12 each, 100 % grade A. 3/10 (3 of 10 case) of 250.00 less 12.50 discount: "
        "71.25 net + 15.00 tax."
    )
    assert (memo.net, memo.tax, memo.total) == (Decimal("71.25"), Decimal("15.00"), Decimal("86.25"))
    assert memo.agrees


def test_goods_of_several_grades_say_what_each_counts_for() -> None:
    memo = told(order(line(4, "each", "40.00")), graded(row(2, "A"), row(1, "C")))
    assert memo.lines[0].counted == "2 each + 1 each"
    assert memo.lines[0].graded == "2 each at 100 % (A) + 1 each at 50 % (C) = 2.5 each"
    assert memo.lines[0].sentence.endswith("5/8 (2.5 of 4 each) of 40.00: 25.00 net.")


def test_a_third_of_ten_euros_three_times_shows_where_the_cent_goes() -> None:
    bought = order(line(3, "each", "10.00"))
    first, second = graded(row(1, "A"), return_id="R1"), graded(row(1, "A"), return_id="R2", day=6)
    first = posted(first, plan(bought, first))
    memo = told(bought, second, first)
    assert memo.lines[0].worth == "6.67 net for 2 of 3 in all, less 3.33 net credited before = 3.34 net"
    assert memo.agrees


def test_what_the_return_itself_was_credited_before_is_named() -> None:
    bought = order(line(10, "each", "100.00"))
    before = graded(row(2, "A"))
    before = posted(before, plan(bought, before))
    more = graded(row(5, "A"), day=7)
    memo = told(bought, replace(before, snapshots=(*before.snapshots, *more.snapshots)))
    assert memo.lines[0].graded == "100 % grade A; 2 each of that was credited before"
    assert memo.lines[0].worth == "50.00 net for 5 of 10 in all, less 20.00 net credited before = 30.00 net"


def test_a_fee_says_what_was_taken_of_what_was_due() -> None:
    rules = mapped(fees={"returnCost": FeeRule("SVC", FeeTreatment.DEDUCT)})
    memo = told(order(line(1, "each", "3.00")), graded(row(1, "A"), cost="5.00"), mappings=rules)
    assert [each.sentence for each in memo.lines] == [
        "1 each, 100 % grade A. All (1 of 1 each) of 3.00: 3.00 net.",
        "Return fee (returnCost): 3.00 of 5.00 due: -3.00 net.",
    ]
    assert memo.total == 0


def test_without_the_order_as_read_the_amounts_still_stand_and_nothing_is_claimed() -> None:
    bought = order(line(1, "each", "3.00"))
    answer = plan(bought, graded(row(1, "A")))
    assert answer.posting is not None
    memo = explain(answer.posting, None)
    assert memo.total == Decimal("3.00")
    assert [each.agrees for each in memo.lines] == [None]


def test_an_amount_that_the_order_does_not_give_is_told_apart() -> None:
    bought = order(line(1, "each", "3.00"))
    answer = plan(bought, graded(row(1, "A")))
    assert answer.posting is not None
    assert not explain(answer.posting, order(line(1, "each", "2.99"))).agrees


@given(worlds())
@settings(max_examples=60, deadline=None)
def test_every_memo_is_what_its_lines_say_and_agrees_with_its_order(world: World) -> None:
    for posting in world.postings:
        memo = explain(posting, world.bought)
        assert memo.agrees
        assert (memo.net, memo.tax, memo.total) == (posting.net, posting.tax, posting.total)
        for each, said in zip(memo.lines, posting.lines, strict=True):
            assert each.total == said.value
            assert str(said.net) in each.sentence
