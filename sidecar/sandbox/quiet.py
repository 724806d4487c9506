"""Waiting until nothing is under way: asked of the ledger, not of a clock."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rich.progress import Progress

from sidecar.ledger import inbox, signals, work
from sidecar.ledger.engine import open_ledger

if TYPE_CHECKING:
    from sidecar.sandbox.stage import Stage

PATIENCE = 90.0  # seconds in which nothing gets done
SOON = timedelta(minutes=2)  # work due later than that waits on purpose (an order Oro does not know yet)


def wait_until_quiet(stage: Stage, progress: Progress, title: str) -> None:
    """Until a walk over ZigZag's list has ended after now, every message is settled and no work is due soon."""
    from sidecar.sandbox.stage import StageError

    ledger = open_ledger(f"sqlite:///{stage.var / 'sidecar.db'}")
    asked = datetime.now(UTC)
    task = progress.add_task(title, total=None)
    least, most, until = sys.maxsize, 0, time.monotonic() + PATIENCE
    try:
        while True:
            with ledger.read() as conn:
                now = datetime.now(UTC)
                open_work = work.due_before(conn, now + SOON)
                unsettled = inbox.count_unsettled(conn)
                cursor = signals.cursor_get(conn, "pull")
            left = open_work + unsettled
            walked = cursor is not None and datetime.fromisoformat(cursor) > asked
            most = max(most, left)
            if left < least:
                least, until = left, time.monotonic() + PATIENCE
            progress.update(task, total=most or 1, completed=most - left)
            if walked and not left:
                progress.update(task, total=most or 1, completed=most or 1)
                return
            if time.monotonic() > until:
                still = f"{open_work} returns and {unsettled} messages are still open"
                raise StageError(f"{still}, none of them ended within {PATIENCE:.0f} s")
            time.sleep(0.1)
    finally:
        ledger.dispose()
