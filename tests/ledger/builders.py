"""Small values to store: one retailer, one return of order SO-10012, a credit of 100.00 net and 20.00 tax."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from sidecar.ledger import returns
from sidecar.ledger.flags import FlagDraft
from sidecar.ledger.inbox import Incoming
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.return_plans import PlanRow
from sidecar.returns.model import DocumentLine, GradedPart

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RETAILER, RETURN, ORDER, KEY = "GL123", "413413515", "SO-10012", "so-10012"


def incoming(digest: str = "A", **changes: Any) -> Incoming:
    said = Incoming(
        source="webhook",
        retailer_code=RETAILER,
        return_id=RETURN,
        order_identifier=ORDER,
        digest=digest,
        payload='{"returnId":"413413515"}',
        at=NOW,
        milestone_rank=60,
        correlation_id="c-1",
        received_at=NOW,
        size=24,
    )
    return replace(said, **changes)


def a_return(conn: Connection, return_id: str = RETURN, order: str = ORDER) -> int:
    return returns.ensure(conn, RETAILER, return_id, order, NOW)


def posting(return_pk: int, n: int = 1, **changes: Any) -> PostingRow:
    row = PostingRow(
        key=f"{RETAILER}:{RETURN}:{n}",
        return_pk=return_pk,
        order_key=KEY,
        n=n,
        state="planned",
        kind="credit",
        status="issued",
        currency="GBP",
        net=Decimal("100.00"),
        tax=Decimal("20.00"),
        total=Decimal("120.00"),
        digest=f"digest-{n}",
        body={"lines": [{"sku": "GLOVE", "net": "100.00"}], "stock": [], "fee": "0"},
        evidence={"order": "o-1", "mappings": 3, "snapshots": [1]},
        created_at=NOW,
    )
    return replace(row, **changes)


def draft(code: str = "unit_ambiguous", subject: str = "GLOVE", **changes: Any) -> FlagDraft:
    stated = FlagDraft(
        code=code,
        subject=subject,
        owner="operations",
        severity="warning",
        message="1 case or 1 each?",
        next_step="Map the scan unit.",
        amount=Decimal("98.00"),
        currency="GBP",
        holds="all",
        mapping_kind="scan_units",
        mapping_source=subject,
        due_at=NOW + DAY,
    )
    return replace(stated, **changes)


def line(n: int = 1, sku: str = "GLOVE", **changes: Any) -> DocumentLine:
    stated = DocumentLine(
        line_key=f"{RETURN}/{n}",
        identity=f"line:{103 + n}",
        sku=sku,
        unit="case",
        order_line_id=str(103 + n),
        requested=Fraction(1),
        received=Fraction(3, 2),
        accepted=Fraction(3, 2),
        credited=Fraction(3, 2),
        grade="A",
        disposition="restock",
        parts=(GradedPart("A", Fraction(75), "each", Fraction(100), "restock"),),
        held_by=("unit_ambiguous",),
    )
    return replace(stated, **changes)


def plan(*lines: DocumentLine, **changes: Any) -> PlanRow:
    stated = lines or (line(),)
    parts = [
        {"parts": [{"grade": p.grade, "counted": str(p.counted), "scan_unit": p.scan_unit} for p in each.parts]}
        for each in stated
    ]
    row = PlanRow(
        order_id="17",
        milestone="graded",
        state="pending",
        status="graded",
        warehouse="main",
        tracking="TRACKING",
        carrier="DPD",
        currency="GBP",
        owed=Decimal("12.50"),
        document={"lines": parts, "said": [str(each) for each in stated]},
        planned_digest=",".join(str(each) for each in stated),
        pins={"grades": {}},
        lines=stated,
        applied_inbox_id=1,
    )
    return replace(row, **changes)
