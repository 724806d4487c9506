"""``/healthz`` and ``/readyz``: does this process live, and does the chain behind it work.

Upstreams are never called here: what the workers last saw of them stands in the ledger's signals.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response
from redis.exceptions import RedisError

from sidecar.jobs.liveness import living
from sidecar.ledger import signals
from sidecar.ledger.signals import Signal
from sidecar.web import answers
from sidecar.web.bridge import Bridge, bridge
from sidecar.web.endpoint import answer, endpoint

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)

DISPATCHER_SILENT_AFTER = timedelta(seconds=20)  # it beats every 5 s, and its lead lasts 15
KEPT_SECONDS = 1.0  # a Redis that is away costs a second to ask; one question serves everybody for that long


@blueprint.get("/healthz")
@endpoint("This process lives; nothing is checked", {200: ("It does.", answers.AliveAnswer())}, tag="health")
def alive() -> Response:
    return answer({"status": "ok"})


@blueprint.get("/readyz")
@endpoint(
    "Every link of the chain",
    {200: ("All are well.", answers.ReadyAnswer()), 503: ("One is not.", answers.ReadyAnswer())},
    tag="health",
)
def ready() -> Response:
    here = bridge()
    now = here.clock()
    checks = {"ledger": _ledger(here)}
    known: Mapping[str, Signal] = checks["ledger"].pop("known")
    workers, checks["redis"] = ask_queue(here)
    checks["dispatcher"] = dispatcher(known.get("dispatcher"), now)
    checks["workers"] = workers
    checks["oro"] = _upstream(known.get("oro"), now)
    checks["zigzag"] = _upstream(known.get("zigzag"), now)
    if here.settings.zigzag_pull == "off":
        checks["zigzag"] = check(True, "not pulled (ZIGZAG_PULL=off); webhooks and files only")
    good = all(check["ok"] for check in checks.values())
    response = answer({"ready": good, "checks": checks}, 200 if good else 503)
    if not good:
        response.headers["Retry-After"] = "10"
    return response


def check(ok: bool, detail: str, age: timedelta | None = None) -> dict[str, Any]:
    seconds = None if age is None else max(0, int(age.total_seconds()))
    return {"ok": ok, "detail": detail, "age_seconds": seconds}


def _ledger(here: Bridge) -> dict[str, Any]:
    try:
        with here.ledger.read() as conn:
            known = signals.all(conn)
    except Exception as error:  # whatever is wrong with it, this address must still answer
        log.warning("ledger not readable: %s", type(error).__name__)
        return {**check(False, f"cannot be read ({type(error).__name__})"), "known": {}}
    return {**check(True, here.ledger.dialect, timedelta(0)), "known": known}


def ask_queue(here: Bridge) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is known of (workers, Redis), each as ``check`` says it; asked at most once a second."""
    kept = here.kept.get("redis")
    if kept is not None and time.monotonic() - kept[0] < KEPT_SECONDS:
        return kept[1], kept[2]
    workers, redis = _ask_redis(here.redis, here.clock)
    here.kept["redis"] = (time.monotonic(), workers, redis)
    return workers, redis


def _ask_redis(connection: Any, clock: Callable[[], datetime]) -> tuple[dict[str, Any], dict[str, Any]]:
    if connection is None:
        unknown = check(False, "no Redis is known to this process")
        return unknown, unknown
    try:
        connection.ping()
        ages = living(connection, clock())
    except RedisError as error:
        away = check(False, f"does not answer ({type(error).__name__}); nothing is lost, work waits in the ledger")
        return check(False, "cannot be told while Redis is away"), away
    alive = check(bool(ages), f"{len(ages)} alive", min(ages) if ages else None)
    return alive, check(True, "answers", timedelta(0))


def dispatcher(signal: Signal | None, now: datetime) -> dict[str, Any]:
    if signal is None:
        return check(False, "has never run")
    age = now - signal.at
    alive = signal.ok and age < DISPATCHER_SILENT_AFTER
    return check(alive, signal.detail if alive else f"silent; last heard of: {signal.detail}", age)


def _upstream(signal: Signal | None, now: datetime) -> dict[str, Any]:
    """As the last call saw it; nobody has to have called yet."""
    if signal is None:
        return check(True, "not called yet")
    return check(signal.ok, signal.detail, now - signal.at)
