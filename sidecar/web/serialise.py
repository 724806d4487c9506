"""From ledger rows to the JSON of ``contracts/sidecar.md``: quantities and money as exact text, times in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

from sidecar.ledger.flags import FlagRow
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.return_plans import LineRow
from sidecar.ledger.returns import ReturnRow

DECIMALS = 10  # of a quantity that has no exact decimal (Oro keeps decimal(20,10))
_MONEY_DECIMALS = 2


def moment(at: datetime | None) -> str | None:
    """``2026-11-20T10:05:19Z``; fractions of a second only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at is not None else None


def quantity(value: Fraction | Decimal | str | int | None) -> str:
    """Plain decimal text without needless zeros; what does not terminate is rounded half up to 10 decimals."""
    exact = Fraction(value if value is not None else 0)
    with localcontext() as context:
        context.prec = 100
        number = Decimal(exact.numerator) / Decimal(exact.denominator)
        if number.as_tuple().exponent < -DECIMALS and not _terminates(exact):  # type: ignore[operator]
            number = number.quantize(Decimal(1).scaleb(-DECIMALS), ROUND_HALF_UP)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _terminates(value: Fraction) -> bool:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def money(value: Decimal | None) -> str | None:
    """An amount with at least two decimals, more only where they count: ``100.00``, ``0.125``."""
    if value is None:
        return None
    text = format(value.normalize() if value else Decimal(0), "f")
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(_MONEY_DECIMALS, '0')}"


def return_summary(row: ReturnRow) -> dict[str, Any]:
    """A return as the list shows it."""
    return {
        "return_id": row.return_id,
        "retailer_code": row.retailer_code,
        "order_identifier": row.order_identifier or "",
        "milestone": row.milestone,
        "state": row.state,
        "status": row.status or "",
        "warehouse": row.warehouse or "",
        "tracking": row.tracking or "",
        "carrier": row.carrier or "",
        "currency": row.currency or "",
        "owed": money(row.owed),
        "received_snapshots": row.snapshots,
        "last_snapshot_at": moment(row.last_snapshot_at),
        "synced_at": moment(row.synced_at),
        "changed_at": moment(row.changed_at),
    }


def whole_return(
    row: ReturnRow, lines: Iterable[LineRow], postings: Iterable[PostingRow], flags: Iterable[FlagRow]
) -> dict[str, Any]:
    """A return with everything that is known of it; closed flags are left to ``GET /v1/flags``."""
    live = [flag for flag in flags if flag.state in ("open", "assigned")]
    return {
        **return_summary(row),
        "lines": [line(each) for each in lines],
        "postings": [posting(each) for each in postings],
        "flags": [flag(each) for each in sorted(live, key=lambda each: each.id)],
    }


def line(row: LineRow) -> dict[str, Any]:
    return {
        "line_key": row.line_key,
        "sku": row.sku,
        "order_line_id": row.order_line_id,
        "unit": row.unit or "",
        "requested": quantity(row.requested),
        "received": quantity(row.received),
        "accepted": quantity(row.accepted),
        "credited": quantity(row.credited),
        "restocked": quantity(row.restocked),
        "grades": [_graded(part) for part in row.parts or ()],
        "held_by": list(row.held_by or ()),
        "disposition": row.disposition or "",
        "reason_code": row.reason_code or "",
    }


def _graded(part: Mapping[str, Any]) -> dict[str, Any]:
    percent = part.get("credit_percent")
    return {
        "grade": part.get("grade") or "",
        "counted": quantity(part.get("counted")),
        "scan_unit": part.get("scan_unit") or "",
        "credit_percent": None if percent is None else quantity(percent),
        "disposition": part.get("disposition") or "",
    }


def posting(row: PostingRow) -> dict[str, Any]:
    body = row.body or {}
    return {
        "posting_key": row.key,
        "state": row.state,
        "kind": row.kind,
        "status": row.status,
        "currency": row.currency,
        "net": money(row.net),
        "tax": money(row.tax),
        "total": money(row.total),
        "oro_id": row.oro_id,
        "lines": [_credit_line(each) for each in body.get("lines") or ()],
        "stock": [_stock_move(each) for each in body.get("stock") or ()],
        "attempts": row.attempts,
        "confirmed_at": moment(row.confirmed_at),
        "detail": row.detail or "",
    }


def _credit_line(stored: Mapping[str, Any]) -> dict[str, Any]:
    net, tax = Decimal(str(stored["net"])), Decimal(str(stored["tax"]))
    return {
        "sku": stored["sku"],
        "description": stored["description"],
        "quantity": quantity(str(stored["quantity"])),
        "unit": stored["unit"],
        "net": money(net),
        "tax": money(tax),
        "value": money(net + tax),
        "order_line_id": stored.get("order_line_id"),
        "line_key": stored.get("line_key"),
        "explanation": stored.get("explanation") or "",
    }


def _stock_move(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sku": stored["sku"],
        "unit": stored["unit"],
        "quantity": quantity(str(stored["quantity"])),
        "level_id": stored.get("level_id"),
        "line_key": stored.get("line_key"),
    }


def flag(row: FlagRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "subject": row.subject,
        "owner": row.owner,
        "severity": row.severity,
        "state": row.state,
        "message": row.message,
        "next_step": row.next_step or "",
        "holds": row.holds or "",
        "return_id": row.return_id,
        "order_identifier": row.order_identifier,
        "line_key": row.line_key,
        "sku": row.sku or "",
        "amount": money(row.amount),
        "currency": row.currency or "",
        "mapping": _mapping(row),
        "first_seen_at": moment(row.first_seen_at),
        "last_seen_at": moment(row.last_seen_at),
        "count": row.count,
        "due_at": moment(row.due_at),
        "assigned_to": row.assigned_to,
        "closed_at": moment(row.closed_at),
        "closed_by": row.closed_by,
        "closed_reason": row.closed_reason,
        "runbook": f"docs/runbook.md#{row.code}",
    }


def _mapping(row: FlagRow) -> dict[str, str] | None:
    """The mapping that would settle the flag."""
    return {"kind": row.mapping_kind, "source": row.mapping_source or ""} if row.mapping_kind else None


def flags(rows: Sequence[FlagRow]) -> list[dict[str, Any]]:
    return [flag(row) for row in rows]
