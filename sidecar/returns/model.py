"""The values the rules speak about: snapshots, orders, mappings, postings, documents, flags and plans.

Quantities are ``Fraction`` in the unit named beside them, money is ``Decimal`` in the currency named beside it, times
are aware UTC. Everything is frozen: a rule answers with new values and never changes the ones it was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from types import MappingProxyType

NONE: Mapping[str, str] = MappingProxyType({})


# --- What ZigZag says ---------------------------------------------------------------------------------------------


class Milestone(IntEnum):
    """How far a return has come; the numbers are the ranks of ``contracts/zigzag.md``."""

    UNKNOWN = 0
    REQUESTED = 10
    APPROVED = 15
    LABEL_CREATED = 20
    IN_TRANSIT = 30
    AT_HUB = 40
    RECEIVED = 50
    GRADED = 60
    RESTOCKED = 70
    CLOSED = 90
    CANCELLED = 100
    REJECTED = 101

    @property
    def word(self) -> str:
        """The word of DESIGN and of Oro's ``status``: ``label_created``."""
        return self.name.lower()


@dataclass(frozen=True)
class SnapshotRow:
    """One product row of a snapshot: one SKU in one grade. Quantity is None when it could not be read."""

    position: int
    sku: str
    quantity: Fraction | None
    grade: str = ""
    title: str = ""
    reason: str = ""
    reason_id: str = ""
    currency: str = ""
    item_cost: Decimal | None = None
    return_option: str = ""
    order_line_item_number: str = ""


@dataclass(frozen=True)
class Snapshot:
    """What ZigZag says about one return at one moment, whole and cumulative."""

    return_id: str
    retailer_code: str
    order_number: str
    at: datetime  # when the status changed, clamped to the moment it was stored when the sender's clock ran ahead
    order_status: str = ""
    tracking_status: str = ""
    carrier: str = ""
    tracking_id: str = ""
    warehouse: str = ""
    warehouse_reference: str = ""
    return_cost: Decimal | None = None
    return_cost_currency: str = ""
    return_option: str = ""
    rows: tuple[SnapshotRow, ...] = ()
    sequence: int = 0  # inbox id: later sighting wins a tie of time and milestone
    problems: tuple[str, ...] = ()  # what could not be read, in words


@dataclass(frozen=True)
class IntakeLine:
    """One line of the request as given to our intake API; ``unit`` defaults to the order line's."""

    sku: str
    quantity: Fraction
    unit: str = ""
    reason: str = ""


# --- What Oro says ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProductUnit:
    """One unit precision of a product: 1 of ``code`` = ``rate`` of the primary unit; ``precision`` decimals."""

    code: str
    rate: Fraction
    precision: int


@dataclass(frozen=True)
class Product:
    """An Oro product as far as the rules need it."""

    id: str
    sku: str
    status: str  # enabled, disabled
    primary_unit: str
    units: Mapping[str, ProductUnit]
    type: str = "simple"


@dataclass(frozen=True)
class OrderLine:
    """An order line as read. Money is for the whole row; None where Oro did not say (then ``price_incomplete``)."""

    id: str
    sku: str
    quantity: Fraction
    unit: str
    price: Decimal | None = None
    name: str = ""
    product: Product | None = None  # None: freeform, or deleted since
    row_discount: Decimal | None = None  # rowTotalDiscountAmount
    row_total: Decimal | None = None  # rowTotalAfterDiscount
    row_including_tax: Decimal | None = None  # rowTotalAfterDiscountIncludingTax
    row_excluding_tax: Decimal | None = None  # rowTotalAfterDiscountExcludingTax


@dataclass(frozen=True)
class Order:
    """An order with its lines in order-line order."""

    id: str
    identifier: str
    currency: str
    lines: tuple[OrderLine, ...]
    discount: Decimal = Decimal(0)  # all applied promotions, line + order
    total_discounts: Decimal = Decimal(0)  # manual order discounts
    subtotal: Decimal | None = None
    total: Decimal | None = None


# --- What people decided ------------------------------------------------------------------------------------------


class Disposition(StrEnum):
    """What becomes of goods of a grade (DESIGN 4.2)."""

    RESTOCK = "restock"
    QUARANTINE = "quarantine"
    REFURBISH = "refurbish"
    RETURN_TO_VENDOR = "return_to_vendor"
    SCRAP = "scrap"
    MISSING = "missing"
    WRONG_ITEM = "wrong_item"
    HOLD = "hold"


