"""Why a flag stands: what ZigZag said, what Oro says, what we computed, who took what, and what can be decided.

Everything comes from the ledger, worked out anew by the rules themselves; neither upstream is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from sidecar.ledger import audit, causes, flags, returns
from sidecar.ledger.audit import AuditRow
from sidecar.ledger.causes import CauseFilter
from sidecar.ledger.engine import Ledger
from sidecar.ledger.flags import FlagRow
from sidecar.ledger.inbox import InboxRow
from sidecar.ledger.returns import ReturnRow
from sidecar.returns.case import Case
from sidecar.returns.choices import Choice, choices
from sidecar.returns.lookups import same_word, sku_key
from sidecar.returns.milestones import milestone_of
from sidecar.returns.model import Order, Snapshot, SnapshotRow
from sidecar.returns.planning import work_out
from sidecar.returns.reckoning import LineReckoning, reckon
from sidecar.returns.titles import TITLES
from sidecar.settings import Settings
from sidecar.sync import flagging
from sidecar.sync import mappings as mapping_store
from sidecar.sync.known import (
    assumed_levels,
    never_planned,
    order_key_of,
    read_returns,
    stored_orders,
    with_siblings,
)
from sidecar.sync.world import policy_of


@dataclass(frozen=True)
class SaidRow:
    """One product row as ZigZag wrote it; ``concerns``: the flag is about it."""

    row: SnapshotRow
    concerns: bool


@dataclass(frozen=True)
class Said:
    """One snapshot: when it became true by ZigZag, when and how it reached us, and what it says."""

    snapshot: Snapshot
    received_at: datetime
    source: str
    milestone: str
    rows: tuple[SaidRow, ...]


@dataclass(frozen=True)
class OrderSaid:
    """The order as Oro said it when it was last read, and what this return makes of each of its lines."""

    order: Order
    read_at: datetime
    lines: tuple[LineReckoning, ...]


@dataclass(frozen=True)
class Evidence:
    """All that a person needs to decide about one flag.

    ``said`` is the newest snapshot, ``counted`` the newest that lists products when that is another one. ``order`` is
    None when Oro does not know it, or for a flag of the whole system. ``computed`` are sentences about what belongs to
    no order line. ``owed`` is credit that is computed and waits, in ``currency``. ``same_cause`` counts the open flags
    that one decision ends together with this one. ``trail`` are the decisions about this flag, the newest first.
    """

    flag: FlagRow
    title: str
    about: str
    the_return: ReturnRow | None
    said: Said | None
    counted: Said | None
    order: OrderSaid | None
    computed: tuple[str, ...]
    owed: Decimal
    currency: str
    choices: tuple[Choice, ...]
    same_cause: int
    trail: tuple[AuditRow, ...]


def of_flag(ledger: Ledger, flag_id: int, settings: Settings) -> Evidence | None:
    """The evidence of one flag; None when there is no such flag."""
    with ledger.read() as conn:
        flag = flags.get(conn, flag_id)
        if flag is None:
            return None
        trail = tuple(audit.search(conn, subject=f"flag:{flag_id}"))
        same = causes.search(conn, CauseFilter(code=flag.code, cause=flag.cause), limit=1).rows
        told = _told(conn, flag, settings)
    mapping = (flag.mapping_kind, flag.mapping_source or "") if flag.mapping_kind else None
    return Evidence(
        flag=flag,
        title=TITLES.get(flag.code, flag.code),
        about=flagging.about(flag),
        the_return=told.row if told else None,
        said=told.said if told else None,
        counted=told.counted if told else None,
        order=told.order if told else None,
        computed=told.computed if told else (),
        owed=told.row.owed if told else Decimal(0),
        currency=told.row.currency if told else flag.currency,
        choices=choices(
            flag.code,
            mapping=mapping,
            sku=flag.sku,
            units=_units(flag.sku, told.order.order if told and told.order else None),
            warehouse=told.warehouse if told else "",
            of_return=flag.return_pk is not None,
        ),
        same_cause=same[0].flags if same else 0,
        trail=trail,
    )


@dataclass(frozen=True)
class _Told:
    row: ReturnRow
    said: Said | None
    counted: Said | None
    order: OrderSaid | None
    computed: tuple[str, ...]
    warehouse: str


def _told(conn: Connection, flag: FlagRow, settings: Settings) -> _Told | None:
    if flag.return_pk is None:
        return None
    (row,) = returns.by_pks(conn, [flag.return_pk])
    known = read_returns(conn, with_siblings(conn, [row]), settings.zigzag_timezone)
    stored = stored_orders(conn, known.rows.values()).get(row.order_key)
    mappings = mapping_store.load(conn)
    members = known.by_order[order_key_of(row)]
    if never_planned(known.rows, members):
        return _Told(row, None, None, None, ("The order of this return has not been looked for yet.",), "")
    worked = work_out(
        stored.order if stored else None,
        [known.records[pk] for pk in members],
        mappings,
        policy_of(settings),
        assumed_levels(conn, members),
    )
    cases = {pk: each.case for pk, each in zip(members, worked, strict=True)}
    case = cases[row.id]
    arrived = {each.id: each for each in known.snapshots.get(row.id, ())}

    def said(snapshot: Snapshot | None) -> Said | None:
        return _said(snapshot, arrived, flag, case) if snapshot else None

    newest, listed = case.history.newest, case.history.listed
    told = reckon(case, [other for pk, other in cases.items() if pk != row.id])
    return _Told(
        row=row,
        said=said(newest),
        counted=said(listed) if listed is not newest else None,
        order=OrderSaid(stored.order, stored.read_at, told.lines) if stored else None,
        computed=told.sentences,
        warehouse=case.history.warehouse,
    )


def _said(snapshot: Snapshot, arrived: dict[int, InboxRow], flag: FlagRow, case: Case) -> Said | None:
    message = arrived.get(snapshot.sequence)
    if message is None:
        return None
    role = case.history.warehouse_rule.role if case.history.warehouse_rule else ""
    word = milestone_of(snapshot.order_status, snapshot.tracking_status, case.mappings, role).word
    rows = tuple(SaidRow(row, _concerns(row, flag)) for row in snapshot.rows)
    return Said(snapshot, message.received_at, message.source, word, rows)


def _concerns(row: SnapshotRow, flag: FlagRow) -> bool:
    """By the SKU of the flag, by the word it lacks a mapping for; a flag about the whole return concerns every row."""
    kind, source = flag.mapping_kind, flag.mapping_source or ""
    if kind == "grades":
        return same_word(kind, row.grade) == same_word(kind, source)
    if kind == "reasons":
        return source in (row.reason_id, row.reason)
    if kind == "return_options" and row.return_option:
        return row.return_option.strip() == source
    if kind == "fees":
        return sku_key(row.sku) == sku_key(source)
    return not flag.sku or sku_key(row.sku) == sku_key(flag.sku)


def _units(sku: str, order: Order | None) -> Sequence[str]:
    """The units that Oro knows of a SKU, the line's own first."""
    found: dict[str, None] = {}
    for line in order.lines if order is not None else ():
        if sku_key(line.sku) == sku_key(sku):
            units = line.product.units.values() if line.product is not None else ()
            found[line.unit] = None
            found.update(dict.fromkeys(code for _, code in sorted((unit.rate, unit.code) for unit in units)))
    return list(found)
