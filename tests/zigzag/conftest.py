"""A client and ZigZag's stand-in, over real HTTP and on one clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sidecar.sandbox.zigzag import Handle, ZigZagHouse, serve
from sidecar.zigzag.client import ZigZagClient
from tests.zigzag.calling import PASSWORD, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(clock: Clock) -> ZigZagHouse:
    return ZigZagHouse(username="shop", password=PASSWORD, clock=clock)


@pytest.fixture
def zigzag(house: ZigZagHouse) -> Iterator[Handle]:
    with serve(house) as handle:
        yield handle


@pytest.fixture
def client_of(zigzag: Handle, clock: Clock) -> Iterator[Callable[..., ZigZagClient]]:
    made: list[ZigZagClient] = []

    def make(**changes: Any) -> ZigZagClient:
        arguments: dict[str, Any] = {
            "base_url": zigzag.url,
            "username": "shop",
            "password": PASSWORD,
            "retailer_code": "GL123",
            "rate_per_second": 0,
            "timeout": (1, 5),
            "clock": clock,
            "wall": clock,
            "sleep": clock.sleep,
            "chance": lambda: 0.5,
            **changes,
        }
        made.append(ZigZagClient(**arguments))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(client_of: Callable[..., ZigZagClient]) -> ZigZagClient:
    return client_of()