@dataclass(frozen=True)
class GradeRule:
    credit_percent: Fraction  # 0..100
    disposition: Disposition


@dataclass(frozen=True)
class WarehouseRule:
    role: str  # destination, hub
    oro_code: str = ""


class FeeTreatment(StrEnum):
    DEDUCT = "deduct"
    REVIEW = "review"
    IGNORE = "ignore"


@dataclass(frozen=True)
class FeeRule:
    service_sku: str
    treatment: FeeTreatment


@dataclass(frozen=True)
class Mappings:
    """Versioned translations of ZigZag's words. ``version`` rises with every change of any of them.

    Status words and grades are matched without regard to case, spaces, ``_`` and ``-``; everything else exactly
    (scan units and fees by SKU without regard to case).
    """

    grades: Mapping[str, GradeRule] = field(default_factory=dict)
    warehouses: Mapping[str, WarehouseRule] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    fees: Mapping[str, FeeRule] = field(default_factory=dict)
    scan_units: Mapping[str, str] = field(default_factory=dict)  # SKU@WAREHOUSE, SKU, * -> unit code or "primary"
    return_options: Mapping[str, str] = field(default_factory=dict)
    order_statuses: Mapping[str, str] = field(default_factory=dict)
    tracking_statuses: Mapping[str, str] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True)
class Policy:
    """The settings that the rules obey (contracts/sidecar.md, Configuration)."""

    retailer_code: str = ""
    credit_trigger: str = "graded"  # graded, restocked
    stock_trigger: str = "restocked"  # restocked, graded
    credit_mode: str = "issue"  # issue, draft
    stock_unit: str = "primary"  # primary, order_line
    inactive_sku: str = "hold"  # hold, credit


@dataclass(frozen=True)
class Pins:
    """What the first posting of a return was computed with; later changes of a mapping do not re-price it."""

    grades: Mapping[str, GradeRule] = field(default_factory=dict)
    scan_units: Mapping[str, str] = field(default_factory=dict)  # SKU -> unit code
    fees: Mapping[str, FeeRule] = field(default_factory=dict)  # "returnCost" or fee SKU -> rule


# --- What moves money and stock -----------------------------------------------------------------------------------


class PostingState(StrEnum):
    PLANNED = "planned"  # committed here, certainly never sent
    SENT = "sent"  # a call was begun
    CONFIRMED = "confirmed"  # Oro has it: answered or read
    UNKNOWN = "unknown"  # a call ended without an answer that tells
    REFUSED = "refused"  # Oro answered that it did nothing, and will say so again


@dataclass(frozen=True)
class CreditedPart:
    """Goods of one grade that a line credits: ``counted`` in the scan unit, ``quantity`` in the order line's unit."""

    counted: Fraction
    scan_unit: str
    quantity: Fraction
    percent: Fraction
    grade: str

    @property
    def weight(self) -> Fraction:
        return self.quantity * min(max(self.percent, Fraction(0)), Fraction(100)) / 100


@dataclass(frozen=True)
class CreditBasis:
    """What a line was computed from: all that the return has to credit on the order line, and what is carried."""

    parts: tuple[CreditedPart, ...]
    own_before: Fraction  # weight that earlier memos of the return carried
    weight_before: Fraction  # the same of all memos of the order, with their amounts
    net_before: Decimal
    tax_before: Decimal


@dataclass(frozen=True)
class CreditLine:
    """One line of a credit memo. ``weight`` = quantity x credit percent / 100, both in the order line's unit.

    A fee line has ``order_line_id`` None, quantity 1, weight 0, negative net and no tax.
    """

    sku: str
    description: str
    quantity: Fraction
    unit: str
    net: Decimal
    tax: Decimal
    order_line_id: str | None = None
    line_key: str | None = None
    product_id: str | None = None
    weight: Fraction = Fraction(0)
    explanation: str = ""  # "3 x 12 each = 36 each = 3 case, 3/10 of 250.00 less 12.50 discount, 100 % grade A"
    basis: CreditBasis | None = None  # of a line of goods; ``explaining`` tells it

    @property
    def value(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True)
class StockMove:
    """Raise one inventory level by ``quantity`` (in ``unit``, the level's own unit; always positive)."""

    sku: str
    unit: str
    quantity: Fraction
    level_id: str
    line_key: str
    order_line_id: str | None = None


