"""Returns that stand still are flagged once, in words that stay, and are let go when they move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sidecar.ledger import flags
from sidecar.ledger.flags import FlagRow
from sidecar.oro.errors import OroError
from sidecar.settings import load
from sidecar.sync import causes, decisions, intake, silence, sweep
from sidecar.sync.causes import CauseFilter
from tests.sync.town import Town, gloves_order

ASKED = [{"productSku": "GLOVE", "quantity": "1"}]
COUNTED = [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}]


def stale(place: Town, state: str = "open") -> list[FlagRow]:
    with place.ledger.read() as conn:
        return flags.search(conn, code="stale_return", state=state, limit=200).rows


def look(place: Town, **environ: str) -> silence.Silence:
    settings = replace(place.settings, stale_after=load(environ).stale_after)
    return silence.look(place.ledger, settings, place.clock())


def returned(place: Town, return_id: str, **more: Any) -> None:
    gloves_order(place, f"SO-{return_id}")
    place.says(return_id, f"SO-{return_id}", ASKED, **more)
    place.settle()


def test_a_return_beyond_the_time_allowed_at_its_milestone_is_flagged_once(place: Town) -> None:
    returned(place, "R1", status="Requested")
    place.clock.forward(days=20)
    assert look(place).silent == 0
    place.clock.forward(days=2)
    assert look(place).silent == 1
    place.clock.forward(days=1)
    look(place)
    (flag,) = stale(place)
    assert flag.message == "Requested since 20 Nov 2026, longer than the 21 days allowed."
    assert flag.owner == "operations"


def test_each_milestone_has_its_own_time_and_it_begins_when_it_is_reached(place: Town) -> None:
    returned(place, "R1", status="Requested")
    place.clock.forward(days=19)
    place.says("R1", "SO-R1", COUNTED, tracking="Received")
    place.settle()
    place.clock.forward(days=2, hours=23)
    assert look(place).silent == 0
    place.clock.forward(hours=2)
    assert look(place).silent == 1
    assert look(place, STALE_AFTER="received=5d").silent == 0
    assert look(place, STALE_AFTER="received=off").silent == 0


def test_it_is_let_go_as_soon_as_it_moves_and_not_only_in_the_night(place: Town) -> None:
    returned(place, "R1", status="Requested")
    place.clock.forward(days=22)
    look(place)
    place.says("R1", "SO-R1", ASKED, tracking="In Transit")
    place.settle()
    assert stale(place) == []
    assert [flag.closed_reason for flag in stale(place, "released")] == ["it moved on"]


def test_what_a_person_dismissed_stays_so_until_it_is_late_elsewhere(place: Town) -> None:
    returned(place, "R1", status="Requested")
    place.clock.forward(days=22)
    look(place)
    (flag,) = stale(place)
    decisions.resolve(place.ledger, flag.id, note="customer is away", actor="ann", now=place.clock())
    place.settle()
    place.clock.forward(days=1)
    look(place)
    assert stale(place) == []
    place.says("R1", "SO-R1", ASKED, tracking="In Transit")
    place.settle()
    place.clock.forward(days=11)
    look(place)
    (again,) = stale(place)
    assert again.message.startswith("In transit since 13 Dec 2026")


def test_ended_returns_are_never_late(place: Town) -> None:
    returned(place, "R1", status="Cancelled")
    gloves_order(place, "SO-R2")
    place.says("R2", "SO-R2", COUNTED, tracking="Restocked")
    place.settle()
    place.clock.forward(days=300)
    assert look(place).silent == 0


def test_an_announcement_that_zigzag_never_took_up_is_late_too(place: Town) -> None:
    gloves_order(place)
    body = {"return_id": "R1", "order_identifier": "SO-1"}
    intake.take_in(place.ledger, body, retailer_code="GL123", actor="shop", now=place.clock())
    place.settle()
    place.clock.forward(days=22)
    assert look(place).silent == 1


def test_a_warehouse_that_normally_grades_within_a_day_and_has_not_by_two(place: Town) -> None:
    for number in range(10):
        returned(place, f"R{number}", tracking="Received")
    place.clock.forward(hours=23)
    for number in range(10):
        place.says(f"R{number}", f"SO-R{number}", COUNTED, tracking="Restocked")
    place.settle()
    returned(place, "LATE", tracking="Received")
    place.clock.forward(hours=40)
    assert look(place).silent == 0
    place.clock.forward(hours=8)
    assert look(place).silent == 1
    (flag,) = stale(place)
    assert flag.return_id == "LATE"
    assert flag.message == (
        "main grades nine of ten returns within 1 day of receipt; this one came in on 21 Nov 2026 and is not graded."
    )


def test_a_warehouse_with_few_or_old_samples_is_not_judged(place: Town) -> None:
    for number in range(9):
        returned(place, f"R{number}", tracking="Received")
    place.clock.forward(hours=2)
    for number in range(9):
        place.says(f"R{number}", f"SO-R{number}", COUNTED, tracking="Restocked")
    place.settle()
    returned(place, "LATE", tracking="Received")
    place.clock.forward(days=2)
    assert look(place).silent == 0


def test_what_stands_still_in_one_place_is_one_cause(place: Town) -> None:
    for number in range(3):
        returned(place, f"R{number}", tracking="Received")
    place.clock.forward(days=4)
    look(place)
    (cause,) = causes.page(place.ledger, CauseFilter(code="stale_return"), now=place.clock()).causes
    assert (cause.about, cause.returns) == ("received at main", 3)


def test_the_nightly_sweep_looks_for_it_even_while_oro_is_away(place: Town) -> None:
    returned(place, "R1", status="Requested")
    place.clock.forward(days=22)
    place.shop.bundle_enabled = False
    with pytest.raises(OroError):
        sweep.sweep(place.world())
    assert len(stale(place)) == 1
