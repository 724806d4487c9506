"""Everything a page needs to know before it plans, in as few reads as possible: ledger rows, orders, levels."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sidecar.ledger import flags, inbox, postings, returns, work
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.returns import ReturnRow
from sidecar.ledger.work import WorkRow
from sidecar.returns import planning
from sidecar.returns.model import Mappings, Order, ReturnRecord
from sidecar.sync import mappings as mapping_store
from sidecar.sync import records
from sidecar.sync.claims import Claim
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
        known = mapping_store.load(conn)
        rows = {row.id: row for row in returns.of_orders(conn, [k for k in claim.order_keys if _is_order(k)])}
        lone = [pk for pk in claim.return_pks if pk not in rows]
        rows.update({row.id: row for row in returns.by_pks(conn, lone)})
        pks = list(rows)
        snapshots = inbox.snapshots_of(conn, pks)
        posted = postings.of_returns(conn, pks)
        numbers = returns.line_numbers(conn, pks)
        released = flags.released_by_person(conn, pks)
        dismissed = flags.resolved_by_person(conn, pks)
        works = {row.return_pk: row for row in work.load(conn, pks)}

    by_order: dict[str, list[int]] = defaultdict(list)
    found: dict[int, ReturnRecord] = {}
    for pk, row in rows.items():
        by_order[row.order_key or f"return:{pk}"].append(pk)
        found[pk] = records.read_record(
            row,
            inbox=snapshots.get(pk, ()),
            postings=posted.get(pk, ()),
            line_numbers=numbers.get(pk, {}),
            released=released.get(pk, ()),
            dismissed=dismissed.get(pk, ()),
            zone=world.zone,
        )

    identifiers = sorted({row.order_identifier for row in rows.values() if row.order_identifier})
    read = world.oro.orders.read_orders(identifiers)
    orders: dict[str, Order] = {}
    for key, members in by_order.items():
        for pk in members:
            order = read.get(rows[pk].order_identifier or "")
            if order is not None:
                orders[key] = order
                break

    needs: set[tuple[str, str]] = set()
    for key, members in by_order.items():
        if key in orders:
            needs |= planning.stock_needs(orders[key], [found[pk] for pk in members], known, world.policy)
    levels = world.oro.levels.level_ids(needs) if needs else {}
    fresh = {pk: frozenset(row.id for row in kept if row.state == "new") for pk, kept in snapshots.items()}
    return Desk(claim, known, rows, dict(by_order), works, posted, found, orders, levels, fresh)


def _is_order(key: str) -> bool:
    return not key.startswith("return:")
