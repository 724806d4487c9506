"""Is it alive, is the chain well - answered without asking anybody upstream."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisAway

from sidecar.ledger import signals
from sidecar.ledger.engine import Ledger, open_ledger
from tests.web.conftest import Door, opened, settings_of

NAMES = {"ledger", "redis", "dispatcher", "workers", "oro", "zigzag"}


def beat(door: Door, name: str, *, ok: bool = True, detail: str = "answered") -> None:
    with door.ledger.begin() as conn:
        signals.beat(conn, name, door.now, ok=ok, detail=detail)


def work(door: Door, name: str = "worker-1") -> None:
    """A worker tells Redis that it lives, as RQ's do."""
    door.redis.sadd("rq:workers", f"rq:worker:{name}")
    door.redis.hset(f"rq:worker:{name}", "last_heartbeat", door.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def ready(door: Door) -> tuple[int, dict[str, dict[str, object]]]:
    door.app.extensions["returns_bridge"].kept.clear()
    answer = door.get("/readyz", key=None)
    assert answer.get_json().keys() >= {"checks"}
    checks = answer.get_json()["checks"]
    assert checks.keys() == NAMES
    assert all(check.keys() == {"ok", "detail", "age_seconds"} for check in checks.values())
    return answer.status_code, checks


def test_alive_checks_nothing(door: Door) -> None:
    assert door.get("/healthz", key=None).status_code == 200


def test_all_is_well(door: Door) -> None:
    for name in ("dispatcher", "oro", "zigzag"):
        beat(door, name)
    work(door)
    door.forward(seconds=7)
    status, checks = ready(door)
    assert status == 200
    assert all(check["ok"] for check in checks.values())
    assert checks["dispatcher"]["age_seconds"] == 7
    assert checks["workers"]["age_seconds"] == 7


def test_upstreams_that_nobody_has_called_yet_are_no_trouble(door: Door) -> None:
    beat(door, "dispatcher")
    work(door)
    status, checks = ready(door)
    assert status == 200
    assert checks["oro"] == {"ok": True, "detail": "not called yet", "age_seconds": None}


def test_nothing_runs_yet(door: Door) -> None:
    status, checks = ready(door)
    assert status == 503
    assert not checks["dispatcher"]["ok"]
    assert not checks["workers"]["ok"]
    assert checks["ledger"]["ok"]


def test_a_silent_dispatcher_and_a_silent_worker(door: Door) -> None:
    beat(door, "dispatcher")
    work(door)
    door.forward(minutes=5)
    status, checks = ready(door)
    assert status == 503
    assert not checks["dispatcher"]["ok"]
    assert not checks["workers"]["ok"]


def test_an_upstream_that_failed_last(door: Door) -> None:
    beat(door, "dispatcher")
    beat(door, "oro", ok=False, detail="HTTP 503")
    work(door)
    status, checks = ready(door)
    assert status == 503
    assert checks["oro"]["detail"] == "HTTP 503"


def test_redis_away(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(door, "dispatcher")

    def away() -> None:
        raise RedisAway("no socket")

    monkeypatch.setattr(door.redis, "ping", away)
    status, checks = ready(door)
    assert status == 503
    assert not checks["redis"]["ok"]
    assert not checks["workers"]["ok"]


def test_zigzag_that_is_never_pulled(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    door = opened(ledger, settings_of(ledger_url, tmp_path, ZIGZAG_PULL="off"))
    beat(door, "zigzag", ok=False)
    assert ready(door)[1]["zigzag"]["ok"] is True


def test_a_ledger_that_is_away(tmp_path: Path) -> None:
    nowhere = open_ledger(f"sqlite:///{tmp_path}/none.db")
    door = opened(nowhere, settings_of(f"sqlite:///{tmp_path}/none.db", tmp_path))
    status, checks = ready(door)
    assert status == 503
    assert checks["ledger"]["ok"] is False
    assert door.get("/healthz", key=None).status_code == 200
    nowhere.dispose()
