"""All snapshots of one return folded into what counts now.

Snapshots are cumulative and arrive in any order, late and twice. They are folded in the order of (time, milestone,
inbox id), never of arrival, so that the outcome depends only on which snapshots there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from sidecar.returns.lookups import word_key
from sidecar.returns.milestones import ENDED, RECEIPT, RELEASING, Stated, stated
from sidecar.returns.model import Mappings, Milestone, ReturnRecord, Snapshot, SnapshotRow, WarehouseRule

_RESTOCKED = frozenset({Milestone.RESTOCKED})
_ON_ITS_WAY = frozenset(each for each in Milestone if Milestone.UNKNOWN < each < Milestone.RECEIVED)
_NOT_TAKING_BACK = frozenset({Milestone.UNKNOWN, Milestone.CLOSED})
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Request:
    """One requested quantity: in ``unit``, or in the order line's unit when ``unit`` is "". None: not readable."""

    sku: str
    quantity: Fraction | None
    unit: str = ""
    reason: str = ""
    reason_id: str = ""
    title: str = ""
    return_option: str = ""
    currency: str = ""
    order_line_item_number: str = ""


@dataclass(frozen=True)
class History:
    """What all snapshots of a return say together."""

    newest: Snapshot | None
    milestone: Milestone  # the furthest that was ever said; cancelled and rejected only while nothing takes them back
    progress: Milestone  # the same without Closed, cancelled and rejected: what the warehouse did
    received: bool  # Received, Graded or Restocked was ever said: quantities are counts
    graded: bool  # Graded or Restocked was ever said
    restocked: bool  # Restocked was ever said
    requested: tuple[Request, ...]
    counted: tuple[SnapshotRow, ...]  # never of a snapshot that says the goods are still on their way
    unmapped: tuple[tuple[str, str], ...]  # (mapping kind, status word)
    received_at: datetime = _NEVER  # when the goods were first received or graded
    first_at: datetime = _NEVER  # of the oldest snapshot
    graded_at: datetime | None = None  # when Graded or Restocked was first said
    milestone_at: datetime | None = None  # when the milestone was first said
    listed: Snapshot | None = None  # the newest that lists any products
    return_option: str = ""  # of the whole return; a row's own goes before it
    order_number: str = ""  # the newest that was said
    warehouse: str = ""  # warehouseReference, else the warehouse's name
    warehouse_rule: WarehouseRule | None = None
    tracking_id: str = ""
    carrier: str = ""
    return_cost: Decimal | None = None
    return_cost_currency: str = ""

    @property
    def live(self) -> bool:
        """Neither cancelled nor rejected."""
        return self.milestone not in ENDED


def fold(record: ReturnRecord, mappings: Mappings) -> History:
    """The history of a return; of one that ZigZag never showed, its intake lines are the request."""
    said = _in_order(record.snapshots, mappings)
    if not said:
        return History(
            newest=None,
            milestone=Milestone.REQUESTED,
            progress=Milestone.REQUESTED,
            received=False,
            graded=False,
            restocked=False,
            requested=_from_intake(record),
            counted=(),
            unmapped=(),
        )
    newest = said[-1][0]
    receipt = next((index for index, (_, words) in enumerate(said) if words.says(RECEIPT)), len(said))
    progress = max(
        (m for _, words in said for m in (words.order, words.tracking) if m < Milestone.CLOSED),
        default=Milestone.UNKNOWN,
    )
    ever_closed = any(Milestone.CLOSED in (words.order, words.tracking) for _, words in said)
    furthest = Milestone.CLOSED if ever_closed else progress
    milestone = _ended(said) or furthest
    graded_at = next((each.at for each, words in said if words.says(RELEASING)), None)
    warehouse = _latest(said, "warehouse_reference") or _latest(said, "warehouse")
    priced = next((each for each, _ in reversed(said) if each.return_cost is not None), newest)
    return History(
        newest=newest,
        milestone=milestone,
        progress=progress,
        received=receipt < len(said),
        graded=graded_at is not None,
        restocked=any(words.says(_RESTOCKED) for _, words in said),
        requested=_requested(said[:receipt]) or _from_intake(record),
        counted=_rows_of_newest([pair for pair in said[receipt:] if pair[1].milestone not in _ON_ITS_WAY]),
        unmapped=_unmapped_words(said),
        received_at=said[receipt][0].at if receipt < len(said) else _NEVER,
        first_at=said[0][0].at,
        graded_at=graded_at,
        listed=next((each for each, _ in reversed(said) if each.rows), None),
        milestone_at=next(each.at for each, words in said if milestone in (words.order, words.tracking)),
        return_option=_latest(said, "return_option"),
        order_number=_latest(said, "order_number"),
        warehouse=warehouse,
        warehouse_rule=warehouse_rule(warehouse, _latest(said, "warehouse"), mappings),
        tracking_id=_latest(said, "tracking_id"),
        carrier=_latest(said, "carrier"),
        return_cost=priced.return_cost,
        return_cost_currency=priced.return_cost_currency,
    )


