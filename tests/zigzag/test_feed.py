"""A file brings the same returns as the webhook, whole or not at all."""

from __future__ import annotations

import io
from datetime import UTC
from decimal import Decimal

import pytest

from sidecar.zigzag import feed, snapshot
from sidecar.zigzag.feed import FeedProblem, FeedReturn, read_feed
from tests.zigzag.samples import NOW

COLUMNS = {
    "Return": "returnId",
    "Order": "orderNumber",
    "Item": "productSku",
    "Qty": "quantity",
    "Cond.": "grade",
    "Tracking": "lastTrackingStatus",
    "Changed": "dateTimeStatusChange",
    "Fee": "returnCost",
}
HEADER = "Return,Order,Item,Qty,Cond.,Tracking,Changed,Fee\n"


def taken(text: str, columns=None):
    return list(read_feed(io.StringIO(text), COLUMNS if columns is None else columns))


def test_rows_of_one_return_become_one_snapshot_even_when_scattered():
    first, second = taken(
        HEADER
        + "R1,SO-1,GLOVE,45,A,Graded,20-11-2026T10:00:00Z,4.50\n"
        + "R2,SO-2,HAT,1,B,Graded,20-11-2026T11:00:00Z,\n"
        + "R1,SO-1,GLOVE,5,C,Graded,20-11-2026T10:00:00Z,4.50\n"
    )
    assert (first.line_numbers, second.line_numbers) == ((2, 4), (3,))
    found = snapshot.parse(first.payload, received_at=NOW, zone=UTC, sequence=1)
    assert (found.return_id, found.order_number, found.tracking_status) == ("R1", "SO-1", "Graded")
    assert found.return_cost == Decimal("4.50")
    assert [(each.sku, each.quantity, each.grade) for each in found.rows] == [
        ("GLOVE", 45, "A"),
        ("GLOVE", 5, "C"),
    ]
    assert found.problems == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised_and_the_byte_order_mark_ignored(delimiter):
    text = "\ufeff" + HEADER + 'R1,SO-1,"GL;OVE, ""x""\t|",1,A,Graded,,\n'.replace(",", "\x00")
    head, line = (
        text.split("\n")[0].replace(",", delimiter),
        f'R1{delimiter}SO-1{delimiter}"GL;O,VE ""x""\t|"',
    )
    (found,) = taken(f"{head}\r\n{line}{delimiter * 5}\r\n")
    assert found.payload["products"] == [{"productSku": 'GL;O,VE "x"\t|', "quantity": "", "grade": ""}]


def test_columns_named_like_the_fields_need_no_setting_and_names_of_people_are_left_out():
    text = "returnId,Order Number,productSku,quantity,customerName,Contact\nR1,SO-1,GLOVE,1,Steve,Steve\n"
    (found,) = taken(text, {})
    assert found.payload == {
        "returnId": "R1",
        "orderNumber": "SO-1",
        "products": [{"productSku": "GLOVE", "quantity": "1"}],
    }


def test_a_blank_cell_does_not_contradict_the_other_rows():
    (found,) = taken(HEADER + "R1,SO-1,A,1,A,Graded,,\nR1,,B,1,A,,,\n")
    assert found.payload["orderNumber"] == "SO-1"
    assert len(found.payload["products"]) == 2


def test_a_return_whose_rows_tell_of_two_moments_is_left_out_and_the_others_go_on():
    problem, other = taken(HEADER + "R1,SO-1,A,1,,Received,,\nR1,SO-1,A,1,A,Graded,,\nR2,SO-2,A,1,A,Graded,,\n")
    assert problem == FeedProblem(3, "return R1 was left out: its rows disagree about lastTrackingStatus")
    assert other.payload["returnId"] == "R2"


def test_a_row_with_a_cell_too_many_spoils_its_return_only():
    problem, other = taken(HEADER + "R1,SO-1,A,1,500,A,Graded,,\nR1,SO-1,B,1,A,Graded,,\nR2,SO-2,A,1,A,Graded,,\n")
    assert problem == FeedProblem(2, "return R1 was left out: the row has 9 cells, the header 8")
    assert other.payload["returnId"] == "R2"


def test_a_row_without_a_return_id_is_said_and_blank_lines_are_not():
    problem, found = taken(HEADER + "\n,SO-1,A,1,A,Graded,,\n,,,,,,,\nR2,SO-2,A,1,A,Graded,,\n")
    assert problem == FeedProblem(3, "the return has no returnId")
    assert isinstance(found, FeedReturn)
    assert found.line_numbers == (5,)


def test_a_file_that_breaks_off_in_a_quoted_cell_gives_nothing_out():
    (problem,) = taken(HEADER + 'R1,SO-1,A,1,A,Graded,,\nR1,SO-1,"B,1,A,Graded,,\nR2,SO-2,A,1,A,Graded,,\n')
    assert problem.line == 3
    assert "nothing was taken" in problem.reason


def test_a_file_in_another_encoding_gives_nothing_out():
    file = io.TextIOWrapper(
        io.BytesIO(HEADER.encode() + b"R1,SO-1,A,1,A,Graded,,\nR2,SO-2,\xfc,1,A,Graded,,\n"), "utf-8"
    )
    (problem,) = read_feed(file, COLUMNS)
    assert "not utf-8" in problem.reason


@pytest.mark.parametrize("text", ["", "\n", "\ufeff"])
def test_an_empty_file_has_no_header(text):
    assert taken(text) == [FeedProblem(1, "the file has no header")]


def test_a_missing_column_and_a_doubled_one_are_named():
    assert "productSku, quantity" in taken("Return,Order\nR1,SO-1\n")[0].reason
    assert "one column each of returnId" in taken("Return,returnId,Order,Item,Qty\n")[0].reason


def test_a_setting_that_names_an_unknown_field_is_refused_at_once():
    with pytest.raises(ValueError, match="feed columns: 'X' -> 'colour'"):
        read_feed([], {"X": "colour"})


def test_a_file_too_long_to_hold_is_refused_whole(monkeypatch):
    monkeypatch.setattr(feed, "MAX_LINES", 2)
    (problem,) = taken(HEADER + "R1,SO-1,A,1,A,Graded,,\nR2,SO-2,A,1,A,Graded,,\n")
    assert "more than 2 lines" in problem.reason
