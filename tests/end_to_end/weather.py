"""What the storm is made of: orders with their returns, every message of theirs, and what must stand in Oro after it.

The figures are checked by hand in the table of ``KINDS``; whatever message comes first, the same sums come out.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

RETAILER = "GL123"
ARTICLES: tuple[dict[str, Any], ...] = (
    {"sku": "GLOVE", "primary_unit": "each", "units": {"each": ["1", 0], "case": ["50", 0]}},
    {"sku": "PEN", "primary_unit": "each", "units": {"each": ["1", 0], "pallet": ["1000", 0]}},
    {"sku": "LAMP", "primary_unit": "each", "units": {"each": ["1", 0]}},
)


@dataclass(frozen=True)
class Word:
    """What ZigZag says at one moment: its two axes, and whether the rows are as asked for or as counted."""

    status: str
    tracking: str = ""
    counted: bool = False
    grade: str = ""  # another than the kind's own


JOURNEY = (
    Word("Requested"),
    Word("Approved"),
    Word("Approved", "Carrier Scan"),
    Word("Approved", "Received", counted=True),
    Word("Approved", "Graded", counted=True),
    Word("Approved", "Restocked", counted=True),
)
REGRADED = (*JOURNEY[:4], Word("Approved", "Graded", counted=True, grade="C"), JOURNEY[-1])
CANCELLED = (Word("Requested"), Word("Approved"), Word("Cancelled"))


@dataclass(frozen=True)
class Kind:
    """An order of one line and the returns of it; the amounts are for all of them together.

    ``asked`` and ``counted`` are quantities of each return: in the line's unit, and in pieces. ``memos`` are how many
    credit memos a return may get; what it gets depends on which message comes first.
    """

    line: Mapping[str, str]
    asked: tuple[str, ...]
    counted: tuple[str, ...]
    net: str
    tax: str = "0"
    pieces: str = "0"
    grade: str = "A"
    memos: tuple[int, int] = (1, 1)
    words: tuple[Word, ...] = JOURNEY


def _line(sku: str, quantity: str, unit: str, net: str, tax: str = "0") -> dict[str, str]:
    value = Decimal(net) / Decimal(quantity)
    return {"sku": sku, "quantity": quantity, "unit": unit, "value": f"{value:.4f}", "after_discount": net, "tax": tax}


KINDS = (
    # 2 cases of 50 at 100.00 + 20.00: 50 pieces are one of them.
    Kind(_line("GLOVE", "2", "case", "200.00", "40.00"), ("1",), ("50",), net="100.00", tax="20.00", pieces="50"),
    # A pallet of 1000 at 900.00 comes back in three parts: 299.70 + 299.70 + 300.60, together exactly 900.00.
    Kind(
        _line("PEN", "1", "pallet", "900.00"),
        ("0.333", "0.333", "0.334"),
        ("333", "333", "334"),
        net="900.00",
        pieces="1000",
    ),
    # 3 for 10.00, one by one: 3.33, 3.34 and 3.33, in whatever order.
    Kind(_line("LAMP", "3", "each", "10.00"), ("1", "1", "1"), ("1", "1", "1"), net="10.00", pieces="3"),
    # 4 at 25.00 and graded C: half of it, and nothing goes back on the shelf.
    Kind(_line("LAMP", "4", "each", "100.00"), ("4",), ("4",), net="50.00", grade="C"),
    # 2 were ordered for 10.00, two returns count 2 each: 2 are credited, whoever is first; B goes to quarantine.
    Kind(_line("LAMP", "2", "each", "10.00"), ("2", "2"), ("2", "2"), net="10.00", grade="B", memos=(0, 1)),
    # 2 for 60.00, graded C first and A when they were looked at again: 30.00 and 30.00, or 60.00 at once.
    Kind(_line("LAMP", "2", "each", "60.00"), ("2",), ("2",), net="60.00", pieces="2", memos=(1, 2), words=REGRADED),
    # Cancelled before it was sent.
    Kind(_line("LAMP", "1", "each", "10.00"), ("1",), ("1",), net="0", memos=(0, 0), words=CANCELLED),
)


@dataclass(frozen=True)
class Message:
    """One snapshot of a return; ``at`` is when it became true."""

    return_id: str
    at: datetime
    body: bytes

    @property
    def snapshot(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["data"]
        return found


@dataclass
class Weather:
    """``orders``: identifier -> kind; ``returns``: return id -> order; ``deliveries``: indexes of ``messages``."""

    seed: int
    orders: dict[str, Kind] = field(default_factory=dict)
    returns: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    deliveries: list[int] = field(default_factory=list)

    def seed_of_oro(self) -> dict[str, Any]:
        """As the stand-in of Oro takes it."""
        orders = [
            {"identifier": identifier, "currency": "GBP", "lines": [dict(kind.line)]}
            for identifier, kind in self.orders.items()
        ]
        return {"products": [dict(each) for each in ARTICLES], "orders": orders}


def make_weather(deliveries: int, seed: int, ends: datetime | None = None) -> Weather:
    """So many deliveries of messages, each at least once and two and a half times on the average, in any order.

    The same seed and ``ends`` make the same storm.
    """
    chance = random.Random(seed)
    ends = (ends or datetime.now(UTC)).replace(microsecond=0)
    made = Weather(seed)
    number = 0
    while len(made.messages) * 2.5 < deliveries:
        kind = KINDS[number % len(KINDS)]
        number += 1
        identifier = f"SO-{number}"
        made.orders[identifier] = kind
        for turn in range(len(kind.asked)):
            return_id = f"{500000000 + number * 10 + turn}"
            made.returns[return_id] = identifier
            made.messages += _messages(return_id, identifier, kind, turn, ends - timedelta(days=chance.uniform(1, 20)))
    told = list(range(len(made.messages)))
    told += chance.choices(told, k=max(0, deliveries - len(told)))
    chance.shuffle(told)
    made.deliveries = told
    return made


def _messages(return_id: str, order: str, kind: Kind, turn: int, begins: datetime) -> Iterator[Message]:
    for hour, word in enumerate(kind.words):
        at = begins.replace(microsecond=0) + timedelta(hours=hour)
        row = {"productSku": kind.line["sku"], "quantity": kind.asked[turn], "grade": ""}
        if word.counted:
            graded = word.tracking in ("Graded", "Restocked")
            row |= {"quantity": kind.counted[turn], "grade": (word.grade or kind.grade) if graded else ""}
        said = {
            "retailerCode": RETAILER,
            "orderNumber": order,
            "returnId": return_id,
            "customerName": "Steve Sample",
            "warehouseReference": "GB0064",
            "returnOption": "1",
            "returnCost": "0.00",
            "dateTimeStatusChange": at.isoformat(),
            "orderStatus": word.status,
            "lastTrackingStatus": word.tracking,
            "products": [row],
        }
        yield Message(return_id, at, json.dumps({"data": said}).encode())
