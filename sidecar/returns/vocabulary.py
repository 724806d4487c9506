"""Which of ZigZag's words a return uses that a mapping may speak of."""

from __future__ import annotations

from collections.abc import Iterable

from sidecar.returns.fees import RETURN_COST
from sidecar.returns.lookups import same_word, sku_key
from sidecar.returns.model import IntakeLine, Snapshot, SnapshotRow

SKUS = "skus"  # not a kind of mapping: what scan units and fees are looked up by


def words_of(snapshots: Iterable[Snapshot], intake: Iterable[IntakeLine] = ()) -> frozenset[tuple[str, str]]:
    """(kind, word) of everything said, each word as ``same_word`` compares it; empty words are none but for options."""
    used: set[tuple[str, str]] = set()
    for snapshot in snapshots:
        used.update(_of_snapshot(snapshot))
        for row in snapshot.rows:
            used.update(_of_row(row, snapshot.return_option))
    for line in intake:
        used.update({(SKUS, sku_key(line.sku)), ("reasons", line.reason.strip())})
    return frozenset((kind, word) for kind, word in used if word or kind == "return_options")


def _of_snapshot(snapshot: Snapshot) -> Iterable[tuple[str, str]]:
    yield "order_statuses", same_word("order_statuses", snapshot.order_status)
    yield "tracking_statuses", same_word("tracking_statuses", snapshot.tracking_status)
    yield "warehouses", snapshot.warehouse_reference.strip()
    yield "warehouses", snapshot.warehouse.strip()
    if snapshot.return_cost is not None and snapshot.return_cost > 0:
        yield "fees", sku_key(RETURN_COST)


def _of_row(row: SnapshotRow, option_of_return: str) -> Iterable[tuple[str, str]]:
    yield SKUS, sku_key(row.sku)
    yield "grades", same_word("grades", row.grade)
    yield "reasons", row.reason_id.strip()
    yield "reasons", row.reason.strip()
    yield "return_options", (row.return_option or option_of_return).strip()


def looked_up_by(kind: str, source: str) -> tuple[str, str] | None:
    """Under which (kind, word) the returns stand that a mapping of ``source`` speaks of; None: it speaks of all."""
    if kind == "scan_units":
        sku = source.partition("@")[0]
        return None if sku.strip() == "*" else (SKUS, sku_key(sku))
    if kind == "fees" and sku_key(source) != sku_key(RETURN_COST):
        return SKUS, sku_key(source)
    return kind, same_word(kind, source)
