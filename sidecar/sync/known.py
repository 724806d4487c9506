"""What the ledger knows about returns and their orders, as the rules are asked about it. Nothing here reads Oro."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from sqlalchemy import Connection

from sidecar.ledger import flag_decisions, flags, inbox, orders_read, postings, return_plans, returns
from sidecar.ledger.inbox import InboxRow
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.returns import ReturnRow
from sidecar.returns.lookups import sku_key
from sidecar.returns.model import Order, ReturnRecord
from sidecar.returns.planning import AnyLevel
from sidecar.sync import records


@dataclass(frozen=True)
class Known:
    """Some returns. ``by_order``: return pks by order key; a return without an order has a key of its own.

    ``broken``: those of which something stored cannot be read any more, and why; they have no record.
    """

    rows: dict[int, ReturnRow]
    by_order: dict[str, list[int]]
    snapshots: dict[int, list[InboxRow]]
    postings: dict[int, list[PostingRow]]
    records: dict[int, ReturnRecord]
    broken: dict[int, Exception] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredOrder:
    """An order as the last plan read it. ``read_at`` is when Oro last said so, to the hour."""

    order: Order
    read_at: datetime


def order_key_of(row: ReturnRow) -> str:
    return row.order_key or f"return:{row.id}"


def read_returns(conn: Connection, rows: Iterable[ReturnRow], zone: tzinfo) -> Known:
    """Everything known about these returns; one query per kind of fact, however many they are."""
    by_pk = {row.id: row for row in rows}
    pks = list(by_pk)
    snapshots = inbox.snapshots_of(conn, pks)
    posted = postings.of_returns(conn, pks)
    numbers = return_plans.line_numbers(conn, pks)
    released = flag_decisions.released_by_person(conn, pks)
    dismissed = flag_decisions.resolved_by_person(conn, pks)
    by_order: dict[str, list[int]] = defaultdict(list)
    found: dict[int, ReturnRecord] = {}
    broken: dict[int, Exception] = {}
    for pk, row in by_pk.items():
        by_order[order_key_of(row)].append(pk)
        try:
            found[pk] = records.read_record(
                row,
                inbox=snapshots.get(pk, ()),
                postings=posted.get(pk, ()),
                line_numbers=numbers.get(pk, {}),
                released=released.get(pk, ()),
                dismissed=dismissed.get(pk, ()),
                zone=zone,
            )
        except Exception as error:  # what is wrong with one return must not hide the others from whoever asks
            broken[pk] = error
    return Known(by_pk, dict(by_order), snapshots, posted, found, broken)


def with_siblings(conn: Connection, rows: Iterable[ReturnRow]) -> list[ReturnRow]:
    """These returns and every other one of their orders: an order is only ever planned as a whole."""
    found = {row.id: row for row in rows}
    siblings = returns.of_orders(conn, sorted({row.order_key for row in found.values() if row.order_key}))
    return list({**found, **{row.id: row for row in siblings}}.values())


def stored_orders(conn: Connection, rows: Iterable[ReturnRow]) -> dict[str, StoredOrder]:
    """By order key, the order as last read; one that Oro did not know, or that was never read, is absent."""
    wanted = {(row.order_key, row.order_digest) for row in rows if row.order_digest and row.order_key}
    found: dict[str, StoredOrder] = {}
    for (key, _), kept in sorted(orders_read.many(conn, wanted).items(), key=lambda one: one[1].read_at):
        found[key] = StoredOrder(records.read_order(kept.body), kept.read_at)
    return found


def assumed_levels(conn: Connection, return_pks: Collection[int]) -> AnyLevel:
    """Every inventory level, but for those that an open flag of these returns says Oro lacks (``findings``)."""
    found = flags.of_returns(conn, return_pks)
    missing = {
        (sku, unit)
        for rows in found.values()
        for flag in rows
        if flag.state in flags.LIVE and flag.code == "unit_not_resolved" and flag.holds == "stock"
        for sku, _, unit in [flag.subject.rpartition("/")]
    }
    return AnyLevel(frozenset(missing))


def never_planned(rows: Mapping[int, ReturnRow], members: Iterable[int]) -> bool:
    """Whether nobody has looked for the order of these returns yet."""
    return all(rows[pk].document is None for pk in members)


def units_of_sku(conn: Connection, sku: str) -> frozenset[str] | None:
    """The units that Oro has of a SKU, by the orders last read; None when none of those with a return sold it."""
    lines = [
        line for body in orders_read.of_sku(conn, sku) for line in body["lines"] if sku_key(line["sku"]) == sku_key(sku)
    ]
    if not lines:
        return None
    products = (line["product"] for line in lines if line["product"])
    return frozenset({line["unit"] for line in lines} | {code for product in products for code in product["units"]})
