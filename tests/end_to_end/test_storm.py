"""The storm in small; the full size is ``python -m tests.end_to_end.storm --deliveries 100000``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ledger_of
from tests.end_to_end import storm
from tests.end_to_end.weather import KINDS, Weather, make_weather

DELIVERIES = 1000
ENDS = datetime(2026, 11, 27, tzinfo=UTC)


def test_every_message_is_delivered_at_least_once_and_the_same_seed_makes_the_same_storm() -> None:
    weather = make_weather(2000, seed=7, ends=ENDS)
    assert len(weather.deliveries) == 2000
    assert set(weather.deliveries) == set(range(len(weather.messages)))
    assert 700 < len(weather.messages) < 900
    assert weather.deliveries != sorted(weather.deliveries)
    assert weather == make_weather(2000, seed=7, ends=ENDS)
    assert weather.deliveries != make_weather(2000, seed=8, ends=ENDS).deliveries


def test_what_is_due_for_one_order_of_each_kind() -> None:
    """100 + 20, 900, 10, 50, 10, 60 and nothing."""
    assert sum(Decimal(kind.net) + Decimal(kind.tax) for kind in KINDS) == 1150
    assert sum(Decimal(kind.pieces) for kind in KINDS) == 1055


@pytest.fixture
def harsher_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """PostgreSQL where there is one, as it lets the most happen at once; the demo is a storm on SQLite."""
    try:
        request.getfixturevalue("postgres_server")
        kind = "postgresql"
    except pytest.skip.Exception:
        kind = "sqlite"
    with ledger_of(kind, request, tmp_path) as url:
        yield url


@pytest.mark.slow
def test_deliveries_doubled_and_shuffled_credit_every_return_once(harsher_ledger: str, tmp_path: Path) -> None:
    found = storm.run(DELIVERIES, seed=20261127, var=tmp_path / "var", database_url=harsher_ledger)
    assert found.problems == []
    assert (found.double_postings, found.lost_returns, found.lost_messages) == (0, 0, 0)
    assert found.acknowledged == DELIVERIES
    assert found.credited == found.expected > 0
    assert found.oro_faults > 0, "Oro was in trouble too"


def _books(*memos: tuple[str, str, str, str]) -> dict[str, Any]:
    found = [
        {
            "postingKey": key,
            "orderReturn": key.split(":")[1],
            "orderIdentifier": "SO-1",
            "netValue": net,
            "taxValue": tax,
        }
        for key, _, net, tax in memos
    ]
    moves = [{"orderReturn": key.split(":")[1], "quantity": pieces} for key, pieces, _, _ in memos]
    return {"credits": found, "stock_movements": moves}


@pytest.mark.parametrize(
    ("memos", "doubled", "problems"),
    [
        ([("GL123:500000010:1", "50", "100.00", "20.00")], 0, 0),
        ([], 0, 3),  # the order, the return, the sum
        ([("GL123:500000010:1", "50", "100.00", "0")], 0, 2),  # the order, the sum
        ([("GL123:500000010:1", "50", "100.00", "20.00"), ("GL123:500000010:2", "50", "100.00", "20.00")], 2, 3),
        ([("GL123:500000010:1", "50", "100.00", "20.00"), ("GL123:500000010:1", "0", "0", "0")], 2, 1),
        ([("GL123:500000010:1", "50", "50.00", "10.00"), ("GL123:500000099:1", "0", "50.00", "10.00")], 0, 1),
    ],
    ids=["as due", "not credited", "without its tax", "credited twice", "one key twice", "of an unknown return"],
)
def test_the_verdict_sees_what_is_off(memos: list[tuple[str, str, str, str]], doubled: int, problems: int) -> None:
    weather = Weather(seed=0, orders={"SO-1": KINDS[0]}, returns={"500000010": "SO-1"})
    found = storm.Outcome(0, 0, 0, 1, 1, "sqlite", "off", rough=False)
    storm.compare_books(weather, _books(*memos), found)
    assert (found.double_postings, len(found.problems)) == (doubled, problems)
