"""The dispatcher process: turn after turn until SIGTERM, patient with a Redis or ledger that is away."""

from __future__ import annotations

import logging
import os
import random
import signal
import socket
import threading
from types import FrameType

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from sidecar.jobs.alerts import AlertThread
from sidecar.jobs.queue import JobQueue, connect
from sidecar.ledger.engine import open_ledger
from sidecar.settings import Settings
from sidecar.sync.alerting import Alerter
from sidecar.sync.build import build_channels
from sidecar.sync.dispatch import Dispatcher
from sidecar.sync.world import utc_now

log = logging.getLogger(__name__)

PAUSE = 0.25  # seconds between turns: also what lets webhooks gather into pages
PAUSE_IN_TROUBLE = 1.0


def run(settings: Settings, redis_url: str) -> int:
    """Dispatch until SIGTERM or SIGINT; the lead is given away on the way out. Returns the exit status."""
    stop = threading.Event()

    def ask_to_stop(signum: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    ledger = open_ledger(settings.database_url)
    dispatcher = Dispatcher(
        ledger=ledger,
        queue=JobQueue(connect(redis_url, quick=True)),
        settings=settings,
        clock=utc_now,
        holder=f"{socket.gethostname()}:{os.getpid()}",
        room=settings.workers,  # a job that runs takes what comes due itself; one waits for each that ends
    )
    alerts = AlertThread(
        Alerter(
            ledger=ledger,
            channels=build_channels(settings),
            settings=settings,
            clock=utc_now,
            holder=f"{socket.gethostname()}:{os.getpid()}",
            chance=random.random,
        )
    )
    alerts.start()
    log.info("dispatcher ready")
    in_trouble = False
    while not stop.is_set():
        try:
            turn = dispatcher.tick()
            if in_trouble:
                log.info("queue and ledger answer again")
            in_trouble = False
            pause = 0.0 if turn.pages and turn.returns >= settings.page_size else PAUSE
        except (RedisError, DBAPIError) as error:
            if not in_trouble:
                log.warning("turn failed, nothing is lost: %s", error)
            in_trouble, pause = True, PAUSE_IN_TROUBLE
        stop.wait(pause or 0.01)
    alerts.stop()
    try:
        dispatcher.resign()
    except DBAPIError as error:
        log.warning("lead not given away, it runs out by itself: %s", error)
    ledger.dispose()
    return 0
