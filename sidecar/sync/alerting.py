"""Tell people, once and in time: what is new is gathered per owner, queued in the ledger, sent, and tried again.

One process sends, by a lease of its own; a second one waits. What was told is marked in the same commit that queues
the message, and a message is claimed before it is sent, so neither two dispatchers nor a restart tell a thing twice.
A process killed between sending and noting it sends that one message again: rather twice than never.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from sidecar.alerts.channel import Channel, NotSent
from sidecar.alerts.message import ALERT, DIGEST, Item, Message, from_json
from sidecar.ledger import alerts, leases, postings, signals
from sidecar.ledger.alerts import CRITICAL, PAST_DUE, NoticeRow
from sidecar.ledger.engine import Ledger
from sidecar.returns.flags import IT, UNKNOWN_OUTCOME_IS_CRITICAL_AFTER
from sidecar.settings import Settings
from sidecar.sync import telling, watching

log = logging.getLogger(__name__)

LEASE = "alerts"
LEASE_SECONDS = 240  # half of it is longer than one message takes on its way
SEND_HOLD = timedelta(seconds=120)
GATHER = timedelta(seconds=60)  # trouble comes in crowds: one message for all of it
LOOK_EVERY = timedelta(minutes=5)  # for what is past due or has ended: the questions look at every open flag
FIRST_PAUSE, LONGEST_PAUSE, GIVE_UP_AFTER = timedelta(seconds=30), timedelta(hours=1), timedelta(hours=24)
DIGESTED = "digest"
SIGNAL = "alerts"


@dataclass
class Told:
    """What one turn did, in messages."""

    leading: bool = False
    queued: int = 0
    sent: int = 0
    failed: int = 0


@dataclass
class Alerter:
    """One turn at a time (``turn``). Without channels it does nothing, and marks nothing as told."""

    ledger: Ledger
    channels: Sequence[Channel]
    settings: Settings
    clock: Callable[[], datetime]
    holder: str
    chance: Callable[[], float] = lambda: 0.5
    token: int = 0
    lead_until: datetime | None = None
    watching_since: datetime | None = None
    _noticed: dict[str, datetime] = field(default_factory=dict)  # owner -> when something untold was first seen
    _looked: datetime | None = None
    _late: set[str] = field(default_factory=set)

    def turn(self) -> Told:
        """Gather, queue, send. Raises DBAPIError when the ledger is away; nothing is lost then."""
        told = Told()
        if not self.channels:
            return told
        now = self.clock()
        if not self._lead(now):
            self._noticed.clear()
            return told
        told.leading = True
        self.watching_since = self.watching_since or now
        told.queued += self._tell_news(now)
        told.queued += self._tell_digest(now)
        self._deliver(told)
        return told

    def resign(self) -> None:
        """Give the lead away at once."""
        if self.token:
            with self.ledger.begin() as conn:
                leases.release(conn, {LEASE: self.token})
            self.token = 0
            self.lead_until = None

    def _lead(self, now: datetime) -> bool:
        """Whether this process sends; the lease is renewed when half of it is gone."""
        if self.lead_until is not None and self.lead_until - now > timedelta(seconds=LEASE_SECONDS / 2):
            return True
        self.lead_until = now + timedelta(seconds=LEASE_SECONDS)
        if self._renew_or_claim(now):
            return True
        self.lead_until = None
        return False

    def _renew_or_claim(self, now: datetime) -> bool:
        with self.ledger.begin() as conn:
            if self.token and leases.renew(conn, LEASE, self.token, now, LEASE_SECONDS):
                return True
            self.token = leases.claim(conn, [LEASE], self.holder, now, LEASE_SECONDS).get(LEASE, 0)
        return bool(self.token)

    # --- what is new

    def _tell_news(self, now: datetime) -> int:
        unknown_since = now - UNKNOWN_OUTCOME_IS_CRITICAL_AFTER
        since = self.watching_since or now
        with self.ledger.read() as conn:
            owners = alerts.owners_with_untold(conn, CRITICAL, now, unknown_since)
            ended = False
            if self._looked is None or now - self._looked >= LOOK_EVERY:
                self._late = alerts.owners_with_untold(conn, PAST_DUE, now, unknown_since)
                ended = alerts.any_ended(conn)
                self._looked = now
            silent = {each.subject: each for each in watching.silences(conn, self.settings, now, since)}
            marks = alerts.link_marks(conn)
            if silent.keys() != marks.keys():
                owners.add(IT)
            owners |= self._late
            ready = self._ready(conn, owners, now)
        if not ready and not ended:
            return 0
        batch = f"alert-{uuid.uuid4().hex[:12]}"
        with self.ledger.begin() as conn:
            if not leases.held(conn, {LEASE: self.token}):
                return 0
            if ended:
                alerts.forget_ended(conn)
            queued = self._queue_news(conn, batch, ready, silent, marks, now)
        for owner in ready:
            self._noticed.pop(owner, None)
        self._late -= ready
        return queued

    def _ready(self, conn: Connection, owners: set[str], now: datetime) -> set[str]:
        """Those who may be told now: noticed for a minute, and not told within the interval of the settings."""
        for gone in set(self._noticed) - owners:
            del self._noticed[gone]
        interval = timedelta(minutes=self.settings.alert_interval_minutes)
        ready = set()
        for owner in owners:
            waited = now - self._noticed.setdefault(owner, now) >= GATHER
            last = alerts.last_notice_at(conn, owner, ALERT)
            if waited and (last is None or now - last >= interval):
                ready.add(owner)
        return ready

    def _queue_news(
        self,
        conn: Connection,
        batch: str,
        owners: set[str],
        silent: dict[str, watching.Silence],
        marks: dict[str, alerts.Mark],
        now: datetime,
    ) -> int:
        if not owners:
            return 0
        unknown_since = now - UNKNOWN_OUTCOME_IS_CRITICAL_AFTER
        items: dict[str, list[Item]] = {owner: [] for owner in sorted(owners)}
        for kind in (CRITICAL, PAST_DUE):
            alerts.mark_untold(conn, kind, batch, owners, now, unknown_since)
            groups = alerts.gathered(conn, batch, kind)
            for owner, said in items.items():
                mine = [group for group in groups if group.owner == owner]
                some = {(owner, g.code): alerts.examples(conn, batch, kind, owner, g.code) for g in mine}
                said += telling.of_flags(mine, some, kind, self._desk)
        if IT in items:
            items[IT] += self._links(conn, batch, silent, marks, now)
        return sum(
            self._queue(conn, telling.alert(batch, owner, said, now, self._desk), now)
            for owner, said in items.items()
            if said
        )

    def _links(
        self,
        conn: Connection,
        batch: str,
        silent: dict[str, watching.Silence],
        marks: dict[str, alerts.Mark],
        now: datetime,
    ) -> list[Item]:
        items = []
        for subject, silence in silent.items():
            if subject not in marks:
                alerts.mark_link(conn, subject, IT, silence.text, batch, now)
                items.append(telling.of_silence(silence, self._desk))
        for subject, mark in marks.items():
            if subject not in silent:
                alerts.forget_link(conn, subject)
                items.append(telling.of_recovery(subject, mark.text))
        return items

    @property
    def _desk(self) -> telling.Desk:
        return telling.Desk(self.settings.desk_url)

    def _queue(self, conn: Connection, message: Message, now: datetime) -> int:
        """One row per channel that serves the owner, so that each is tried again by itself."""
        return sum(
            alerts.add_notice(
                conn,
                key=f"{message.id}-{channel.name}",
                channel=channel.name,
                owner=message.owner,
                kind=message.kind,
                body=message.as_json(),
                now=now,
            )
            for channel in self.channels
            if channel.serves(message.owner)
        )

    # --- the daily digest

    def _tell_digest(self, now: datetime) -> int:
        hour = self.settings.alert_digest_hour
        if hour is None:
            return 0
        local = now.astimezone(self.settings.returns_timezone)
        today = local.date().isoformat()
        if local.time() < time(hour):
            return 0
        with self.ledger.read() as conn:
            if signals.cursor_get(conn, DIGESTED) == today:
                return 0
            messages = self.digests(conn, now)
        with self.ledger.begin() as conn:
            if not leases.held(conn, {LEASE: self.token}):
                return 0
            signals.cursor_set(conn, DIGESTED, today, now)
            alerts.forget_old(conn, now)
            return sum(self._queue(conn, message, now) for message in messages)

    def digests(self, conn: Connection, now: datetime) -> list[Message]:
        """The digest of every owner for whom something waits."""
        yesterday = now - timedelta(days=1)
        standing = alerts.standing(conn, now, yesterday)
        credited = postings.totals(conn, yesterday, now)
        silent = watching.silences(conn, self.settings, now, self.watching_since or now)
        name = now.astimezone(self.settings.returns_timezone).date().isoformat()
        found = (telling.digest(owner, standing, credited, silent, now, self._desk, name) for owner in telling.OWNERS)
        return [message for message in found if message is not None]

    # --- on the way

    def _deliver(self, told: Told) -> None:
        by_name = {channel.name: channel for channel in self.channels}
        with self.ledger.read() as conn:
            due = alerts.due_notices(conn, self.clock())
        for row in due:
            now = self.clock()
            if not self._lead(now):
                return
            with self.ledger.begin() as conn:
                if not alerts.claim_notice(conn, row, now, SEND_HOLD):
                    continue
            if self._send(row, by_name.get(row.channel)):
                told.sent += 1
            else:
                told.failed += 1

    def _send(self, row: NoticeRow, channel: Channel | None) -> bool:
        reason, asked = f"the channel {row.channel} is not set up any more", None
        try:
            if channel is not None:
                channel.send(from_json(row.body))
                reason = ""
        except NotSent as error:
            reason, asked = str(error), error.retry_after
        now = self.clock()
        again = None if channel is None else self._again(row, now, asked)
        with self.ledger.begin() as conn:
            if not reason:
                alerts.notice_sent(conn, row, now)
                signals.beat(conn, SIGNAL, now, ok=True, detail=f"{row.channel} took the last message")
                return True
            alerts.notice_failed(conn, row, reason, again)
            signals.beat(conn, SIGNAL, now, ok=False, detail=f"{row.channel}: {reason}"[:300])
        log.warning(
            "alert not sent, %s", "tried again" if again else "given up", extra={"channel": row.channel, "why": reason}
        )
        return False

    def _again(self, row: NoticeRow, now: datetime, asked: float | None) -> datetime | None:
        """30 s, doubled each time up to an hour, with jitter; nothing after a day, when the news is old."""
        if now - row.created_at >= GIVE_UP_AFTER:
            return None
        doubled: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.attempts, 10))
        pause = doubled * (0.5 + self.chance() / 2)
        return now + max(pause, timedelta(seconds=asked or 0))


__all__ = ["DIGEST", "Alerter", "Told"]
