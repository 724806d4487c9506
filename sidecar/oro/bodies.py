"""The body of the one POST that writes a document and its posting (bundle.md, Writing; [01, 18, 48]).

With a credit the memo is the primary resource and everything else is included [48]; without one the return
is, with its lines and, for stock alone, its movements included [01]. The return and its lines are upserted; a
line left out is deleted. Included entities are named by ids that live in this request only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from typing import Any

from sidecar.returns.model import CreditLine, Document, DocumentLine, Posting, StockMove

RETURNS = "orderreturns"
LINES = "orderreturnlineitems"
CREDITS = "orderreturncredits"
CREDIT_LINES = "orderreturncreditlines"
MOVEMENTS = "orderreturnstockmovements"

_RETURN = {"type": RETURNS, "id": "ret"}
_SHORT, _LONG = 255, 1000  # columns of the bundle: codes and names, reasons
_KEY_LENGTH = 255
_SCALE = 10  # quantities are decimal(20,10), money decimal(19,4)
_MONEY_STEP = Decimal("0.0001")
_CONTEXT = Context(prec=40, traps=[Inexact, InvalidOperation])


def resource_of(posting: Posting | None) -> str:
    """Where the body is posted to."""
    return CREDITS if posting is not None and posting.credits else RETURNS


def build_body(document: Document, posting: Posting | None, digest: str, synced_at: datetime) -> dict[str, Any]:
    """The JSON:API body for ``resource_of(posting)``.

    ``digest`` is the posting's (unused without one). Raises ValueError for what Oro could not store exactly:
    a stock movement of more than ten decimals, an amount of more than four, a key longer than its column.
    """
    names = {line.line_key: f"l{number}" for number, line in enumerate(document.lines, 1)}
    included = [_line(line, names[line.line_key]) for line in document.lines]
    the_return = _the_return(document, names, synced_at)
    movements = movement_keys(posting) if posting is not None else []
    if posting is None or not posting.credits:
        body: dict[str, Any] = {"data": the_return}
        if posting is not None and posting.stock:
            the_return["id"] = _RETURN["id"]  # the movements point to it
            included += _movements(posting, movements)
        if included:  # an empty list is refused [18]
            body["included"] = included
        return body
    the_return["id"] = _RETURN["id"]
    memo = {
        "type": CREDITS,
        "attributes": {
            "postingKey": _key(posting.key),
            "currency": posting.currency,
            "netValue": amount(posting.net),
            "taxValue": amount(posting.tax),
            "totalValue": amount(posting.total),
            "status": posting.status,
            "digest": digest,
        },
        "relationships": {
            "orderReturn": {"data": _RETURN},
            "order": _to("orders", document.order_id),
            "lines": {"data": [{"type": CREDIT_LINES, "id": f"c{n}"} for n in range(1, len(posting.lines) + 1)]},
            "stockMovements": {"data": [{"type": MOVEMENTS, "id": f"s{n}"} for n in range(1, len(movements) + 1)]},
        },
    }
    credit_lines = [_credit_line(line, f"c{n}", names) for n, line in enumerate(posting.lines, 1)]
    return {"data": memo, "included": [the_return, *included, *credit_lines, *_movements(posting, movements)]}


def movement_keys(posting: Posting) -> list[str]:
    """The unique keys of a posting's stock movements, in its order: ``{posting key}/{i}`` from 1."""
    return [movement_key(posting.key, i) for i in range(1, len(posting.stock) + 1)]


def movement_key(posting_key: str, i: int) -> str:
    return _key(f"{posting_key}/{i}")


def shown(quantity: Fraction) -> str:
    """A quantity to look at, rounded half up to ten decimals where it does not end (1/3 of a case)."""
    if quantity.denominator == 1:
        return str(quantity.numerator)
    scaled = abs(quantity) * 10**_SCALE
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return _decimal(-whole if quantity < 0 else whole)


def moved(quantity: Fraction) -> str:
    """A quantity that moves stock. Raises ValueError when ten decimals cannot hold it."""
    if quantity.denominator == 1:
        return str(quantity.numerator)
    scaled = quantity * 10**_SCALE
    if scaled.denominator != 1:
        raise ValueError(f"{quantity} cannot be moved: it has more than {_SCALE} decimals")
    return _decimal(scaled.numerator)


