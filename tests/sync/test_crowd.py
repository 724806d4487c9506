"""Everybody at once on PostgreSQL: webhooks, lists, pages, people, mappings and the sweep never wait in a circle.

A circle is ended by PostgreSQL with an error for one of them; for a webhook that is a 500, and ZigZag comes again only
a day later. What each of them takes in which order is tested in tests/ledger/test_lock_order.py.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from sidecar.ledger import flags, work
from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.sync import asking, decisions, intake, mappings, page, sweep
from tests.sync.town import Town, gloves_order

RETURNS = 16  # two of each order
STEPS = (("", "Carrier Scan"), ("", "Received"), ("E", "Graded"), ("A", "Graded"), ("A", "Restocked"))

Act = Callable[[Town, Ledger, random.Random, list[dict[str, Any]]], object]


def some(chance: random.Random, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Up to eight messages in any order: known ones, new ones, and those of another shop."""
    told = [dict(each) for each in chance.sample(said, chance.randint(2, 8))]
    for each in told:
        if chance.random() < 0.5:
            each["note"] = str(chance.random())
        if chance.random() < 0.1:
            each["retailerCode"] = chance.choice(["ONE", "OTHER"])
    return told


def webhook(place: Town, ledger: Ledger, chance: random.Random, said: list[dict[str, Any]]) -> None:
    raw = json.dumps({"data": some(chance, said)}).encode()
    intake.store_webhook(ledger, raw, settings=place.settings, now=place.clock(), correlation_id="crowd")


def listed(place: Town, ledger: Ledger, chance: random.Random, said: list[dict[str, Any]]) -> None:
    intake.store_page(ledger, some(chance, said), settings=place.settings, now=place.clock())


def worker(place: Town, ledger: Ledger, chance: random.Random, said: list[dict[str, Any]]) -> None:
    with ledger.begin() as conn:
        rows = work.take_due(conn, place.clock(), 12, 60, f"page-{chance.random()}")
    report = page.run(replace(place.world(), ledger=ledger), [row.return_pk for row in rows])
    assert report.failures == []


def person(place: Town, ledger: Ledger, chance: random.Random, said: list[dict[str, Any]]) -> None:
    with ledger.read() as conn:
        found = flags.search(conn, limit=20).rows
    if found:
        with suppress(decisions.DecisionError):
            verb = chance.choice(decisions.VERBS)
            decisions.decide(ledger, chance.choice(found).id, verb, actor="ann", now=place.clock(), note="seen")
    order, one = f"SO-{chance.randrange(RETURNS // 2)}", f"R{chance.randrange(RETURNS)}"
    asking.request_order_sync(ledger, order, retailer_code="GL123", actor="ann", now=place.clock())
    asking.request_sync(ledger, one, retailer_code="GL123", actor="ann", now=place.clock())


def steward(place: Town, ledger: Ledger, chance: random.Random, said: list[dict[str, Any]]) -> None:
    value = {"credit_percent": chance.choice(["0", "50", "100"]), "disposition": "scrap"}
    mappings.change(ledger, "grades", chance.choice("EF"), value, "bob", place.clock())
    with ledger.begin() as conn:
        work.requeue_jobs(conn, work.queued_jobs(conn), place.clock())
    place.clock.forward(seconds=5)


def night(place: Town, ledger: Ledger, chance: random.Random, said: list[dict[str, Any]]) -> None:
    sweep.sweep(replace(place.world(), ledger=ledger))


CROWD: list[tuple[Act, int]] = [
    *[(webhook, 40)] * 4,
    *[(listed, 40)] * 2,
    *[(worker, 8)] * 3,
    *[(person, 15)] * 2,
    (steward, 40),
    (night, 3),
]


def broken_off(place: Town) -> int:
    """How many circles PostgreSQL has ended in this database; a page goes through its returns one by one then."""
    with place.ledger.read() as conn:
        wanted = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(conn.execute(wanted).scalar_one())


@pytest.mark.postgres
@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
def test_nobody_in_the_crowd_is_broken_off_for_the_sake_of_another(place: Town, ledger_url: str) -> None:
    for n in range(RETURNS // 2):
        gloves_order(place, f"SO-{n}")
    said = [
        place.says(
            f"R{n}",
            f"SO-{n // 2}",
            [{"productSku": "GLOVE", "quantity": "25", "grade": grade}],
            tracking=tracking,
            told=False,
        )
        for n in range(RETURNS)
        for grade, tracking in STEPS
    ]

    def go(seed: int, act: Act, times: int) -> None:
        ledger, chance = open_ledger(ledger_url), random.Random(seed)
        try:
            for _ in range(times):
                act(place, ledger, chance, said)
        finally:
            ledger.dispose()

    before = broken_off(place)
    with ThreadPoolExecutor(len(CROWD)) as pool:
        for each in [pool.submit(go, seed, act, times) for seed, (act, times) in enumerate(CROWD)]:
            each.result()
    place.settle()
    assert broken_off(place) == before
    paid = [key for key, _ in place.totals]
    assert len(paid) == len(set(paid))
