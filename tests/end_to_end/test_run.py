"""``python -m sidecar run`` in trouble: what is killed comes back, what Redis forgets the ledger knows.

One installation for all: embedded server, dispatcher, two workers, web. Oro takes its time over every write, so that
each trouble strikes while returns are under way.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import redis

from sidecar import embedded
from sidecar.ledger import returns, signals
from sidecar.sandbox.oro import Fault
from sidecar.sync import page
from sidecar.sync.build import build_world
from tests.end_to_end.installation import (
    RETAILER,
    Installation,
    children,
    command_line,
    installation,
    map_warehouse,
    session,
)

STOPS_WITHIN = 15.0  # seconds, agreed
HELD = 28.0  # seconds that Oro may need for a write in the last test: longer than a stop may take
HELD_UP = (1001, 1002, 1003)
PAGE = 25  # returns that are under way when trouble comes


class Running:
    """The installation, and its launcher."""

    def __init__(self, place: Installation) -> None:
        self.place = place
        self.numbers = 0
        self.launcher = self.launch()

    def launch(self) -> subprocess.Popen[bytes]:
        self.launcher = self.place.start("python", "-m", "sidecar", "run")
        self.place.until(lambda: self.place.call("GET", "/healthz") == 200, "the door opens")
        return self.launcher

    def pids(self, name: str) -> list[int]:
        """The launcher's children by what their command lines say."""
        wanted = ("redis-server", "valkey-server") if name == "redis" else (f"-m sidecar {name}",)
        return [pid for pid in children(self.launcher.pid) if any(word in command_line(pid) for word in wanted)]

    def begin(self) -> list[int]:
        """Twenty-five more returns, told over HTTP; it returns when Oro has the first and not yet the last."""
        numbers = list(range(self.numbers + 1, self.numbers + PAGE + 1))
        self.numbers += PAGE
        for said in self.place.restocked(*numbers, stored=False):
            assert self.place.deliver(said) == 200
        memos = self.place.shop.counters
        before = memos()["created"]["orderreturncredits"]
        self.place.until(lambda: memos()["created"]["orderreturncredits"] > before, "the first is posted")
        assert memos()["created"]["orderreturncredits"] < before + PAGE, "the last is posted already"
        return numbers

    def ends_well(self, numbers: list[int]) -> None:
        self.place.until(lambda: self.place.finished(numbers), "every return is in Oro")
        self.place.assert_books(numbers)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installation(tmp_path_factory.mktemp("run") / "var", LEASE_SECONDS="10", PAGE_SIZE="10") as place:
        place.shop.faults.add(Fault("slow", on="write", seconds=0.2))
        running = Running(place)
        map_warehouse(place)
        yield running


def test_it_starts_in_order_and_every_process_bears_its_name(running: Running) -> None:
    place = running.place
    said = [line for line in place.log.splitlines() if not line.startswith("{")]
    assert [line.split()[0] for line in said[:4]] == ["redis", "ledger", "web", "ready"]
    assert [len(running.pids(name)) for name in ("redis", "dispatcher", "worker", "web")] == [1, 1, 2, 1]
    place.until(lambda: place.call("GET", "/readyz") == 200, "every link of the chain is well")


def test_a_launcher_killed_without_a_word_takes_everything_with_it_and_the_next_start_goes_on(
    running: Running,
) -> None:
    place = running.place
    numbers = running.begin()
    killed = running.launcher
    killed.kill()
    place.until(lambda: session(killed.pid) == [], "nothing of it is left", within=STOPS_WITHIN)
    running.launch()
    running.ends_well(numbers)


def test_redis_flushed_is_only_delay(running: Running) -> None:
    numbers = running.begin()
    url = embedded.url_of(running.place.var)
    assert url is not None
    redis.Redis.from_url(url).flushall()
    running.ends_well(numbers)
    running.place.until(lambda: running.place.call("GET", "/readyz") == 200, "the workers are known again")


def test_redis_killed_is_only_delay(running: Running) -> None:
    numbers = running.begin()
    (killed,) = running.pids("redis")
    os.kill(killed, signal.SIGKILL)
    running.ends_well(numbers)
    (again,) = running.pids("redis")
    assert again != killed


