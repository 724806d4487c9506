"""Which workers live: what RQ writes to Redis about each of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

WORKER_SILENT_AFTER = timedelta(seconds=60)  # an idle worker tells Redis that it lives at least every 25 s
WORKERS = "rq:workers"


def living(connection: Any, now: datetime) -> list[timedelta]:
    """For every worker that lives, how long ago it was last heard of. Raises ``redis.RedisError``."""
    beats = [_beat(connection, name, now) for name in connection.smembers(WORKERS)]
    return sorted(age for age in beats if age is not None and age < WORKER_SILENT_AFTER)


def _beat(connection: Any, worker: bytes | str, now: datetime) -> timedelta | None:
    """How long ago a worker was last heard of; None when it left without a word."""
    text = connection.hget(worker, "last_heartbeat")
    if not text:
        return None
    stated = text.decode() if isinstance(text, bytes) else text
    return now - datetime.fromisoformat(stated.replace("Z", "+00:00"))
