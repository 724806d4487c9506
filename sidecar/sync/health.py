"""The links of the chain: whether ZigZag and Oro answer, said once for the whole system and cleared by itself."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sidecar.ledger import flags, signals
from sidecar.ledger.engine import Ledger
from sidecar.oro import errors as oro
from sidecar.sync import flagging
from sidecar.zigzag.errors import ZigZagError

CODES = ("oro_unreachable", "bundle_switched_off", "credentials_refused", "zigzag_unreachable")
UNREACHABLE = {"oro": "oro_unreachable", "zigzag": "zigzag_unreachable"}
READING = "reading"  # of a signal: what failed
BEAT_AT_LEAST = timedelta(seconds=20)  # a good answer is not written down more often than this


class Gate:
    """Closes for the rest of a page when Oro refuses everybody, so that fifty returns do not each learn it alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reason = ""

    @property
    def closed(self) -> bool:
        return bool(self.reason)

    def notice(self, error: oro.OroError) -> None:
        everybody = (
            oro.OroUnreachable,
            oro.OroThrottled,
            oro.CredentialsRefused,
            oro.SwitchedOff,
            oro.Forbidden,
        )
        if isinstance(error, everybody):
            with self._lock:
                self.reason = self.reason or str(error)


def code_of(name: str, error: Exception) -> str | None:
    """The flag code that a failure of an upstream deserves; None when it says nothing about the link itself."""
    if isinstance(error, oro.SwitchedOff):
        return "bundle_switched_off"
    if isinstance(error, (oro.CredentialsRefused, oro.Forbidden)):
        return "credentials_refused"
    if isinstance(error, (oro.OroUnreachable, oro.OroThrottled, oro.OutcomeUnknown)):
        return UNREACHABLE[name]
    if isinstance(error, ZigZagError):
        return "credentials_refused" if error.kind == "credentials_refused" else UNREACHABLE[name]
    return None


def failed(conn: Connection, name: str, error: Exception, now: datetime, *, reading: bool = False) -> None:
    """Note that an upstream failed: its signal turns bad and one flag of the whole system opens or is seen again.

    ``reading``: orders could not be read, so that reading them disproves it; until then a failed write stays one.
    """
    code = code_of(name, error)
    if code is None:
        return
    before = signals.get(conn, name)
    reading = reading and (before is None or before.ok or before.value == READING)
    signals.beat(conn, name, now, ok=False, detail=str(error)[:300], value=READING if reading else None)
    flags.raise_system(conn, flagging.sync_draft(code, f"{name}: {error}", now, subject=name, holds="all"), now)


def answered(conn: Connection, name: str, now: datetime) -> None:
    """Note that an upstream answered: its signal turns good and the flags about it close by themselves."""
    before = signals.get(conn, name)
    if before is not None and before.ok and now - before.at < BEAT_AT_LEAST:
        return
    _answers_again(conn, name, now)


def was_read(ledger: Ledger, name: str, now: datetime) -> None:
    """Note that orders were read. It ends a failure to read them; a refused write only ends with one that is taken.

    A quiet night has no writes: without this, flag and /readyz would speak of a read that failed in the evening.
    """
    with ledger.read() as conn:
        before = signals.get(conn, name)
    if before is not None and not before.ok and before.value == READING:
        with ledger.begin() as conn:
            _answers_again(conn, name, now)


def _answers_again(conn: Connection, name: str, now: datetime) -> None:
    if signals.beat(conn, name, now, ok=True, detail="answered"):
        for code in CODES:
            flags.clear_system(conn, code, name, "it answers again", now)
