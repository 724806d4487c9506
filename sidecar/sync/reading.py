"""Everything a page needs to know before it plans, in as few reads as possible: ledger rows, orders, levels."""

from __future__ import annotations

from dataclasses import dataclass

from sidecar.ledger import returns, work
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.returns import ReturnRow
from sidecar.ledger.work import WorkRow
from sidecar.oro.errors import AnswerLacks
from sidecar.returns import planning
from sidecar.returns.model import Mappings, Order, ReturnRecord
from sidecar.sync import mappings as mapping_store
from sidecar.sync.claims import Claim
from sidecar.sync.known import Known, order_key_of, read_returns
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
    poison: dict[str, Exception]  # order key -> why this order cannot be planned, whatever the others do


def read_desk(world: World, claim: Claim) -> Desk:
    """Read the ledger after the claim, then Oro: one multi-get of orders and one of levels per page.

    An order that cannot be read, or of which a return cannot be, is kept apart as ``poison``. Raises OroError when Oro
    cannot be read at all; then nothing is planned.
    """
    with world.ledger.read() as conn:
        words = mapping_store.load(conn)
        rows = returns.of_orders(conn, [key for key in claim.order_keys if _is_order(key)])
        have = {row.id for row in rows}
        rows += returns.by_pks(conn, [pk for pk in claim.return_pks if pk not in have])
        known = read_returns(conn, rows, world.zone)
        works = {row.return_pk: row for row in work.load(conn, list(known.rows))}

    poison = {order_key_of(known.rows[pk]): error for pk, error in known.broken.items()}
    orders = _orders(world, known, poison)
    needs: set[tuple[str, str]] = set()
    for key, order in orders.items():
        try:
            of_order = [known.records[pk] for pk in known.by_order[key]]
            needs |= planning.stock_needs(order, of_order, words, world.policy)
        except Exception as error:  # it would stop its page again when it is planned: it is noted there
            poison[key] = error
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
        poison=poison,
    )


def _orders(world: World, known: Known, poison: dict[str, Exception]) -> dict[str, Order]:
    """By order key, without the poisoned ones. One order that Oro answers with something missing spoils the multi-get
    of all: then each is asked for alone, and only that one is put aside."""
    spellings = {
        key: sorted({identifier for pk in members if (identifier := known.rows[pk].order_identifier)})
        for key, members in known.by_order.items()
        if key not in poison
    }
    try:
        read = world.oro.orders.read_orders(sorted({each for of_key in spellings.values() for each in of_key}))
    except AnswerLacks as error:
        if len(spellings) == 1:
            poison.update(dict.fromkeys(spellings, error))
            return {}
        read = {}
        for key, of_key in spellings.items():
            try:
                read |= world.oro.orders.read_orders(of_key)
            except AnswerLacks as lacking:
                poison[key] = lacking
    return {
        key: next(read[each] for each in of_key if each in read)
        for key, of_key in spellings.items()
        if key not in poison and any(each in read for each in of_key)
    }


def _is_order(key: str) -> bool:
    return not key.startswith("return:")
