"""DESIGN 4.4: fees are taken once, with the first credit memo, and never more than it holds."""

from __future__ import annotations

import pytest

from sidecar.returns.model import FeeRule, FeeTreatment, Mappings
from tests.returns.builders import (
    MAPPINGS,
    codes,
    graded,
    line,
    mapped,
    money,
    order,
    plan,
    posted,
    returned,
    row,
    snapshot,
    stock,
    then,
)

TEN = order(line(10, "each", "100.00", tax="20.00"))


def fee(treatment: str, source: str = "returnCost") -> Mappings:
    return mapped(fees={source: FeeRule("SVC-RETURN", FeeTreatment(treatment))})


DEDUCT = fee("deduct")


@pytest.mark.parametrize(
    ("mappings", "memo", "flags"),
    [
        pytest.param(DEDUCT, "19.00", [], id="deducted, without tax"),
        pytest.param(fee("review"), "24.00", ["fee_needs_review"], id="for finance to decide"),
        pytest.param(fee("ignore"), "24.00", [], id="recorded only"),
        pytest.param(MAPPINGS, "24.00", ["fee_not_mapped"], id="not mapped: the goods go on"),
    ],
)
def test_the_table_of_fees(mappings: Mappings, memo: str, flags: list[str]) -> None:
    answer = plan(TEN, graded(row(2, "A"), cost="5.00"), mappings=mappings)
    assert (money(answer), codes(answer)) == (memo, flags)


def test_the_fee_line_is_net_without_tax_under_the_service_sku() -> None:
    answer = plan(TEN, graded(row(2, "A"), cost="5.00"), mappings=DEDUCT)
    assert answer.posting is not None
    line = answer.posting.lines[-1]
    assert (line.sku, str(line.net), line.tax, line.order_line_id, line.quantity, line.weight) == (
        "SVC-RETURN",
        "-5.00",
        0,
        None,
        1,
        0,
    )
    assert (str(answer.posting.net), str(answer.posting.tax), str(answer.posting.fee)) == ("15.00", "4.00", "5.00")


def test_a_fee_row_is_quantity_times_cost_and_never_a_returned_product() -> None:
    rules = fee("deduct", "return-fee")
    answer = plan(TEN, graded(row(2, "A"), row(2, "", "RETURN-FEE", item_cost="1.50")), mappings=rules)
    assert (money(answer), codes(answer), len(answer.document.lines)) == ("21.00", [], 1)
    unmapped = plan(TEN, graded(row(2, "A"), row(2, "", "RETURN-FEE", item_cost="1.50")))
    assert (money(unmapped), codes(unmapped)) == ("24.00", ["sku_not_on_order"])


def test_a_fee_is_taken_once_however_many_memos_there_are() -> None:
    record = graded(row(2, "A"), cost="5.00")
    first = plan(TEN, record, mappings=DEDUCT)
    more = then(posted(record, first), snapshot(6, "Graded", row(4, "A"), cost="5.00"))
    second = plan(TEN, more, mappings=DEDUCT)
    assert (money(first), money(second), codes(second)) == ("19.00", "24.00", [])


def test_a_fee_that_eats_the_memo_whole_leaves_0_00_and_the_rest_is_for_finance() -> None:
    record = graded(row(1, "A"), cost="15.00")
    answer = plan(TEN, record, mappings=DEDUCT)
    assert answer.posting is not None
    assert (money(answer), str(answer.posting.net), str(answer.posting.tax)) == ("0.00", "-2.00", "2.00")
    assert (codes(answer), str(answer.flags[0].amount)) == (["fee_exceeds_credit"], "3.00")
    done = posted(record, answer)
    assert codes(plan(TEN, done, mappings=DEDUCT)) == ["fee_exceeds_credit"]
    more = plan(TEN, then(done, snapshot(6, "Graded", row(3, "A"), cost="15.00")), mappings=DEDUCT)
    assert money(more) == "24.00"  # what did not fit is not carried on


def test_a_fee_alone_makes_no_memo() -> None:
    answer = plan(TEN, graded(row(2, "D"), cost="5.00"), mappings=DEDUCT)
    assert answer.posting is None


def test_a_posting_of_stock_alone_takes_no_fee() -> None:
    rules = mapped(fees={"returnCost": FeeRule("SVC-RETURN", FeeTreatment.DEDUCT)}, return_options={"2": "exchange"})
    answer = plan(TEN, graded(row(2, "A"), word="Restocked", cost="5.00", option="2"), mappings=rules)
    assert (money(answer), stock(answer), codes(answer)) == ("", ["2 each"], ["exchange_requested"])


