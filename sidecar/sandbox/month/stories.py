"""What a story is: an order, what ZigZag says about its returns, and what must stand in Oro in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Line:
    """An order line: the net total of the row after its own discounts, and its tax."""

    sku: str
    quantity: str
    unit: str
    net: str
    tax: str = "0"


@dataclass(frozen=True)
class Row:
    """A row of a snapshot."""

    sku: str
    quantity: str
    grade: str = ""
    reason: str = "Too small"
    option: str = "1"
    cost: str = "10.00"
    currency: str = ""


@dataclass(frozen=True)
class Step:
    """A snapshot: what the two axes say, with which rows. ``act`` 2 happens after people have decided."""

    order_status: str
    tracking: str
    rows: tuple[Row, ...]
    act: int = 1
    warehouse: str = "GB0064"
    fee: str = "0.00"


@dataclass(frozen=True)
class Result:
    """What must stand in Oro for one return when everything is done."""

    net: str = "0"
    tax: str = "0"
    stock: Mapping[tuple[str, str], str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    memos: int | None = None  # None: one if any credit

    @property
    def total(self) -> Decimal:
        return Decimal(self.net) + Decimal(self.tax)


@dataclass(frozen=True)
class Story:
    """``returns``: for each return of the order its steps and its result; ``copies`` orders live the story."""

    name: str
    copies: int
    lines: tuple[Line, ...]
    returns: tuple[tuple[tuple[Step, ...], Result], ...]
    currency: str = "GBP"
    order_discount: str = "0"  # a manual discount on the whole order
    known_to_oro: bool = True
    through_intake: bool = False  # announced by POST /v1/returns before ZigZag speaks
    release: str = ""  # a flag code that a person releases in act 2


def journey(
    asked: tuple[Row, ...],
    counted: tuple[Row, ...],
    *,
    until: str = "Restocked",
    warehouse: str = "GB0064",
    fee: str = "0.00",
    hub: bool = False,
) -> tuple[Step, ...]:
    """The usual way of a return: requested ... received, graded and, if all goes well, restocked."""

    def step(status: str, tracking: str, rows: tuple[Row, ...], where: str = warehouse) -> Step:
        return Step(status, tracking, rows, warehouse=where, fee=fee)

    ungraded = tuple(Row(r.sku, r.quantity, "", r.reason, r.option, r.cost, r.currency) for r in counted)
    steps = [
        step("Requested", "", asked),
        step("Approved", "Label Created", asked),
        step("Approved", "In Transit", asked),
    ]
    if hub:
        steps.append(step("Approved", "Received", asked, "DE0001"))
    if until != "In Transit":
        steps.append(step("Approved", "Received", ungraded))
        steps.append(step("Approved", "Graded", counted))
    if until == "Restocked":
        steps.append(step("Approved", "Restocked", counted))
    return tuple(steps)
