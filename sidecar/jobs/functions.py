"""The jobs a worker may run, by short name. Each is a shell: build the world, call the use-case, count what it took."""

from __future__ import annotations

import logging
import os
import resource
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from sidecar import logs
from sidecar.ledger import counters, signals
from sidecar.ledger import work as outbox
from sidecar.ledger.engine import open_ledger
from sidecar.oro import errors as oro_errors
from sidecar.settings import Settings
from sidecar.sync import page, pulling, sweep
from sidecar.sync.build import build_world
from sidecar.sync.world import World, utc_now
from sidecar.zigzag.errors import ZigZagError

log = logging.getLogger(__name__)

_prepared: World | None = None


def prepare(settings: Settings) -> None:
    """Build the clients once, in the parent; no connection is opened before the fork."""
    global _prepared
    _prepared = build_world(settings, open_ledger(settings.database_url), holder="")


def warm() -> None:
    """Renew the upstream tokens in the parent, so that a page spends no call on them; a page reports failures."""
    world = _prepared
    if world is None:
        return
    try:
        world.oro.documents.client.token()
        if world.zigzag is not None:
            world.zigzag.token()
    except (oro_errors.OroError, ZigZagError) as error:
        log.warning("token not renewed ahead: %s", error)


def _world() -> World:
    """The prepared world under a name of this job's own: claims are held by a job, not by a machine."""
    if _prepared is None:
        raise RuntimeError("jobs.functions.prepare() was not called in this worker")
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    return World(**{**_fields(_prepared), "holder": holder})


def _fields(world: World) -> dict[str, Any]:
    return {name: getattr(world, name) for name in world.__dataclass_fields__}


def _calls(world: World) -> dict[str, int]:
    zigzag = world.zigzag.calls if world.zigzag is not None else {}
    return {
        "oro_reads": world.oro.calls.get("reads", 0),
        "oro_writes": world.oro.calls.get("writes", 0),
        "oro_tokens": world.oro.calls.get("tokens", 0),
        "zigzag_calls": sum(zigzag.values()),
    }


def _measured(world: World, kind: str, work: Callable[[], dict[str, int]]) -> None:
    """Run, then add calls, processor time and peak memory to the ledger's counters (metrics are read there)."""
    before, calls = resource.getrusage(resource.RUSAGE_SELF), _calls(world)
    counted = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    spent = {name: value - calls[name] for name, value in _calls(world).items()}
    with world.ledger.begin() as conn:
        cpu_us = int(used * 1_000_000)
        counters.add(conn, {**counted, **spent, "worker_cpu_us": cpu_us, f"{kind}_cpu_us": cpu_us, "jobs_done": 1})
        signals.beat(conn, "workers", utc_now(), ok=True, detail=world.holder, value={"peak_rss_kb": after.ru_maxrss})


DRAIN_SECONDS = 10.0
LINGER_SECONDS = 0.5  # without work; to fork anew and warm up costs as much as thirty returns
LOOK_EVERY = 0.1

_ending = False


def end_with_this_page(signum: int, frame: FrameType | None) -> None:
    """The worker is stopping: the job takes no further page."""
    global _ending
    _ending = True


def run_page(return_pks: list[int], job_id: str) -> None:
    """One page, and while more comes due, the next ones too: fork, token and caches are paid for once."""
    world = _world()
    with logs.bind(job=world.holder):

        def work() -> dict[str, int]:
            report = page.run(world, return_pks)
            end, idle_since = time.monotonic() + DRAIN_SECONDS, time.monotonic()
            while not _ending and time.monotonic() < min(end, idle_since + LINGER_SECONDS):
                if more := _take_more(world, job_id):
                    report.add(page.run(world, more))
                    idle_since = time.monotonic()
                else:
                    time.sleep(LOOK_EVERY)
            log.info("page done", extra={"taken": report.taken, "written": report.written, "failed": report.failed})
            return {
                "returns_taken": report.taken,
                "returns_written": report.written,
                "returns_unchanged": report.unchanged,
                "returns_failed": report.failed,
            }

        _measured(world, "page", work)


def _take_more(world: World, job_id: str) -> list[int]:
    settings = world.settings
    with world.ledger.begin() as conn:
        rows = outbox.take_due(conn, world.clock(), settings.page_size, settings.lease_seconds, job_id)
    return [row.return_pk for row in rows]


def run_poll() -> None:
    world = _world()
    with logs.bind(job=world.holder):

        def work() -> dict[str, int]:
            try:
                walk = pulling.poll(world)
            except ZigZagError as error:  # the flag says it to people; a traceback every few minutes says nothing
                log.warning("walk failed, goes on with the next: %s", error)
                return {}
            return {"snapshots_pulled": walk.seen}

        _measured(world, "poll", work)


def run_sweep() -> None:
    world = _world()
    with logs.bind(job=world.holder):
        _measured(world, "sweep", lambda: {"sweeps": 1, "drift_found": sweep.sweep(world).drifted})


ALLOWED: Mapping[str, Callable[..., Any]] = {"page": run_page, "poll": run_poll, "sweep": run_sweep}
