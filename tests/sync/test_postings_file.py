"""Finance's file: every memo of a period once, in its currency's decimals, on its business day."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sidecar.ledger import postings
from sidecar.ledger.engine import Ledger
from sidecar.sync import postings_file
from tests.ledger import builders

LONDON = ZoneInfo("Europe/London")
AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def posted(ledger: Ledger, n: int, at: datetime = AT, *, of: tuple[str, str] = ("R1", "SO-1"), **more: Any) -> None:
    with ledger.begin() as conn:
        pk = builders.a_return(conn, *of)
        row = builders.posting(pk, n)
        postings.insert_planned(conn, [replace(row, key=f"GL123:{of[0]}:{n}", created_at=at, **more)])


def exported(ledger: Ledger, first: date, last: date, zone: Any = UTC, **more: Any) -> list[dict[str, str]]:
    since, until = postings_file.period(first, last, zone)
    return list(csv.DictReader(postings_file.lines(ledger, since, until, zone, **more)))


def test_a_memo_is_one_line_with_everything_finance_asks_for(ledger: Ledger) -> None:
    posted(ledger, 1)
    with ledger.begin() as conn:
        postings.mark_confirmed(conn, {"GL123:R1:1": "17"}, AT + timedelta(minutes=2))
    assert exported(ledger, AT.date(), AT.date()) == [
        {
            "posting_key": "GL123:R1:1",
            "return_id": "R1",
            "order": "SO-1",
            "kind": "credit",
            "currency": "GBP",
            "net": "100.00",
            "tax": "20.00",
            "total": "120.00",
            "status": "issued",
            "state": "confirmed",
            "oro_id": "17",
            "posted_at": "2026-11-20T10:00:00+00:00",
            "confirmed_at": "2026-11-20T10:02:00+00:00",
        }
    ]


def test_days_are_those_of_the_business_and_both_ends_count(ledger: Ledger) -> None:
    """British summer time ends on 25 October 2026: 31 August 23:30 UTC is 1 September in London."""
    posted(ledger, 1, datetime(2026, 8, 31, 22, 59, tzinfo=UTC))
    posted(ledger, 2, datetime(2026, 8, 31, 23, 0, tzinfo=UTC))
    posted(ledger, 3, datetime(2026, 9, 30, 22, 59, 59, tzinfo=UTC))
    posted(ledger, 4, datetime(2026, 9, 30, 23, 0, tzinfo=UTC))
    found = exported(ledger, date(2026, 9, 1), date(2026, 9, 30), LONDON)
    assert [row["posted_at"] for row in found] == ["2026-09-01T00:00:00+01:00", "2026-09-30T23:59:59+01:00"]


def test_amounts_have_the_decimals_of_their_currency(ledger: Ledger) -> None:
    posted(ledger, 1, currency="JPY", net=Decimal(500), tax=Decimal(50), total=Decimal(550))
    posted(ledger, 2, currency="KWD", net=Decimal("1.005"), tax=Decimal(0), total=Decimal("1.005"))
    found = exported(ledger, AT.date(), AT.date())
    assert [(row["net"], row["tax"]) for row in found] == [("500", "50"), ("1.005", "0.000")]


def test_movements_of_stock_alone_are_left_out_unless_asked_for(ledger: Ledger) -> None:
    nothing = Decimal("0.00")
    posted(ledger, 1, kind="stock", net=nothing, tax=nothing, total=nothing)
    assert exported(ledger, AT.date(), AT.date()) == []
    assert [row["kind"] for row in exported(ledger, AT.date(), AT.date(), stock=True)] == ["stock"]


def test_what_a_spreadsheet_would_run_is_text(ledger: Ledger) -> None:
    posted(ledger, 1, of=('=HYPERLINK("x")', "@SUM(1)"))
    (row,) = exported(ledger, AT.date(), AT.date())
    assert (row["return_id"], row["order"]) == ('\'=HYPERLINK("x")', "'@SUM(1)")


def test_a_long_period_is_streamed_without_gap_or_repeat(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings_file, "BATCH", 2)
    for n in range(1, 6):
        posted(ledger, n, AT + timedelta(seconds=n // 2))
    assert [row["posting_key"][-1] for row in exported(ledger, AT.date(), AT.date())] == ["1", "2", "3", "4", "5"]


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        postings_file.period(date(2026, 11, 2), date(2026, 11, 1), UTC)
