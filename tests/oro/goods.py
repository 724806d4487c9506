"""One return to write: a case of gloves graded A, credited with its tax, fifty pieces back on the shelf."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sidecar.returns.model import CreditLine, Document, DocumentLine, Posting, StockMove

AT = datetime(2026, 11, 20, 10, 5, 19, 700_000, tzinfo=UTC)
DIGEST = "d" * 64


def line(n: int = 1, return_id: str = "R1", **changes: Any) -> DocumentLine:
    made = DocumentLine(
        line_key=f"{return_id}/{n}",
        identity=f"line:{n}",
        sku="GLOVE",
        unit="case",
        requested=Fraction(1),
        received=Fraction(1),
        accepted=Fraction(1),
        credited=Fraction(1),
        restocked=Fraction(1),
        grade="A",
        disposition="restock",
        reason_code="damaged",
    )
    return replace(made, **changes)


def document(*lines: DocumentLine, return_id: str = "R1", **changes: Any) -> Document:
    made = Document(
        return_id=return_id,
        order_identifier="SO-1",
        order_id=None,
        status="graded",
        sync_state="in_sync",
        warehouse_code="GB0064",
        source_updated_at=AT,
        lines=lines,
    )
    return replace(made, **changes)


def credit_line(net: str = "100.00", tax: str = "20.00", **changes: Any) -> CreditLine:
    made = CreditLine("GLOVE", "Nitrile glove", Fraction(1), "case", Decimal(net), Decimal(tax), line_key="R1/1")
    return replace(made, **changes)


def fee(amount: str = "-5.00") -> CreditLine:
    return CreditLine("SVC-RETURN", "Return fee", Fraction(1), "each", Decimal(amount), Decimal(0))


def move(quantity: Fraction | int = 50, level_id: str = "129") -> StockMove:
    return StockMove("GLOVE", "each", Fraction(quantity), level_id, "R1/1")


def posting(
    lines: tuple[CreditLine, ...] = (), stock: tuple[StockMove, ...] = (), n: int = 1, return_id: str = "R1"
) -> Posting:
    return Posting(f"GL123:{return_id}:{n}", return_id, n, "GBP", lines, stock)
