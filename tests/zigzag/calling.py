"""A clock to drive the client with, and what its tests have in common."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sidecar.sandbox.zigzag import ZigZagHouse
from sidecar.zigzag.client import ZigZagError
from tests.zigzag.samples import body

START = datetime(2026, 11, 1, tzinfo=UTC)
PASSWORD = "pass-word-of-zigzag"


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds


def put(house: ZigZagHouse, count: int) -> None:
    for number in range(count):
        house.put(body(returnId=f"R{number}"), START + timedelta(minutes=number))


def failing(call: Callable[[], Any]) -> ZigZagError:
    with pytest.raises(ZigZagError) as caught:
        call()
    assert PASSWORD not in f"{caught.value!r} {caught.value} {vars(caught.value)}"
    return caught.value