@dataclass(frozen=True)
class Posting:
    """One immutable credit memo and/or set of stock movements. Key ``{retailerCode}:{returnId}:{n}``."""

    key: str
    return_id: str
    n: int
    currency: str
    lines: tuple[CreditLine, ...] = ()
    stock: tuple[StockMove, ...] = ()
    status: str = "issued"  # issued, draft
    fee: Decimal = Decimal(0)  # fee due that this memo settled (taken or not): a fee is taken once per return
    state: PostingState = PostingState.PLANNED

    @property
    def credits(self) -> bool:
        """Whether a credit memo belongs to it (a memo of 0.00 does; a stock-only posting has none)."""
        return bool(self.lines)

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        return sum((line.tax for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


# --- What should be true in Oro -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class GradedPart:
    """A part of a document line as the warehouse stated it: ``counted`` in the scan unit."""

    grade: str
    counted: Fraction
    scan_unit: str
    credit_percent: Fraction | None  # None: the grade is not mapped, or the row is not graded yet
    disposition: str = ""


@dataclass(frozen=True)
class DocumentLine:
    """One line of the return: one order line (or one SKU that matched none). Quantities in ``unit``."""

    line_key: str
    identity: str  # "line:104" or "sku:GLOVE": keeps its number for ever
    sku: str
    unit: str = ""
    order_line_id: str | None = None
    product_id: str | None = None
    requested: Fraction = Fraction(0)
    received: Fraction = Fraction(0)
    accepted: Fraction = Fraction(0)
    credited: Fraction = Fraction(0)
    restocked: Fraction = Fraction(0)
    grade: str = ""  # "A", or "A, C" when several
    disposition: str = ""
    reason_code: str = ""
    parts: tuple[GradedPart, ...] = ()
    held_by: tuple[str, ...] = ()  # flag codes


@dataclass(frozen=True)
class Document:
    """The return with its lines as it should stand in Oro once the pass's posting is done."""

    return_id: str
    order_identifier: str
    order_id: str | None
    status: str  # Milestone.word; closed by itself per DESIGN 4.6
    sync_state: str  # in_sync, review, pending
    warehouse_code: str = ""
    tracking_number: str = ""
    carrier: str = ""
    reason_summary: str = ""
    review_reason: str = ""  # open flag codes, comma separated
    source_updated_at: datetime | None = None
    lines: tuple[DocumentLine, ...] = ()


# --- What a person must know --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Flag:
    """Something a person must know or decide. (code, subject) identifies the cause within its return.

    ``subject`` is the object it is about: a SKU, a line identity, a mapping word as ZigZag wrote it, or "".
    ``mapping`` names the kind and source whose mapping would settle it, e.g. ("grades", "E").
    """

    code: str
    subject: str
    message: str
    next_step: str
    line_key: str | None = None
    sku: str = ""
    amount: Decimal | None = None  # at stake, in ``currency``
    currency: str = ""
    holds: str = ""  # "credit", "stock", "all" or "": what does not move while it stands
    mapping: tuple[str, str] | None = None


# --- The question and the answer ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReturnRecord:
    """Everything known about one return, as the rules are asked about it."""

    return_id: str
    retailer_code: str
    order_identifier: str
    snapshots: tuple[Snapshot, ...] = ()  # every readable one that ever arrived, in any order
    intake: tuple[IntakeLine, ...] = ()
    postings: tuple[Posting, ...] = ()  # all, whatever their state
    line_numbers: Mapping[str, int] = field(default_factory=dict)  # DocumentLine.identity -> n
    released: frozenset[tuple[str, str]] = frozenset()  # (flag code, subject) that a person released
    dismissed: frozenset[tuple[str, str, str]] = frozenset()  # (flag code, subject, message) that a person resolved
    pins: Pins = field(default_factory=Pins)
    source_updated_at: datetime | None = None  # of the last document that Oro took


@dataclass(frozen=True)
class ReturnPlan:
    """What should be true in Oro now for one return."""

    return_id: str
    milestone: Milestone
    state: str  # in_sync, review (pending and failed are the ledger's to say)
    document: Document
    posting: Posting | None  # a new one to commit; None while an earlier one is unfinished
    flags: tuple[Flag, ...]
    pins: Pins
    owed: Decimal = Decimal(0)  # credit computed but held, in the order's currency
    newest_sequence: int = 0  # inbox id of the snapshot that was applied
    milestone_at: datetime | None = None  # when it was first said
    received_at: datetime | None = None
    graded_at: datetime | None = None
