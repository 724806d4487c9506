"""The story of a return: what was said, planned, flagged, decided and posted, in its order."""

from __future__ import annotations

from sidecar.ledger import audit, flags, work
from sidecar.sync import decisions, story
from sidecar.sync.story import Story
from tests.sync.town import Town, gloves_order

ASKED = [{"productSku": "GLOVE", "quantity": "1"}]
ODD = [{"productSku": "GLOVE", "quantity": "50", "grade": "E"}]


def told(place: Town, return_id: str = "R1") -> Story:
    found = story.of_return(place.ledger, return_id, place.settings)
    assert found is not None
    return found


def a_grade_nobody_knew(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.settle()
    place.says("R1", "SO-1", ODD, tracking="Graded")
    place.settle()
    place.clock.forward(minutes=5)
    with place.ledger.read() as conn:
        (flag,) = flags.search(conn, code="grade_not_mapped").rows
    decisions.note(place.ledger, flag.id, text="asked Leeds", actor="ann", now=place.clock())
    place.clock.forward(minutes=5)
    place.maps("grades", "E", {"credit_percent": 50, "disposition": "scrap"})
    place.settle()


def test_everything_that_happened_is_told_the_newest_first(place: Town) -> None:
    a_grade_nobody_knew(place)
    events = [(event.kind, event.text) for event in told(place).events]
    in_order = [
        ("posting", "Credit of 60.00 GBP confirmed by OroCommerce"),
        ("plan", "Planned as closed"),
        ("person", "Note by ann"),
        ("plan", "Planned as graded, with something to decide"),
        ("snapshot", "ZigZag said Approved, Graded (graded)"),
        ("plan", "Planned as requested"),
        ("snapshot", "ZigZag said Requested (requested)"),
    ]
    assert [event for event in events if event in in_order] == in_order
    assert ("flag", "Flag: Grade without a mapping") in events
    assert ("flag", "Flag ended: Grade without a mapping") in events


def test_a_plan_says_what_waited_and_from_what_it_was_made(place: Town) -> None:
    a_grade_nobody_knew(place)
    with place.ledger.read() as conn:
        newest, before, first = audit.search(conn, return_id="R1", action=audit.PLANNED)
    assert (before.detail["state"], before.detail["owed"], newest.detail["owed"]) == ("review", "0", "0")
    assert newest.detail["posting"] == "GL123:R1:1"
    assert newest.detail["mappings"] > before.detail["mappings"] == first.detail["mappings"]
    assert newest.detail["order"] == told(place).row.order_digest
    assert newest.actor == "system"


def test_a_plan_that_says_nothing_new_is_not_told(place: Town) -> None:
    a_grade_nobody_knew(place)
    with place.ledger.begin() as conn:
        work.make_due(conn, [told(place).row.id], place.clock(), pull=True, reason="t", correlation_id="t")
    place.settle()
    with place.ledger.read() as conn:
        assert len(audit.search(conn, return_id="R1", action=audit.PLANNED)) == 3


def test_each_memo_is_explained_with_the_order_it_was_computed_from(place: Town) -> None:
    a_grade_nobody_knew(place)
    (line,) = place.shop.tables["orderlineitems"].sorted()
    line.attributes["rowTotalAfterDiscount"] = "150.0000"
    place.says("R2", "SO-1", ASKED, status="Requested")
    place.settle()
    (memo,) = told(place).memos
    assert memo.explained is not None
    assert memo.explained.agrees
    assert "1/4 (0.5 of 2 case) of 200.00: 50.00 net + 10.00 tax." in memo.explained.lines[0].sentence


def test_the_record_in_oro_is_known_by_its_number(place: Town) -> None:
    a_grade_nobody_knew(place)
    assert told(place).row.oro_return_id == place.in_oro("R1")["id"]


def test_of_an_unknown_return_there_is_no_story(place: Town) -> None:
    assert story.of_return(place.ledger, "R9", place.settings) is None
