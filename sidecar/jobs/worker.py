"""The worker: RQ's, with the settings that STACK.md measured, our jobs only, and a time limit nothing can swallow."""

from __future__ import annotations

import logging
import os
import signal
import uuid
from contextlib import suppress
from types import FrameType
from typing import Any

from redis.client import Pipeline
from rq import Queue, Worker, worker_registration
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty

from sidecar.jobs import functions
from sidecar.jobs.queue import QUEUE, BridgeJob, connect
from sidecar.settings import Settings

log = logging.getLogger(__name__)

WORKER_TTL = 25
MAINTENANCE_INTERVAL = 10
MONITORING_INTERVAL = 5
END_WITH_THIS_PAGE = signal.SIGUSR1


class OutOfTime(BaseException):
    """A job ran past its time. Not an ``Exception``, so that no ``except Exception`` on the way swallows it."""


class DeathPenalty(BaseDeathPenalty):
    """RQ's alarm, raising what cannot be swallowed for jobs, and what RQ expects for its own waits."""

    def __init__(self, timeout: int, exception: type[BaseException], **kwargs: Any) -> None:
        super().__init__(timeout, exception, **kwargs)  # type: ignore[no-untyped-call]
        self._job = "job_id" in kwargs

    def handle_death_penalty(self, signum: int, frame: FrameType | None) -> None:
        text = f"ran longer than {self._timeout} seconds"
        raise OutOfTime(text) if self._job else self._exception(text)

    def setup_death_penalty(self) -> None:
        signal.signal(signal.SIGALRM, self.handle_death_penalty)
        signal.alarm(self._timeout)

    def cancel_death_penalty(self) -> None:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


class BridgeWorker(Worker):
    """One queue, so that a crash leaves the job in the intermediate list (STACK, RQ 3.0 points 1 and 2)."""

    death_penalty_class = DeathPenalty
    job_class = BridgeJob
    max_connection_wait_time = 5.0
    asked_to_stop = False

    def request_stop(self, signum: Any, frame: Any) -> None:
        """SIGTERM or SIGINT: the page under way is finished first."""
        self.asked_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def handle_warm_shutdown_request(self) -> None:
        """The job is told too: it would take page after page for a while."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, END_WITH_THIS_PAGE)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """RQ enlists a worker once, when it starts; after Redis has forgotten everything nobody would know it."""
        super().heartbeat(timeout, pipeline)
        worker_registration.register(self, pipeline)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Fetch tokens while still the parent: every forked job inherits them instead of asking again."""
        functions.warm()
        super().execute_job(job, queue)


def make_worker(settings: Settings, redis_url: str, name: str | None = None) -> BridgeWorker:
    """A worker ready to ``work()``; its imports are loaded before the first fork."""
    BridgeJob.allowed = functions.ALLOWED
    functions.prepare(settings)
    # Here, so that a forked job has the handler from its first moment.
    signal.signal(END_WITH_THIS_PAGE, functions.end_with_this_page)
    return BridgeWorker(
        [QUEUE],
        name=name or f"worker-{os.getpid()}-{uuid.uuid4().hex[:6]}",
        connection=connect(redis_url, quick=False),
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_INTERVAL,
        job_monitoring_interval=MONITORING_INTERVAL,
        log_job_description=False,
    )


def run(settings: Settings, redis_url: str) -> int:
    """Work until SIGTERM; the running page is finished first.

    Returns the exit status: 0 when it was asked to stop, 1 when it gave up by itself, so that whoever keeps it alive
    starts it again.
    """
    worker = make_worker(settings, redis_url)
    log.info("worker ready", extra={"worker": worker.name})
    worker.work(logging_level="WARNING")
    return 0 if worker.asked_to_stop else 1
