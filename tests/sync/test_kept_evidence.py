"""What a plan leaves behind: the order as Oro said it, when things were said, and which words were used."""

from __future__ import annotations

from sqlalchemy import select

from sidecar.ledger import orders_read, postings, returns
from sidecar.ledger.returns import ReturnRow
from sidecar.ledger.tables import orders_read as orders_table
from sidecar.ledger.tables import words as words_table
from tests.sync.town import Town, gloves_order

ASKED = [{"productSku": "GLOVE", "quantity": "1"}]
COUNTED = [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}]


def the_return(place: Town, return_id: str = "R1") -> ReturnRow:
    with place.ledger.read() as conn:
        row = returns.get(conn, "GL123", return_id)
    assert row is not None
    return row


def contents(place: Town) -> list[tuple[str, str]]:
    with place.ledger.read() as conn:
        return [(row.digest, row.body["lines"][0]["row_total"]) for row in conn.execute(select(orders_table))]


def reprice(place: Town, total: str) -> None:
    """Somebody edits the order in Oro: its two cases now cost ``total`` together."""
    (line,) = place.shop.tables["orderlineitems"].sorted()
    line.attributes["rowTotalAfterDiscount"] = total


def plan_again(place: Town) -> None:
    place.says("R1", "SO-1", ASKED, status="Approved", carrier=str(place.clock()))
    place.settle()


def test_the_order_as_read_is_kept_for_a_return_that_posts_nothing(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.settle()
    row = the_return(place)
    with place.ledger.read() as conn:
        kept = orders_read.many(conn, [("so-1", row.order_digest)])["so-1", row.order_digest]
    assert kept.body["lines"][0]["quantity"] == "2"
    assert kept.read_at <= place.clock()


def test_an_order_that_oro_does_not_know_leaves_no_evidence(place: Town) -> None:
    place.says("R1", "SO-NONE", ASKED, status="Requested")
    place.work()
    assert the_return(place).order_digest == ""
    assert contents(place) == []


def test_reading_the_same_order_again_keeps_one_content_and_tells_when_it_was_read_last(place: Town) -> None:
    gloves_order(place)
    plan_again(place)
    digest = the_return(place).order_digest
    place.clock.forward(hours=5)
    plan_again(place)
    with place.ledger.read() as conn:
        kept = orders_read.many(conn, [("so-1", digest)])["so-1", digest]
    assert [each for each, _ in contents(place)] == [digest]
    assert (place.clock() - kept.read_at).total_seconds() < 3600


def test_a_newer_content_replaces_the_older_one_that_nothing_was_posted_from(place: Town) -> None:
    gloves_order(place)
    plan_again(place)
    reprice(place, "150.0000")
    plan_again(place)
    assert [total for _, total in contents(place)] == ["150.0000"]


def test_the_content_that_a_posting_was_computed_from_stays_for_ever(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.settle()
    for total in ("150.0000", "160.0000"):
        reprice(place, total)
        place.says("R2", "SO-1", ASKED, status="Requested", carrier=total)
        place.settle()
    with place.ledger.read() as conn:
        (posting,) = postings.of_returns(conn, [the_return(place).id])[the_return(place).id]
    assert sorted(total for _, total in contents(place)) == ["160.0000", "200.0000"]
    assert dict(contents(place))[posting.evidence["order"]] == "200.0000"


def test_a_plan_knows_since_when_the_return_is_where_it_is(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.says("R1", "SO-1", COUNTED, tracking="Received")
    received = place.clock()
    place.says("R1", "SO-1", COUNTED, tracking="Received", carrier="DPD")
    place.settle()
    row = the_return(place)
    assert (row.milestone, row.milestone_at, row.received_at, row.graded_at) == ("received", received, received, None)
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    graded = place.clock()
    place.settle()
    row = the_return(place)
    assert (row.milestone_at, row.received_at, row.graded_at) == (graded, received, graded)


def test_the_words_of_every_snapshot_are_noted_once(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.settle()
    place.says("R1", "SO-1", COUNTED, tracking="Graded", carrier="DPD")
    place.settle()
    with place.ledger.read() as conn:
        used = {(row.kind, row.word) for row in conn.execute(select(words_table))}
    assert used >= {
        ("grades", "a"),
        ("tracking_statuses", "graded"),
        ("order_statuses", "requested"),
        ("skus", "GLOVE"),
    }
