"""A page of returns, end to end: ZigZag's word, the order in Oro, one write, the ledger's record of it."""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sidecar.ledger import flags, inbox, postings, returns, signals, work
from sidecar.sandbox.oro import Fault
from sidecar.sync import asking, decisions, page, writing
from tests.sync.town import BEGIN, Town, gloves_order

ASKED = [{"productSku": "GLOVE", "quantity": "1"}]
COUNTED = [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}]


def codes(place: Town, state: str = "open") -> set[str]:
    with place.ledger.read() as conn:
        return {flag.code for flag in flags.search(conn, state=state).rows}


def asked(place: Town, return_id: str) -> page.PageReport:
    """Somebody presses "sync" on one return, and a page of it alone is gone through."""
    asking.request_sync(place.ledger, return_id, retailer_code="GL123", actor="ann", now=place.clock())
    with place.ledger.read() as conn:
        row = returns.get(conn, "GL123", return_id)
    assert row is not None
    return page.run(place.world(), [row.id])


def test_a_case_of_50_comes_back_as_50_pieces_and_is_one_case_of_credit_and_50_pieces_of_stock(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.says("R1", "SO-1", COUNTED, tracking="Restocked")
    place.work()
    assert place.totals == [("GL123:R1:1", Decimal("120.00"))]
    assert place.level("GLOVE") == 50
    assert place.in_oro("R1")["status"] == "closed"
    assert place.in_oro("R1")["syncState"] == "in_sync"


def test_a_carrier_scan_or_a_receipt_releases_no_money(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.says("R1", "SO-1", ASKED, tracking="Carrier Scan")
    place.settle()
    place.says("R1", "SO-1", COUNTED, tracking="Received")
    place.settle()
    assert place.memos == []
    assert place.in_oro("R1")["status"] == "received"


def test_credit_comes_with_the_grade_and_stock_with_the_restock_each_once(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.settle()
    assert place.totals == [("GL123:R1:1", Decimal("120.00"))]
    assert place.level("GLOVE") == 0
    assert place.in_oro("R1")["status"] == "graded"
    place.says("R1", "SO-1", COUNTED, tracking="Restocked")
    place.settle()
    assert place.totals == [("GL123:R1:1", Decimal("120.00"))]
    assert place.level("GLOVE") == 50
    assert place.in_oro("R1")["status"] == "closed"


def test_an_unchanged_return_costs_no_write(place: Town) -> None:
    gloves_order(place)
    said = place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.settle()
    before = place.shop.counters()["writes"]
    place.tell(said)
    with place.ledger.begin() as conn:
        row = returns.get(conn, "GL123", "R1")
        assert row is not None
        work.make_due(conn, [row.id], place.clock(), pull=True, reason="test", correlation_id="test")
    place.settle()
    assert place.shop.counters()["writes"] == before


def test_a_page_repeated_does_nothing_again(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    due = place.due()
    page.run(place.world(), due)
    again = page.run(place.world(), due)
    assert again.taken == 0
    assert len(place.memos) == 1


def test_a_poison_return_does_not_stop_its_page(place: Town) -> None:
    gloves_order(place, "SO-1")
    gloves_order(place, "SO-2")
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.says("R2", "SO-2", COUNTED, tracking="Graded")
    place.shop.faults.add("error500_before", on="POST", contains='"GL123:R1:1"', count=1)
    report = place.work()
    assert (report.written, report.failed) == (1, 1)
    assert [key for key, _ in place.totals] == ["GL123:R2:1"]
    place.settle()
    assert sorted(key for key, _ in place.totals) == ["GL123:R1:1", "GL123:R2:1"]


def test_a_return_whose_stored_messages_cannot_be_read_any_more_stops_only_its_own_order(place: Town) -> None:
    gloves_order(place, "SO-1")
    gloves_order(place, "SO-2")
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.says("R2", "SO-2", COUNTED, tracking="Graded")
    with place.ledger.begin() as conn:
        conn.exec_driver_sql("UPDATE inbox SET payload = '{' WHERE return_id = 'R1'")
    report = page.run(replace(place.world(), zigzag=None), place.due())
    assert (report.written, report.failed) == (1, 1)
    assert place.totals == [("GL123:R2:1", Decimal("120.00"))]
    with place.ledger.read() as conn:
        row = returns.get(conn, "GL123", "R1")
        assert row is not None
        (waiting,) = work.load(conn, [row.id])
    assert (waiting.attempts, "not JSON" in waiting.last_error) == (1, True)


def test_an_order_that_oro_answers_with_something_missing_stops_only_its_own_returns(place: Town) -> None:
    gloves_order(place, "SO-1")
    lamp = place.shop.tables["products"].one("sku", "LAMP")
    assert lamp is not None
    place.shop.add_order("SO-2", "GBP", [{"sku": "LAMP", "quantity": "1", "unit": "each", "value": "9.00"}])
    del place.shop.tables["productunitprecisions"].rows[lamp.relationships["unitPrecisions"][0]]
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.says("R2", "SO-2", [{"productSku": "LAMP", "quantity": "1", "grade": "A"}], tracking="Graded")
    report = place.work()
    assert (report.written, report.failed) == (1, 1)
    assert [key for key, _ in place.totals] == ["GL123:R1:1"]


def test_an_order_oro_does_not_know_is_flagged_and_found_later(place: Town) -> None:
    place.says("R1", "SO-LATE", COUNTED, tracking="Graded")
    place.work()
    assert "order_not_found" in codes(place)
    gloves_order(place, "SO-LATE")
    place.clock.forward(minutes=11)
    place.settle()
    assert len(place.memos) == 1
    assert "order_not_found" not in codes(place)
    assert "order_not_found" in codes(place, "released")


def test_a_mapping_that_arrives_releases_what_waited_for_it(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "50", "grade": "E"}], tracking="Graded")
    place.settle()
    assert place.memos == []
    assert "grade_not_mapped" in codes(place)
    place.maps("grades", "E", {"credit_percent": 25, "disposition": "scrap"})
    place.work()
    assert place.totals == [("GL123:R1:1", Decimal("30.00"))]
    assert "grade_not_mapped" not in codes(place)


def test_when_zigzag_is_down_the_return_waits_and_one_flag_tells_it(place: Town) -> None:
    from sidecar.sandbox.zigzag.faults import Fault

    gloves_order(place)
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.house.faults.add(Fault("drop", "return", times=None))
    place.work()
    assert place.memos == []
    assert codes(place) == {"zigzag_unreachable"}
    place.house.faults.clear()
    place.settle()
    assert len(place.memos) == 1
    assert codes(place) == set()


def test_when_oro_is_switched_off_everything_waits_and_it_is_told(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.shop.bundle_enabled = False
    place.work()
    assert place.memos == []
    assert "bundle_switched_off" in codes(place)
    place.shop.bundle_enabled = True
    place.settle()
    assert len(place.memos) == 1
    assert "bundle_switched_off" not in codes(place)


def test_an_oro_that_can_be_read_again_is_said_though_nothing_is_to_be_written(place: Town) -> None:
    """A quiet night: the last thing that failed was a read, and no write comes before the morning."""
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.settle()
    place.shop.faults.add(Fault("unavailable503", on="read", count=1))
    asked(place, "R1")
    assert codes(place) == {"oro_unreachable"}
    writes = place.shop.counters()["writes"]
    asked(place, "R1")
    assert place.shop.counters()["writes"] == writes
    assert codes(place) == set()
    with place.ledger.read() as conn:
        signal = signals.get(conn, "oro")
    assert signal is not None
    assert (signal.ok, signal.detail) == (True, "answered")


def test_a_write_that_was_refused_is_not_forgotten_because_orders_can_be_read(place: Town) -> None:
    """The bundle is switched off, then a read fails and the next is answered: the writes still wait."""
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.settle()
    gloves_order(place, "SO-2")
    place.says("R2", "SO-2", COUNTED, tracking="Graded")
    place.shop.bundle_enabled = False
    place.work()
    place.shop.faults.add(Fault("unavailable503", on="read", count=1))
    asked(place, "R1")
    asked(place, "R1")
    assert "bundle_switched_off" in codes(place)
    place.shop.bundle_enabled = True
    place.settle()
    assert codes(place) == set()


def test_two_returns_of_one_order_share_its_ceiling(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "75", "grade": "A"}], tracking="Graded")
    place.says("R2", "SO-1", [{"productSku": "GLOVE", "quantity": "75", "grade": "A"}], tracking="Graded")
    place.settle()
    assert sum(total for _, total in place.totals) == Decimal("240.00")
    assert "received_over" in codes(place)


def test_every_snapshot_ends_applied_or_superseded(place: Town) -> None:
    gloves_order(place)
    first = place.says("R1", "SO-1", ASKED, status="Requested", told=False)
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.settle()
    place.tell(first)
    place.settle()
    with place.ledger.read() as conn:
        row = returns.get(conn, "GL123", "R1")
        assert row is not None
        states = sorted(each.state for each in inbox.snapshots_of(conn, [row.id])[row.id])
    assert states == ["applied", "superseded"]


def test_what_was_posted_can_be_recomputed_from_the_evidence(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    place.settle()
    with place.ledger.read() as conn:
        row = returns.get(conn, "GL123", "R1")
        assert row is not None
        (posting,) = postings.of_returns(conn, [row.id])[row.id]
    assert posting.state == "confirmed"
    assert posting.oro_id == place.memos[0].get("id", posting.oro_id)
    assert set(posting.evidence) >= {"order", "mappings", "snapshots", "policy"}


def test_an_order_number_corrected_while_the_old_order_is_read_is_credited_on_the_new_one_alone(place: Town) -> None:
    """120.00 are due once: the correction comes between the reading of SO-1 and the commit of its memo."""
    gloves_order(place)
    gloves_order(place, "SO-2")
    place.says("R1", "SO-1", COUNTED, tracking="Graded")
    corrected = False

    def correct(at: str) -> None:
        nonlocal corrected
        if at == "planned" and not corrected:
            corrected = True
            place.says("R1", "SO-2", COUNTED, tracking="Graded")

    place.work(place.world(step=correct))
    assert place.memos == []
    place.settle()
    assert place.totals == [("GL123:R1:1", Decimal("120.00"))]
    assert place.in_oro("R1")["orderIdentifier"] == "SO-2"


def test_an_announced_order_that_oro_never_gets_is_looked_for_daily_after_two_weeks(place: Town) -> None:
    """Every ten minutes while the return is young, announced by the shop alone; ZigZag never hears of it."""
    body = {"return_id": "R1", "order_identifier": "SO-404", "lines": [{"sku": "GLOVE", "quantity": "1"}]}
    asking.take_in(place.ledger, body, retailer_code="GL123", actor="shop", now=place.clock())
    pauses = []
    for days in (0, 13, 15):
        place.clock.now = BEGIN + timedelta(days=days)
        place.work()
        with place.ledger.read() as conn:
            following = work.next_due(conn)
        assert following is not None
        pauses.append(following - place.clock())
    assert pauses == [timedelta(minutes=10), timedelta(minutes=10), timedelta(days=1)]


def test_a_mapping_that_arrives_while_a_page_is_planned_without_it_releases_what_the_page_held(place: Town) -> None:
    """Grade E is mapped between the plan that lacks it and the commit of its flag, which the mapping cannot see."""
    gloves_order(place)
    place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "50", "grade": "E"}], tracking="Graded")

    def arrives(at: str) -> None:
        if at == "planned":
            place.maps("grades", "E", {"credit_percent": 50, "disposition": "scrap"})

    place.work(place.world(step=arrives))
    assert place.memos == []
    place.settle()
    assert place.totals == [("GL123:R1:1", Decimal("60.00"))]
    assert codes(place) == set()


