"""What is stored is enough: the same messages give the same state, in whatever order and by whatever door they came.

``LAWS_EXAMPLES=400 python -m pytest tests/laws`` tries for longer.
"""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from sidecar.returns.model import Posting
from sidecar.sandbox.oro.shop import OroShop
from sidecar.zigzag import exact_json
from tests.laws.bridge import MONDAY, Bridge, opened, wholesaler

LATER = MONDAY + timedelta(days=3)
LINES = {
    "SO-1": [("GLOVE", "2", "case", "100.00", "7.77"), ("WIRE", "10", "kg", "3.33", "0.00")],
    "SO-2": [("GLOVE", "10", "each", "9.99", "0.01"), ("SETS", "30", "item", "1.00", "5.00")],
}
HOME = {"R1": "SO-1", "R2": "SO-1", "R3": "SO-2"}
WORDS: list[tuple[str, str, Any]] = [
    ("grades", "E", {"credit_percent": 100, "disposition": "restock"}),
    ("warehouses", "FR0002", {"role": "destination", "oro_code": "south"}),
    ("scan_units", "GLOVE", "each"),
    ("fees", "returnCost", {"service_sku": "SVC", "treatment": "deduct"}),
    ("return_options", "9", "refund"),
    ("tracking_statuses", "Put away", "restocked"),
]


