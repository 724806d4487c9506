"""What ZigZag wrote is read exactly or complained about, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from sidecar.returns.model import SnapshotRow
from sidecar.zigzag import snapshot
from sidecar.zigzag.snapshot import Unreadable
from tests.zigzag.samples import NOW, body, read, read_row, row


def test_the_snapshot_of_the_contract_is_read_without_a_complaint():
    found = read()
    assert (found.return_id, found.retailer_code, found.order_number) == ("413413515", "GL123", "SO-10012")
    assert found.at == datetime(2012, 11, 11, 10, 5, 19, tzinfo=UTC)
    assert (found.order_status, found.tracking_status) == ("Requested", "Received")
    assert (found.warehouse, found.warehouse_reference) == ("Daventry", "GB0064")
    assert (found.return_cost, found.return_cost_currency) == (Decimal("10.00"), "GBP")
    assert (found.carrier, found.tracking_id, found.return_option) == ("DPD", "TRACKING", "1")
    assert (found.sequence, found.problems) == (7, ())
    assert found.rows == (
        SnapshotRow(
            position=0,
            sku="NPC093284",
            quantity=Fraction(1),
            grade="A",
            title="Test Product",
            reason="Too small",
            currency="GBP",
            item_cost=Decimal("10.00"),
            return_option="1",
        ),
    )


def test_fifty_pieces_of_which_five_are_damaged_are_two_rows_in_their_order():
    found = read(products=[row(quantity="45", grade="A"), row(quantity="5", grade="C")])
    assert [(each.position, each.quantity, each.grade) for each in found.rows] == [(0, 45, "A"), (1, 5, "C")]


@pytest.mark.parametrize("written", ["1.5", " 1.50 ", "+1.5", "15e-1", Decimal("1.5")])
def test_one_and_a_half_is_one_and_a_half_however_it_is_written(written):
    assert read_row(quantity=written).rows[0].quantity == Fraction(3, 2)


@pytest.mark.parametrize(
    "written",
    [
        "1,5",
        "1.000,00",
        "1 000",
        "1_000",
        "one",
        "",
        "  ",
        None,
        True,
        [],
        {},
        "0x10",
        "\u0661",
        "1e999999",
        "NaN",
        "Infinity",
        "-inf",
        "1000000001",
        Decimal("1E+999999"),
        Decimal("1E-999999"),
        "1e-99",
        10**4000,
        1.5,
    ],
)
def test_a_quantity_that_cannot_be_read_is_none_and_said_so(written):
    found = read_row(quantity=written)
    assert found.rows[0].quantity is None
    assert len(found.problems) == 1
    assert found.problems[0].startswith("row 1: quantity ")


def test_a_missing_quantity_is_none_and_said_so():
    lacking = row()
    del lacking["quantity"]
    found = read(products=[lacking])
    assert found.rows[0].quantity is None
    assert found.problems == ("row 1: quantity is missing",)


def test_a_negative_quantity_is_read_and_said_so():
    found = read_row(quantity="-2")
    assert found.rows[0].quantity == -2
    assert found.problems == ("row 1: quantity is negative: '-2'",)


@pytest.mark.parametrize("written", ["10.00", 10, Decimal("10.0"), "1e1"])
def test_ten_pounds_are_ten_pounds_as_text_or_number(written):
    assert read(returnCost=written).return_cost == 10


@pytest.mark.parametrize("written", ["\u00a310.00", "10,00", "1000000000001", [], "1e99"])
def test_an_amount_that_cannot_be_read_is_none_and_said_so(written):
    found = read(returnCost=written)
    assert found.return_cost is None
    assert len(found.problems) == 1
    assert found.problems[0].startswith("returnCost ")


@pytest.mark.parametrize("written", [None, "", "  "])
def test_an_amount_that_is_not_stated_is_no_complaint(written):
    found = read(returnCost=written)
    assert (found.return_cost, found.problems) == (None, ())


@pytest.mark.parametrize(
    "written",
    [
        "20-11-2026T10:05:19Z",
        "2026-11-20T10:05:19Z",
        "2026-11-20 10:05:19 Z",
        "2026-11-20T12:05:19+02:00",
        "20-11-2026T10:05:19",
        "2026-11-20T10:05:19.000Z",
        "2026-11-20t10:05:19z",
        " 20-11-2026 10:05:19 ",
    ],
)
def test_day_first_and_iso_dates_are_the_same_moment(written):
    found = read(dateTimeStatusChange=written)
    assert (found.at, found.problems) == (datetime(2026, 11, 20, 10, 5, 19, tzinfo=UTC), ())


def test_a_date_without_a_zone_is_in_the_zone_of_the_setting():
    zone = ZoneInfo("Europe/Berlin")
    payload = body(dateTimeStatusChange="01-07-2026T10:00:00")
    found = snapshot.parse(payload, received_at=NOW, zone=zone, sequence=1)
    assert found.at == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "31-02-2026T00:00:00Z",
        1763632800,
        "1763632800",
        "11/12/2026",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        [],
        "2026-11-20T10:05:19+99:99",
        "20-11-26T00:00:00Z",
    ],
)
def test_a_date_that_cannot_be_read_gives_way_to_the_moment_of_arrival(written):
    found = read(dateTimeStatusChange=written)
    assert found.at == NOW
    assert len(found.problems) == 1
    assert found.problems[0].startswith("dateTimeStatusChange ")


def test_a_date_more_than_a_day_ahead_is_a_wrong_clock_and_clamped():
    ahead = NOW + timedelta(hours=24, seconds=1)
    found = read(dateTimeStatusChange=ahead.isoformat())
    assert found.at == NOW
    assert found.problems == ("dateTimeStatusChange lies ahead of the clock: 2026-11-21T12:00:01Z",)


def test_a_date_a_few_hours_ahead_is_left_alone():
    ahead = NOW + timedelta(hours=24)
    found = read(dateTimeStatusChange=ahead.isoformat())
    assert (found.at, found.problems) == (ahead, ())


def test_numbers_are_taken_where_text_is_meant():
    found = read(returnId=413413515, returnOption=1, orderNumber=10012, warehouseReference=64)
    assert (found.return_id, found.return_option) == ("413413515", "1")
    assert (found.order_number, found.warehouse_reference, found.problems) == ("10012", "64", ())


@pytest.mark.parametrize("written", [True, [], {"a": 1}, ["x"]])
def test_what_is_no_text_is_empty_and_said_so(written):
    found = read_row(grade=written)
    assert found.rows[0].grade == ""
    assert found.problems[0].startswith("row 1: grade is neither text nor a number")


def test_text_keeps_its_emoji_loses_its_control_characters_and_is_cut_to_length():
    found = read_row(productTitle="Glove \N{GLOVES}\x00\x1b", returnReason="x" * 300)
    assert found.rows[0].title == "Glove \N{GLOVES}"
    assert found.rows[0].reason == "x" * 255
    assert found.problems == ("row 1: returnReason is longer than 255 characters",)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        (None, "products is missing"),
        ({}, "products is missing"),
        ("x", "products is not a list"),
        ({"productSku": "A"}, "products is not a list"),
    ],
)
def test_products_that_are_no_list_are_no_rows_and_said_so(written, complaint):
    found = read(products=written)
    assert (found.rows, found.problems) == ((), (complaint,))


def test_a_list_without_products_is_read_as_it_stands():
    assert (read(products=[]).rows, read(products=[]).problems) == ((), ())


def test_a_row_that_is_no_object_keeps_its_place():
    found = read(products=["GLOVE", row()])
    assert [(each.position, each.sku, each.quantity) for each in found.rows] == [
        (0, "", None),
        (1, "NPC093284", 1),
    ]
    assert found.problems == ("row 1: is not an object",)


def test_more_than_a_thousand_rows_are_cut_and_said_so():
    found = read(products=[row()] * 1001)
    assert len(found.rows) == 1000
    assert found.problems == ("products has 1001 rows, only the first 1000 are read",)


def test_a_thousand_complaints_are_summed_up():
    found = read(products=[{}] * 1000)
    assert len(found.problems) == 51
    assert found.problems[-1] == "and 1950 more"


def test_the_order_line_and_the_reason_id_of_other_calls_are_honoured():
    found = read_row(orderLineItemNumber=104, returnReasonId=12).rows[0]
    assert (found.order_line_item_number, found.reason_id) == ("104", "12")


# --- who is it about
# ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [None, "", "  ", True, [], {}, 1.5, Decimal("1.5"), "a\nb", "a\x00b", "x" * 101, ".", "..", 10**101],
)
def test_a_return_id_that_cannot_be_used_is_refused_never_cleaned(written):
    with pytest.raises(Unreadable, match="returnId"):
        snapshot.identify(body(returnId=written))


def test_an_order_number_that_cannot_be_used_is_empty_and_said_so():
    assert snapshot.identify(body(orderNumber="SO\n1", retailerCode=None)) == ("", "413413515", "")
    assert read(orderNumber="SO\n1").problems == ("orderNumber cannot be used",)
    assert read(orderNumber=None).problems == ("orderNumber is missing",)


@pytest.mark.parametrize(
    "wrapped", [body(), {"data": body()}, [body()], {"data": [body()]}, [{"data": body()}], {"Data": body()}]
)
def test_a_return_is_found_in_every_wrapping(wrapped):
    (found,) = snapshot.unwrap(wrapped)
    assert found["returnId"] == "413413515"
    assert "customerName" not in found


@pytest.mark.parametrize("wrapped", [None, [], {}, "x", 1, {"data": None}, {"data": []}, {"data": "x"}, [[]]])
def test_a_body_without_a_return_is_unreadable(wrapped):
    with pytest.raises(Unreadable):
        snapshot.unwrap(wrapped)


def test_one_bad_neighbour_in_a_list_loses_nobody_else():
    with pytest.raises(Unreadable, match="return 2 of 3: the return has no returnId") as caught:
        snapshot.unwrap([body(), {"x": 1}, body(returnId="2")])
    assert [each["returnId"] for each in caught.value.readable] == ["413413515", "2"]


# --- personal data and duplicates
# ---------------------------------------------------------------------------------


def test_names_are_dropped_in_every_spelling_and_at_every_depth():
    secret = {"customerName": "Steve", "CUSTOMER_NAME": "Steve", "Salutation": "Mr", "kept": 1}
    scrubbed = snapshot.scrub({"a": [[secret], {"b": secret}], **secret})
    assert scrubbed == {"a": [[{"kept": 1}], {"b": {"kept": 1}}], "kept": 1}


def test_unknown_keys_are_kept_in_the_stored_payload():
    assert snapshot.scrub(body(extra={"deep": [1]}))["extra"] == {"deep": [1]}


def test_the_digest_of_a_duplicate_is_the_same_whatever_the_order_of_its_keys_and_whoever_it_names():
    shuffled = dict(reversed(list(body(customerName="Bob").items())))
    first, again = (snapshot.digest(snapshot.scrub(each)) for each in (body(), shuffled))
    assert first == again
    assert first != snapshot.digest(snapshot.scrub(body(orderStatus="Graded")))
    assert len(first) == 64
