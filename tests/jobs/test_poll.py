"""The walk over ZigZag's list as a job: what it leaves behind when ZigZag is away."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from sidecar.jobs import functions
from sidecar.ledger import flags
from sidecar.ledger.engine import Ledger
from sidecar.sandbox.zigzag.faults import Fault
from tests.sync.town import town


def test_a_zigzag_that_is_away_is_one_line_and_one_flag_and_the_job_ends_well(
    ledger: Ledger,
    ledger_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The walk comes every few minutes: whoever reads the log at night wants no traceback with each."""
    with town(ledger, ledger_url, tmp_path / "var") as place:
        monkeypatch.setattr(functions, "_prepared", place.world())
        place.house.faults.add(Fault("status", where="returns", status=500, times=None))
        with caplog.at_level(logging.WARNING):
            functions.run_poll()
    lines = [record for record in caplog.records if record.name == "sidecar.jobs.functions"]
    assert [line.getMessage().split(":")[0] for line in lines] == ["walk failed, goes on with the next"]
    assert lines[0].exc_info is None
    with ledger.read() as conn:
        assert [flag.code for flag in flags.search(conn, state="open").rows] == ["zigzag_unreachable"]
