"""``/metrics``: computed from the ledger when asked for, so that a number is true whichever process answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from sidecar.ledger import alerts, counters, inbox, postings, returns, signals, work
from sidecar.ledger.engine import Ledger
from sidecar.sync import pulling
from sidecar.web.bridge import bridge
from sidecar.web.endpoint import endpoint

blueprint = Blueprint("metrics", __name__)

PREFIX = "returns_bridge_"


@blueprint.get("/metrics")
@endpoint(
    "Prometheus text",
    {200: ("The numbers.", None)},
    tag="health",
    media_type="text/plain",
)
def metrics() -> Response:
    here = bridge()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FromLedger(here.ledger, here.clock()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class FromLedger(Collector):
    """Every family in one read transaction, so that the numbers of one answer agree with each other."""

    def __init__(self, ledger: Ledger, now: datetime) -> None:
        self.ledger = ledger
        self.now = now

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        with self.ledger.read() as conn:
            yield from [
                *_returns(conn),
                *_postings(conn),
                *_flags(conn, self.now),
                *_work(conn, self.now),
                *_inbox(conn),
            ]
            yield from [*_counters(conn), *_signals(conn, self.now), _alerts(conn)]


def _gauge(name: str, text: str, labels: list[str] | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, text, labels=labels or [])


def _returns(conn: Connection) -> Iterator[Metric]:
    family = _gauge("returns", "Returns by state and milestone.", ["state", "milestone"])
    for state, milestone, count in returns.counts(conn):
        family.add_metric([state, milestone], count)
    yield family


def _postings(conn: Connection) -> Iterator[Metric]:
    count = _gauge("postings", "Postings by state, kind and currency.", ["state", "kind", "currency"])
    total = _gauge("posted_amount", "Sum of the totals of postings.", ["state", "kind", "currency"])
    for row in postings.totals(conn):
        labels = [row.state, row.kind, row.currency]
        count.add_metric(labels, row.count)
        total.add_metric(labels, float(row.total or 0))  # Prometheus knows no other number; nothing is computed with it
    yield count
    yield total


def _flags(conn: Connection, now: datetime) -> Iterator[Metric]:
    labels = ["code", "owner", "severity", "currency"]
    count = _gauge("flags_open", "Open flags.", labels)
    stake = _gauge("flags_amount", "Amount at stake in open flags.", labels)
    late = _gauge("flags_past_due", "Open flags that are past their due time.", labels)
    for row in alerts.standing(conn, now, now):
        values = [row.code, row.owner, row.severity, row.currency]
        count.add_metric(values, row.flags)
        late.add_metric(values, row.past_due)
        if row.amount is not None:
            stake.add_metric(values, float(row.amount))
    yield count
    yield late
    yield stake


def _work(conn: Connection, now: datetime) -> Iterator[Metric]:
    found = work.counts(conn, now)
    family = _gauge("work", "Returns by what they wait for.", ["state"])
    for state in ("due", "queued", "later", "idle"):
        family.add_metric([state], getattr(found, state))
    yield family
    oldest = _gauge("work_oldest_due_seconds", "How long the longest waiting return has been due.")
    waited = (now - found.oldest_due_at).total_seconds() if found.oldest_due_at else 0
    oldest.add_metric([], max(0.0, waited))
    yield oldest


def _inbox(conn: Connection) -> Iterator[Metric]:
    messages = CounterMetricFamily(PREFIX + "messages", "Messages stored.", labels=["source", "state"])
    repeats = CounterMetricFamily(PREFIX + "messages_repeated", "Messages known already.", labels=["source", "state"])
    for source, state, count, repeated in inbox.counts(conn):
        messages.add_metric([source, state], count)
        repeats.add_metric([source, state], repeated)
    yield messages
    yield repeats


def _counters(conn: Connection) -> Iterator[Metric]:
    for name, value in sorted(counters.all(conn).items()):
        family = CounterMetricFamily(PREFIX + name, f"{name.replace('_', ' ')}, since the ledger began.")
        family.add_metric([], value)
        yield family


def _signals(conn: Connection, now: datetime) -> Iterator[Metric]:
    age = _gauge("signal_age_seconds", "Time since a link of the chain was last heard of.", ["name"])
    well = _gauge("signal_ok", "1 when a link of the chain was well when last heard of.", ["name"])
    for name, signal in signals.all(conn).items():
        age.add_metric([name], _seconds(now, signal.at))
        well.add_metric([name], 1 if signal.ok else 0)
    webhook, walk = inbox.last_received_at(conn, "webhook"), signals.get(conn, signals.CURSOR + pulling.CURSOR)
    if webhook is not None:
        age.add_metric(["webhook"], _seconds(now, webhook))
    if walk is not None:
        age.add_metric(["pull"], _seconds(now, walk.at))
    yield age
    yield well


def _seconds(now: datetime, since: datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _alerts(conn: Connection) -> Metric:
    family = _gauge("alerts", "Messages to people of the last 90 days.", ["channel", "state"])
    for channel, state, count in alerts.counts(conn):
        family.add_metric([channel, state], count)
    return family
