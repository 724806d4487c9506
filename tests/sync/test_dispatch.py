"""The dispatcher: one leads, what is due goes out in pages, and what the queue has lost or never had comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisIsAway

from sidecar.ledger import work
from sidecar.ledger.engine import Ledger
from sidecar.sync import page
from sidecar.sync.dispatch import LEADER_SECONDS, Dispatcher
from tests.sync.town import Town, gloves_order, town

ROOM = 3


@dataclass
class Queue:
    """A queue that can be away, and that can forget everything."""

    jobs: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)
    away: bool = False

    def enqueue(self, name: str, args: Sequence[Any], job_id: str) -> None:
        self._answer()
        self.jobs[job_id] = (name, list(args))

    def depth(self) -> int:
        self._answer()
        return len(self.jobs)

    def dead(self, job_ids: Collection[str]) -> set[str]:
        self._answer()
        return set(job_ids) - set(self.jobs)

    def _answer(self) -> None:
        if self.away:
            raise RedisIsAway

    @property
    def pages(self) -> list[list[int]]:
        return [args[0] for name, args in self.jobs.values() if name == "page"]

    def named(self, name: str) -> list[str]:
        return [job_id for job_id, (each, _) in self.jobs.items() if each == name]


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def place(ledger: Ledger, ledger_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(ledger, ledger_url, tmp_path / "var", PAGE_SIZE="2", SYNC_INTERVAL_SECONDS="300") as made:
        made.clock.now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
        yield made


def dispatcher(place: Town, queue: Queue, holder: str = "first") -> Dispatcher:
    return Dispatcher(place.ledger, queue, place.settings, place.clock, holder, room=ROOM)


def graded(place: Town, number: int) -> None:
    gloves_order(place, f"SO-{number}")
    place.says(
        f"R{number}", f"SO-{number}", [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}], tracking="Graded"
    )


def work_off(place: Town, queue: Queue) -> None:
    for job_id, (name, args) in list(queue.jobs.items()):
        if name == "page":
            page.run(place.world(), args[0])
        del queue.jobs[job_id]


def test_of_two_one_leads_and_the_other_waits(place: Town, queue: Queue) -> None:
    first, second = dispatcher(place, queue), dispatcher(place, queue, "second")
    graded(place, 1)
    assert (first.tick().leading, second.tick().leading) == (True, False)
    assert len(queue.pages) == 1
    for _ in range(5):
        place.clock.forward(seconds=LEADER_SECONDS / 2)
        assert (first.tick().leading, second.tick().leading) == (True, False)


def test_when_the_leader_is_killed_the_other_leads_as_soon_as_the_lead_has_run_out(place: Town, queue: Queue) -> None:
    first, second = dispatcher(place, queue), dispatcher(place, queue, "second")
    assert first.tick().leading
    place.clock.forward(seconds=LEADER_SECONDS - 1)
    assert not second.tick().leading
    place.clock.forward(seconds=1)
    assert second.tick().leading
    graded(place, 1)
    assert second.tick().pages == 1


def test_a_leader_that_wakes_up_after_it_was_replaced_leads_no_more(place: Town, queue: Queue) -> None:
    first, second = dispatcher(place, queue), dispatcher(place, queue, "second")
    assert first.tick().leading
    place.clock.forward(seconds=LEADER_SECONDS + 1)
    assert second.tick().leading
    assert not first.tick().leading
    first.resign()
    assert second.tick().leading, "and cannot give away what is not its own"
    place.clock.forward(seconds=LEADER_SECONDS / 2 + 1)
    assert second.tick().leading


def test_who_resigns_is_followed_at_once(place: Town, queue: Queue) -> None:
    first, second = dispatcher(place, queue), dispatcher(place, queue, "second")
    assert first.tick().leading
    first.resign()
    assert second.tick().leading


def test_no_more_pages_lie_in_the_queue_than_there_is_room_for(place: Town, queue: Queue) -> None:
    for number in range(1, 10):
        graded(place, number)
    leader = dispatcher(place, queue)
    queue.jobs["a job of somebody else"] = ("sweep", [])
    turn = leader.tick()
    assert (turn.pages, turn.returns) == (ROOM - 1, 4)
    assert [len(pks) for pks in queue.pages] == [2, 2]
    assert leader.tick().pages == 0
    queue.jobs.clear()
    place.clock.forward(seconds=1)
    assert sorted(pk for pks in queue.pages for pk in pks) == []
    leader.tick()
    assert len(queue.pages) == ROOM


def test_what_the_queue_forgot_goes_out_again(place: Town, queue: Queue) -> None:
    """FLUSHALL, or a server that died with what it had not yet written."""
    graded(place, 1)
    leader = dispatcher(place, queue)
    leader.tick()
    sent = queue.pages
    queue.jobs.clear()
    place.clock.forward(seconds=2)
    turn = leader.tick()
    assert (turn.recovered, turn.pages) == (1, 1)
    assert queue.pages == sent
    work_off(place, queue)
    assert len(place.memos) == 1


def test_a_queue_that_is_away_loses_nothing(place: Town, queue: Queue) -> None:
    """The row was handed to a job that the queue never got: found as soon as the queue answers again."""
    graded(place, 1)
    leader = dispatcher(place, queue)
    leader.tick()
    work_off(place, queue)
    graded(place, 2)
    enqueue = queue.enqueue

    def breaks(name: str, args: Sequence[Any], job_id: str) -> None:
        queue.away = True
        enqueue(name, args, job_id)

    queue.enqueue = breaks  # type: ignore[method-assign]
    with pytest.raises(RedisIsAway):
        leader.tick()
    queue.enqueue = enqueue  # type: ignore[method-assign]
    for _ in range(3):
        place.clock.forward(seconds=1)
        with pytest.raises(RedisIsAway):
            leader.tick()
    queue.away = False
    place.clock.forward(seconds=2)
    leader.tick()
    work_off(place, queue)
    assert len(place.memos) == 2


def test_what_was_queued_twice_is_done_once(place: Town, queue: Queue) -> None:
    """A timeout of the queue is an unknown outcome, so a page may lie in it twice."""
    graded(place, 1)
    leader = dispatcher(place, queue)
    leader.tick()
    (pks,) = queue.pages
    queue.enqueue("page", [pks], "again")
    work_off(place, queue)
    assert len(place.memos) == 1


def test_a_job_that_ended_without_finishing_gives_its_returns_back(place: Town, queue: Queue) -> None:
    graded(place, 1)
    leader = dispatcher(place, queue)
    leader.tick()
    queue.jobs.clear()
    with place.ledger.read() as conn:
        assert len(work.queued_jobs(conn)) == 1
        assert work.due_now(conn, place.clock()) == []
    place.clock.forward(seconds=2)
    assert leader.tick().recovered == 1


def test_zigzag_is_walked_on_schedule_and_never_by_two_at_once(place: Town, queue: Queue) -> None:
    leader = dispatcher(place, queue)
    assert leader.tick().polled
    (walk,) = queue.named("poll")
    place.clock.forward(seconds=299)
    assert not leader.tick().polled
    place.clock.forward(seconds=2)
    assert not leader.tick().polled, "the last walk still goes on"
    del queue.jobs[walk]
    assert leader.tick().polled


def test_a_walk_that_hangs_is_given_up_after_ten_minutes(place: Town, queue: Queue) -> None:
    leader = dispatcher(place, queue)
    assert leader.tick().polled
    place.clock.forward(minutes=11)
    assert leader.tick().polled


def test_the_next_leader_keeps_the_schedule(place: Town, queue: Queue) -> None:
    first, second = dispatcher(place, queue), dispatcher(place, queue, "second")
    assert first.tick().polled
    first.resign()
    turn = second.tick()
    assert (turn.leading, turn.polled, turn.swept) == (True, False, False)


def test_the_sweep_goes_out_once_a_night(place: Town, queue: Queue) -> None:
    leader = dispatcher(place, queue)
    assert leader.tick().swept, "the first look, at the first start"
    for hour in range(24):
        place.clock.forward(hours=1)
        swept = leader.tick().swept
        assert swept == (place.clock().hour == 2), f"after {hour + 1} hours"