def amount(value: Decimal) -> str:
    """Money as Oro takes it, without an exponent. Raises ValueError when four decimals cannot hold it."""
    try:
        if value.is_finite():
            return f"{value.quantize(_MONEY_STEP, ROUND_HALF_UP, _CONTEXT):f}"
    except (Inexact, InvalidOperation):
        pass
    raise ValueError(f"{value} cannot be posted: it has more than four decimals, or no end")


def _decimal(scaled: int) -> str:
    """A whole number of 10^-10 as a decimal string without padding."""
    whole, rest = divmod(abs(scaled), 10**_SCALE)
    tail = f"{rest:0{_SCALE}d}".rstrip("0")
    text = f"{whole}.{tail}" if tail else str(whole)
    return f"-{text}" if scaled < 0 else text


def _the_return(document: Document, names: dict[str, str], synced_at: datetime) -> dict[str, Any]:
    return {
        "type": RETURNS,
        "meta": {"upsert": ["externalId"]},
        "attributes": {
            "externalId": _key(document.return_id),
            "orderIdentifier": _text(document.order_identifier),
            "status": document.status,
            "warehouseCode": _text(document.warehouse_code),
            "trackingNumber": _text(document.tracking_number),
            "carrier": _text(document.carrier),
            "reasonSummary": _text(document.reason_summary, _LONG),
            "syncState": document.sync_state,
            "reviewReason": _text(document.review_reason, _LONG),
            "syncedAt": _moment(synced_at),
            "sourceUpdatedAt": _moment(document.source_updated_at),
        },
        "relationships": {
            "order": _to("orders", document.order_id),
            "lineItems": {"data": [{"type": LINES, "id": name} for name in names.values()]},
        },
    }


def _line(line: DocumentLine, name: str) -> dict[str, Any]:
    return {
        "type": LINES,
        "id": name,
        "meta": {"upsert": ["lineKey"]},
        "attributes": {
            "lineKey": _key(line.line_key),
            "productSku": _text(line.sku),
            "productUnitCode": _text(line.unit),
            "requestedQuantity": shown(line.requested),
            "receivedQuantity": shown(line.received),
            "acceptedQuantity": shown(line.accepted),
            "creditedQuantity": shown(line.credited),
            "restockedQuantity": shown(line.restocked),
            "grade": _text(line.grade),
            "disposition": _text(line.disposition),
            "reasonCode": _text(line.reason_code),
            "reviewReason": _text(", ".join(line.held_by), _LONG),
        },
        "relationships": {
            "orderLineItem": _to("orderlineitems", line.order_line_id),
            "product": _to("products", line.product_id),
        },
    }


def _credit_line(line: CreditLine, name: str, names: dict[str, str]) -> dict[str, Any]:
    return {
        "type": CREDIT_LINES,
        "id": name,
        "attributes": {
            "productSku": _text(line.sku),
            "description": _text(line.description),
            "quantity": shown(line.quantity),
            "productUnitCode": _text(line.unit),
            "netValue": amount(line.net),
            "taxValue": amount(line.tax),
            "value": amount(line.value),
        },
        "relationships": {
            "orderReturnLineItem": _to(LINES, names.get(line.line_key or "")),
            "product": _to("products", line.product_id),
        },
    }


def _movements(posting: Posting, keys: list[str]) -> list[dict[str, Any]]:
    return [_movement(move, key, f"s{n}") for n, (move, key) in enumerate(zip(posting.stock, keys, strict=True), 1)]


def _movement(move: StockMove, key: str, name: str) -> dict[str, Any]:
    return {
        "type": MOVEMENTS,
        "id": name,
        "attributes": {"postingKey": key, "quantity": moved(move.quantity)},
        "relationships": {
            "inventoryLevel": _to("inventorylevels", move.level_id),
            "orderReturn": {"data": _RETURN},
        },
    }


def _to(type_: str, id_: str | None) -> dict[str, Any]:
    """A to-one relation; none is said, because an upsert keeps what is not mentioned [12]."""
    return {"data": {"type": type_, "id": id_} if id_ else None}


def _text(value: str, longest: int = _SHORT) -> str | None:
    if not value:
        return None
    return value if len(value) <= longest else value[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _key(value: str) -> str:
    if len(value) > _KEY_LENGTH:
        raise ValueError(f"{value[:40]}... is longer than {_KEY_LENGTH} characters and would not stay unique")
    return value


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at is not None else None
