"""One Redis-compatible server for all of them, and a terminal beside a ledger of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.support.valkey import redis_url

__all__ = ["redis_url"]


@pytest.fixture
def terminal(sqlite_template: Path, tmp_path: Path) -> Iterator[Terminal]:
    shutil.copy(sqlite_template, tmp_path / "sidecar.db")
    made = Terminal(tmp_path)
    yield made
    made.ledger.dispose()
