"""kill -9 of real workers and their forked jobs: always exactly one posting, and the ledger knows it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import redis

from tests.conftest import LEDGERS, ledger_of
from tests.end_to_end.installation import Installation, installation, map_warehouse, session

# How the posting stands in the ledger, and how many memos in Oro, when the plug is pulled at a step.
LEFT = {"committed": ("planned", 0), "sent": ("sent", 0), "answered": ("sent", 1)}
LEASE_SECONDS = 2  # so that nobody waits long for what the dead hold


@pytest.fixture(scope="module", params=LEDGERS)
def place(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Ledger, queue and dispatcher; every test brings its workers. One return is one page."""
    redis.Redis.from_url(redis_url).flushall()
    directory = tmp_path_factory.mktemp("killed")
    with (
        ledger_of(request.param, request, directory) as url,
        installation(directory / "var", url, redis_url, LEASE_SECONDS=str(LEASE_SECONDS), PAGE_SIZE="1") as made,
    ):
        map_warehouse(made)
        made.start_named("dispatcher")
        made.start_named("web")
        yield made


def test_the_processes_of_the_procfile_carry_a_return_from_the_door_to_oro(place: Installation) -> None:
    assert place.start_named("release").wait(30) == 0
    place.until(lambda: place.call("GET", "/healthz") == 200, "the door opens")
    worker = place.start_named("worker")
    (said,) = place.restocked(8, stored=False)
    assert place.deliver(said) == 200
    place.until(lambda: place.finished([8]), "the return is in Oro")
    place.assert_books([8])
    place.until(lambda: place.call("GET", "/readyz") == 200, "every link of the chain is well")
    assert place.end(worker) == 0


def mortal(place: Installation, whom: str, *steps: str) -> None:
    place.start("python", "-m", "tests.end_to_end.mortal_worker", whom, *steps)


def workers(place: Installation) -> int:
    """How many workers wait for a job."""
    connection = redis.Redis.from_url(place.environ["REDIS_URL"])
    names = connection.smembers("rq:workers")
    return sum(connection.hget(name, "state") == b"idle" for name in names)


def killed(place: Installation, whom: str) -> set[str]:
    return {mark.name.rpartition("-")[2] for mark in place.var.glob(f"{whom}-killed-at-*")}


def test_a_worker_killed_together_with_its_job_is_followed_by_one_that_finishes(place: Installation) -> None:
    """Three workers die at three steps, nobody tells anybody; the work comes back when their leases run out."""
    numbers = (1, 2, 3)
    mortal(place, "worker", *LEFT)
    place.until(lambda: workers(place) == 3, "three workers wait for work")
    place.restocked(*numbers)
    place.until(lambda: killed(place, "worker") == set(LEFT), "all three have died")
    found = [(posting.state, len(place.memos(n))) for n in numbers if (posting := place.posting(n)) is not None]
    assert sorted(found) == sorted(LEFT.values())

    worker = place.start_named("worker")
    place.until(lambda: place.finished(numbers), "the next worker has finished what the dead have left")
    place.assert_books(numbers)
    assert place.end(worker) == 0


def test_a_killed_job_is_done_again_and_its_worker_goes_on(place: Installation) -> None:
    """The forked child dies, once at each step; its worker lives, tells the queue, and takes the next page."""
    numbers = (4, 5, 6)
    place.restocked(*numbers)
    mortal(place, "job", *LEFT)
    place.until(lambda: killed(place, "job") == set(LEFT), "a job has died at each step")
    place.until(lambda: place.finished(numbers), "the same worker has finished all three")
    place.assert_books(numbers)
    assert place.end(place.processes[-1]) == 0


def test_a_job_that_lost_its_worker_and_wakes_up_beside_its_second_copy_posts_nothing(place: Installation) -> None:
    """Only the parent is killed: the child stands still before its call, another worker posts, then it goes on.

    The fence stops it. Calls that are past the fence and arrive late: ``tests/sync/test_crash_matrix.py``.
    """
    place.restocked(7)
    mortal(place, "parent", "sent")
    orphaned = place.processes[-1]
    place.until(lambda: killed(place, "parent") == {"sent"}, "the worker has died, its job stands still")
    assert orphaned.wait(10) == -signal.SIGKILL
    assert place.memos(7) == []

    worker = place.start_named("worker")
    place.until(lambda: place.finished([7]), "another worker has posted it")
    (place.var / "go-on").touch()
    place.until(lambda: not session(orphaned.pid), "the orphan has come to its end")
    assert "claim lost before the call; nothing was sent" in place.log
    place.until(lambda: place.finished([7]), "nothing is left to do")
    place.assert_books([7])
    assert place.end(worker) == 0
