"""Between ledger rows and the values of the rules: one place where stored text becomes Fractions, Decimals and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from types import NoneType
from typing import Any

from sidecar.ledger.inbox import InboxRow
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.returns import ReturnRow
from sidecar.returns.model import (
    CreditBasis,
    CreditedPart,
    CreditLine,
    Disposition,
    FeeRule,
    FeeTreatment,
    GradeRule,
    IntakeLine,
    Order,
    OrderLine,
    Pins,
    Posting,
    PostingState,
    Product,
    ProductUnit,
    ReturnRecord,
    Snapshot,
    StockMove,
)
from sidecar.zigzag import snapshot

JsonObject = dict[str, Any]


_AS_IT_IS = frozenset({NoneType, str, int, bool})  # by exact type: a member of an enumeration is not its value


def plain(value: Any) -> Any:
    """A frozen value as JSON: Fractions ``"3/2"``, Decimals and times as text, dataclasses as objects by field name.

    Called for every field of everything a page plans: the frequent kinds come first, and a field that is plain already
    costs no call of its own.
    """
    if type(value) in _AS_IT_IS:
        return value
    if hasattr(value, "__dataclass_fields__"):
        return {name: item if type(item) in _AS_IT_IS else plain(item) for name, item in vars(value).items()}
    if isinstance(value, (Fraction, Decimal)):
        return str(value)
    if isinstance(value, (tuple, list, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no JSON form")


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical JSON of a plain value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def document_digest(body: JsonObject) -> str:
    """Of a document as JSON: what must be written again when it changes. A later ``source_updated_at`` is no reason."""
    return fingerprint({name: value for name, value in body.items() if name != "source_updated_at"})


# --- postings -----------------------------------------------------------------------------------------------------


def posting_body(posting: Posting) -> JsonObject:
    """The exact content of a posting as the ledger keeps it; ``read_posting`` is its inverse."""
    return {
        "return_id": posting.return_id,
        "lines": plain(posting.lines),
        "stock": plain(posting.stock),
        "fee": plain(posting.fee),
    }


def read_posting(row: PostingRow) -> Posting:
    body = row.body
    return Posting(
        key=row.key,
        return_id=body["return_id"],
        n=row.n,
        currency=row.currency,
        lines=tuple(_credit_line(line) for line in body["lines"]),
        stock=tuple(_stock_move(move) for move in body["stock"]),
        status=row.status,
        fee=Decimal(body["fee"]),
        state=PostingState(row.state),
    )


def _credit_line(stored: JsonObject) -> CreditLine:
    return CreditLine(
        **{
            **stored,
            "quantity": Fraction(stored["quantity"]),
            "weight": Fraction(stored["weight"]),
            "net": Decimal(stored["net"]),
            "tax": Decimal(stored["tax"]),
            "basis": _basis(stored.get("basis")),
        }
    )


def _basis(stored: JsonObject | None) -> CreditBasis | None:
    if not stored:
        return None
    return CreditBasis(
        parts=tuple(
            CreditedPart(**{**part, **{name: Fraction(part[name]) for name in ("counted", "quantity", "percent")}})
            for part in stored["parts"]
        ),
        own_before=Fraction(stored["own_before"]),
        weight_before=Fraction(stored["weight_before"]),
        net_before=Decimal(stored["net_before"]),
        tax_before=Decimal(stored["tax_before"]),
    )


def _stock_move(stored: JsonObject) -> StockMove:
    return StockMove(**{**stored, "quantity": Fraction(stored["quantity"])})


# --- what a return was first posted with --------------------------------------------------------------------------


def pins_body(pins: Pins) -> JsonObject:
    return {"grades": plain(pins.grades), "scan_units": dict(pins.scan_units), "fees": plain(pins.fees)}


def read_pins(stored: JsonObject | None) -> Pins:
    if not stored:
        return Pins()
    return Pins(
        grades={
            grade: GradeRule(Fraction(rule["credit_percent"]), Disposition(rule["disposition"]))
            for grade, rule in stored.get("grades", {}).items()
        },
        scan_units=dict(stored.get("scan_units", {})),
        fees={
            source: FeeRule(rule["service_sku"], FeeTreatment(rule["treatment"]))
            for source, rule in stored.get("fees", {}).items()
        },
    )


# --- snapshots and requests ---------------------------------------------------------------------------------------


def read_snapshots(rows: Iterable[InboxRow], zone: tzinfo) -> tuple[Snapshot, ...]:
    """The readable snapshots of one return. ``sequence`` is the inbox id."""
    return tuple(
        snapshot.parse(snapshot.loads(row.payload), received_at=row.received_at, zone=zone, sequence=row.id)
        for row in rows
        if row.payload is not None
    )


def read_intake(stored: JsonObject | None) -> tuple[IntakeLine, ...]:
    """The lines of an intake request as stored: quantities are decimal text in the order line's unit."""
    return tuple(
        IntakeLine(
            sku=line["sku"],
            quantity=Fraction(str(line["quantity"])),
            unit=line.get("unit") or "",
            reason=line.get("reason") or "",
        )
        for line in (stored or {}).get("lines") or ()
    )


def read_record(
    row: ReturnRow,
    *,
    inbox: Iterable[InboxRow],
    postings: Sequence[PostingRow],
    line_numbers: Mapping[str, int],
    released: Iterable[tuple[str, str]],
    dismissed: Iterable[tuple[str, str, str]],
    zone: tzinfo,
) -> ReturnRecord:
    """Everything the ledger knows about one return, as the rules are asked about it."""
    return ReturnRecord(
        return_id=row.return_id,
        retailer_code=row.retailer_code,
        order_identifier=row.order_identifier or "",
        snapshots=read_snapshots(inbox, zone),
        intake=read_intake(row.intake),
        postings=tuple(read_posting(posting) for posting in postings),
        line_numbers=dict(line_numbers),
        released=frozenset(released),
        dismissed=frozenset(dismissed),
        pins=read_pins(row.pins),
        # An announcement is of the moment it came, so that a write of it that arrives late cannot undo a newer one.
        source_updated_at=row.source_updated_at or (row.first_seen_at if row.intake else None),
    )


# --- orders as read -----------------------------------------------------------------------------------------------


def order_evidence(order: Order) -> JsonObject:
    """The order as read, so that every amount can be recomputed later (law 7); ``read_order`` is its inverse."""
    body: JsonObject = plain(order)
    return body


def read_order(stored: JsonObject) -> Order:
    return Order(
        **{
            **stored,
            "lines": tuple(_order_line(line) for line in stored["lines"]),
            **{name: _money(stored[name]) for name in ("discount", "total_discounts", "subtotal", "total")},
        }
    )


_ROW_MONEY = ("price", "row_discount", "row_total", "row_including_tax", "row_excluding_tax")


def _order_line(stored: JsonObject) -> OrderLine:
    return OrderLine(
        **{
            **stored,
            "quantity": Fraction(stored["quantity"]),
            "product": _product(stored["product"]) if stored["product"] else None,
            **{name: _money(stored[name]) for name in _ROW_MONEY},
        }
    )


def _product(stored: JsonObject) -> Product:
    units = {
        code: ProductUnit(unit["code"], Fraction(unit["rate"]), unit["precision"])
        for code, unit in stored["units"].items()
    }
    return Product(**{**stored, "units": units})


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
