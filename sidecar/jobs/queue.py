"""The queue as transport: enqueue, how deep it is, which jobs still live. Nothing in it is the truth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

QUEUE = "returns"
JOB_TIMEOUT = 900  # seconds; a page of 50 with every call timing out stays below
RESULT_TTL = 60
FAILURE_TTL = 24 * 3600
QUICK = 1.0  # seconds: in web and dispatcher a slow Redis is a down Redis


class NotAllowed(Exception):
    """A job names something that is not one of our jobs, or carries a callback."""


class NoAnswer(RuntimeError):
    """Redis is not there; the text says which and why."""


class BridgeJob(Job):
    """A job that runs one of our functions, by short name, and nothing else.

    RQ imports whatever a job names (STACK, RQ 3.0 point 9); here the name is looked up in ``ALLOWED`` instead, and
    callbacks and webhooks of a job are refused.
    """

    allowed: Mapping[str, Callable[..., Any]] = {}

    @property
    def func(self) -> Callable[..., Any]:
        if self._success_callback_name or self._failure_callback_name or self._stopped_callback_name:
            raise NotAllowed(f"job {self.id} carries a callback")
        if getattr(self, "webhooks", None) or self.instance is not None:
            raise NotAllowed(f"job {self.id} carries a webhook or an instance")
        try:
            return self.allowed[self.func_name or ""]
        except KeyError:
            raise NotAllowed(f"{self.func_name!r} is not one of the jobs {sorted(self.allowed)}") from None

    # A refused callback must not be imported on the way to being refused.
    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, *_: Any, **__: Any) -> None:
        """None are sent."""


def connect(url: str, *, quick: bool) -> Redis:
    """A connection; ``quick`` for web and dispatcher, where nothing may wait for Redis longer than a second.

    Without ``quick`` the read timeout is RQ's own, as a worker blocks on purpose.
    """
    if not quick:
        return Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=QUICK)
    return Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=QUICK, socket_connect_timeout=QUICK, health_check_interval=0
    )


def check_answers(url: str, shown: str) -> None:
    """Raises NoAnswer when the Redis at ``url`` does not answer; ``shown`` is the address without its password."""
    with closing(connect(url, quick=True)) as connection:
        try:
            connection.ping()
        except RedisError as error:
            raise NoAnswer(f"Redis does not answer ({shown}): {error}") from None


class JobQueue:
    """What the dispatcher may do with Redis. Every method raises ``redis.RedisError`` when Redis is not there."""

    def __init__(self, connection: Redis) -> None:
        self.connection = connection
        self._queue = Queue(QUEUE, connection=connection, job_class=BridgeJob, serializer=JSONSerializer)

    def enqueue(self, name: str, args: Sequence[Any], job_id: str) -> None:
        """Queue one job. A timeout is an unknown outcome; queueing twice is harmless, so just try again."""
        self._queue.enqueue_call(
            func=name,
            args=list(args),
            job_id=job_id,
            timeout=JOB_TIMEOUT,
            result_ttl=RESULT_TTL,
            failure_ttl=FAILURE_TTL,
            description=f"{name} {job_id}",
        )

    def depth(self) -> int:
        return int(self._queue.count)

    def dead(self, job_ids: Collection[str]) -> set[str]:
        """Those of these jobs that will not run (again): unknown to Redis, or ended."""
        ids = list(job_ids)
        jobs = BridgeJob.fetch_many(ids, connection=self.connection, serializer=JSONSerializer)
        return {
            job_id
            for job_id, job in zip(ids, jobs, strict=True)
            if job is None or job.get_status(refresh=False) not in ("queued", "started", "deferred", "scheduled")
        }


__all__ = ["QUEUE", "BridgeJob", "JobQueue", "NoAnswer", "NotAllowed", "RedisError", "check_answers", "connect"]
