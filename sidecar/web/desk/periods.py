"""Days and months of the business, in its own time zone, as moments between which the ledger counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def day_of(now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the business day."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def month_of(now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the business month."""
    return day_of(now, zone).replace(day=1)


def month_before(now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the month before this one."""
    return (month_of(now, zone) - timedelta(days=1)).replace(day=1)


def hours_until(now: datetime, count: int) -> list[datetime]:
    """The beginnings of the last ``count`` hours of UTC, this one last."""
    this = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return [this - timedelta(hours=back) for back in range(count - 1, -1, -1)]
