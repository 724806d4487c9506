"""Fixtures of the tests about Oro."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oro.recorded import Oro, scripted_oro


@pytest.fixture
def oro() -> Iterator[Oro]:
    with scripted_oro() as scripted:
        yield scripted
