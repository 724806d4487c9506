"""Short ways to say orders, snapshots and returns in tests. Numbers are given as strings or ints, never as floats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from sidecar.returns.defaults import DEFAULT_MAPPINGS
from sidecar.returns.model import (
    IntakeLine,
    Mappings,
    Order,
    OrderLine,
    Pins,
    Policy,
    Posting,
    PostingState,
    Product,
    ProductUnit,
    ReturnPlan,
    ReturnRecord,
    Snapshot,
    SnapshotRow,
    WarehouseRule,
)
from sidecar.returns.planning import plan_order, stock_needs

MONDAY = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
WAREHOUSE = "GB0064"
MAPPINGS = replace(
    DEFAULT_MAPPINGS, warehouses={WAREHOUSE: WarehouseRule("destination", "main"), "DE0001": WarehouseRule("hub")}
)
POLICY = Policy(retailer_code="GL123")


def mapped(**kinds: object) -> Mappings:
    """The default mappings with some entries added: ``mapped(scan_units={"GLOVE": "case"})``."""
    return replace(MAPPINGS, **{kind: {**getattr(MAPPINGS, kind), **entries} for kind, entries in kinds.items()})  # type: ignore[arg-type,dict-item]


def product(
    sku: str = "GLOVE", units: Mapping[str, str] | None = None, *, status: str = "enabled", precision: int = 0
) -> Product:
    """A product whose first unit is the primary one: ``{"each": "1", "case": "50", "pallet": "1000"}``."""
    rates = units or {"each": "1", "case": "50", "pallet": "1000"}
    return Product(
        id=f"product-{sku}",
        sku=sku,
        status=status,
        primary_unit=next(iter(rates)),
        units={
            code: ProductUnit(code, Fraction(rate), precision if index == 0 else 0)
            for index, (code, rate) in enumerate(rates.items())
        },
    )


_DEFAULT = product()


def line(
    quantity: str | int,
    unit: str = "each",
    total: str | None = "100.00",
    *,
    sku: str = "GLOVE",
    tax: str | None = "0",
    line_id: str = "104",
    product: Product | None = _DEFAULT,
    price: str | None = None,
    row_discount: str = "0",
) -> OrderLine:
    """An order line of ``quantity`` at a row total (after its own discount) of ``total``, prices without tax."""
    row = None if total is None else Decimal(total)
    excluding = row if tax is not None else None
    if product is _DEFAULT and sku != "GLOVE":
        product = replace(_DEFAULT, id=f"product-{sku}", sku=sku)
    return OrderLine(
        id=line_id,
        sku=sku,
        quantity=Fraction(quantity),
        unit=unit,
        price=None if price is None else Decimal(price),
        name=sku.title(),
        product=product,
        row_discount=Decimal(row_discount),
        row_total=row,
        row_excluding_tax=excluding,
        row_including_tax=None if excluding is None or tax is None else excluding + Decimal(tax),
    )


def order(*lines: OrderLine, currency: str = "GBP", discount: str = "0", manual: str = "0") -> Order:
    return Order("26", "SO-10012", currency, lines, Decimal(discount), Decimal(manual))


def row(quantity: str | int | None, grade: str = "", sku: str = "GLOVE", **more: str) -> SnapshotRow:
    cost = more.pop("item_cost", None)
    return SnapshotRow(
        position=0,
        sku=sku,
        quantity=None if quantity is None else Fraction(quantity),
        grade=grade,
        item_cost=None if cost is None else Decimal(cost),
        **more,  # type: ignore[arg-type]
    )


def snapshot(
    day: int,
    tracking: str,
    *rows: SnapshotRow,
    status: str = "Requested",
    return_id: str = "R1",
    warehouse: str = WAREHOUSE,
    cost: str | None = None,
    cost_currency: str = "",
    option: str = "",
    sequence: int = 0,
    problems: tuple[str, ...] = (),
) -> Snapshot:
    """What ZigZag says on day ``day`` after MONDAY."""
    return Snapshot(
        return_id=return_id,
        retailer_code="GL123",
        order_number="SO-10012",
        at=MONDAY + timedelta(days=day),
        order_status=status,
        tracking_status=tracking,
        warehouse_reference=warehouse,
        return_cost=None if cost is None else Decimal(cost),
        return_cost_currency=cost_currency,
        return_option=option,
        rows=tuple(replace(each, position=index) for index, each in enumerate(rows, 1)),
        sequence=sequence or day,
        problems=problems,
    )


def returned(
    *snapshots: Snapshot,
    postings: Sequence[Posting] = (),
    intake: Sequence[IntakeLine] = (),
    released: Iterable[tuple[str, str]] = (),
    dismissed: Iterable[tuple[str, str, str]] = (),
    pins: Pins | None = None,
    return_id: str = "R1",
) -> ReturnRecord:
    return ReturnRecord(
        return_id=return_id,
        retailer_code="GL123",
        order_identifier="SO-10012",
        snapshots=tuple(replace(each, return_id=return_id) for each in snapshots),
        postings=tuple(postings),
        intake=tuple(intake),
        released=frozenset(released),
        dismissed=frozenset(dismissed),
        pins=pins or Pins(),
    )


def graded(
    *rows: SnapshotRow,
    asked: str | int | None = None,
    word: str = "Graded",
    return_id: str = "R1",
    day: int = 5,
    **more: object,
) -> ReturnRecord:
    """A return with these counted rows, graded on day 5; ``asked`` of the first row's SKU was requested on day 0."""
    requests = [] if asked is None else [snapshot(0, "", row(asked, sku=rows[0].sku))]
    return returned(*requests, snapshot(day, word, *rows, **more), return_id=return_id)  # type: ignore[arg-type]


