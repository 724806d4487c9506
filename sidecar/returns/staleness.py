"""When a return has stood still for too long: by what the shop allows, and by what its warehouse normally needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from sidecar.returns.model import Milestone

# A return is late when it has not left a milestone for so long. What is restocked or ended is late no more.
DEFAULTS: Mapping[str, timedelta] = MappingProxyType(
    {
        Milestone.REQUESTED.word: timedelta(days=21),
        Milestone.APPROVED.word: timedelta(days=21),
        Milestone.LABEL_CREATED.word: timedelta(days=21),
        Milestone.IN_TRANSIT.word: timedelta(days=10),
        Milestone.AT_HUB.word: timedelta(days=10),
        Milestone.RECEIVED.word: timedelta(days=3),
        Milestone.GRADED.word: timedelta(days=7),
    }
)
SAMPLES = 10  # fewer returns tell nothing about a warehouse
TYPICAL_OF = 90  # percent of returns that the typical time is enough for
AT_LEAST = timedelta(days=1)  # a warehouse that grades within the hour is not late after two


@dataclass(frozen=True)
class Allowances:
    """How long a return may stay at each milestone; one that is not named may stay for ever."""

    times: Mapping[str, timedelta] = field(default_factory=lambda: DEFAULTS)

    def __str__(self) -> str:
        """``requested=21d,received=36h``: as the setting is written."""
        return ",".join(f"{word}={in_short(time)}" for word, time in self.times.items())


@dataclass(frozen=True)
class Pace:
    """How a warehouse grades: within ``typical`` from receipt, 90 of 100 times, by ``samples`` returns."""

    typical: timedelta
    samples: int

    @property
    def late_after(self) -> timedelta:
        """Twice the typical time, and a day at least."""
        return max(2 * self.typical, AT_LEAST)


def pace(durations: Sequence[timedelta]) -> Pace | None:
    """The pace that these times from receipt to grade tell; None when they are fewer than ten.

    The typical time is the smallest that 90 % of them do not exceed.
    """
    if len(durations) < SAMPLES:
        return None
    ordered = sorted(durations)
    return Pace(ordered[-(-len(ordered) * TYPICAL_OF // 100) - 1], len(ordered))


def stands_still(milestone: str, since: date, allowed: timedelta) -> str:
    """The sentence of a return beyond its allowance; it stays the same from day to day."""
    where = milestone.replace("_", " ").capitalize()
    return f"{where} since {_day(since)}, longer than the {in_words(allowed)} allowed."


def not_graded(warehouse: str, received: date, known: Pace) -> str:
    """The sentence of a return that its warehouse should have graded by now."""
    return (
        f"{warehouse} grades nine of ten returns within {in_words(known.typical)} of receipt; this one came in on "
        f"{_day(received)} and is not graded."
    )


def in_short(time: timedelta) -> str:
    """``21d``, ``36h``."""
    hours = int(time / timedelta(hours=1))
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"


def in_words(time: timedelta) -> str:
    """``3 days``, ``1 day``, ``36 hours``; begun hours count."""
    hours = max(-(-time // timedelta(hours=1)), 1)
    count, unit = (hours // 24, "day") if hours % 24 == 0 or hours > 72 else (hours, "hour")
    return f"{count} {unit}{'s' * (count != 1)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
