"""What is written in the proofs, made by the sidecar's own code: its rules' values and its request bodies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sidecar.oro import bodies
from sidecar.returns.model import CreditLine, Document, DocumentLine, Posting, StockMove
from sidecar.returns.postings import posting_digest
from tests.contract.proofs.place import Place

AT = datetime(2026, 11, 20, 10, 5, 19, tzinfo=UTC)


@dataclass(frozen=True)
class Goods:
    """One return of one case of gloves (and, with ``masks``, of masks), as a document and its postings."""

    place: Place
    name: str

    @property
    def return_id(self) -> str:
        return f"{self.place.run}-{self.name}"

    def line(self, n: int = 1, **changes: Any) -> DocumentLine:
        values: dict[str, Any] = {
            "line_key": f"{self.return_id}/{n}",
            "identity": f"line:{self.place.lines[n - 1]}",
            "sku": ("GLOVE", "MASK")[n - 1],
            "unit": ("case", "each")[n - 1],
            "requested": Fraction(1),
            "received": Fraction(1),
            "accepted": Fraction(1),
            "credited": Fraction(1),
            "restocked": Fraction(1),
            "grade": "A",
            "disposition": "restock",
            "reason_code": "wrong_size",
            "order_line_id": self.place.lines[n - 1],
            "product_id": self.place.products[n - 1],
        }
        return DocumentLine(**{**values, **changes})

    def document(self, *lines: DocumentLine, later: int = 0, **changes: Any) -> Document:
        """``later``: seconds after the first snapshot."""
        values: dict[str, Any] = {
            "return_id": self.return_id,
            "order_identifier": f"{self.place.run}-SO",
            "order_id": self.place.order,
            "status": "graded",
            "sync_state": "in_sync",
            "warehouse_code": "GB0064",
            "tracking_number": "TRACKING",
            "carrier": "DPD",
            "reason_summary": "wrong_size",
            "source_updated_at": AT + timedelta(seconds=later),
            "lines": lines or (self.line(),),
        }
        return Document(**{**values, **changes})

    def posting(self, n: int = 1, *, moves: tuple[StockMove, ...] | None = None, memo: bool = True) -> Posting:
        """A case of gloves at 100.00 net and 20.00 tax; by default its 50 pieces go back into stock."""
        line = CreditLine(
            sku="GLOVE",
            description="Nitrile glove",
            quantity=Fraction(1),
            unit="case",
            net=Decimal("100.00"),
            tax=Decimal("20.00"),
            line_key=f"{self.return_id}/1",
            order_line_id=self.place.lines[0],
            product_id=self.place.products[0],
            weight=Fraction(1),
        )
        return Posting(
            key=f"GL123:{self.return_id}:{n}",
            return_id=self.return_id,
            n=n,
            currency="USD",
            lines=(line,) if memo else (),
            stock=(self.move(),) if moves is None else moves,
        )

    def move(self, quantity: int = 50, level: int = 1) -> StockMove:
        return StockMove("GLOVE", "each", Fraction(quantity), self.place.levels[level - 1], f"{self.return_id}/1")

    def body(self, posting: Posting | None = None, document: Document | None = None) -> dict[str, Any]:
        digest = posting_digest(posting) if posting is not None and posting.credits else ""
        return bodies.build_body(document or self.document(), posting, digest, AT)


def movement(key: str, quantity: Any, level: str, return_id: str) -> dict[str, Any]:
    """A stock movement of its own."""
    return {
        "data": {
            "type": bodies.MOVEMENTS,
            "attributes": {"postingKey": key, "quantity": quantity},
            "relationships": {
                "inventoryLevel": {"data": {"type": "inventorylevels", "id": level}},
                "orderReturn": {"data": {"type": bodies.RETURNS, "id": return_id}},
            },
        }
    }
