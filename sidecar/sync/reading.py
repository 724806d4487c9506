"""Everything a page needs to know before it plans, in as few reads as possible: ledger rows, orders, levels."""

from __future__ import annotations

from dataclasses import dataclass

from sidecar.ledger import returns, work
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.returns import ReturnRow
from sidecar.ledger.work import WorkRow
from sidecar.returns import planning
from sidecar.returns.model import Mappings, Order, ReturnRecord
from sidecar.sync import mappings as mapping_store
from sidecar.sync.claims import Claim
from sidecar.sync.known import read_returns
from sidecar.sync.world import World


@dataclass
class Desk:
    """What lies on the table of one page: all returns of the claimed orders, not only those that are due."""

    claim: Claim
    mappings: Mappings
    rows: dict[int, ReturnRow]
    by_order: dict[str, list[int]]  # order key -> return pks
    work: dict[int, WorkRow]
    postings: dict[int, list[PostingRow]]
    records: dict[int, ReturnRecord]
    orders: dict[str, Order]  # order key -> order; absent: Oro does not know it
    levels: dict[tuple[str, str], str]
    fresh: dict[int, frozenset[int]]  # inbox ids that no pass has settled yet


def read_desk(world: World, claim: Claim) -> Desk:
    """Read the ledger after the claim, then Oro: one multi-get of orders and one of levels per page.

    Raises OroError when Oro cannot be read; then nothing is planned.
    """
    with world.ledger.read() as conn:
        words = mapping_store.load(conn)
        rows = returns.of_orders(conn, [key for key in claim.order_keys if _is_order(key)])
        have = {row.id for row in rows}
        rows += returns.by_pks(conn, [pk for pk in claim.return_pks if pk not in have])
        known = read_returns(conn, rows, world.zone)
        works = {row.return_pk: row for row in work.load(conn, list(known.rows))}

    identifiers = sorted({row.order_identifier for row in known.rows.values() if row.order_identifier})
    read = world.oro.orders.read_orders(identifiers)
    orders: dict[str, Order] = {}
    for key, members in known.by_order.items():
        for pk in members:
            order = read.get(known.rows[pk].order_identifier or "")
            if order is not None:
                orders[key] = order
                break

    needs: set[tuple[str, str]] = set()
    for key, members in known.by_order.items():
        if key in orders:
            needs |= planning.stock_needs(orders[key], [known.records[pk] for pk in members], words, world.policy)
    levels = world.oro.levels.level_ids(needs) if needs else {}
    fresh = {pk: frozenset(row.id for row in kept if row.state == "new") for pk, kept in known.snapshots.items()}
    return Desk(
        claim=claim,
        mappings=words,
        rows=known.rows,
        by_order=known.by_order,
        work=works,
        postings=known.postings,
        records=known.records,
        orders=orders,
        levels=levels,
        fresh=fresh,
    )


def _is_order(key: str) -> bool:
    return not key.startswith("return:")