def warehouse_rule(reference: str, name: str, mappings: Mappings) -> WarehouseRule | None:
    """A warehouse is mapped by ZigZag's reference; by its name only where the reference is not mapped."""
    return mappings.warehouses.get(reference) or mappings.warehouses.get(name)


def allocation_key(record: ReturnRecord, history: History) -> tuple[datetime, datetime, str]:
    """Who is served first from an order line: who was received first, then the older request.

    Independent of the order in which returns or snapshots reached us, and of what was posted meanwhile: that is kept
    for its return anyway (``allocating.Room``), and who is served first because of it would take the place of others.
    """
    return (history.received_at, history.first_at, record.return_id)


def _in_order(snapshots: Sequence[Snapshot], mappings: Mappings) -> list[tuple[Snapshot, Stated]]:
    said = [
        (each, stated(each.order_status, each.tracking_status, mappings, _role(each, mappings))) for each in snapshots
    ]
    said.sort(key=lambda pair: (pair[0].at, pair[1].milestone, pair[0].sequence))
    return said


def _role(snapshot: Snapshot, mappings: Mappings) -> str:
    rule = warehouse_rule(snapshot.warehouse_reference, snapshot.warehouse, mappings)
    return rule.role if rule else ""


def _ended(said: Sequence[tuple[Snapshot, Stated]]) -> Milestone | None:
    """Cancelled or rejected, when that is the newest word of an axis. It is taken back by another word there, not by
    silence, by a word nobody mapped or by Closed: none of them says that the return goes on after all."""
    newest: dict[str, Milestone] = {}
    for _, words in said:
        stated = {"order": words.order, "tracking": words.tracking}
        newest.update({axis: each for axis, each in stated.items() if each not in _NOT_TAKING_BACK})
    return max((milestone for milestone in newest.values() if milestone in ENDED), default=None)


def _latest(said: Sequence[tuple[Snapshot, Stated]], name: str) -> str:
    """The newest value that is not empty: a snapshot that leaves out the warehouse does not take it away."""
    for snapshot, _ in reversed(said):
        value: str = getattr(snapshot, name)
        if value:
            return value
    return ""


def _rows_of_newest(said: Sequence[tuple[Snapshot, Stated]]) -> tuple[SnapshotRow, ...]:
    """The rows of the newest snapshot that lists any: a notice without products does not take goods back."""
    for snapshot, _ in reversed(said):
        if snapshot.rows:
            return snapshot.rows
    return ()


def _requested(before_receipt: Sequence[tuple[Snapshot, Stated]]) -> tuple[Request, ...]:
    """What was asked for: the newest rows before receipt.

    A snapshot whose words are all unknown may already hold counts, so it is believed only when there is no other; nor
    is one that only says Closed or cancelled.
    """
    known = [pair for pair in before_receipt if Milestone.UNKNOWN < pair[1].milestone < Milestone.RECEIVED]
    rows = _rows_of_newest(known) or _rows_of_newest(before_receipt)
    return tuple(
        Request(
            sku=row.sku,
            quantity=row.quantity,
            reason=row.reason,
            reason_id=row.reason_id,
            title=row.title,
            return_option=row.return_option,
            currency=row.currency,
            order_line_item_number=row.order_line_item_number,
        )
        for row in rows
    )


def _from_intake(record: ReturnRecord) -> tuple[Request, ...]:
    return tuple(
        Request(sku=line.sku, quantity=line.quantity, unit=line.unit, reason=line.reason) for line in record.intake
    )


def _unmapped_words(said: Sequence[tuple[Snapshot, Stated]]) -> tuple[tuple[str, str], ...]:
    """Unknown status words that may still matter.

    A word is forgotten when a later snapshot says where the goods are. Closed says not where they are: the unknown word
    before it may have been the shop's own word for graded.
    """
    words: dict[tuple[str, str], tuple[str, str]] = {}
    for _, last in reversed(said):
        for kind, word in last.unmapped:
            words.setdefault((kind, word_key(word)), (kind, word))
        if last.milestone not in (Milestone.UNKNOWN, Milestone.CLOSED):
            break
    return tuple(words[key] for key in sorted(words))
