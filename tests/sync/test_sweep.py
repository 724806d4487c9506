"""The night's comparison: what somebody changed in Oro is written again, what is missing of the money is told."""

from __future__ import annotations

from decimal import Decimal

from sidecar.ledger import flags
from sidecar.sync import sweep
from tests.sync.town import Town, gloves_order

COUNTED = [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}]


def told(place: Town) -> list[tuple[str, str, str]]:
    with place.ledger.read() as conn:
        rows = flags.search(conn, state="open").rows
    return [(flag.code, flag.owner, flag.message) for flag in rows]


def a_closed_return(place: Town) -> None:
    """One case of 50: 120.00 are credited, 50 pieces restocked."""
    gloves_order(place)
    place.says("R1", "SO-1", COUNTED, tracking="Restocked")
    place.settle()
    assert place.totals == [("GL123:R1:1", Decimal("120.00"))]


def test_a_night_on_which_nothing_differs_says_nothing_and_writes_nothing(place: Town) -> None:
    a_closed_return(place)
    before = place.shop.counters()["writes"]
    found = sweep.sweep(place.world())
    place.settle()
    assert (found.looked_at, found.drifted, found.lost) == (1, 0, 0)
    assert place.shop.counters()["writes"] == before
    assert told(place) == []


def test_a_status_that_somebody_changed_in_oro_is_written_back(place: Town) -> None:
    a_closed_return(place)
    (record,) = place.shop.tables["orderreturns"]
    record.attributes["status"] = "received"
    assert sweep.sweep(place.world()).drifted == 1
    place.settle()
    assert place.in_oro("R1")["status"] == "closed"
    assert told(place) == [
        ("edited_in_oro", "operations", "Oro shows status received instead of closed. It is written again.")
    ]


def test_a_memo_that_a_restored_backup_of_oro_lost_is_told_to_finance_and_not_posted_again(place: Town) -> None:
    a_closed_return(place)
    memos = place.shop.tables["orderreturncredits"]
    for memo in list(memos):
        memos.remove(memo)
    assert sweep.sweep(place.world()).lost == 1
    place.settle()
    assert place.memos == []
    assert told(place) == [
        ("posting_conflict", "finance", "Oro no longer shows GL123:R1:1 (120.00 GBP) as it had confirmed it.")
    ]
