"""What a decision changes: two plans of one return compared, as it is and as it would be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sidecar.returns.case import is_open
from sidecar.returns.explaining import MemoExplanation, explain
from sidecar.returns.model import Posting, ReturnPlan
from sidecar.returns.planning import WorkedOut

NO_MONEY = Decimal(0)


@dataclass(frozen=True)
class Amounts:
    """Credit in one currency."""

    net: Decimal = NO_MONEY
    tax: Decimal = NO_MONEY

    @property
    def total(self) -> Decimal:
        return self.net + self.tax

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(self.net + other.net, self.tax + other.tax)

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(self.net - other.net, self.tax - other.tax)

    def __bool__(self) -> bool:
        return bool(self.net or self.tax)


@dataclass(frozen=True)
class StockChange:
    """``quantity`` of ``unit`` more (or, negative, less) goes into stock of ``warehouse``, as Oro knows it."""

    sku: str
    unit: str
    warehouse: str
    quantity: Fraction


@dataclass(frozen=True)
class FlagName:
    """One flag of a return: its code and what it is about."""

    code: str
    subject: str
    message: str


@dataclass(frozen=True)
class Difference:
    """One return, with a decision against without it.

    ``credit``: what is posted more (or less) in ``currency``, ``memo`` the whole credit memo it makes, explained.
    ``owed``: the credit that then still waits, against now. ``status`` and ``state``: (now, then).
    """

    return_id: str
    order_identifier: str
    currency: str
    credit: Amounts
    stock: tuple[StockChange, ...]
    closes: tuple[FlagName, ...]
    opens: tuple[FlagName, ...]
    owed: tuple[Decimal, Decimal]
    status: tuple[str, str]
    state: tuple[str, str]
    memo: MemoExplanation | None

    def __bool__(self) -> bool:
        moved = self.credit or self.stock or self.closes or self.opens
        return bool(moved or any(now != then for now, then in (self.owed, self.status, self.state)))


def difference(now: WorkedOut, then: WorkedOut) -> Difference:
    """``now`` and ``then`` are plans of one return of one order, which differ by the decision alone."""
    case = then.case
    before, after = _open_flags(now), _open_flags(then)
    posting = then.plan.posting
    return Difference(
        return_id=case.record.return_id,
        order_identifier=case.record.order_identifier,
        currency=case.order.currency,
        credit=credit_of(posting) - credit_of(now.plan.posting),
        stock=stock_between(now.plan, then.plan),
        closes=tuple(flag for key, flag in before.items() if key not in after),
        opens=tuple(flag for key, flag in after.items() if key not in before),
        owed=(now.plan.owed, then.plan.owed),
        status=(now.plan.document.status, then.plan.document.status),
        state=(now.plan.state, then.plan.state),
        memo=explain(posting, case.order) if posting is not None and posting.credits else None,
    )


def credit_of(posting: Posting | None) -> Amounts:
    return Amounts(posting.net, posting.tax) if posting is not None else Amounts()


def _open_flags(worked: WorkedOut) -> dict[tuple[str, str], FlagName]:
    """Those that nobody dismissed."""
    return {
        (flag.code, flag.subject): FlagName(flag.code, flag.subject, flag.message)
        for flag in worked.plan.flags
        if is_open(flag, worked.case.record)
    }


def stock_between(now: ReturnPlan, then: ReturnPlan) -> tuple[StockChange, ...]:
    """What the posting of ``then`` moves more than that of ``now``."""
    moved: dict[tuple[str, str, str], Fraction] = {}
    for plan, sign in ((then, 1), (now, -1)):
        for move in plan.posting.stock if plan.posting is not None else ():
            key = (move.sku, move.unit, plan.document.warehouse_code)
            moved[key] = moved.get(key, Fraction(0)) + sign * move.quantity
    return tuple(StockChange(*key, quantity) for key, quantity in sorted(moved.items()) if quantity)
