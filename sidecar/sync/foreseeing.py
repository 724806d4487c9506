"""Orders planned twice from stored evidence - as things are, and as a decision would have them - and nothing written.

It is the planner of the page job that speaks, with the order as it was last read; so what is foreseen is what happens,
as long as Oro and ZigZag say what they last said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

from sqlalchemy import Connection

from sidecar.ledger import returns
from sidecar.ledger.returns import ReturnRow
from sidecar.returns.model import Mappings, Order, Policy, ReturnRecord
from sidecar.returns.planning import AnyLevel, WorkedOut, work_out
from sidecar.settings import Settings
from sidecar.sync.known import (
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
    """One order with all its returns by pk, of which ``asked`` were asked for.

    ``now`` and ``then`` are its plans by return pk, made when they are first looked at. ``read_at``: when the order was
    last read; None when Oro did not know it.
    """

    asked: tuple[int, ...]
    rows: dict[int, ReturnRow]
    records: dict[int, ReturnRecord]
    order: Order | None
    read_at: datetime | None
    planned: Callable[[Mappings, Mapping[int, ReturnRecord]], dict[int, WorkedOut]]
    mappings: tuple[Mappings, Mappings]  # now, then
    alter: Alter

    @cached_property
    def now(self) -> dict[int, WorkedOut]:
        return self.planned(self.mappings[0], self.records)

    @cached_property
    def then(self) -> dict[int, WorkedOut]:
        return self.planned(self.mappings[1], {pk: self.alter(pk, record) for pk, record in self.records.items()})


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
            order = stored.order if stored else None
            yield Foreseen(
                asked=mine,
                rows={pk: known.rows[pk] for pk in members},
                records={pk: known.records[pk] for pk in members},
                order=order,
                read_at=stored.read_at if stored else None,
                planned=partial(_plan_all, order, policy, assumed_levels(conn, members)),
                mappings=(now, then),
                alter=alter,
            )


def _plan_all(
    order: Order | None, policy: Policy, levels: AnyLevel, mappings: Mappings, records: Mapping[int, ReturnRecord]
) -> dict[int, WorkedOut]:
    """The plans of one order by return pk."""
    worked = work_out(order, list(records.values()), mappings, policy, levels)
    return dict(zip(records, worked, strict=True))


def _chunks(pks: Collection[int], size: int) -> Iterable[list[int]]:
    ordered = list(pks)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