def test_worker_web_and_dispatcher_killed_are_restarted_and_nothing_is_lost(running: Running) -> None:
    """A second dispatcher stands by, as on a second machine: it or the restarted one leads when the first is dead."""
    place = running.place
    second = place.start_named("dispatcher")
    numbers = running.begin()
    victims = [running.pids("worker")[0], *running.pids("web"), *running.pids("dispatcher")]
    orphans = set(children(running.pids("web")[0]))
    assert len(orphans) == place.settings.web_workers
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    more = place.restocked(running.numbers + 1, running.numbers + 2, stored=False)
    running.numbers += 2
    for said in more:
        place.until(lambda said=said: place.deliver(said) == 200, "the door takes messages again")
    running.ends_well([*numbers, running.numbers - 1, running.numbers])
    place.until(
        lambda: [len(running.pids(name)) for name in ("dispatcher", "worker", "web")] == [1, 2, 1], "all are back"
    )
    assert not orphans & set(session(running.launcher.pid)), "they would keep the address from the next one"
    assert not set(victims) & {pid for name in ("dispatcher", "worker", "web") for pid in running.pids(name)}
    (restarted,) = running.pids("dispatcher")
    place.until(lambda: _leader(place) in (second.pid, restarted), "another leads, the lead of the dead has run out")
    assert place.end(second) == 0
    place.until(lambda: _leader(place) == restarted, "the one that is left leads")


def _leader(place: Installation) -> int:
    """The process id of the dispatcher that was at work last."""
    with place.ledger.read() as conn:
        beat = signals.get(conn, "dispatcher")
    assert beat is not None
    return int(beat.detail.rpartition(":")[2])


@pytest.mark.slow
def test_sigterm_stops_everything_in_time_though_oro_keeps_it_waiting_and_nothing_is_lost_or_doubled(
    running: Running,
) -> None:
    """The writes are cut off in the middle; whoever works next, here the test itself, sends the same ones again."""
    place = running.place
    place.shop.faults.clear()
    place.shop.faults.add(Fault("slow", on="write", seconds=HELD, count=len(HELD_UP)))
    place.restocked(*HELD_UP)
    place.until(lambda: [_state(place, number) for number in HELD_UP] == ["sent"] * 3, "three writes are under way")
    began = time.monotonic()
    running.launcher.terminate()
    assert _ended_in_order(running, ["web", "dispatcher", "worker", "redis"])
    assert running.launcher.wait(5) == 0
    assert time.monotonic() - began < STOPS_WITHIN
    assert session(running.launcher.pid) == []
    assert place.call("GET", "/healthz") == 0
    assert [_state(place, number) for number in HELD_UP] == ["sent"] * 3
    assert [place.memos(number) for number in HELD_UP] == [[]] * 3

    time_is_up = replace(build_world(place.settings, place.ledger, "the next"), clock=_when_every_lease_has_run_out)
    with place.ledger.read() as conn:
        due = [row.id for number in HELD_UP if (row := returns.get(conn, RETAILER, f"R{number}"))]
    assert page.run(time_is_up, due).written == 3
    assert page.run(time_is_up, due).unchanged == 3  # a look at what came up beside the unfinished postings: nothing
    place.shop.closing.set()  # Oro need not be held any longer
    refused = place.shop.counters
    place.until(lambda: refused()["refused_writes"].get("conflict constraint", 0) >= 3, "the first tries arrive too")
    assert place.finished(HELD_UP)
    place.assert_books(HELD_UP)


def _ended_in_order(running: Running, names: list[str]) -> bool:
    """Whether none of these was missing at one look while one named before it was still there at the next.

    Of one look alone nothing can be said: processes end while it is taken.
    """
    living = {name: set(running.pids(name)) for name in names}
    gone = [False] * len(names)
    while any(living.values()):
        now = set(session(running.launcher.pid))
        living = {name: pids & now for name, pids in living.items()}
        for position, name in enumerate(names):
            if living[name] and any(gone[position + 1 :]):
                return False
        gone = [not living[name] for name in names]
        time.sleep(0.02)
    return True


def _state(place: Installation, number: int) -> str:
    posting = place.posting(number)
    return posting.state if posting else ""


def _when_every_lease_has_run_out() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)
