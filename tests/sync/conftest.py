"""The town, on every ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.ledger.engine import Ledger
from tests.sync.town import Town, town


@pytest.fixture
def place(ledger: Ledger, ledger_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(ledger, ledger_url, tmp_path / "var") as made:
        yield made
