"""What the warehouse counted: each row matched to the order, converted to base units and judged by its grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sidecar.returns.history import History
from sidecar.returns.lookups import lookups, order_key, sku_key, word_key
from sidecar.returns.matching import ZERO, OrderBook
from sidecar.returns.model import Disposition, GradeRule, Mappings, OrderLine, Pins, ReturnRecord, SnapshotRow
from sidecar.returns.postings import Carried
from sidecar.returns.units import ScanUnit, comparable, holds, scan_unit

ABSURD = 10**9  # Oro keeps decimal(20,10): no quantity of this size can be written, let alone be true
REFUND = "refund"
NO_CREDIT_OPTIONS = ("exchange", "store_credit")
_NOT_THE_GOODS = frozenset({Disposition.MISSING, Disposition.WRONG_ITEM})


@dataclass(frozen=True)
class CountedRow:
    """One counted row. ``base`` (base units) is None when it cannot be told; then ``held`` says why."""

    row: SnapshotRow
    lines: tuple[OrderLine, ...] = ()  # it may belong to, in order-line order
    quantity: Fraction = ZERO  # as counted, in the scan unit
    scan: ScanUnit | None = None
    base: Fraction | None = None
    rule: GradeRule | None = None  # None: not graded yet, or its grade is not mapped
    held: str = ""  # flag code that holds all of it
    credit_held: str = ""  # flag code that holds only its credit
    option: str = ""  # the return option it was judged by, as ZigZag wrote it

    @property
    def arrived(self) -> bool:
        """Whether it is goods of the order at all: missing and wrong goods are neither received nor accepted."""
        return self.rule is None or self.rule.disposition not in _NOT_THE_GOODS

    @property
    def ungraded(self) -> bool:
        return not word_key(self.row.grade)

    @property
    def percent(self) -> Fraction | None:
        return self.rule.credit_percent if self.rule else None

    def weight(self, quantity: Fraction) -> Fraction:
        """Quantity x credit percent / 100; 0 while the percent is not known, never more than the quantity."""
        percent = self.percent
        if not percent or percent.numerator < 0:
            return ZERO
        return quantity if percent.numerator >= 100 * percent.denominator else quantity * percent / 100


def count_rows(
    record: ReturnRecord, history: History, book: OrderBook, mappings: Mappings, carried: Carried
) -> tuple[CountedRow, ...]:
    """The counted rows that are goods and not fees; quantities of zero are no rows."""
    fees = lookups(mappings).fees
    return tuple(
        _judged(row, record, history, book, mappings, carried)
        for row in history.counted
        if sku_key(row.sku) not in fees and row.quantity != 0
    )


def grade_rule(grade: str, mappings: Mappings, pins: Pins) -> GradeRule | None:
    """The rule of a grade; the one a posting was computed with wins over the mapping of today."""
    if pins.grades:
        key = word_key(grade)
        for pinned, rule in pins.grades.items():
            if word_key(pinned) == key:
                return rule
    return lookups(mappings).grades.get(word_key(grade))


def readable(quantity: Fraction | None) -> bool:
    return quantity is not None and 0 <= quantity.numerator < ABSURD * quantity.denominator


def order_corrected(record: ReturnRecord, history: History) -> bool:
    """Whether ZigZag names another order by now than the one that postings of the return were made for."""
    named, posted_for = order_key(history.order_number), order_key(record.order_identifier)
    return bool(record.postings and named and named != posted_for)


def _judged(
    row: SnapshotRow, record: ReturnRecord, history: History, book: OrderBook, mappings: Mappings, carried: Carried
) -> CountedRow:
    pins = record.pins
    lines = book.candidates(row.sku, row.order_line_item_number)
    option = (row.return_option or history.return_option).strip()
    rule = grade_rule(row.grade, mappings, pins)
    if row.quantity is None or not readable(row.quantity):
        return CountedRow(row, lines, rule=rule, held="payload_unreadable", option=option)
    if not lines:
        return CountedRow(row, quantity=row.quantity, rule=rule, held="sku_not_on_order", option=option)
    scan = scan_unit(lines[0], history.warehouse, mappings, pins)
    base, unit_problem = _base(row.quantity, scan, lines)
    elsewhere = sku_key(lines[0].sku) in carried.astray or order_corrected(record, history)
    return CountedRow(
        row=row,
        lines=lines,
        quantity=row.quantity,
        scan=scan,
        base=base,
        rule=rule,
        # What was posted elsewhere may be these very goods, and cannot be counted against them: nothing is repeated.
        held="regraded_after_credit" if elsewhere else unit_problem or _held_by_grade(row, rule),
        credit_held=_credit_held(row, option, book, mappings, carried),
        option=option,
    )


def _base(quantity: Fraction, scan: ScanUnit, lines: Sequence[OrderLine]) -> tuple[Fraction | None, str]:
    if scan.rate is None or not comparable(lines):
        return None, "unit_not_resolved"
    base = quantity * scan.rate if scan.rate != 1 else quantity
    product = lines[0].product
    if product is not None and not holds(product, product.primary_unit, base):
        return None, "unit_not_divisible"
    return base, ""


def _held_by_grade(row: SnapshotRow, rule: GradeRule | None) -> str:
    """A grade nobody mapped, or one mapped to ``hold``: somebody has to say what becomes of the goods."""
    if rule is None:
        return "grade_not_mapped" if word_key(row.grade) else ""
    return "grade_not_mapped" if rule.disposition is Disposition.HOLD else ""


def is_foreign(row: SnapshotRow, currency: str) -> bool:
    return bool(row.currency) and row.currency.strip().upper() != currency.upper()


def _credit_held(row: SnapshotRow, option: str, book: OrderBook, mappings: Mappings, carried: Carried) -> str:
    if is_foreign(row, book.order.currency) or carried.currencies - {book.order.currency}:
        return "currency_mismatch"
    wanted = mappings.return_options.get(option)
    if wanted == REFUND:
        return ""
    return "exchange_requested" if wanted in NO_CREDIT_OPTIONS else "option_not_mapped"
