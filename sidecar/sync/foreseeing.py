"""Orders planned twice from stored evidence - as things are, and as a decision would have them - and nothing written.

It is the planner of the page job that speaks, with the order as it was last read; so what is foreseen is what happens,
as long as Oro and ZigZag say what they last said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sidecar.ledger import returns
from sidecar.returns.model import Mappings, Order, Policy, ReturnRecord
from sidecar.returns.planning import AnyLevel, WorkedOut, work_out
from sidecar.settings import Settings
from sidecar.sync.known import (
    Known,
    assumed_levels,
    never_planned,
    order_key_of,
    read_returns,
    stored_orders,
    with_siblings,
)
from sidecar.sync.world import policy_of

BATCH = 50  # returns per read

Alter = Callable[[int, ReturnRecord], ReturnRecord]


def as_it_is(_: int, record: ReturnRecord) -> ReturnRecord:
    """The decision changes mappings only."""
    return record


@dataclass(frozen=True)
class Foreseen:
    """One order, planned twice: ``now`` and ``then`` by return pk, of which ``asked`` were asked for.

    ``read_at``: when the order was last read; None when Oro did not know it.
    """

    known: Known
    asked: tuple[int, ...]
    order: Order | None
    read_at: datetime | None
    records: dict[int, ReturnRecord]
    levels: AnyLevel
    now: dict[int, WorkedOut]
    then: dict[int, WorkedOut]


@dataclass(frozen=True)
class Unread:
    """Returns whose order nobody has looked for yet: nothing can be foreseen."""

    asked: tuple[int, ...]


def foresee(
    conn: Connection,
    return_pks: Sequence[int],
    settings: Settings,
    *,
    now: Mappings,
    then: Mappings,
    alter: Alter = as_it_is,
) -> Iterator[Foreseen | Unread]:
    """Every order of these returns once, with all its returns; memory holds one batch of them.

    ``alter`` gives the record of a return as the decision would have it.
    """
    policy = policy_of(settings)
    done: set[str] = set()
    for chunk in _chunks(return_pks, BATCH):
        asked = returns.by_pks(conn, chunk)
        rows = with_siblings(conn, [row for row in asked if order_key_of(row) not in done])
        known = read_returns(conn, rows, settings.zigzag_timezone)
        orders = stored_orders(conn, rows)
        wanted = {row.id for row in asked}
        for key, members in known.by_order.items():
            if key in done:
                continue
            done.add(key)
            mine = tuple(pk for pk in members if pk in wanted)
            if never_planned(known.rows, members):
                yield Unread(mine)
                continue
            stored = orders.get(key)
            levels = assumed_levels(conn, members)
            order = stored.order if stored else None
            records = {pk: known.records[pk] for pk in members}
            altered = {pk: alter(pk, record) for pk, record in records.items()}
            yield Foreseen(
                known=known,
                asked=mine,
                order=order,
                read_at=stored.read_at if stored else None,
                records=records,
                levels=levels,
                now=plan_all(order, records, now, policy, levels),
                then=plan_all(order, altered, then, policy, levels),
            )


def plan_all(
    order: Order | None, records: Mapping[int, ReturnRecord], mappings: Mappings, policy: Policy, levels: AnyLevel
) -> dict[int, WorkedOut]:
    """The plans of one order by return pk."""
    worked = work_out(order, list(records.values()), mappings, policy, levels)
    return dict(zip(records, worked, strict=True))


def _chunks(pks: Collection[int], size: int) -> Iterable[list[int]]:
    ordered = list(pks)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
