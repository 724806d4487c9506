"""DESIGN 4.2 and 4.3: what a grade pays, and what goes back into stock, where and when."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sidecar.returns.model import (
    Disposition,
    GradeRule,
    Policy,
    PostingState,
    WarehouseRule,
)
from sidecar.returns.planning import plan_order, stock_needs
from tests.returns.builders import (
    MAPPINGS,
    POLICY,
    codes,
    graded,
    line,
    mapped,
    money,
    order,
    plan,
    posted,
    product,
    returned,
    row,
    snapshot,
    stock,
    then,
)

TEN = order(line(10, "each", "100.00", tax="20.00"))


@pytest.mark.parametrize(
    ("grade", "credit", "to_stock"),
    [("A", "24.00", ["2 each"]), ("B", "24.00", []), ("C", "12.00", []), ("D", "", [])],
)
def test_the_table_of_grades(grade: str, credit: str, to_stock: list[str]) -> None:
    answer = plan(TEN, graded(row(2, grade), word="Restocked"))
    assert (money(answer), stock(answer), codes(answer)) == (credit, to_stock, [])


@pytest.mark.parametrize("tracking", ["", "Booked", "In Transit", "Carrier Scan", "At Hub", "Received"])
def test_nothing_before_graded_releases_money(tracking: str) -> None:
    answer = plan(TEN, returned(snapshot(1, tracking, row(2, "A"))))
    assert answer.posting is None


def test_closed_alone_releases_nothing_and_is_told_when_the_goods_were_in() -> None:
    answer = plan(
        TEN, returned(snapshot(1, "Received", row(2, "A")), snapshot(2, "Received", row(2, "A"), status="Closed"))
    )
    assert (answer.posting, codes(answer), answer.document.status) == (None, ["stale_return"], "received")
    never_sent = plan(TEN, returned(snapshot(1, "", row(2)), snapshot(2, "", row(2), status="Closed")))
    assert (codes(never_sent), never_sent.document.status) == ([], "closed")


def test_graded_on_either_axis_releases_even_under_a_later_closed() -> None:
    assert money(plan(TEN, returned(snapshot(1, "Inspected", row(2, "A"), status="Closed")))) == "24.00"
    assert money(plan(TEN, returned(snapshot(1, "Received", row(2, "A"), status="Graded")))) == "24.00"
    assert (
        money(plan(TEN, returned(snapshot(1, "Graded", row(2, "A")), snapshot(2, "", row(2, "A"), status="Closed"))))
        == "24.00"
    )


def test_a_shop_may_wait_with_the_credit_until_restocked() -> None:
    policy = Policy(retailer_code="GL123", credit_trigger="restocked")
    assert money(plan(TEN, graded(row(2, "A")), policy=policy)) == ""
    assert money(plan(TEN, graded(row(2, "A"), word="Restocked"), policy=policy)) == "24.00"


def test_a_shop_may_raise_stock_as_soon_as_graded() -> None:
    assert stock(plan(TEN, graded(row(2, "A")))) == []
    assert stock(plan(TEN, graded(row(2, "A")), policy=Policy(stock_trigger="graded"))) == ["2 each"]


def test_a_draft_memo_counts_as_credited_and_stock_does_not_wait() -> None:
    policy = Policy(retailer_code="GL123", credit_mode="draft")
    record = graded(row(2, "A"), word="Restocked")
    answer = plan(TEN, record, policy=policy)
    assert answer.posting is not None
    assert (answer.posting.status, stock(answer), answer.document.status) == ("draft", ["2 each"], "closed")
    assert plan(TEN, posted(record, answer), policy=policy).posting is None


def test_rows_without_a_grade_simply_wait() -> None:
    record = graded(row(2, "A"), row(1))
    answer = plan(TEN, record)
    assert (money(answer), codes(answer), answer.document.status) == ("24.00", [], "graded")
    all_graded = then(posted(record, answer), snapshot(6, "Graded", row(2, "A"), row(1, "C")))
    assert money(plan(TEN, all_graded)) == "6.00"


def test_an_unmapped_grade_holds_its_row_only_and_the_mapping_releases_it() -> None:
    record = graded(row(2, "A"), row(1, "E"))
    answer = plan(TEN, record)
    assert (money(answer), codes(answer), answer.flags[0].mapping) == ("24.00", ["grade_not_mapped"], ("grades", "E"))
    assert answer.flags[0].amount == 12
    assert answer.document.lines[0].held_by == ("grade_not_mapped",)
    known = mapped(grades={"E": GradeRule(Fraction(25), Disposition.SCRAP)})
    later = plan(TEN, posted(record, answer), mappings=known)
    assert (money(later), codes(later)) == ("3.00", [])


def test_a_grade_mapped_to_hold_is_held_and_told() -> None:
    known = mapped(grades={"H": GradeRule(Fraction(100), Disposition.HOLD)})
    answer = plan(TEN, graded(row(1, "H")), mappings=known)
    assert (money(answer), codes(answer)) == ("", ["grade_not_mapped"])


@pytest.mark.parametrize("disposition", [Disposition.MISSING, Disposition.WRONG_ITEM])
def test_missing_and_wrong_goods_are_neither_received_nor_accepted(disposition: Disposition) -> None:
    known = mapped(grades={"M": GradeRule(Fraction(100), disposition)})
    answer = plan(TEN, graded(row(4, "A"), row(1, "M"), asked=5), mappings=known)
    assert (money(answer), codes(answer)) == ("48.00", ["received_short"])
    paper = answer.document.lines[0]
    assert (paper.received, paper.accepted, [part.counted for part in paper.parts]) == (4, 4, [4, 1])


def test_a_mapping_changed_later_does_not_reprice_what_was_posted() -> None:
    record = graded(row(2, "C"))
    done = posted(record, plan(TEN, record))
    dearer = mapped(grades={"C": GradeRule(Fraction(90), Disposition.RESTOCK)})
    cheaper = mapped(grades={"C": GradeRule(Fraction(10), Disposition.SCRAP)}, scan_units={"GLOVE": "case"})
    for change in (dearer, cheaper):
        answer = plan(TEN, done, mappings=change)
        assert (answer.posting, codes(answer)) == (None, [])


def test_a_better_grade_later_pays_the_difference() -> None:
    record = graded(row(2, "C"))
    answer = plan(TEN, then(posted(record, plan(TEN, record)), snapshot(6, "Graded", row(2, "A"))))
    assert answer.posting is not None
    assert (money(answer), answer.posting.n, answer.posting.key) == ("12.00", 2, "GL123:R1:2")


def test_a_worse_grade_later_takes_nothing_back_and_asks_finance() -> None:
    record = graded(row(2, "A"))
    answer = plan(TEN, then(posted(record, plan(TEN, record)), snapshot(6, "Graded", row(1, "A"), row(1, "C"))))
    assert (answer.posting, codes(answer), answer.flags[0].amount) == (None, ["regraded_after_credit"], 6)
    assert answer.document.lines[0].credited == 2


def test_stock_that_would_not_go_back_today_is_told_too() -> None:
    record = graded(row(2, "A"), word="Restocked")
    answer = plan(TEN, then(posted(record, plan(TEN, record)), snapshot(6, "Restocked", row(2, "B"))))
    assert (answer.posting, codes(answer), answer.document.lines[0].restocked) == (None, ["regraded_after_credit"], 2)


def test_stock_alone_makes_a_posting_without_a_memo() -> None:
    record = graded(row(2, "A"))
    done = posted(record, plan(TEN, record))
    answer = plan(TEN, then(done, snapshot(6, "Restocked", row(2, "A"))))
    assert answer.posting is not None
    assert (answer.posting.credits, stock(answer), answer.posting.n) == (False, ["2 each"], 2)


def test_an_unmapped_warehouse_holds_stock_and_not_credit() -> None:
    record = graded(row(2, "A"), word="Restocked", warehouse="FR0002")
    answer = plan(TEN, record)
    assert (money(answer), stock(answer), codes(answer)) == ("24.00", [], ["warehouse_not_mapped"])
    assert answer.document.status == "restocked"
    known = mapped(warehouses={"FR0002": WarehouseRule("destination")})
    later = plan(TEN, posted(record, answer), mappings=known)
    assert (money(later), stock(later), codes(later), later.document.status) == ("", ["2 each"], [], "closed")


def test_a_hub_never_raises_stock_and_what_it_receives_is_still_on_its_way() -> None:
    hub = plan(TEN, graded(row(2, "A"), word="Restocked", warehouse="DE0001"))
    assert (money(hub), stock(hub), codes(hub)) == ("24.00", [], [])
    on_its_way = plan(TEN, returned(snapshot(1, "Received", row(2), warehouse="DE0001")))
    assert on_its_way.milestone.word == "at_hub"
    assert (on_its_way.document.lines[0].requested, on_its_way.document.lines[0].received) == (2, 0)


def test_an_inactive_sku_is_computed_held_and_paid_once_released_without_stock() -> None:
    dead = order(line(10, "each", "100.00", product=product(status="disabled")))
    record = graded(row(2, "A"), word="Restocked")
    answer = plan(dead, record)
    assert (money(answer), stock(answer), codes(answer), answer.owed) == ("", [], ["sku_inactive"], 20)
    assert (answer.document.status, answer.state, answer.flags[0].amount) == ("restocked", "review", 20)
    released = plan(dead, replace(record, released=frozenset({("sku_inactive", "GLOVE")})))
    assert (money(released), stock(released), codes(released), released.owed) == ("20.00", [], [], 0)
    assert released.document.status == "closed"


def test_a_shop_may_pay_inactive_skus_without_asking_and_still_be_told() -> None:
    dead = order(line(10, "each", "100.00", product=None))
    answer = plan(dead, graded(row(2, "A"), word="Restocked"), policy=Policy(inactive_sku="credit"))
    assert (money(answer), stock(answer), codes(answer)) == ("20.00", [], ["sku_inactive"])


def test_a_product_disabled_after_its_credit_changes_nothing() -> None:
    record = graded(row(2, "A"))
    done = posted(record, plan(TEN, record))
    dead = order(line(10, "each", "100.00", tax="20.00", product=product(status="disabled")))
    answer = plan(dead, done)
    assert (answer.posting, codes(answer), answer.owed) == (None, ["sku_inactive"], 0)


def test_a_level_that_oro_does_not_have_holds_stock_only() -> None:
    answer = plan_order(TEN, [graded(row(2, "A"), word="Restocked")], MAPPINGS, POLICY, {})[0]
    assert (money(answer), stock(answer), codes(answer)) == ("24.00", [], ["unit_not_resolved"])


def test_levels_are_asked_for_only_when_stock_is_due() -> None:
    record = graded(row(2, "A"), word="Restocked")
    assert stock_needs(TEN, [record], MAPPINGS, POLICY) == {("GLOVE", "each")}
    assert stock_needs(TEN, [graded(row(2, "A"))], MAPPINGS, POLICY) == frozenset()
    assert stock_needs(TEN, [posted(record, plan(TEN, record))], MAPPINGS, POLICY) == frozenset()
    assert stock_needs(None, [record], MAPPINGS, POLICY) == frozenset()


@pytest.mark.parametrize("state", [PostingState.PLANNED, PostingState.SENT, PostingState.UNKNOWN, PostingState.REFUSED])
def test_while_a_posting_is_unfinished_nothing_new_is_posted_but_the_document_counts_it(state: PostingState) -> None:
    record = graded(row(2, "A"))
    unfinished = then(posted(record, plan(TEN, record), state), snapshot(6, "Graded", row(5, "A")))
    answer = plan(TEN, unfinished)
    paper = answer.document.lines[0]
    assert (answer.posting, paper.credited, paper.accepted) == (None, 2, 5)
    assert stock_needs(TEN, [unfinished], MAPPINGS, POLICY) == frozenset()


def test_the_explanation_can_be_checked_by_hand() -> None:
    two_cases = order(line(2, "case", "200.00"))
    answer = plan(two_cases, graded(row(50, "A"), asked=1))
    assert answer.posting is not None
    assert answer.posting.lines[0].explanation == "50 each = 1 case of 50 each; 1/2 of 200.00; 100 % grade A"
    discounted = plan(order(line(2, "case", "200.00"), manual="20"), graded(row(25, "C"), asked=1))
    assert discounted.posting is not None
    assert discounted.posting.lines[0].explanation == (
        "25 each = 0.5 case of 50 each; 1/8 of 180.00 (200.00 less 20.00 discount); 50 % grade C"
    )


def test_a_later_memo_says_what_was_credited_before() -> None:
    record = graded(row(2, "A"))
    more = then(posted(record, plan(TEN, record)), snapshot(6, "Graded", row(5, "A")))
    posting = plan(TEN, more).posting
    assert posting is not None
    assert posting.lines[0].explanation == "5 each; less 2 credited before; 3/10 of 100.00; 100 % grade A"


def test_goods_that_the_warehouse_itself_calls_missing_are_told_without_a_request() -> None:
    known = mapped(grades={"M": GradeRule(Fraction(0), Disposition.MISSING)})
    assert codes(plan(TEN, graded(row(4, "A"), row(1, "M")), mappings=known)) == ["received_short"]


def test_a_notice_of_receipt_without_products_says_nothing_about_what_is_missing() -> None:
    assert codes(plan(TEN, returned(snapshot(0, "", row(2)), snapshot(1, "Received")))) == []


def test_fewer_goods_of_a_better_grade_are_told_although_their_credit_is_the_same() -> None:
    record = graded(row(2, "C"))
    answer = plan(TEN, then(posted(record, plan(TEN, record)), snapshot(6, "Graded", row(1, "B"))))
    assert (answer.posting, codes(answer), answer.flags[0].amount) == (None, ["regraded_after_credit"], 0)


@pytest.mark.parametrize(("grade", "status"), [("A", "graded"), ("B", "closed"), ("C", "closed"), ("D", "closed")])
def test_graded_with_nothing_to_restock_closes_by_itself(grade: str, status: str) -> None:
    assert plan(TEN, graded(row(2, grade))).document.status == status


def test_a_product_taken_out_of_the_range_later_reopens_no_return() -> None:
    record = graded(row(2, "A"), word="Restocked")
    done = posted(record, plan(TEN, record))
    dead = order(line(10, "each", "100.00", tax="20.00", product=product(status="disabled")))
    answer = plan(dead, done)
    assert (answer.posting, codes(answer), answer.document.status, answer.state) == (None, [], "closed", "in_sync")
    more = plan(dead, then(done, snapshot(6, "Restocked", row(3, "A"))))
    assert (more.posting, codes(more), more.owed) == (None, ["sku_inactive"], 12)


def test_inactive_goods_that_earn_nothing_and_go_nowhere_need_nobody() -> None:
    dead = order(line(10, "each", "100.00", product=product(status="disabled")))
    assert codes(plan(dead, graded(row(2, "D")))) == []
    assert codes(plan(dead, returned(snapshot(1, "In Transit", row(2))))) == ["sku_inactive"]
