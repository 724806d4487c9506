"""A return or an order that nobody can work with - a defect of ours, a row from another time - stops only itself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sidecar.ledger import flags, returns, work
from sidecar.ledger.work import WorkRow
from sidecar.returns import planning
from sidecar.sync import page, records, retry
from sidecar.zigzag.client import ZigZagClient
from tests.sync.town import Town, gloves_order

# What breaks for R1: where it is called, and how the call shows that it is about R1.
PLACES: dict[str, tuple[object, str, Callable[..., bool]]] = {
    "asked of ZigZag": (ZigZagClient, "get_return", lambda _, return_id: return_id == "R1"),
    "read from the ledger": (records, "read_record", lambda row, **_: row.return_id == "R1"),
    "asked what stock it needs": (planning, "stock_needs", lambda order, *_: order.identifier == "SO-1"),
    "planned": (planning, "plan_order", lambda order, *_: order.identifier == "SO-1"),
}


def two_returns(place: Town) -> None:
    for number in (1, 2):
        gloves_order(place, f"SO-{number}")
        rows = [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}]
        place.says(f"R{number}", f"SO-{number}", rows, tracking="Restocked")


def poison(patch: pytest.MonkeyPatch, where: str) -> None:
    owner, name, about = PLACES[where]
    real = getattr(owner, name)

    def breaks(*args: Any, **more: Any) -> Any:
        if about(*args, **more):
            raise ArithmeticError("nobody thought of this")
        return real(*args, **more)

    patch.setattr(owner, name, breaks)


def work_of(place: Town, return_id: str) -> WorkRow:
    with place.ledger.read() as conn:
        row = returns.get(conn, "GL123", return_id)
        assert row is not None
        (found,) = work.load(conn, [row.id])
    return found


@pytest.mark.parametrize("where", PLACES)
def test_what_breaks_for_one_return_leaves_the_others_of_its_page_alone(place: Town, where: str) -> None:
    two_returns(place)
    with pytest.MonkeyPatch.context() as patch:
        poison(patch, where)
        report = page.run(place.world(), place.due())
        assert (report.taken, report.written, report.failed) == (2, 1, 1)
        assert place.totals == [("GL123:R2:1", Decimal("120.00"))]
        waiting = work_of(place, "R1")
        assert (waiting.attempts, waiting.last_error) == (1, "nobody thought of this")
        assert waiting.due_at is not None
        assert waiting.due_at > place.clock(), "not at once: it would keep a worker busy for ever"
        assert work_of(place, "R2").due_at is None
    place.settle()
    assert len(place.memos) == 2


def test_what_keeps_breaking_is_told_to_a_person_and_heals_when_it_can(place: Town) -> None:
    two_returns(place)
    with pytest.MonkeyPatch.context() as patch:
        poison(patch, "read from the ledger")
        for _ in range(retry.EXHAUSTED_AFTER):
            page.run(place.world(), place.due())
            place.clock.now = max(place.clock.now, work_of(place, "R1").due_at or place.clock.now)
        with place.ledger.read() as conn:
            (flag,) = flags.search(conn, state="open", return_id="R1").rows
        assert flag.code == "attempts_exhausted"
        assert "nobody thought of this" in flag.message
    place.work()
    assert len(place.memos) == 2
    with place.ledger.read() as conn:
        assert flags.search(conn, state="open", return_id="R1").rows == []
