"""What a worker may be made to do through the queue: our three jobs, and nothing else whatever is written into Redis.

One burst of one real worker takes everything that these tests have queued, the good job last.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import redis
from rq import Callback, Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import HorseMonitorTimeoutException, JobTimeoutException
from rq.webhook import Webhook

from sidecar.jobs.queue import QUEUE, JobQueue, connect
from sidecar.jobs.worker import DeathPenalty, OutOfTime
from tests.conftest import ledger_of
from tests.end_to_end.installation import Installation, installation

BURST = (
    "import os; from sidecar.jobs.worker import make_worker; from sidecar.settings import load;"
    "make_worker(load(os.environ), os.environ['REDIS_URL']).work(burst=True, logging_level='WARNING')"
)
CALLBACKS = ("on_success", "on_failure", "on_stopped")
STATES: tuple[Literal["finished", "failed"], ...] = ("finished", "failed")


class Bomb:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.mark}",)


def leave_mark(job: Job, *_: Any) -> None:
    """What the callbacks of these jobs name."""
    Path(os.environ["VAR_DIR"], job.id).touch()


@dataclass
class Shift:
    """What was queued, by a name that is also the job's id and that of the mark it would leave."""

    place: Installation
    connection: redis.Redis
    status: int = -1

    def ended(self, name: str) -> str:
        found = self.connection.hget(f"rq:job:{name}", "status")
        return found.decode() if found else "forgotten"

    def left_a_mark(self, name: str) -> bool:
        return (self.place.var / name).exists()


@pytest.fixture(scope="module")
def shift(request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shift]:
    directory = tmp_path_factory.mktemp("shift")
    with (
        ledger_of("sqlite", request, directory) as url,
        installation(directory / "var", url, redis_url) as place,
        redis.Redis.from_url(redis_url) as connection,
    ):
        connection.flushall()
        made = Shift(place, connection)
        _queue(place, connection)
        made.status = place.start("python", "-c", BURST).wait(60)
        yield made


def _queue(place: Installation, connection: redis.Redis) -> None:
    anybody = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    pickler = Queue(QUEUE, connection=connection)
    url = f"{place.settings.oro_base_url}/admin/api/hooked"
    empty_page = {"func": "page", "args": [[], "nobody"]}

    anybody.enqueue_call("os.system", args=[f"touch {place.var / 'shell'}"], job_id="shell")
    anybody.enqueue_call("sidecar.jobs.functions.run_sweep", job_id="path")
    for when in CALLBACKS:
        anybody.enqueue_call(**empty_page, job_id=when, **{when: Callback(f"{__name__}.leave_mark")})
    anybody.enqueue_call(**empty_page, job_id="webhook", webhooks=[Webhook(url, state) for state in STATES])
    pickler.enqueue_call("page", args=[Bomb(place.var / "pickle")], job_id="pickle")
    anybody.enqueue_call(**empty_page, job_id="rubbish")
    connection.hset("rq:job:rubbish", "data", b"\x00\xff rubbish")
    anybody.enqueue_call("page", args=["x", 1, 2, 3], job_id="arguments")
    anybody.enqueue_call(**empty_page, job_id="forgotten")
    connection.delete("rq:job:forgotten")
    JobQueue(connect(place.environ["REDIS_URL"], quick=True)).enqueue("page", [[], "good"], "good")


def test_a_good_job_after_all_the_bad_ones_is_done_and_the_worker_lives(shift: Shift) -> None:
    assert shift.ended("good") == "finished"
    assert shift.status == 0


@pytest.mark.parametrize("name", ["shell", "path"])
def test_a_function_that_is_not_one_of_ours_does_not_run(shift: Shift, name: str) -> None:
    assert shift.ended(name) == "failed"
    assert not shift.left_a_mark(name)
    assert "is not one of the jobs ['page', 'poll', 'sweep']" in shift.place.log


@pytest.mark.parametrize("when", CALLBACKS)
def test_a_job_that_carries_a_callback_is_refused_and_the_callback_is_not_called(shift: Shift, when: str) -> None:
    assert shift.ended(when) == "failed"
    assert not shift.left_a_mark(when)


def test_a_job_that_carries_a_webhook_is_refused_and_nobody_is_called(shift: Shift) -> None:
    assert shift.ended("webhook") == "failed"
    assert not [call for call in shift.place.shop.counters()["requests"] if "hooked" in call]


def test_a_pickle_in_the_queue_is_not_opened(shift: Shift) -> None:
    assert shift.ended("pickle") == "failed"
    assert not shift.left_a_mark("pickle")


@pytest.mark.parametrize("name", ["rubbish", "arguments"])
def test_what_cannot_be_a_job_fails_alone(shift: Shift, name: str) -> None:
    assert shift.ended(name) == "failed"


def test_those_marks_would_be_left_if_anything_ran(shift: Shift, tmp_path: Path) -> None:
    """The same bomb and the same callback, where they are allowed to go off."""
    pickle.loads(pickle.dumps(Bomb(tmp_path / "pickle")))
    assert (tmp_path / "pickle").exists()
    job = Job.fetch("on_success", connection=shift.connection, serializer=JSONSerializer)
    assert job.success_callback is not None
    assert job.success_callback.__name__ == "leave_mark"


def test_the_queue_knows_which_jobs_will_not_run_any_more(shift: Shift) -> None:
    queue = JobQueue(connect(shift.place.environ["REDIS_URL"], quick=True))
    queue.enqueue("page", [[], "waits"], "waits")
    assert queue.dead(["good", "shell", "forgotten", "never heard of", "waits"]) == {
        "good", "shell", "forgotten", "never heard of",
    }  # fmt: skip
    assert queue.depth() == 1


# --- the time limit ----------------------------------------------------------------------------------------------


def test_a_jobs_time_limit_is_not_swallowed_on_the_way() -> None:
    """It is no Exception, so neither ours nor a library's ``except Exception`` keeps the job alive."""
    assert not issubclass(OutOfTime, Exception)
    with pytest.raises(OutOfTime, match="longer than 1 second"), DeathPenalty(1, JobTimeoutException, job_id="page-1"):
        _swallows_everything_it_can()


def test_rqs_own_waits_get_the_exception_they_expect() -> None:
    with pytest.raises(HorseMonitorTimeoutException), DeathPenalty(1, HorseMonitorTimeoutException):
        time.sleep(30)


def test_a_job_that_ends_in_time_is_left_alone_ever_after() -> None:
    with DeathPenalty(1, JobTimeoutException, job_id="page-1"):
        pass
    assert signal.alarm(0) == 0
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def _swallows_everything_it_can() -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(Exception):
            time.sleep(30)