def tried(examples: int) -> settings:
    more = int(os.environ.get("LAWS_EXAMPLES", "0"))
    return settings(
        max_examples=more or examples,
        derandomize=not more,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def shop() -> OroShop:
    made = wholesaler()
    for identifier, lines in LINES.items():
        names = ("sku", "quantity", "unit", "value", "tax")
        made.add_order(identifier, "GBP", [dict(zip(names, line, strict=True)) for line in lines], total_discounts="1")
    return made


@dataclass(frozen=True)
class Stretch:
    """What arrives, and what is mapped, between two passes of the bridge."""

    messages: tuple[dict[str, Any], ...]
    mapped: tuple[tuple[str, str, Any], ...] = ()


History = Sequence[Stretch]


def said(return_id: str, order: str, minute: int, status: str, tracking: str, rows: Any, **more: Any) -> dict[str, Any]:
    return {
        "retailerCode": "GL123",
        "orderNumber": order,
        "returnId": return_id,
        "orderStatus": status,
        "lastTrackingStatus": tracking,
        "warehouseReference": "GB0064",
        "returnOption": "1",
        "dateTimeStatusChange": (MONDAY + timedelta(minutes=minute)).isoformat(),
        "products": rows,
        **more,
    }


@st.composite
def rows_of(draw: st.DrawFn, order: str) -> list[dict[str, Any]]:
    skus = [line[0] for line in LINES[order]]
    return [
        {
            "productSku": draw(st.sampled_from([*skus, *skus, "XYZ"])),
            "quantity": draw(st.sampled_from(["1", "2", "3", "12", "24"])),
            "grade": draw(st.sampled_from(["A", "A", "B", "C", "D", "E", ""])),
            "currency": draw(st.sampled_from(["", "", "", "CHF"])),
            "returnOption": draw(st.sampled_from(["", "", "", "9"])),
        }
        for _ in range(draw(st.integers(0, 3)))
    ]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Anything: every message has a moment of its own, and arrives at another."""
    count = draw(st.integers(2, 9))
    minutes = draw(st.permutations(range(count)))
    stretches: list[Stretch] = []
    waiting: list[dict[str, Any]] = []
    for minute in minutes:
        return_id = draw(st.sampled_from(list(HOME)))
        order = draw(st.sampled_from([HOME[return_id]] * 6 + ["SO-1", "SO-2", ""]))
        waiting.append(
            said(
                return_id,
                order,
                minute,
                draw(st.sampled_from(["Approved"] * 8 + ["Closed", "Cancelled", "Graded"])),
                draw(st.sampled_from(["", "In Transit", "Received", "Graded", "Graded", "Restocked", "Put away"])),
                draw(rows_of(HOME[return_id])),
                warehouseReference=draw(st.sampled_from(["GB0064", "GB0064", "GB0064", "FR0002", "DE0001", ""])),
                returnCost=draw(st.sampled_from([None, None, "1"])),
            )
        )
        if draw(st.booleans()):
            mapped = draw(st.lists(st.sampled_from(WORDS), max_size=1))
            stretches.append(Stretch(tuple(waiting), tuple(mapped)))
            waiting = []
    return (*stretches, Stretch(tuple(waiting)))


def lived(
    template: Path,
    history: History,
    arrange: Callable[[Sequence[dict[str, Any]]], Sequence[tuple[str, dict[str, Any]]]],
) -> Bridge:
    bridge = opened(template, shop(), now=LATER)
    for stretch in history:
        bridge.clock.forward(hours=1)
        for door, message in arrange(stretch.messages):
            bridge.deliver(message, door)
        for word in stretch.mapped:
            bridge.maps(*word)
        bridge.settle()
    return bridge


def as_they_came(messages: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [("webhook", each) for each in messages]


def backwards_twice_by_another_door(messages: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(door, each) for each in reversed(messages) for door in ("poll", "webhook")]


def state(bridge: Bridge) -> dict[str, Any]:
    """Everything that somebody could see of it, here or in Oro."""
    books = bridge.shop.books()
    return {
        "returns": {
            row.return_id: (row.order_identifier, row.milestone, row.status, row.state, row.document)
            for row in bridge.returns.values()
        },
        "postings": {posting.key: posting for posting in bridge.postings},
        "flags": bridge.live(),
        "levels": books["levels"],
        "credits": sorted((memo["postingKey"], memo["totalValue"]) for memo in books["credits"]),
    }


@given(histories())
@tried(examples=6)
def test_in_which_order_and_how_often_messages_arrive_between_two_passes_does_not_matter(
    sqlite_template: Path, history: History
) -> None:
    with (
        closing(lived(sqlite_template, history, as_they_came)) as one,
        closing(lived(sqlite_template, history, backwards_twice_by_another_door)) as other,
    ):
        assert state(one) == state(other)


@given(histories())
@tried(examples=4)
def test_what_a_plan_made_can_be_thrown_away_and_is_made_again_without_a_word_to_oro(
    sqlite_template: Path, history: History
) -> None:
    """Messages, postings, decisions and line numbers are the truth; all else follows from them."""
    with closing(lived(sqlite_template, history, as_they_came)) as bridge:
        before, writes = state(bridge), bridge.shop.counters().get("writes", 0)
        with bridge.ledger.begin() as conn:
            conn.execute(
                text(
                    "UPDATE returns SET milestone='unknown', state='pending', status='', warehouse='', tracking='',"
                    " carrier='', document=NULL, planned_digest='', owed=0, applied_inbox_id=NULL"
                )
            )
            conn.execute(text("UPDATE return_lines SET gone=1, requested='0', accepted='0', parts='[]'"))
            conn.execute(text("DELETE FROM flags"))
        bridge.wake_everybody()
        bridge.settle()
        assert state(bridge) == before
        assert bridge.shop.counters().get("writes", 0) == writes


@st.composite
def orderly_histories(draw: st.DrawFn) -> History:
    """Returns that the warehouse counts up, bit by bit, and that together fit into their orders."""
    messages: list[dict[str, Any]] = []
    for return_id, order in HOME.items():
        rows: list[dict[str, Any]] = []
        minute = draw(st.integers(0, 50)) * 10
        for word in ("", "Received", "Graded", "Graded", "Restocked"):
            for sku, _quantity, unit, _, _ in LINES[order]:
                few = "0.5" if (sku, unit) in (("WIRE", "kg"), ("SETS", "item")) else "1"
                if word in ("Received", "Graded") and draw(st.booleans()):
                    grade = draw(st.sampled_from(["A", "B", "C", "D"])) if word == "Graded" else ""
                    rows = [*rows, {"productSku": sku, "quantity": few, "grade": grade}]
            graded = [{**row, "grade": row["grade"] or "A"} for row in rows] if word == "Restocked" else rows
            minute += 1
            messages.append(said(return_id, order, minute, "Approved", word, graded))
    arrived = draw(st.permutations(messages))
    cuts = sorted(draw(st.sets(st.integers(1, len(arrived) - 1), max_size=4)))
    parts = [arrived[a:b] for a, b in zip([0, *cuts], [*cuts, len(arrived)], strict=True)]
    by_piece = ("scan_units", "GLOVE", "each")
    return [Stretch(tuple(part), (by_piece,) if index == 0 else ()) for index, part in enumerate(parts)]


def sums(postings: Sequence[Posting]) -> dict[str, tuple[Any, ...]]:
    """Per return and order line: what all its postings say together."""
    money: dict[str, list[Any]] = defaultdict(lambda: [Fraction(0), Fraction(0), Decimal(0), Decimal(0), Fraction(0)])
    for posting in postings:
        for line in posting.lines:
            there = money[f"{posting.return_id} {line.order_line_id}"]
            there[0] += line.weight
            there[1] += line.quantity
        for line in posting.lines:
            of_line = money[f"all {line.order_line_id}"]
            of_line[2] += line.net
            of_line[3] += line.tax
        for move in posting.stock:
            money[f"{posting.return_id} {move.order_line_id}"][4] += move.quantity
    return {where: tuple(what) for where, what in money.items()}


@given(orderly_histories(), st.randoms(use_true_random=False))
@tried(examples=4)
def test_the_inbox_replayed_into_an_empty_ledger_gives_the_same_state(
    sqlite_template: Path, history: History, luck: Any
) -> None:
    """However many passes it took the first time, and however many memos: together they are the same to the cent."""
    with closing(lived(sqlite_template, history, as_they_came)) as first:
        stored = [exact_json.loads(row.payload) for row in first.inbox if row.payload]
        luck.shuffle(stored)
        once = [replace(history[0], messages=tuple(stored))]
        with closing(lived(sqlite_template, once, as_they_came)) as again:
            assert sums(first.postings) == sums(again.postings)
            assert first.live() == again.live()
            assert first.shop.books()["levels"] == again.shop.books()["levels"]
            for return_id, row in first.returns.items():
                replayed = again.returns[return_id]
                assert (replayed.milestone, replayed.status, replayed.state) == (row.milestone, row.status, row.state)
            facts = ("sku", "unit", "requested", "received", "accepted", "credited", "restocked", "grade")
            assert _by_line(first, facts) == _by_line(again, facts)


def _by_line(bridge: Bridge, facts: Sequence[str]) -> dict[tuple[str, str], tuple[Any, ...]]:
    owners = {row.id: row.return_id for row in bridge.returns.values()}
    return {
        (owners[line.return_pk], line.identity): tuple(getattr(line, fact) for fact in facts) for line in bridge.lines
    }
