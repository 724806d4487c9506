"""The thread that tells people, inside the dispatcher: at its own pace, so that a slow mail server delays nothing."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import DBAPIError

from sidecar.sync.alerting import Alerter

log = logging.getLogger(__name__)

EVERY = 20.0  # seconds between turns
LEAVE_WITHIN = 3.0  # a message on its way when the process ends is sent again later, under the same id


class AlertThread(threading.Thread):
    """Turn after turn until asked to stop; nothing that goes wrong in one ends it."""

    def __init__(self, alerter: Alerter, every: float = EVERY) -> None:
        super().__init__(name="alerts", daemon=True)
        self.alerter = alerter
        self.every = every
        self._asked = threading.Event()
        self._in_trouble = False

    def run(self) -> None:
        while not self._asked.is_set():
            self._turn()
            self._asked.wait(self.every)

    def _turn(self) -> None:
        try:
            self.alerter.turn()
            self._in_trouble = False
        except DBAPIError as error:
            if not self._in_trouble:
                log.warning("nobody can be told while the ledger is away: %s", error)
            self._in_trouble = True
        except Exception:  # one odd row must not silence everything after it
            log.exception("a turn of the alerts failed")

    def stop(self) -> None:
        """Ask to stop, wait a moment, and give the lead away if the thread has ended."""
        self._asked.set()
        self.join(LEAVE_WITHIN)
        if not self.is_alive():
            try:
                self.alerter.resign()
            except DBAPIError as error:
                log.warning("lead of the alerts not given away, it runs out by itself: %s", error)
