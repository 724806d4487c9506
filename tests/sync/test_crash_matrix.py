"""Die at every step of the credit path, under every answer of Oro: always exactly one posting, and the ledger knows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest

from sidecar.ledger import postings, returns
from sidecar.sync import page
from tests.sync.town import Killed, MortalLedger, Town, gloves_order

STEPS = (
    "taken",
    "pulled",
    "claimed",
    "read",
    "recovered",
    "planned",
    "committed",
    "sent",
    "answered",
    "confirmed",
    "finished",
)
# What Oro does with the first write: (fault, options). "clean" answers; the others are contracts/oro.md and bundle.md.
ANSWERS = {
    "clean": None,
    "timed out but done": {"kind": "timeout_after", "seconds": 0.05},
    "500 but done": {"kind": "error500_after"},
    "500 and not done": {"kind": "error500_before"},
    "409 though nothing was posted": {"kind": "conflict409"},
    "truncated": {"kind": "truncate"},
    "connection dropped before": {"kind": "drop_before"},
    "connection dropped after": {"kind": "drop_after"},
    "503": {"kind": "unavailable503"},
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("step", STEPS)
def test_exactly_one_posting_whatever_dies_and_whatever_oro_says(place: Town, step: str, answer: str) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "1"}], status="Requested", told=False)
    place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}], tracking="Restocked")
    fault = ANSWERS[answer]
    if fault is not None:
        place.shop.faults.add(fault["kind"], on="POST", **{k: v for k, v in fault.items() if k != "kind"})

    mortal = MortalLedger(place.ledger)

    def die(at: str) -> None:
        if at == step:
            mortal.dead = True
            raise Killed

    world = replace(place.world(step=die), ledger=mortal)
    with suppress(Killed):
        page.run(world, place.due())

    place.clock.forward(seconds=place.settings.lease_seconds + 1)  # nobody released anything: the lease runs out
    place.settle()

    assert place.totals == [("GL123:R1:1", Decimal("120.00"))]
    assert place.level("GLOVE") == 50
    with place.ledger.read() as conn:
        row = returns.get(conn, "GL123", "R1")
        assert row is not None
        (posting,) = postings.of_returns(conn, [row.id])[row.id]
    assert posting.state == "confirmed"
    assert posting.total == Decimal("120.00")
    assert row.state == "in_sync"


@pytest.mark.parametrize("step", ["sent", "answered", "confirmed"])
def test_a_worker_that_lost_its_claim_while_it_slept_writes_nothing_more(place: Town, step: str) -> None:
    """A process frozen past its lease wakes up after another has finished the return: the fence stops it."""
    gloves_order(place)
    place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}], tracking="Restocked")
    slept = False

    def oversleep(at: str) -> None:
        nonlocal slept
        if at == step and not slept:
            slept = True
            place.clock.forward(seconds=place.settings.lease_seconds + 1)
            place.settle()

    page.run(place.world(step=oversleep), place.due())
    place.clock.forward(hours=1)
    place.settle()
    assert place.totals == [("GL123:R1:1", Decimal("120.00"))]
    assert place.level("GLOVE") == 50
