"""Die at every step of the credit path, under every answer of Oro: always exactly one posting, and the ledger knows.

One town per ledger serves all cases, each with an order and a return of its own: two cases of 50 gloves at 100.00 with
20 % tax were ordered, 50 gloves came back, so 100.00 + 20.00 are credited and 50 pieces restocked.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from sidecar.ledger import flags, postings, returns
from sidecar.ledger.engine import open_ledger
from sidecar.sandbox.oro import Fault
from sidecar.sync import page
from sidecar.sync.world import World
from tests.conftest import LEDGERS, ledger_of
from tests.sync.town import Killed, MortalLedger, Town, Wire, gloves_order, hurried, over_client, town

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
GIVEN_UP_AFTER = 0.2  # seconds until the client stops waiting, where Oro keeps it waiting
HELD = 30.0  # seconds that Oro holds such a request: longer than anybody waits, cut off when the town closes

# What Oro does with the first write. "done" and "not done" is what nobody but Oro knows then.
ANSWERS: dict[str, dict[str, Any] | None] = {
    "clean": None,
    "timed out but done": {"kind": "timeout_after", "seconds": HELD},
    "timed out and not done": {"kind": "timeout_before", "seconds": HELD},
    "500 but done": {"kind": "error500_after"},
    "500 and not done": {"kind": "error500_before"},
    "409 already posted": None,  # the wire delivers the request twice
    "409 though nothing was posted": {"kind": "conflict409"},
    "truncated": {"kind": "truncate"},
    "connection dropped before": {"kind": "drop_before"},
    "connection dropped after": {"kind": "drop_after"},
    "503": {"kind": "unavailable503"},
}
# Passed by a posting whose answer was good.
AFTER_A_GOOD_ANSWER = ("answered", "confirmed")
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=LEDGERS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    directory = tmp_path_factory.mktemp("matrix")
    with ledger_of(request.param, request, directory) as url:
        ledger = open_ledger(url)
        with town(ledger, url, directory / "var") as made:
            yield made
        ledger.dispose()


@dataclass
class Case:
    """An order and a return of one test's own, in the town that all share."""

    place: Town
    order: str
    return_id: str

    @classmethod
    def restocked(cls, place: Town) -> Case:
        """50 gloves are back on the shelf at ZigZag, and its message is in the inbox."""
        place.shop.faults.clear()
        number = next(_numbers)
        case = cls(place, f"SO-{number}", f"R{number}")
        gloves_order(place, case.order)
        case.says({"quantity": "1"}, status="Requested", told=False)
        case.says({"quantity": "50", "grade": "A"}, tracking="Restocked")
        return case

    def says(self, row: dict[str, str], **more: Any) -> None:
        self.place.says(self.return_id, self.order, [{"productSku": "GLOVE", **row}], **more)

    @property
    def memos(self) -> list[tuple[str, Decimal]]:
        found = [memo for memo in self.place.memos if memo["orderReturn"] == self.return_id]
        return [(memo["postingKey"], Decimal(memo["totalValue"])) for memo in found]

    def is_posted_once_and_known(self, *totals: str) -> None:
        """In Oro one memo for each of ``totals``, 50 pieces for each 120.00; in the ledger the same, confirmed."""
        expected = [(f"GL123:{self.return_id}:{n}", Decimal(total)) for n, total in enumerate(totals or ["120.00"], 1)]
        books = self.place.shop.books()
        memos = [memo for memo in books["credits"] if memo["orderReturn"] == self.return_id]
        assert [(memo["postingKey"], Decimal(memo["totalValue"])) for memo in memos] == expected
        moved = [move for move in books["stock_movements"] if move["orderReturn"] == self.return_id]
        assert [Decimal(move["quantity"]) for move in moved] == [50] * len(expected)
        assert not books["problems"]
        assert self.place.in_oro(self.return_id)["status"] == "closed"
        with self.place.ledger.read() as conn:
            row = returns.get(conn, "GL123", self.return_id)
            assert row is not None
            posted = postings.of_returns(conn, [row.id])[row.id]
            still_open = flags.search(conn, state="open", return_id=self.return_id).rows
        assert [(each.key, each.total) for each in posted] == expected
        assert {each.state for each in posted} == {"confirmed"}
        assert all(each.oro_id for each in posted)
        assert row.state == "in_sync"
        assert [flag.code for flag in still_open if flag.severity != "info"] == []


CASES = list(itertools.product(STEPS, ANSWERS))
# Before the intents are committed nothing of a page is in the ledger that the next one could find.
MEET = [case for case in CASES if case[1] == "clean" or STEPS.index(case[0]) >= STEPS.index("committed")]


@pytest.mark.parametrize(("step", "answer"), MEET)
def test_exactly_one_posting_whatever_dies_and_whatever_oro_says(place: Town, step: str, answer: str) -> None:
    dies(place, step, answer)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("step", "answer"), [case for case in CASES if case not in MEET])
def test_exactly_one_posting_though_the_first_page_died_before_it_had_done_anything(
    place: Town, step: str, answer: str
) -> None:
    dies(place, step, answer)


