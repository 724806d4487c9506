"""DESIGN 4.5 and 4.6: what does not fit is flagged and never lost; what is done closes by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sidecar.returns.model import IntakeLine, PostingState, WarehouseRule
from tests.returns.builders import (
    MONDAY,
    codes,
    graded,
    line,
    mapped,
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

TEN = order(line(10, "each", "100.00"))


def test_an_unknown_order_is_flagged_and_its_rows_are_kept() -> None:
    answer = plan(None, graded(row(2, "A"), asked=3))
    paper = answer.document
    assert (answer.posting, codes(answer), answer.state, paper.order_id) == (None, ["order_not_found"], "review", None)
    assert [(each.identity, each.requested, each.received, each.accepted) for each in paper.lines] == [
        ("sku:GLOVE", 3, 2, 0)
    ]


def test_a_sku_that_is_not_on_the_order_holds_only_itself() -> None:
    answer = plan(TEN, graded(row(2, "A"), row(1, "A", "SOCK")))
    assert (money(answer), codes(answer)) == ("20.00", ["sku_not_on_order"])
    assert [each.identity for each in answer.document.lines] == ["line:104", "sku:SOCK"]
    assert answer.document.lines[1].held_by == ("sku_not_on_order",)


def test_asking_for_more_than_is_left_is_flagged_for_the_later_return_only() -> None:
    early = returned(snapshot(0, "", row(6)), return_id="EARLY")
    late = returned(snapshot(1, "", row(6)), return_id="LATE")
    assert [codes(each) for each in plans(TEN, late, early)] == [["quantity_exceeds_order"], []]


def test_open_requests_of_others_do_not_stop_what_is_counted() -> None:
    asking = returned(snapshot(0, "", row(8)), return_id="ASKING")
    counted = graded(row(6, "A"), return_id="COUNTED")
    answers = plans(TEN, asking, counted)
    assert (money(answers[1]), codes(answers[1]), codes(answers[0])) == ("60.00", [], ["quantity_exceeds_order"])


def test_what_another_return_was_credited_for_is_gone_for_good() -> None:
    first = graded(row(7, "A"), return_id="FIRST")
    first = posted(first, plan(TEN, first))
    cancelled = then(first, snapshot(8, "", row(7, "A"), status="Cancelled"))
    answers = plans(TEN, graded(row(7, "A"), return_id="SECOND"), cancelled)
    assert (money(answers[0]), codes(answers[0])) == ("30.00", ["received_over"])
    assert (codes(answers[1]), answers[1].flags[0].amount) == (["cancelled_after_credit"], 70)


def test_goods_that_came_first_keep_their_place_however_often_it_is_planned() -> None:
    """5 of 10 were received first and wait for their grade; 10 more are graded: only 5 of those are of the order."""
    first = returned(snapshot(3, "Received", row(5)), return_id="FIRST")
    second = graded(row(10, "A"), return_id="SECOND", day=4)
    answers = plans(TEN, first, second)
    assert [money(each) for each in answers] == ["", "50.00"]
    again = plans(TEN, posted(first, answers[0]), posted(second, answers[1]))
    assert [(money(each), codes(each)) for each in again] == [("", []), ("", ["received_over"])]
    then_graded = then(posted(first, answers[0]), snapshot(6, "Graded", row(5, "A")))
    assert money(plans(TEN, then_graded, posted(second, answers[1]))[0]) == "50.00"


@pytest.mark.parametrize("status", ["Cancelled", "Rejected"])
def test_cancelled_before_credit_frees_the_quantities_and_owes_nothing(status: str) -> None:
    gone = returned(snapshot(4, "Received", row(10)), snapshot(6, "Received", row(10), status=status), return_id="GONE")
    answers = plans(TEN, graded(row(10, "A"), return_id="OTHER"), gone)
    assert (money(answers[0]), codes(answers[1]), answers[1].state) == ("100.00", [], "in_sync")
    assert answers[1].document.status == status.lower()


def test_a_row_in_another_currency_is_never_converted() -> None:
    answer = plan(TEN, graded(row(2, "A", currency="EUR"), row(1, "A", currency="gbp"), word="Restocked"))
    assert (money(answer), stock(answer), codes(answer), answer.owed) == (
        "10.00",
        ["3 each"],
        ["currency_mismatch"],
        20,
    )


def test_an_unmapped_return_option_holds_the_credit_of_its_rows() -> None:
    answer = plan(TEN, graded(row(2, "A", return_option="9"), row(1, "A"), option="1"))
    assert (money(answer), codes(answer), answer.flags[0].mapping) == (
        "10.00",
        ["option_not_mapped"],
        ("return_options", "9"),
    )
    known = mapped(return_options={"9": "refund"})
    assert money(plan(TEN, graded(row(2, "A", return_option="9"), row(1, "A")), mappings=known)) == "30.00"


@pytest.mark.parametrize("wanted", ["exchange", "store_credit"])
def test_exchange_and_store_credit_make_no_memo_but_the_goods_are_taken(wanted: str) -> None:
    known = mapped(return_options={"2": wanted})
    answer = plan(TEN, graded(row(2, "A"), word="Restocked", option="2"), mappings=known)
    assert (money(answer), stock(answer), codes(answer)) == ("", ["2 each"], ["exchange_requested"])
    assert answer.document.lines[0].accepted == 2


@pytest.mark.parametrize("quantity", [None, "-1", "1000000000"])
def test_a_quantity_that_cannot_be_true_is_never_credited(quantity: str | None) -> None:
    answer = plan(TEN, graded(row(quantity, "A"), row(1, "A")))
    assert (money(answer), codes(answer)) == ("10.00", ["payload_unreadable"])


def test_a_quantity_of_zero_is_no_row_but_the_rest_is_missing() -> None:
    answer = plan(TEN, graded(row(0, "A"), asked=2))
    assert (answer.posting, codes(answer)) == (None, ["received_short"])


def test_an_unmapped_reason_holds_nothing() -> None:
    answer = plan(TEN, graded(row(2, "A", reason="Too small"), word="Restocked"))
    assert (money(answer), codes(answer), answer.state) == ("20.00", ["reason_not_mapped"], "in_sync")
    assert (answer.document.status, answer.document.reason_summary) == ("closed", "Too small")
    by_id = mapped(reasons={"12": "wrong_size"})
    known = plan(TEN, graded(row(2, "A", reason="Too small", reason_id="12")), mappings=by_id)
    assert (codes(known), known.document.lines[0].reason_code) == ([], "wrong_size")


def test_a_snapshot_that_was_read_only_in_part_is_told() -> None:
    record = returned(snapshot(5, "Graded", row(2, "A"), problems=("dateTimeStatusChange is no date",)))
    assert (money(plan(TEN, record)), codes(plan(TEN, record))) == ("20.00", ["payload_unreadable"])


def test_received_short_alone_does_not_put_a_return_in_review() -> None:
    answer = plan(TEN, graded(row(1, "A"), asked=2, word="Restocked"))
    assert (codes(answer), answer.state, answer.document.status) == (["received_short"], "in_sync", "closed")


def test_restocked_and_credited_closes_with_the_write_of_the_last_posting() -> None:
    record = graded(row(2, "A"), word="Restocked")
    answer = plan(TEN, record)
    assert (money(answer), answer.document.status, answer.document.lines[0].credited) == ("20.00", "closed", 2)
    assert plan(TEN, posted(record, answer)).document.status == "closed"
    unknown = plan(TEN, posted(record, answer, PostingState.UNKNOWN))
    assert unknown.document.status == "closed"


def test_graded_with_nothing_to_restock_closes_too_and_with_something_waits() -> None:
    assert plan(TEN, graded(row(2, "C"))).document.status == "closed"
    assert plan(TEN, graded(row(2, "A"))).document.status == "graded"


def test_nothing_closes_while_a_flag_is_open_and_a_dismissed_one_does_not_hinder() -> None:
    record = graded(row(2, "A"), row(1, "E"), word="Restocked", status="Closed")
    held = plan(TEN, record)
    assert (held.document.status, held.state, held.document.review_reason) == (
        "restocked",
        "review",
        "grade_not_mapped",
    )
    (flag,) = held.flags
    dismissed = frozenset({(flag.code, flag.subject, flag.message)})
    resolved = plan(TEN, replace(record, dismissed=dismissed))
    assert (resolved.document.status, resolved.state, codes(resolved)) == ("closed", "in_sync", ["grade_not_mapped"])
    assert money(resolved) == money(held) == "20.00"  # dismissing pays nothing


def test_a_dismissed_flag_that_says_something_else_by_now_is_open_again() -> None:
    """12 of 10 came back, somebody has dealt with the 2; then it was 13."""
    record = graded(row(12, "A"), word="Restocked")
    (flag,) = plan(TEN, record).flags
    dismissed = replace(record, dismissed=frozenset({(flag.code, flag.subject, flag.message)}))
    assert plan(TEN, dismissed).document.status == "closed"
    more = plan(TEN, then(dismissed, snapshot(6, "Restocked", row(13, "A"))))
    assert (more.state, more.document.status, codes(more)) == ("review", "restocked", ["received_over"])


def test_source_updated_at_never_goes_back() -> None:
    record = replace(graded(row(2, "A")), source_updated_at=MONDAY + timedelta(days=9))
    assert plan(TEN, record).document.source_updated_at == MONDAY + timedelta(days=9)
    assert plan(TEN, graded(row(2, "A"))).document.source_updated_at == MONDAY + timedelta(days=5)


def test_a_line_keeps_its_number_for_ever() -> None:
    two = order(line(5, "each", "50.00"), line(5, "each", "25.00", sku="SOCK", line_id="105"))
    record = returned(snapshot(0, "", row(1, sku="SOCK")))
    record = posted(record, plan(two, record))
    answer = plan(two, then(record, snapshot(5, "Graded", row(1, "A"), row(1, "A", "SOCK"), row(1, "A", "XYZ"))))
    assert [(each.identity, each.line_key) for each in answer.document.lines] == [
        ("line:104", "R1/2"),
        ("line:105", "R1/1"),
        ("sku:XYZ", "R1/3"),
    ]


def test_a_credited_line_that_was_deleted_from_the_order_stays_to_be_seen() -> None:
    record = graded(row(2, "A"))
    done = posted(record, plan(TEN, record))
    answer = plan(order(line(5, "each", "25.00", sku="SOCK", line_id="105")), done)
    paper = answer.document.lines[0]
    assert (answer.posting, paper.identity, paper.order_line_id, paper.credited) == (None, "line:104", None, 2)


def test_the_document_shows_where_the_return_is() -> None:
    record = returned(replace(snapshot(1, "In Transit", row(2)), carrier="DPD", tracking_id="TRACKING"))
    paper = plan(TEN, record).document
    assert (paper.status, paper.warehouse_code, paper.carrier, paper.tracking_number) == (
        "in_transit",
        "main",
        "DPD",
        "TRACKING",
    )


def test_a_return_known_only_from_our_intake_is_requested() -> None:
    answer = plan(TEN, returned(intake=[IntakeLine("glove", row(2).quantity)]))  # type: ignore[arg-type]
    assert (answer.milestone.word, answer.document.status, answer.document.lines[0].requested) == (
        "requested",
        "requested",
        2,
    )


def test_several_grades_are_shown_on_one_line() -> None:
    paper = plan(TEN, graded(row(2, "A"), row(1, "C"))).document.lines[0]
    assert (paper.grade, paper.disposition, [part.counted for part in paper.parts]) == (
        "A, C",
        "restock, scrap",
        [2, 1],
    )


def test_a_flag_says_what_is_at_stake() -> None:
    answer = plan(TEN, graded(row(2, "A", currency="EUR")))
    assert (str(answer.flags[0].amount), answer.flags[0].currency, answer.flags[0].line_key) == ("20.00", "GBP", "R1/1")


def test_a_mapping_of_a_warehouse_may_be_by_its_name() -> None:
    known = mapped(warehouses={"Daventry": WarehouseRule("destination")})
    record = returned(replace(snapshot(5, "Restocked", row(2, "A"), warehouse=""), warehouse="Daventry"))
    assert stock(plan(TEN, record, mappings=known)) == ["2 each"]
