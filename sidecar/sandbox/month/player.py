"""From stories to a month of messages: who says what when, which message comes twice, late, or never."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sidecar.sandbox.month.stories import Result, Step, Story
from sidecar.sandbox.month.stories_told import STORIES

RETAILER = "GL123"
DUPLICATED, LATE, LOST = 0.18, 0.10, 0.04  # shares of the messages
MONEY_WORDS = ("Graded", "Restocked")


@dataclass(frozen=True)
class Event:
    """One thing that happens at ZigZag, and how often its message is delivered (0: it got lost on the way)."""

    return_id: str
    at: datetime
    payload: Mapping[str, Any]
    deliveries: tuple[int, ...]  # positions in the month at which the message arrives
    repeats_money: int = 0  # extra deliveries that state a money word: each a second credit in a careless bridge


@dataclass(frozen=True)
class ShopOrder:
    """An order as Oro holds it; ``discount`` is the manual order discount."""

    identifier: str
    story: Story


@dataclass
class Month:
    """Everything that is going to happen, and what must come of it."""

    orders: list[ShopOrder] = field(default_factory=list)
    announced: list[tuple[str, str]] = field(default_factory=list)  # (return id, order) through our own intake
    acts: dict[int, list[Event]] = field(default_factory=lambda: {1: [], 2: []})
    expected: dict[str, tuple[str, Result]] = field(default_factory=dict)  # return id -> (currency, result)
    released: dict[str, str] = field(default_factory=dict)  # return id -> flag code that a person releases
    rubbish: list[bytes] = field(default_factory=list)

    @property
    def events(self) -> int:
        """Messages that are delivered, duplicates included."""
        return sum(len(event.deliveries) for act in self.acts.values() for event in act) + len(self.rubbish)

    def expected_by_currency(self) -> dict[str, Decimal]:
        """The sum over the stories of what their authors wrote beside them."""
        totals: dict[str, Decimal] = {}
        for currency, result in self.expected.values():
            totals[currency] = totals.get(currency, Decimal(0)) + result.total
        return totals


def make_month(seed: int, ends: datetime, stories: tuple[Story, ...] = STORIES) -> Month:
    """The month that ended at ``ends`` (aware); the same seed gives the same month."""
    chance = random.Random(seed)
    month = Month()
    happening: list[tuple[datetime, int, str, Mapping[str, Any], str, int]] = []
    number = 0
    for story in stories:
        for _ in range(story.copies):
            number += 1
            identifier = f"SO-{20000 + number}"
            month.orders.append(ShopOrder(identifier, story))
            for turn, (steps, result) in enumerate(story.returns, 1):
                return_id = f"{413000000 + number * 10 + turn}"
                month.expected[return_id] = (story.currency, result)
                if story.through_intake:
                    month.announced.append((return_id, identifier))
                if story.release:
                    month.released[return_id] = story.release
                moment = ends - timedelta(days=chance.uniform(8, 30))
                for index, step in enumerate(steps):
                    moment += timedelta(minutes=chance.uniform(90, 1200))
                    happening.append(
                        (
                            moment,
                            step.act,
                            return_id,
                            payload(return_id, identifier, story.currency, step, moment),
                            _money(step),
                            index,
                        )
                    )
    happening.sort(key=lambda each: (each[0], each[2]))
    for act in (1, 2):
        told = [each for each in happening if each[1] == act]
        for position, (moment, _, return_id, said, money, index) in enumerate(told):
            deliveries = _deliveries(chance, position, len(told), may_be_lost=index > 0)
            month.acts[act].append(
                Event(return_id, moment, said, deliveries, max(0, len(deliveries) - 1) if money else 0)
            )
    month.rubbish = [
        b"{not json",
        b'{"data": {"orderNumber": "SO-1"}}',
        b"\xff\xfe\x00",
        b'{"data": "a word"}',
        b'{"data": {"retailerCode": "SOMEBODY-ELSE", "returnId": "1", "orderNumber": "X", "products": []}}',
    ]
    return month


def _money(step: Step) -> str:
    return next((word for word in (step.order_status, step.tracking) if word in MONEY_WORDS), "")


def _deliveries(chance: random.Random, position: int, length: int, *, may_be_lost: bool) -> tuple[int, ...]:
    """When the message of the event at ``position`` arrives: mostly once and at once."""
    luck = chance.random()
    if may_be_lost and luck < LOST:
        return ()
    late = chance.randint(1, 200) if luck < LOST + LATE else 0
    first = min(length - 1, position + late)
    if chance.random() < DUPLICATED:
        again = tuple(min(length - 1, first + chance.randint(0, 300)) for _ in range(chance.choice((1, 1, 2))))
        return (first, *again)
    return (first,)


def payload(return_id: str, order: str, currency: str, step: Step, moment: datetime) -> dict[str, Any]:
    """A snapshot in ZigZag's own words, shapes and habits (contracts/zigzag.md), personal data included."""
    return {
        "retailerCode": RETAILER,
        "orderNumber": order,
        "returnId": return_id,
        "source": "portal",
        "country": "GB",
        "customerName": "Steve Sample",
        "salutation": "Mr",
        "customerType": 0,
        "carrier": "DPD",
        "carrierService": "1",
        "returnCost": step.fee,
        "returnCostCurrency": currency,
        "voucherValue": "0.00",
        "warehouse": "Daventry",
        "warehouseReference": step.warehouse,
        "trackingId": f"TRK{return_id}",
        "dateTimeStatusChange": moment.strftime("%d-%m-%YT%H:%M:%SZ"),
        "lastTrackingStatus": step.tracking,
        "orderStatus": step.order_status,
        "returnOption": "1",
        "products": [
            {
                "productSku": row.sku,
                "productTitle": row.sku.title(),
                "grade": row.grade,
                "quantity": row.quantity,
                "returnReason": row.reason,
                "currency": row.currency or currency,
                "itemCost": row.cost,
                "returnOption": row.option,
                "notes": "",
            }
            for row in step.rows
        ],
    }
