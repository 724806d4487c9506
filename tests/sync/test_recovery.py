"""What a page finds in Oro about a call that never told, and what it does about it in the same breath."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sidecar.ledger import flags, postings, returns, work
from sidecar.returns.model import Document
from sidecar.sandbox.oro import Fault
from sidecar.sync import records
from tests.sync.town import Town, gloves_order

COUNTED = [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}]
KEY = "GL123:R1:1"


def codes(place: Town) -> set[str]:
    with place.ledger.read() as conn:
        return {flag.code for flag in flags.search(conn, state="open").rows}


def test_stock_that_is_due_beside_a_memo_found_in_oro_moves_in_the_same_pass(place: Town) -> None:
    """Graded: 120.00 are credited, and Oro's answer is lost. Restocked: the memo is found, and 50 pieces are due."""
    gloves_order(place)
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.shop.faults.add(Fault(on="write", kind="error500_after"))
    place.work()
    place.says("R1", "SO-1", COUNTED, tracking="Restocked")
    place.clock.forward(minutes=1)
    place.work()
    assert place.totals == [(KEY, Decimal("120.00"))]
    assert place.level("GLOVE") == 50
    assert place.in_oro("R1")["status"] == "closed"
    assert codes(place) == set()


def test_another_memo_under_our_key_is_left_to_finance_and_looked_at_once_an_hour(place: Town) -> None:
    """Oro holds 1.00 under the key of our 120.00. Nothing we send changes that, so it is not sent every few seconds."""
    gloves_order(place)
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    world = place.world()

    def somebody_posts(at: str) -> None:
        if at == "committed" and not place.memos:
            with place.ledger.read() as conn:
                ours = postings.get(conn, KEY)
            assert ours is not None
            posting = records.read_posting(ours)
            theirs = replace(posting, lines=(replace(posting.lines[0], net=Decimal(1), tax=Decimal(0)),), stock=())
            world.oro.documents.write(Document("R1", "SO-1", None, "graded", "in_sync"), theirs, "other", place.clock())

    place.work(place.world(step=somebody_posts))
    assert codes(place) == {"posting_conflict"}
    assert place.totals == [(KEY, Decimal("1.00"))]
    with place.ledger.read() as conn:
        following = work.next_due(conn)
        row = returns.get(conn, "GL123", "R1")
    assert row is not None
    assert row.state == "review"
    assert following is not None
    assert following - place.clock() >= timedelta(minutes=30)
