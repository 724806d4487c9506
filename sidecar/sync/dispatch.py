"""From the ledger to the queue: who is due, what the clock asks for, and what Redis has forgotten."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sidecar.ledger import leases, signals, work
from sidecar.ledger.engine import Ledger
from sidecar.settings import Settings
from sidecar.sync import sweep

log = logging.getLogger(__name__)

LEADER = "dispatcher"
LEADER_SECONDS = 15
POLLED = "polled"
LOST_AFTER = timedelta(seconds=2)
POLL_HELD = timedelta(minutes=10)


class Transport(Protocol):
    """What the dispatcher needs of a queue; ``jobs.queue.JobQueue`` is the real one."""

    def enqueue(self, name: str, args: Sequence[Any], job_id: str) -> None: ...
    def depth(self) -> int: ...
    def dead(self, job_ids: Collection[str]) -> set[str]: ...


@dataclass
class Tick:
    """What one turn did."""

    leading: bool = False
    pages: int = 0
    returns: int = 0
    recovered: int = 0
    polled: bool = False
    swept: bool = False


@dataclass
class Dispatcher:
    """One turn at a time (``tick``); leader by a lease in the ledger, so that a second one merely waits.

    At most ``room`` pages lie in the queue: the rest stays in the ledger, where it can be seen, ordered and counted.
    """

    ledger: Ledger
    queue: Transport
    settings: Settings
    clock: Callable[[], datetime]
    holder: str
    room: int = 8
    token: int = 0
    lead_until: datetime | None = None
    poll_job: tuple[str, datetime] | None = None
    looked_for_lost: datetime | None = None
    beaten: datetime | None = None
    _stats: dict[str, int] = field(default_factory=dict)

    def tick(self) -> Tick:
        """Relay what is due. Raises ``redis.RedisError`` when the queue is gone; nothing is lost then, only later."""
        now = self.clock()
        turn = Tick(leading=self._lead(now))
        if not turn.leading:
            return turn
        self._beat(now)
        turn.recovered = self._recover_lost(now)
        self._relay(turn)
        turn.polled = self._poll(now)
        turn.swept = self._sweep(now)
        return turn

    def resign(self) -> None:
        """Give the lead away at once, so that a successor need not wait for the lease to run out."""
        if self.token:
            with self.ledger.begin() as conn:
                leases.release(conn, {LEADER: self.token})
            self.token = 0
            self.lead_until = None

    def _lead(self, now: datetime) -> bool:
        if self.lead_until is not None and self.lead_until - now > timedelta(seconds=LEADER_SECONDS / 2):
            return True
        with self.ledger.begin() as conn:
            if self.token and leases.renew(conn, LEADER, self.token, now, LEADER_SECONDS):
                self.lead_until = now + timedelta(seconds=LEADER_SECONDS)
                return True
            self.token = leases.claim(conn, [LEADER], self.holder, now, LEADER_SECONDS).get(LEADER, 0)
        self.lead_until = now + timedelta(seconds=LEADER_SECONDS) if self.token else None
        if self.token:
            log.info("leading", extra={"fence": self.token})
        return bool(self.token)

    def _beat(self, now: datetime) -> None:
        if self.beaten is None or now - self.beaten >= timedelta(seconds=5):
            with self.ledger.begin() as conn:
                signals.beat(conn, "dispatcher", now, ok=True, detail=self.holder)
            self.beaten = now

    def _recover_lost(self, now: datetime) -> int:
        """Rows given to a job that Redis does not know, or that ended without finishing them, are due again."""
        if self.looked_for_lost is not None and now - self.looked_for_lost < LOST_AFTER:
            return 0
        self.looked_for_lost = now
        with self.ledger.read() as conn:
            jobs = work.queued_jobs(conn)
        dead = self.queue.dead(jobs) if jobs else set()
        if not dead:
            return 0
        with self.ledger.begin() as conn:
            recovered = work.requeue_jobs(conn, dead, now)
        if recovered:
            log.warning("jobs lost, %d returns queued again", recovered, extra={"jobs": len(dead)})
        return recovered

    def _relay(self, turn: Tick) -> None:
        room = self.room - self.queue.depth()
        while room > 0:
            job_id = f"page-{uuid.uuid4().hex}"
            with self.ledger.begin() as conn:
                rows = work.take_due(conn, self.clock(), self.settings.page_size, self.settings.lease_seconds, job_id)
            if not rows:
                return
            self.queue.enqueue("page", [[row.return_pk for row in rows], job_id], job_id)
            turn.pages += 1
            turn.returns += len(rows)
            room -= 1

    def _poll(self, now: datetime) -> bool:
        """Walk ZigZag's list every ``SYNC_INTERVAL_SECONDS``; never two walks at once."""
        interval = self.settings.sync_interval_seconds
        if not interval or self.settings.zigzag_pull != "full":
            return False
        with self.ledger.read() as conn:
            last = signals.cursor_get(conn, POLLED)
        if last is not None and now - datetime.fromisoformat(last) < timedelta(seconds=interval):
            return False
        if self.poll_job is not None:
            job_id, started = self.poll_job
            if now - started < POLL_HELD and not self.queue.dead([job_id]):
                return False
        job_id = f"poll-{uuid.uuid4().hex}"
        self.queue.enqueue("poll", [], job_id)
        self.poll_job = (job_id, now)
        with self.ledger.begin() as conn:
            signals.cursor_set(conn, POLLED, now.isoformat(), now)
        return True

    def _sweep(self, now: datetime) -> bool:
        """Once a night, in the business's own zone, look for drift and silence."""
        with self.ledger.read() as conn:
            last = signals.cursor_get(conn, sweep.CURSOR)
        if not sweep.is_due(now, last, self.settings.returns_timezone):
            return False
        self.queue.enqueue("sweep", [], f"sweep-{uuid.uuid4().hex}")
        with self.ledger.begin() as conn:
            signals.cursor_set(conn, sweep.CURSOR, now.isoformat(), now)
        return True
