"""Returns that stand still: beyond the time allowed at their milestone, or their warehouse's own (``stale_return``).

One flag per return, whose sentence does not change from night to night, so that a person who dismissed it is asked
again only when the return is late elsewhere. The ledger finds them; returns that are in time cost nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sidecar.ledger import flags, standing
from sidecar.ledger.engine import Ledger
from sidecar.ledger.standing import Standing
from sidecar.returns.model import Milestone
from sidecar.returns.staleness import Pace, not_graded, pace, stands_still
from sidecar.settings import Settings
from sidecar.sync import flagging

LOOK_BACK = timedelta(days=90)  # of returns that tell a warehouse's pace
BATCH = 50
_T = TypeVar("_T")
RECEIVED = Milestone.RECEIVED.word


@dataclass(frozen=True)
class Silence:
    """How many returns stand still, and how many flags were closed because theirs moved on."""

    silent: int
    moved_on: int


def look(ledger: Ledger, settings: Settings, now: datetime) -> Silence:
    """Flag what stands still, close the flags of what does not any more; in commits of 50 flags."""
    with ledger.read() as conn:
        late = _late(
            [
                (row, allowed)
                for word, allowed in settings.stale_after.times.items()
                for row in standing.at_milestone(conn, word, now - allowed)
            ],
            settings,
        )
        received = standing.at_milestone(conn, RECEIVED, now - timedelta(hours=1))
        paces = _paces(standing.grading_times(conn, {row.warehouse for row in received}, now - LOOK_BACK))
        known = flags.of_subject(conn, "stale_return", flagging.SILENCE)
    late = _slow(received, paces, settings, now) | late
    news = [(pk, told) for pk, told in late.items() if pk not in known or known[pk].message != told[1]]
    news.sort(key=lambda each: (known[each[0]].id if each[0] in known else 0, each[0]))  # as pages take the flags
    for chunk in _chunks(news):
        with ledger.begin() as conn:
            for pk, (cause, sentence) in chunk:
                draft = flagging.sync_draft(
                    "stale_return", sentence, now, subject=flagging.SILENCE, cause=f"{flagging.SILENCE}:{cause}"
                )
                flags.raise_for_return(conn, pk, draft, now)
    moved_on = sorted(pk for pk, flag in known.items() if flag.state in flags.LIVE and pk not in late)
    for some in _chunks(moved_on):
        with ledger.begin() as conn:
            flags.clear_for_returns(conn, some, ["stale_return"], "it moved on", now, flagging.SILENCE)
    return Silence(len(late), len(moved_on))


Late = dict[int, tuple[str, str]]  # return pk -> where it stands (its cause), and the sentence


def _late(found: Iterable[tuple[Standing, timedelta]], settings: Settings) -> Late:
    zone = settings.returns_timezone
    return {
        row.return_pk: (_where(row), stands_still(row.status, row.since.astimezone(zone).date(), allowed))
        for row, allowed in found
    }


def _slow(received: Iterable[Standing], paces: dict[str, Pace], settings: Settings, now: datetime) -> Late:
    """What a warehouse has not graded by twice its typical time."""
    found: Late = {}
    for row in received:
        known = paces.get(row.warehouse)
        if known is not None and now - row.since > known.late_after:
            day = row.since.astimezone(settings.returns_timezone).date()
            found[row.return_pk] = (_where(row), not_graded(row.warehouse, day, known))
    return found


def _where(row: Standing) -> str:
    return f"{row.status.replace('_', ' ')}{f' at {row.warehouse}' if row.warehouse else ''}"


def _paces(times: Iterable[tuple[str, timedelta]]) -> dict[str, Pace]:
    by_warehouse: dict[str, list[timedelta]] = defaultdict(list)
    for warehouse, time in times:
        by_warehouse[warehouse].append(time)
    paces = {warehouse: pace(durations) for warehouse, durations in by_warehouse.items()}
    return {warehouse: known for warehouse, known in paces.items() if known is not None}


def _chunks(items: list[_T]) -> Iterable[list[_T]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