def dies(place: Town, step: str, answer: str) -> None:
    """A page dies at this step, Oro answers the first write like this, whichever page makes it; then all goes well."""
    case = Case.restocked(place)
    fault = ANSWERS[answer]
    if fault is not None:
        place.shop.faults.add(Fault(on="write", **fault))
    wire = Wire(repeats=1)

    def worker() -> World:
        if answer == "409 already posted":
            return over_client(place.world(), session=wire)
        return hurried(place.world(), GIVEN_UP_AFTER) if answer.startswith("timed out") else place.world()

    mortal = MortalLedger(place.ledger)

    def die(at: str) -> None:
        if at == step:
            mortal.dead = True
            raise Killed

    with suppress(Killed):
        page.run(replace(worker(), ledger=mortal, step=die), place.due())
    assert mortal.dead or (step in AFTER_A_GOOD_ANSWER and fault is not None)

    place.clock.forward(seconds=place.settings.lease_seconds + 1)  # the dead release nothing: the lease runs out
    place.settle(worker)
    if fault is not None:
        assert [armed["hits"] for armed in place.shop.faults.listing()] == [1]
    case.is_posted_once_and_known()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("answer", ["clean", "500 but done", "connection dropped before"])
@pytest.mark.parametrize("second", ["recovered", "committed", "sent", "answered", "confirmed"])
@pytest.mark.parametrize("first", ["committed", "sent", "answered"])
def test_who_takes_over_may_die_too(place: Town, first: str, second: str, answer: str) -> None:
    case = Case.restocked(place)
    fault = ANSWERS[answer]
    if fault is not None:
        place.shop.faults.add(Fault(on="write", **fault))
    for step in (first, second):
        mortal = MortalLedger(place.ledger)

        def die(at: str, step: str = step, mortal: MortalLedger = mortal) -> None:
            if at == step:
                mortal.dead = True
                raise Killed

        with suppress(Killed):
            page.run(replace(place.world(step=die), ledger=mortal), place.due())
        place.clock.forward(seconds=place.settings.lease_seconds + 1)
    place.settle()
    case.is_posted_once_and_known()


@pytest.mark.parametrize("answers", [1, 3, 5])
def test_a_page_of_five_that_dies_between_its_answers_is_five_postings(place: Town, answers: int) -> None:
    """All five are marked ``sent`` together; some are in Oro when the page dies, some arrive after its death."""
    cases = [Case.restocked(place) for _ in range(5)]
    mortal = MortalLedger(place.ledger)
    answered = itertools.count(1)

    def die(at: str) -> None:
        if at == "answered" and next(answered) == answers:
            mortal.dead = True
            raise Killed

    with suppress(Killed):
        page.run(replace(place.world(step=die), ledger=mortal), place.due())
    assert mortal.dead
    place.clock.forward(seconds=place.settings.lease_seconds + 1)
    place.settle()
    for case in cases:
        case.is_posted_once_and_known()


@pytest.mark.parametrize("lands", [*STEPS, "afterwards"])
def test_a_first_try_that_lands_while_the_second_is_under_way_is_not_a_second_posting(place: Town, lands: str) -> None:
    """Law 3: "not found" is no proof that the call died. The first call arrives at each step of the second worker."""
    case = Case.restocked(place)
    wire = Wire(loses=1)
    place.work(over_client(place.world(), session=wire))
    assert case.memos == []
    assert len(wire.under_way) == 1

    landed: list[int] = []

    def land(at: str) -> None:
        if at == lands:
            landed.extend(wire.arrive())

    place.settle(lambda: place.world(step=land))
    land("afterwards")
    # Before the second call it is the one that Oro takes, else the one that Oro refuses: 409.
    assert landed == [201 if STEPS.index(lands) <= STEPS.index("sent") else 409] if lands in STEPS else [409]
    case.is_posted_once_and_known()


def test_two_tries_that_meet_in_oro_are_one_posting(place: Town) -> None:
    """Both have looked for the key before either has written it: the unique index decides, and both know."""
    case = Case.restocked(place)
    wire = Wire(loses=1)
    place.work(over_client(place.world(), session=wire))
    landed: list[int] = []
    first = threading.Thread(target=lambda: landed.extend(wire.arrive()))

    def meet(at: str) -> None:
        if at == "sent" and not landed and not first.is_alive():
            first.start()

    place.shop.write_pause = 0.1
    try:
        place.settle(lambda: place.world(step=meet))
        first.join(10)
    finally:
        place.shop.write_pause = 0.0
    assert landed in ([201], [409])
    case.is_posted_once_and_known()


def test_news_between_two_tries_goes_into_a_posting_of_its_own(place: Town) -> None:
    """The second try says what the first said, though more has been counted since; the rest is posted after it."""
    case = Case.restocked(place)
    wire = Wire(loses=1)
    place.work(over_client(place.world(), session=wire))
    case.says({"quantity": "100", "grade": "A"}, tracking="Restocked")
    place.settle()
    assert wire.arrive() == [409]
    case.is_posted_once_and_known("120.00", "120.00")


@pytest.mark.parametrize("step", ["sent", "answered", "confirmed"])
def test_a_worker_that_lost_its_claim_while_it_slept_writes_nothing_more(place: Town, step: str) -> None:
    """A process frozen past its lease wakes up after another has finished the return: the fence stops it."""
    case = Case.restocked(place)
    slept = False

    def oversleep(at: str) -> None:
        nonlocal slept
        if at == step and not slept:
            slept = True
            place.clock.forward(seconds=place.settings.lease_seconds + 1)
            place.settle()

    page.run(place.world(step=oversleep), place.due())
    assert slept
    place.clock.forward(hours=1)
    place.settle()
    case.is_posted_once_and_known()
