"""Stored means stored: the message and its work in one commit, whoever brought it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sidecar.ledger import audit, flags, inbox, requests, returns, work
from sidecar.ledger.engine import Ledger
from sidecar.settings import Settings, load
from sidecar.sync import intake

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
def settings(ledger_url: str, tmp_path: Path) -> Settings:
    return load({"ZIGZAG_RETAILER_CODE": "GL123", "DATABASE_URL": ledger_url, "VAR_DIR": str(tmp_path)})


def said(return_id: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "retailerCode": "GL123",
        "orderNumber": "SO-1",
        "returnId": return_id,
        "orderStatus": "Approved",
        "dateTimeStatusChange": "2026-11-20T09:00:00Z",
        "products": [{"productSku": "GLOVE", "quantity": "1"}],
        **more,
    }


def hook(ledger: Ledger, settings: Settings, body: Any, now: datetime = NOW) -> intake.StoredWebhook:
    return intake.store_webhook(ledger, json.dumps(body).encode(), settings=settings, now=now, correlation_id="test")


def idle(ledger: Ledger) -> None:
    """Everything that was due is done."""
    with ledger.begin() as conn:
        for pk in work.due_now(conn, NOW + timedelta(days=1)):
            (row,) = work.load(conn, [pk])
            work.pulled(conn, {pk: row.generation})
            work.finish(conn, {pk: row.generation}, NOW)


def due(ledger: Ledger, now: datetime = NOW) -> list[work.WorkRow]:
    with ledger.read() as conn:
        return work.load(conn, sorted(work.due_now(conn, now)))


def rows(ledger: Ledger) -> list[inbox.InboxRow]:
    with ledger.read() as conn:
        return list(inbox.iter_all(conn))


# --- webhook ------------------------------------------------------------------------------------------------------


def test_a_webhook_makes_its_return_due_with_a_pull(ledger: Ledger, settings: Settings) -> None:
    assert hook(ledger, settings, said()) == intake.StoredWebhook(True, False, ("1",))
    (row,) = due(ledger)
    assert row.pull is True
    (kept,) = rows(ledger)
    assert kept.at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert kept.milestone_rank == 15


def test_a_duplicate_makes_nothing_due(ledger: Ledger, settings: Settings) -> None:
    hook(ledger, settings, said())
    idle(ledger)
    assert hook(ledger, settings, said()).duplicate is True
    assert due(ledger) == []


def test_the_message_and_its_work_are_one_commit(
    ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise RuntimeError("the process ends here")

    monkeypatch.setattr(work, "make_due", dies)
    with pytest.raises(RuntimeError):
        hook(ledger, settings, said())
    assert rows(ledger) == []


def test_simultaneous_deliveries_of_one_snapshot_are_stored_once(ledger: Ledger, settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: hook(ledger, settings, said()), range(24)))
    assert sum(not each.duplicate for each in done) == 1
    (row,) = rows(ledger)
    assert row.seen == 24


def test_simultaneous_deliveries_of_many_returns_do_not_lock_each_other_out(ledger: Ledger, settings: Settings) -> None:
    bodies = [[said(str(n)) for n in order] for order in ((1, 2, 3), (3, 2, 1), (2, 3, 1), (1, 3, 2))] * 4
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda body: hook(ledger, settings, body), bodies))
    assert all(each.stored for each in done)
    assert len(rows(ledger)) == 3


# --- pull ---------------------------------------------------------------------------------------------------------


def test_a_page_of_the_list_is_due_without_another_pull_and_only_when_new(ledger: Ledger, settings: Settings) -> None:
    page = [said(str(n)) for n in range(100)]
    assert intake.store_page(ledger, page, settings=settings, now=NOW) == intake.StoredPage(100, 100)
    assert [row.pull for row in due(ledger)] == [False] * 100
    idle(ledger)
    again = [*page[:99], said("99", orderStatus="Closed")]
    assert intake.store_page(ledger, again, settings=settings, now=NOW) == intake.StoredPage(100, 1)
    assert len(due(ledger)) == 1


def test_a_page_in_one_commit(ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    begin = ledger.begin
    monkeypatch.setattr(ledger, "begin", lambda: begun.append(1) or begin())
    intake.store_page(ledger, [said(str(n)) for n in range(50)], settings=settings, now=NOW)
    assert len(begun) == 1


def test_an_entry_without_an_id_is_flagged_and_holds_up_nobody(ledger: Ledger, settings: Settings) -> None:
    page = [said("1"), {"orderNumber": "SO-2", "customerName": "Steve"}, said("2")]
    assert intake.store_page(ledger, page, settings=settings, now=NOW).new == 3
    assert len(due(ledger)) == 2
    with ledger.read() as conn:
        (flag,) = flags.search(conn, code="payload_unreadable", limit=10).rows
    assert "Steve" not in flag.message


def test_an_empty_page(ledger: Ledger, settings: Settings) -> None:
    assert intake.store_page(ledger, [], settings=settings, now=NOW) == intake.StoredPage(0, 0)


def test_the_answer_to_a_pull_is_stored_with_its_return(ledger: Ledger, settings: Settings) -> None:
    hook(ledger, settings, said())
    idle(ledger)
    zone = settings.zigzag_timezone
    with ledger.read() as conn:
        (row,) = returns.by_pks(conn, [1])
    (new,) = intake.store_pulled(ledger, [(row, said(orderStatus="Closed"))], zone=zone, now=NOW)
    assert new.duplicate is False
    assert intake.store_pulled(ledger, [(row, said("2"))], zone=zone, now=NOW) == []
    assert due(ledger) == []  # the page that pulled it goes on with it
    assert [row.source for row in rows(ledger)] == ["webhook", "pull"]


def test_a_state_that_comes_back_is_new_by_pull(ledger: Ledger, settings: Settings) -> None:
    """A, B, A: the pull tells what is true now, so the third word counts."""
    for status in ("Approved", "Rejected", "Approved"):
        intake.store_page(ledger, [said(orderStatus=status)], settings=settings, now=NOW)
    assert len(rows(ledger)) == 3


# --- file ---------------------------------------------------------------------------------------------------------


def test_a_file_comes_in_through_the_same_door(ledger: Ledger, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    lines = [f"{n},SO-1,GLOVE,{n % 5 + 1},Received" for n in range(250)]
    file.write_text("returnId,orderNumber,productSku,quantity,lastTrackingStatus\n" + "\n".join([*lines, ",SO-1,X,1,"]))
    calls: list[int] = []
    done = intake.import_feed(ledger, file, settings=settings, now=NOW, each=lambda: calls.append(1))
    assert (done.returns, done.new, done.duplicates) == (250, 250, 0)
    assert len(calls) == 250
    assert [problem.line for problem in done.problems] == [252]
    assert {row.source for row in rows(ledger)} == {"feed"}
    assert len(due(ledger)) == 250
    again = intake.import_feed(ledger, file, settings=settings, now=NOW)
    assert (again.new, again.duplicates) == (0, 250)


# --- what is asked for --------------------------------------------------------------------------------------------


BODY = {"return_id": "1", "order_identifier": "SO-1", "lines": [{"sku": "GLOVE", "quantity": "1"}]}


def take_in(ledger: Ledger, **more: Any) -> intake.Intake:
    return intake.take_in(ledger, {**BODY, **more}, retailer_code="GL123", actor="shop", now=NOW)


def test_simultaneous_announcements_are_one(ledger: Ledger) -> None:
    def announce(order: str) -> str:
        try:
            return "created" if take_in(ledger, order_identifier=order).created else "same"
        except intake.AnotherBody:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(announce, ["SO-1", "SO-2"] * 8))
    assert done.count("created") == 1
    assert done.count("same") == 7
    assert done.count("refused") == 8


def test_an_announcement_is_written_down(ledger: Ledger) -> None:
    take_in(ledger)
    with ledger.read() as conn:
        (entry,) = audit.search(conn, return_id="1", limit=10)
    assert (entry.actor, entry.action) == ("shop", "intake")


def test_a_refused_announcement_changes_nothing(ledger: Ledger, settings: Settings) -> None:
    hook(ledger, settings, said())
    idle(ledger)
    with pytest.raises(intake.AnotherBody):
        take_in(ledger, order_identifier="SO-OTHER")
    with ledger.read() as conn:
        row = returns.get(conn, "GL123", "1")
    assert row is not None
    assert row.intake is None
    assert due(ledger) == []


def ask(ledger: Ledger, return_id: str = "1", now: datetime = NOW) -> str:
    return intake.request_sync(ledger, return_id, retailer_code="GL123", actor="ann", now=now)


def test_simultaneous_presses_join(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = set(pool.map(lambda _: ask(ledger), range(16)))
    assert len(asked) == 1


@pytest.mark.parametrize("state", ["done", "failed"])
def test_a_request_that_has_ended_is_not_joined(ledger: Ledger, state: str) -> None:
    first = ask(ledger)
    with ledger.begin() as conn:
        (row,) = work.load(conn, [1])
        requests.finish(conn, [requests.Ended(1, row.generation, state, "so it is")], NOW)
    assert ask(ledger) != first
    with ledger.read() as conn:
        ended = requests.get(conn, first)
    assert ended is not None
    assert ended.state == state


def test_everything_that_has_not_ended(ledger: Ledger, settings: Settings) -> None:
    intake.store_page(ledger, [said(str(n)) for n in range(7)], settings=settings, now=NOW)
    idle(ledger)
    assert intake.request_everything(ledger, actor="ann", now=NOW) == 7
    assert [row.pull for row in due(ledger)] == [True] * 7