def levels(
    order: Order | None, returns: Sequence[ReturnRecord], mappings: Mappings, policy: Policy
) -> dict[tuple[str, str], str]:
    """The levels that the plan asks for, as a caller would read them."""
    return {need: f"level-{need[0]}-{need[1]}" for need in stock_needs(order, returns, mappings, policy)}


def plans(
    order: Order | None, *returns: ReturnRecord, mappings: Mappings = MAPPINGS, policy: Policy = POLICY
) -> tuple[ReturnPlan, ...]:
    return plan_order(order, returns, mappings, policy, levels(order, returns, mappings, policy))


def plan(
    order: Order | None,
    record: ReturnRecord,
    *others: ReturnRecord,
    mappings: Mappings = MAPPINGS,
    policy: Policy = POLICY,
) -> ReturnPlan:
    """The plan of ``record`` beside ``others`` of its order."""
    return plans(order, record, *others, mappings=mappings, policy=policy)[0]


def posted(record: ReturnRecord, plan: ReturnPlan, state: PostingState = PostingState.CONFIRMED) -> ReturnRecord:
    """The return after its plan was carried out, as the ledger would hold it."""
    postings = record.postings
    if plan.posting:
        postings = (*postings, replace(plan.posting, state=state))
    numbers = {each.identity: int(each.line_key.rpartition("/")[2]) for each in plan.document.lines}
    return replace(
        record,
        postings=postings,
        pins=plan.pins,
        line_numbers={**record.line_numbers, **numbers},
        source_updated_at=plan.document.source_updated_at,
    )


def then(record: ReturnRecord, *snapshots: Snapshot) -> ReturnRecord:
    """The return when more snapshots have arrived."""
    more = tuple(replace(each, return_id=record.return_id) for each in snapshots)
    return replace(record, snapshots=(*record.snapshots, *more))


def money(plan: ReturnPlan) -> str:
    """The total of the new credit memo, "" when there is none."""
    return str(plan.posting.total) if plan.posting and plan.posting.credits else ""


def codes(plan: ReturnPlan) -> list[str]:
    return [flag.code for flag in plan.flags]


def stock(plan: ReturnPlan) -> list[str]:
    """The new stock movements: ``["50 each"]``."""
    return [f"{move.quantity} {move.unit}" for move in plan.posting.stock] if plan.posting else []
