"""The first page: is anything stuck, since when, and how much money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sidecar.ledger import flag_decisions, flags, inbox, postings, returns, signals, work
from sidecar.ledger.tables import returns as return_table
from tests.ledger.builders import a_return, draft, incoming, posting
from tests.web.conftest import NOW
from tests.web.desk.conftest import Desk, plain

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def flag(desk: Desk, code: str, owner: str, severity: str, amount: str | None, at: datetime, **more: Any) -> None:
    with desk.door.ledger.begin() as conn:
        pk = a_return(conn, f"R-{code}-{at:%d%H%M}")
        stated = draft(
            code,
            owner=owner,
            severity=severity,
            amount=Decimal(amount) if amount else None,
            due_at=at + DAY,
            **more,
        )
        flags.raise_for_return(conn, pk, stated, at)


def confirmed(desk: Desk, n: int, at: datetime, **changes: Any) -> None:
    with desk.door.ledger.begin() as conn:
        pk = a_return(conn)
        row = posting(pk, n, **changes)
        postings.insert_planned(conn, [row])
        postings.mark_confirmed(conn, {row.key: "1"}, at)


def today(desk: Desk) -> str:
    return plain(desk.signed_in("cx", name=f"cx{NOW.timestamp():.0f}").get("/desk").text)


def test_an_empty_ledger_says_that_nothing_is_stuck(desk: Desk) -> None:
    text = today(desk)
    assert "Nothing is stuck" in text
    assert "No return is known yet" in text


def test_open_flags_are_added_up_by_owner_with_the_amount_in_each_currency(desk: Desk) -> None:
    flag(desk, "order_not_found", "cx", "warning", "30.00", NOW - 3 * DAY)
    flag(desk, "sku_not_on_order", "cx", "warning", "8400.00", NOW - HOUR, currency="EUR")
    flag(desk, "exchange_requested", "cx", "warning", "30.00", NOW - HOUR, currency="EUR")
    flag(desk, "posting_conflict", "finance", "critical", "1500", NOW - 2 * HOUR, currency="JPY")
    flag(desk, "reason_not_mapped", "operations", "info", "99.00", NOW - 9 * DAY)
    text = today(desk)
    assert "4 flags wait for somebody, the oldest for 3 days" in text
    assert "At stake: 8,430.00 EUR + 30.00 GBP + 1,500 JPY" in text
    assert "1 flag is past due" in text
    assert "1 more is for information only" in text
    assert "CX 3 open, 1 past due, oldest 3 days 8,430.00 EUR + 30.00 GBP" in text
    assert "Finance 1 open, 1 critical, oldest 2 h 1,500 JPY" in text
    assert "Operations 0 nothing open" in text


def test_a_flag_that_was_closed_is_nobodys_any_more(desk: Desk) -> None:
    flag(desk, "order_not_found", "cx", "warning", "30.00", NOW - HOUR)
    with desk.door.ledger.begin() as conn:
        flag_decisions.resolve(conn, 1, actor="ann", note="done", now=NOW)
    assert "Nothing is stuck" in today(desk)


def test_credit_counts_in_the_business_s_own_day_and_month(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(RETURNS_TIMEZONE="Pacific/Auckland")  # 13 hours ahead: 20 November 10:05 UTC is 23:05 there
    confirmed(desk, 1, datetime.fromisoformat("2026-11-19T11:00:00Z"))  # the 20th, just begun
    confirmed(desk, 2, datetime.fromisoformat("2026-11-19T10:59:00Z"))  # the 19th
    confirmed(desk, 3, datetime.fromisoformat("2026-10-31T10:59:00Z"))  # October
    confirmed(desk, 4, datetime.fromisoformat("2026-10-31T11:01:00Z"))  # November
    confirmed(desk, 5, NOW, kind="stock", total=Decimal("0.00"), net=Decimal("0.00"), tax=Decimal("0.00"))
    text = today(desk)
    assert "Today November October" in text
    assert "GBP 120.00 GBP 1 memo, tax 20.00 GBP 360.00 GBP 3 memos, tax 60.00 GBP 120.00 GBP 1 memo" in text


def test_credit_of_this_very_moment_counts_though_a_worker_s_clock_runs_ahead(desk: Desk) -> None:
    confirmed(desk, 1, NOW)
    confirmed(desk, 2, NOW + MINUTE)
    assert "GBP 240.00 GBP 2 memos" in today(desk)


def test_each_link_of_the_chain_says_when_it_was_last_heard_of(desk: Desk) -> None:
    with desk.door.ledger.begin() as conn:
        inbox.store(conn, incoming(received_at=NOW - 5 * MINUTE))
        signals.beat(conn, "zigzag", NOW - 2 * MINUTE, ok=True, detail="answered")
        signals.beat(conn, "oro", NOW - 3 * MINUTE, ok=False, detail="HTTP 503")
        signals.beat(conn, "dispatcher", NOW - 4 * HOUR, ok=True, detail="host")
        signals.cursor_set(conn, "pull", NOW.isoformat(), NOW - 2 * HOUR)
        pk = a_return(conn, "waiting")
        work.make_due(conn, [pk], NOW - 40 * MINUTE, pull=False, reason="", correlation_id="")
    text = today(desk)
    assert "Webhook last message 5 min ago" in text
    assert "Pull late last walk ended 2 h ago" in text
    assert "ZigZag answered 2 min ago" in text
    assert "OroCommerce down HTTP 503 3 min ago" in text
    assert "Dispatcher down silent 4 h ago" in text
    assert "Queue down 1 due, 0 in the queue, 0 later, oldest 40 min" in text
    assert "Workers down 0 alive" in text


def test_returns_stand_in_the_order_of_their_milestones(desk: Desk) -> None:
    with desk.door.ledger.begin() as conn:
        for n, (milestone, state) in enumerate((("closed", "in_sync"), ("graded", "review"), ("graded", "in_sync"))):
            pk = a_return(conn, f"R{n}")
            conn.execute(return_table.update().where(return_table.c.id == pk).values(milestone=milestone, state=state))
    assert {each[:2] for each in _counts(desk)} == {("in_sync", "closed"), ("in_sync", "graded"), ("review", "graded")}
    text = today(desk)
    assert "Milestone Review Failed Pending In sync All" in text
    assert "Graded 1 - - 1 2 Closed - - - 1 1" in text


def _counts(desk: Desk) -> list[tuple[str, str, int]]:
    with desk.door.ledger.read() as conn:
        return returns.counts(conn)


def test_the_bars_of_the_last_two_days_say_their_figures_in_words(desk: Desk) -> None:
    with desk.door.ledger.begin() as conn:
        for n in range(3):
            inbox.store(conn, incoming(str(n), received_at=NOW - 3 * HOUR))
        inbox.store(conn, incoming("now", received_at=NOW))
        inbox.store(conn, incoming("old", received_at=NOW - 49 * HOUR))
    confirmed(desk, 1, NOW - 30 * HOUR)
    page = desk.signed_in("cx").get("/desk").text
    assert 'aria-label="Snapshots: 4 in 48 hours, 1 in this one, at most 3 in one"' in page
    assert 'aria-label="Postings: 1 in 48 hours, 0 in this one, at most 1 in one"' in page
    assert "Postings 0 in 24 h" in plain(page)


def test_htmx_is_given_the_figures_alone(desk: Desk) -> None:
    part = desk.signed_in("cx").get("/desk/today", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="figures"')