def test_a_fee_in_another_currency_is_not_deducted() -> None:
    answer = plan(TEN, graded(row(2, "A"), cost="5.00", cost_currency="EUR"), mappings=DEDUCT)
    assert (money(answer), codes(answer), answer.flags[0].subject) == ("24.00", ["currency_mismatch"], "returnCost")


def test_a_fee_that_comes_or_changes_after_the_memo_is_for_finance() -> None:
    record = graded(row(2, "A"))
    done = posted(record, plan(TEN, record, mappings=DEDUCT))
    late = plan(TEN, then(done, snapshot(6, "Graded", row(2, "A"), cost="5.00")), mappings=DEDUCT)
    assert (late.posting, codes(late), str(late.flags[0].amount)) == (None, ["fee_needs_review"], "5.00")


def test_a_fee_mapped_after_the_memo_does_not_reprice_it_but_is_told() -> None:
    record = graded(row(2, "A"), cost="5.00")
    unmapped = posted(record, plan(TEN, record))
    assert codes(plan(TEN, unmapped, mappings=DEDUCT)) == ["fee_needs_review"]
    ignored = posted(record, plan(TEN, record, mappings=fee("ignore")))
    assert codes(plan(TEN, ignored, mappings=DEDUCT)) == []


def test_a_fee_row_without_a_cost_is_for_finance() -> None:
    answer = plan(TEN, graded(row(2, "A"), row(1, "", "RETURN-FEE")), mappings=fee("deduct", "RETURN-FEE"))
    assert (money(answer), codes(answer)) == ("24.00", ["fee_needs_review"])


def test_a_cancelled_return_owes_no_fee() -> None:
    answer = plan(TEN, returned(snapshot(1, "", row(2), status="Cancelled", cost="5.00")), mappings=MAPPINGS)
    assert codes(answer) == []


def test_a_negative_return_cost_is_for_finance() -> None:
    answer = plan(TEN, graded(row(2, "A"), cost="-5.00"), mappings=DEDUCT)
    assert (money(answer), codes(answer)) == ("24.00", ["fee_needs_review"])


def test_the_fee_is_on_the_first_memo_also_when_stock_moved_before_it() -> None:
    """The option was not mapped when the goods went into stock; the memo is the second posting."""
    record = graded(row(2, "A"), word="Restocked", cost="5.00", option="9")
    first = plan(TEN, record, mappings=DEDUCT)
    assert (money(first), stock(first)) == ("", ["2 each"])
    known = mapped(fees={"returnCost": FeeRule("SVC-RETURN", FeeTreatment.DEDUCT)}, return_options={"9": "refund"})
    second = plan(TEN, posted(record, first), mappings=known)
    assert second.posting is not None
    assert (money(second), stock(second), second.posting.n) == ("19.00", [], 2)


def test_several_fees_share_what_the_memo_holds_in_their_order() -> None:
    rules = mapped(
        fees={
            "returnCost": FeeRule("SVC-RETURN", FeeTreatment.DEDUCT),
            "LABEL": FeeRule("SVC-LABEL", FeeTreatment.DEDUCT),
        }
    )
    record = graded(row(1, "A"), row(2, "", "LABEL", item_cost="3.00"), cost="7.50")  # 12.00 of goods, 13.50 of fees
    answer = plan(TEN, record, mappings=rules)
    assert answer.posting is not None
    assert [(each.sku, str(each.net)) for each in answer.posting.lines[1:]] == [
        ("SVC-RETURN", "-7.50"),
        ("SVC-LABEL", "-4.50"),
    ]
    assert (money(answer), codes(answer), str(answer.flags[0].amount)) == ("0.00", ["fee_exceeds_credit"], "1.50")


@pytest.mark.parametrize(("currency", "cost", "memo"), [("JPY", "5.5", "14"), ("KWD", "5.0005", "14.999")])
def test_a_fee_is_rounded_to_the_currencys_own_cent(currency: str, cost: str, memo: str) -> None:
    ten = order(line(10, "each", "100"), currency=currency)
    assert money(plan(ten, graded(row(2, "A"), cost=cost), mappings=DEDUCT)) == memo


def test_a_fee_row_never_counts_as_goods_even_when_its_sku_was_sold() -> None:
    sold = order(line(10, "each", "100.00"), line(5, "each", "10.00", sku="LABEL", line_id="105"))
    rules = mapped(fees={"LABEL": FeeRule("SVC", FeeTreatment.IGNORE)})
    assert money(plan(sold, graded(row(1, "A"), row(2, "A", "LABEL")), mappings=rules)) == "10.00"