def test_a_mapping_releases_also_what_a_person_had_given_up(place: Town) -> None:
    """A flag that is dismissed keeps what it held; the mapping it waited for sets that free all the same."""
    gloves_order(place)
    place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "50", "grade": "E"}], tracking="Graded")
    place.settle()
    with place.ledger.read() as conn:
        (flag,) = flags.search(conn, code="grade_not_mapped").rows
    decisions.resolve(place.ledger, flag.id, note="nobody knows", actor="anna", now=place.clock())
    place.settle()
    assert place.memos == []
    place.maps("grades", "E", {"credit_percent": 50, "disposition": "scrap"})
    place.settle()
    assert place.totals == [("GL123:R1:1", Decimal("60.00"))]


def test_answers_of_oro_are_committed_in_the_order_in_which_the_intake_takes_returns(
    place: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a webhook with news of both could hold R1 and wait for R2, and the page hold R2 and wait for R1."""
    for n in (1, 2, 3):
        gloves_order(place, f"SO-{n}")
        place.says(f"R{n}", f"SO-{n}", COUNTED, tracking="Graded")
    taken: list[list[str]] = []
    mark_synced, confirm = returns.mark_synced, writing._confirm

    def listen(conn: Any, synced: Any, now: Any) -> None:
        rows = list(synced)
        taken.append([row.return_id for pk in rows for row in returns.by_pks(conn, [pk.pk])])
        mark_synced(conn, rows, now)

    def backwards(world: Any, answered: Any, report: Any) -> None:
        confirm(world, sorted(answered, key=lambda each: each.intent.record.return_id, reverse=True), report)

    monkeypatch.setattr(returns, "mark_synced", listen)
    monkeypatch.setattr(writing, "_confirm", backwards)
    monkeypatch.setattr(writing, "_as_they_come", lambda calls: [wait(calls).done])
    place.work()
    assert taken == [["R1", "R2", "R3"]]
