"""The thread that tells people: nothing that goes wrong in a turn ends it, and it leaves when asked."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from sidecar.jobs.alerts import AlertThread


class Turns:
    """Each turn does the next thing of the script, then waits to be asked to stop."""

    def __init__(self, *script: Exception | None) -> None:
        self.script = list(script)
        self.done = threading.Event()
        self.resigned = False

    def turn(self) -> None:
        if not self.script:
            self.done.set()
            return
        if (trouble := self.script.pop(0)) is not None:
            raise trouble

    def resign(self) -> None:
        self.resigned = True


def run(turns: Any) -> None:
    thread = AlertThread(turns, every=0.001)
    thread.start()
    assert turns.done.wait(10)
    thread.stop()
    assert not thread.is_alive()


def test_a_ledger_that_is_away_is_said_once_and_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    away = OperationalError("SELECT 1", {}, Exception("locked"))
    with caplog.at_level(logging.WARNING):
        run(Turns(away, away, away))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.messages[0].startswith("nobody can be told while the ledger is away")


def test_an_odd_turn_is_logged_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        run(Turns(ValueError("odd"), None))
    assert caplog.messages == ["a turn of the alerts failed"]


def test_the_lead_is_given_away_on_leaving() -> None:
    turns = Turns(None)
    run(turns)
    assert turns.resigned
