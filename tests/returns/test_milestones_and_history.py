"""ZigZag's words as milestones, and many snapshots as one history, in whatever order they came."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from sidecar.returns.defaults import DEFAULT_MAPPINGS
from sidecar.returns.history import fold
from sidecar.returns.milestones import milestone_of
from sidecar.returns.model import IntakeLine, Milestone
from tests.returns.builders import MAPPINGS, codes, line, mapped, order, plan, returned, row, snapshot

TEN = order(line(10, "each", "100.00"))


@pytest.mark.parametrize(
    ("order_status", "tracking_status", "milestone"),
    [
        ("Requested", "", "requested"),
        ("Created", "", "requested"),
        ("Pending", "", "requested"),
        ("Approved", "", "approved"),
        ("Authorised", "", "approved"),
        ("authorized", "", "approved"),
        ("Requested", "Label Created", "label_created"),
        ("", "booked", "label_created"),
        ("Requested", "IN_TRANSIT", "in_transit"),
        ("", "Collected", "in_transit"),
        ("", "carrier-scan", "in_transit"),
        ("", "Dropped Off", "in_transit"),
        ("", "AtHub", "at_hub"),
        ("", "Arrived At Hub", "at_hub"),
        ("", "Consolidated", "at_hub"),
        ("Requested", "Received", "received"),
        ("", "Delivered To Warehouse", "received"),
        ("Graded", "Received", "graded"),
        ("Requested", "Inspected", "graded"),
        ("Restocked", "Graded", "restocked"),
        ("Requested", "Restocked", "restocked"),
        ("Closed", "Restocked", "closed"),
        ("Completed", "", "closed"),
        ("Cancelled", "Restocked", "cancelled"),
        ("Canceled", "", "cancelled"),
        ("Expired", "", "cancelled"),
        ("Rejected", "Graded", "rejected"),
        ("Declined", "", "rejected"),
        ("Put away", "Sorted", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_the_table_of_words(order_status: str, tracking_status: str, milestone: str) -> None:
    assert milestone_of(order_status, tracking_status, DEFAULT_MAPPINGS, "destination").word == milestone


def test_received_at_a_hub_is_still_on_its_way() -> None:
    assert milestone_of("Requested", "Received", DEFAULT_MAPPINGS, "hub") is Milestone.AT_HUB
    assert milestone_of("Requested", "Received", DEFAULT_MAPPINGS, "") is Milestone.RECEIVED
    assert milestone_of("Requested", "Graded", DEFAULT_MAPPINGS, "hub") is Milestone.GRADED


def test_the_delivery_order_of_snapshots_does_not_matter() -> None:
    snapshots = [
        snapshot(0, "", row(3)),
        snapshot(2, "In Transit", row(4)),
        snapshot(4, "Received", row(5)),
        snapshot(5, "Graded", row(4, "A")),
    ]
    answers = {fold(returned(*each), MAPPINGS) for each in itertools.permutations(snapshots)}
    assert len(answers) == 1
    assert [request.quantity for request in answers.pop().requested] == [4]


def test_a_late_old_snapshot_takes_nothing_back() -> None:
    history = fold(returned(snapshot(5, "Graded", row(4, "A")), snapshot(3, "In Transit", row(9))), MAPPINGS)
    assert (history.milestone, history.counted[0].quantity) == (Milestone.GRADED, 4)


def test_graded_once_said_stays_said() -> None:
    history = fold(returned(snapshot(5, "Graded", row(4, "A")), snapshot(6, "Received", row(4, "A"))), MAPPINGS)
    assert (history.graded, history.milestone) == (True, Milestone.GRADED)


def test_cancelled_counts_only_when_the_newest_says_so() -> None:
    cancelled = snapshot(3, "", row(3), status="Cancelled")
    assert not fold(returned(snapshot(0, "", row(3)), cancelled), MAPPINGS).live
    assert fold(returned(cancelled, snapshot(4, "In Transit", row(3), status="Approved")), MAPPINGS).live


@pytest.mark.parametrize(("status", "tracking"), [("", ""), ("", "Beamed up"), ("Closed", ""), ("Closed", "Graded")])
def test_a_cancellation_is_not_taken_back_by_a_word_that_does_not_speak_of_it(status: str, tracking: str) -> None:
    """Silence, an unmapped word, filing away: none of them says that the return goes on after all."""
    record = returned(
        snapshot(4, "Graded", row(2, "E")),
        snapshot(5, "Graded", row(2, "A"), status="Cancelled"),
        snapshot(6, tracking, row(2, "A"), status=status),
    )
    answer = plan(TEN, record)
    assert (answer.milestone.word, answer.posting) == ("cancelled", None)


@pytest.mark.parametrize("word", ["", "In Transit", "At Hub"])
def test_what_is_still_on_its_way_by_its_own_words_is_no_count_whatever_its_date(word: str) -> None:
    """The sender's clock runs ahead: 3 asked for, dated after the 2 that were graded."""
    record = returned(
        snapshot(0, "", row(3)), snapshot(5, "Graded", row(2, "A")), snapshot(6, word, row(3, "A"), status="Approved")
    )
    answer = plan(TEN, record)
    assert answer.posting is not None
    assert (str(answer.posting.total), codes(answer)) == ("20.00", ["received_short"])


