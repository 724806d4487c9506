"""Is a link of the chain silent for longer than its budget? Asked of the ledger, so that nothing else need live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sidecar.ledger import inbox, signals, work
from sidecar.settings import Settings
from sidecar.sync import pulling

UPSTREAMS = {"oro": "OroCommerce", "zigzag": "ZigZag"}
WALKS_MISSED = 3  # a walk that takes long is no silence


@dataclass(frozen=True)
class Silence:
    """One link that is not well. ``text`` begins with its name; ``since`` is when it was last well."""

    subject: str
    text: str
    next_step: str
    since: datetime
    runbook: str = ""


def silences(conn: Connection, settings: Settings, now: datetime, watching_since: datetime) -> list[Silence]:
    """Every link that is too silent now.

    ``watching_since``: nothing is blamed for the time before, when this program may not have run at all.
    """
    return [
        *_upstreams(conn, settings, now),
        *_pull(conn, settings, now, watching_since),
        *_work(conn, settings, now, watching_since),
        *_webhook(conn, settings, now, watching_since),
    ]


def _upstreams(conn: Connection, settings: Settings, now: datetime) -> Iterator[Silence]:
    if not settings.silent_upstream_minutes:
        return
    known = signals.all(conn)
    for name, called in UPSTREAMS.items():
        signal = known.get(name)
        if signal is None or signal.ok or (name == "zigzag" and settings.zigzag_pull == "off"):
            continue
        if now - signal.since >= timedelta(minutes=settings.silent_upstream_minutes):
            yield Silence(
                subject=name,
                text=f"{called} has not answered for {spoken(now - signal.since)}: {signal.detail}",
                next_step="Every return waits and is tried again by itself. Run: python -m sidecar doctor",
                since=signal.since,
                runbook=f"{name}_unreachable",
            )


def _pull(conn: Connection, settings: Settings, now: datetime, watching_since: datetime) -> Iterator[Silence]:
    if settings.zigzag_pull != "full" or not settings.sync_interval_seconds or not settings.silent_pull_minutes:
        return
    budget = max(
        timedelta(minutes=settings.silent_pull_minutes),
        WALKS_MISSED * timedelta(seconds=settings.sync_interval_seconds),
    )
    last = signals.get(conn, signals.CURSOR + pulling.CURSOR)
    since = max(last.at, watching_since) if last is not None else watching_since
    if now - since >= budget:
        yield Silence(
            subject="pull",
            text=f"The pull from ZigZag has not ended well for {spoken(now - since)}",
            next_step="Look whether workers run and what they log. Run: python -m sidecar doctor",
            since=since,
        )


def _work(conn: Connection, settings: Settings, now: datetime, watching_since: datetime) -> Iterator[Silence]:
    if not settings.silent_work_minutes:
        return
    found = work.counts(conn, now)
    if found.oldest_due_at is None:
        return
    since = max(found.oldest_due_at, watching_since)
    if now - since >= timedelta(minutes=settings.silent_work_minutes):
        yield Silence(
            subject="work",
            text=f"Returns are due ({found.due:,}) and nobody has taken the oldest for {spoken(now - since)}",
            next_step="Look whether workers and Redis run. Run: python -m sidecar doctor",
            since=since,
        )


def _webhook(conn: Connection, settings: Settings, now: datetime, watching_since: datetime) -> Iterator[Silence]:
    if not settings.silent_webhook_hours or not settings.zigzag_webhook_secret:
        return
    last = inbox.last_received_at(conn, "webhook")
    since = last or watching_since
    if now - since >= timedelta(hours=settings.silent_webhook_hours):
        yield Silence(
            subject="webhook",
            text=f"ZigZag's webhook has brought nothing for {spoken(now - since)}",
            next_step="Ask ZigZag whether deliveries fail, and check address and credential of the webhook.",
            since=since,
        )


def spoken(span: timedelta) -> str:
    """``3 days``, ``5 hours``, ``12 minutes``: the largest whole unit, at least a minute."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(span.total_seconds() // seconds)
        if count >= 1:
            return f"{count} {unit}" + ("s" if count > 1 else "")
    return "less than a minute"
