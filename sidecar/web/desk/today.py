"""Today: is anything stuck, since when, and how much money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Response

from sidecar.ledger import returns
from sidecar.ledger import today as figures
from sidecar.ledger.today import Credited, OpenFlags
from sidecar.returns.model import Milestone
from sidecar.web.bridge import bridge
from sidecar.web.desk import links, periods, sparkline
from sidecar.web.desk.pages import blueprint, page

OWNERS = ("cx", "finance", "operations", "it")
STATES = ("review", "failed", "pending", "in_sync")
HOURS = 48


@dataclass
class Stuck:
    """Open flags added up; those of severity info ask for nobody and count apart."""

    critical: int = 0
    warning: int = 0
    info: int = 0
    overdue: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)  # at stake in what asks for somebody, by currency
    since: datetime | None = None

    @property
    def count(self) -> int:
        return self.critical + self.warning

    @property
    def tone(self) -> str:
        return "critical" if self.critical else "warning" if self.warning else "good"

    def add(self, row: OpenFlags) -> None:
        setattr(self, row.severity, getattr(self, row.severity) + row.count)
        if row.severity == "info":
            return
        self.overdue += row.overdue
        if row.amount:
            self.amounts[row.currency] = self.amounts.get(row.currency, Decimal(0)) + row.amount
        self.since = min(self.since or row.first_seen_at, row.first_seen_at)


@blueprint.get("")
def today() -> Response:
    return page("today.html", **_figures())


@blueprint.get("/today")
def today_now() -> Response:
    """The figures alone, for htmx to put in the place of older ones."""
    return page("today_figures.html", **_figures())


def _figures() -> dict[str, Any]:
    here = bridge()
    now, zone = here.clock(), here.settings.returns_timezone
    day, month, before = periods.day_of(now, zone), periods.month_of(now, zone), periods.month_before(now, zone)
    hours = periods.hours_until(now, HOURS)
    with here.ledger.read() as conn:
        open_flags = figures.open_flags(conn, now)
        credited = {
            "today": figures.credited(conn, day),
            "month": figures.credited(conn, month),
            "before": figures.credited(conn, before, month),
        }
        snapshots = figures.snapshots_by_hour(conn, hours[0])
        posted = figures.postings_by_hour(conn, hours[0])
        chain = links.links(conn, here, now)
        counts = returns.counts(conn)
    stuck, of_owner = _stuck(open_flags)
    return {
        "stuck": stuck,
        "of_owner": of_owner,
        "chain": chain,
        "chain_tone": links.worst(chain),
        "credited": _by_currency(credited),
        "month": month,
        "before": before,
        "month_days": (f"{month:%Y-%m-%d}", f"{day:%Y-%m-%d}"),
        "snapshots": sparkline.bars(hours, snapshots, "snapshots"),
        "postings": sparkline.bars(hours, posted, "postings"),
        "last_day": {"snapshots": _newest(hours, snapshots), "postings": _newest(hours, posted)},
        "rows": _by_milestone(counts),
        "states": STATES,
        "total": sum(count for _, _, count in counts),
    }


def _stuck(rows: Iterable[OpenFlags]) -> tuple[Stuck, dict[str, Stuck]]:
    everything, of_owner = Stuck(), {owner: Stuck() for owner in OWNERS}
    for row in rows:
        everything.add(row)
        of_owner[row.owner].add(row)
    return everything, of_owner


def _by_currency(periods_: dict[str, list[Credited]]) -> dict[str, dict[str, Credited]]:
    """currency -> period -> what was credited."""
    found: dict[str, dict[str, Credited]] = defaultdict(dict)
    for period, rows in periods_.items():
        for row in rows:
            found[row.currency][period] = row
    return dict(sorted(found.items()))


def _by_milestone(counts: Iterable[tuple[str, str, int]]) -> list[tuple[str, dict[str, int], int]]:
    """(milestone, how many in each state, how many in all), the furthest last."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for state, milestone, count in counts:
        found[milestone][state] = count
    ranked = [each.word for each in Milestone if each.word in found]
    return [(word, found[word], sum(found[word].values())) for word in ranked]


def _newest(hours: list[datetime], counts: dict[datetime, int]) -> int:
    return sum(counts.get(hour, 0) for hour in hours[-24:])