def test_a_tie_in_time_is_decided_by_the_milestone_then_by_the_later_sighting() -> None:
    graded, received = snapshot(5, "Graded", row(4, "A")), snapshot(5, "Received", row(9))
    assert fold(returned(graded, received), MAPPINGS).counted[0].quantity == 4
    again = replace(graded, rows=(row(3, "A"),), sequence=99)
    assert fold(returned(again, graded), MAPPINGS).counted[0].quantity == 3


def test_intake_lines_are_the_request_until_zigzag_showed_one() -> None:
    record = returned(intake=[IntakeLine("GLOVE", row(2).quantity or row(1).quantity or 0)])  # type: ignore[arg-type]
    assert fold(record, MAPPINGS).requested[0].quantity == 2
    shown = replace(record, snapshots=(snapshot(1, "", row(3)),))
    assert [request.quantity for request in fold(shown, MAPPINGS).requested] == [3]
    straight_to_graded = replace(record, snapshots=(snapshot(5, "Graded", row(3, "A")),))
    assert [request.quantity for request in fold(straight_to_graded, MAPPINGS).requested] == [2]


def test_a_notice_without_products_takes_no_goods_back() -> None:
    history = fold(returned(snapshot(5, "Graded", row(4, "A")), snapshot(6, "Restocked")), MAPPINGS)
    assert (history.restocked, [each.quantity for each in history.counted]) == (True, [4])


def test_an_unknown_word_is_told_and_releases_nothing_until_it_is_mapped() -> None:
    record = returned(snapshot(1, "Received", row(2, "A")), snapshot(2, "Put away", row(2, "A"), status=""))
    answer = plan(TEN, record)
    assert (answer.posting, codes(answer), answer.flags[0].mapping) == (
        None,
        ["status_not_mapped"],
        ("tracking_statuses", "Put away"),
    )
    known = plan(TEN, record, mappings=mapped(tracking_statuses={"put_away": "restocked"}))
    assert known.posting is not None
    assert codes(known) == []


def test_an_unknown_word_is_forgotten_once_a_later_one_says_where_the_goods_are() -> None:
    record = returned(snapshot(1, "Somewhere", row(2), status=""), snapshot(2, "In Transit", row(2)))
    assert codes(plan(TEN, record)) == []


def test_closed_does_not_make_an_unknown_word_before_it_forgotten() -> None:
    record = returned(
        snapshot(1, "Received", row(2, "A")),
        snapshot(2, "Put away", row(2, "A"), status=""),
        snapshot(3, "", row(2, "A"), status="Closed"),
    )
    assert "status_not_mapped" in codes(plan(TEN, record))


def test_a_word_mapped_to_no_milestone_counts_as_not_mapped() -> None:
    assert milestone_of("", "Odd", mapped(tracking_statuses={"Odd": "banana"}), "") is Milestone.UNKNOWN
