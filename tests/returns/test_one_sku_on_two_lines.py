"""One SKU on two order lines: what was credited on one of them stays there, and is paid on no other."""

from __future__ import annotations

from tests.returns.builders import (
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
    then,
)


def test_grades_that_were_credited_stay_on_their_lines_when_more_is_counted() -> None:
    """A case of 50 at 100.00 and 5 pieces at 2.00. 5 A come back for the pieces: 10.00. Then 50 A and 5 C are counted:
    45 A and 5 C of the case, 47.5 of 50, are 95.00. Counted once more they are worth nothing more."""
    sold = order(line(1, "case", "100.00"), line(5, "each", "10.00", line_id="105"))
    record = returned(snapshot(5, "Graded", row(5, "A", order_line_item_number="105")))
    first = plan(sold, record)
    assert money(first) == "10.00"
    record = then(posted(record, first), snapshot(6, "Graded", row(50, "A"), row(5, "C")))
    second = plan(sold, record)
    assert money(second) == "95.00"
    again = plan(sold, posted(record, second))
    assert (again.posting, codes(again)) == (None, [])


def test_goods_for_exchange_do_not_take_the_place_of_those_that_were_credited() -> None:
    """3 at 10.00 and 2 at 5.00. 2 are exchanged, which take the first line; 3 are refunded: 10.00 + 10.00, once."""
    sold = order(line(3, "each", "30.00"), line(2, "each", "10.00", line_id="105"))
    exchange = mapped(return_options={"2": "exchange"})
    record = graded(row(2, "B", return_option="2"), row(3, "B"))
    first = plan(sold, record, mappings=exchange)
    assert money(first) == "20.00"
    again = plan(sold, posted(record, first), mappings=exchange)
    assert (again.posting, codes(again)) == (None, ["exchange_requested"])
