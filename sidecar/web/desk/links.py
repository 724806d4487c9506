"""How fresh each link of the chain is: what arrives, what is pulled, what waits, who works, what Oro last took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sidecar.ledger import inbox, signals, today
from sidecar.ledger.signals import Signal
from sidecar.ledger.today import Waiting
from sidecar.settings import Settings
from sidecar.sync import pulling
from sidecar.sync.watching import WALKS_MISSED
from sidecar.web import health
from sidecar.web.bridge import Bridge

GOOD, WARNING, CRITICAL, QUIET = "good", "warning", "critical", ""


@dataclass(frozen=True)
class Link:
    """One link. ``tone`` is good, warning, critical or "" where nothing can be said; ``at`` its last sign of life."""

    name: str
    tone: str
    text: str
    at: datetime | None = None


def links(conn: Connection, here: Bridge, now: datetime) -> list[Link]:
    """In the order in which a return passes them."""
    settings = here.settings
    known = signals.all(conn)
    return [
        _webhook(conn, settings, now),
        _pull(conn, settings, now),
        _upstream("ZigZag", known.get("zigzag")) if settings.zigzag_pull != "off" else _not_pulled(),
        _queue(today.waiting(conn, now), settings, now),
        _dispatcher(known.get("dispatcher"), now),
        _workers(here),
        _upstream("OroCommerce", known.get("oro")),
        _posted(conn),
    ]


def _webhook(conn: Connection, settings: Settings, now: datetime) -> Link:
    last = inbox.last_received_at(conn, "webhook")
    if last is None:
        return Link("Webhook", QUIET, "nothing has arrived yet")
    budget = timedelta(hours=settings.silent_webhook_hours)
    late = bool(budget) and now - last >= budget
    return Link("Webhook", WARNING if late else GOOD, "last message", last)


def _pull(conn: Connection, settings: Settings, now: datetime) -> Link:
    if settings.zigzag_pull != "full" or not settings.sync_interval_seconds:
        return Link("Pull", QUIET, "switched off")
    last = signals.get(conn, signals.CURSOR + pulling.CURSOR)
    if last is None:
        return Link("Pull", QUIET, "has not walked ZigZag's list yet")
    budget = max(
        timedelta(minutes=settings.silent_pull_minutes),
        WALKS_MISSED * timedelta(seconds=settings.sync_interval_seconds),
    )
    return Link("Pull", WARNING if now - last.at >= budget else GOOD, "last walk ended", last.at)


def _not_pulled() -> Link:
    return Link("ZigZag", QUIET, "never asked; webhooks and files only")


def _upstream(name: str, signal: Signal | None) -> Link:
    if signal is None:
        return Link(name, QUIET, "not called yet")
    return Link(name, GOOD if signal.ok else CRITICAL, "answered" if signal.ok else signal.detail, signal.at)


def _queue(found: Waiting, settings: Settings, now: datetime) -> Link:
    budget = timedelta(minutes=settings.silent_work_minutes)
    stuck = found.due > 0 and found.oldest is not None and bool(budget) and now - found.oldest >= budget
    text = f"{found.due:,} due, {found.queued:,} in the queue, {found.later:,} later"
    return Link("Queue", CRITICAL if stuck else GOOD, text, found.oldest if found.due else None)


def _dispatcher(signal: Signal | None, now: datetime) -> Link:
    found = health.dispatcher(signal, now)
    return Link(
        "Dispatcher",
        GOOD if found["ok"] else CRITICAL,
        "alive" if found["ok"] else "silent" if signal else "has never run",
        signal.at if signal else None,
    )


def _workers(here: Bridge) -> Link:
    workers, _ = health.ask_queue(here)
    return Link("Workers", GOOD if workers["ok"] else CRITICAL, str(workers["detail"]))


def _posted(conn: Connection) -> Link:
    last = today.last_confirmed(conn)
    return Link("Postings", GOOD if last else QUIET, "last one confirmed by Oro" if last else "none yet", last)


def worst(found: list[Link]) -> str:
    """The most serious tone among them."""
    order: Mapping[str, int] = {CRITICAL: 2, WARNING: 1}
    return max((link.tone for link in found), key=lambda tone: order.get(tone, 0), default=GOOD)
