"""A ledger of 100,000 returns, as two busy years leave it: 310,000 messages, 80,000 postings, 12,000 open flags.

Written row by row into the tables, as no measurement of reading needs Oro and ZigZag behind it; what stands in them is
what the bridge would have written: orders as read, snapshots as ZigZag sends them, memos with what they were computed
from, words used. The same numbers give the same ledger.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any

from sqlalchemy import insert

from sidecar.ledger import signals
from sidecar.ledger.engine import Ledger
from sidecar.ledger.tables import flags, inbox, orders_read, postings, return_lines, returns, words, work
from sidecar.returns.flags import RULES
from sidecar.returns.model import (
    CreditBasis,
    CreditedPart,
    CreditLine,
    Order,
    OrderLine,
    Posting,
    Product,
    ProductUnit,
)
from sidecar.sync import records

RETURNS = 100_000
RETAILER = "GL123"
DAYS = 600  # the oldest return is this old
CURRENCIES = ("EUR", "GBP", "USD")
OPEN_MILESTONES = ("requested", "approved", "label_created", "in_transit", "at_hub", "received", "graded")
ENDED = ("restocked", "closed", "closed", "closed", "cancelled", "rejected")
MAPPED = {
    "warehouse_not_mapped": ("warehouses", "GB"),
    "grade_not_mapped": ("grades", "E"),
    "reason_not_mapped": ("reasons", "R"),
    "fee_not_mapped": ("fees", "FEE-"),
    "unit_ambiguous": ("scan_units", "SKU-"),
}
_CODES = [code for code, rule in RULES.items() if rule.owner != "it"]
_BATCH = 2_000


def fill(ledger: Ledger, now: datetime, count: int = RETURNS) -> None:
    """Write ``count`` returns and everything that hangs on them; takes two minutes for 100,000."""
    chance = random.Random(7)
    numbers = iter(range(1, count + 1))
    while batch := list(islice(numbers, _BATCH)):
        made = [_Made(n, count, now, chance) for n in batch]
        with ledger.begin() as conn:
            conn.execute(insert(returns), [each.row() for each in made])
            for table, rows in (
                (orders_read, _each(made, _Made.order_read)),
                (words, _each(made, _Made.words)),
                (return_lines, _each(made, _Made.lines)),
                (inbox, _each(made, _Made.messages)),
                (postings, _each(made, _Made.postings)),
                (flags, _each(made, _Made.flags)),
                (work, _each(made, _Made.work)),
            ):
                listed = list(rows)
                if listed:
                    conn.execute(insert(table), listed)
    with ledger.begin() as conn:
        for name in ("dispatcher", "workers", "oro", "zigzag"):
            signals.beat(conn, name, now - timedelta(seconds=4), ok=True, detail="answered")
        conn.exec_driver_sql("ANALYZE")


def _each(made: Iterable[_Made], what: Any) -> Iterator[dict[str, Any]]:
    for each in made:
        yield from what(each)


class _Made:
    """One return: the older, the more likely it has ended."""

    def __init__(self, n: int, count: int, now: datetime, chance: random.Random) -> None:
        self.n, self.chance = n, chance
        self.identifier = f"SO-{n // 2}"  # two returns to an order
        self.skus = (f"SKU-{n // 2 % 400}", f"SKU-{(n // 2 + 1) % 400}")
        self.grade = "E" if n % 50 == 0 else "A"
        share = n / count  # returns are numbered in the order in which they began
        self.began = now - timedelta(days=DAYS * (1 - share), minutes=1)
        young = share > 0.95
        self.milestone = chance.choice(OPEN_MILESTONES if young else ENDED)
        self.changed = min(now, self.began + timedelta(days=chance.random() * (5 if young else 20)))
        self.currency = CURRENCIES[n // 2 % 3]
        self.flagged = chance.random() < (0.6 if young else 0.09)
        self.credited = self.milestone in ("graded", "restocked", "closed") and chance.random() < 0.97

    def row(self) -> dict[str, Any]:
        order = self.identifier
        state = "review" if self.flagged else "pending" if self.chance.random() < 0.01 else "in_sync"
        digest = hashlib.sha256(str(self.n).encode()).hexdigest()
        return {
            "id": self.n,
            "retailer_code": RETAILER,
            "return_id": f"R{self.n}",
            "order_identifier": order,
            "order_key": order.lower(),
            "order_id": str(self.n // 2),
            "milestone": self.milestone,
            "state": state,
            "status": self.milestone,
            "warehouse": "GB0064",
            "tracking": f"TRK{self.n}",
            "carrier": "DPD",
            "currency": self.currency,
            "owed": Decimal(0),
            "snapshots": 3,
            "first_seen_at": self.began,
            "last_snapshot_at": self.changed,
            "changed_at": self.changed,
            "synced_at": self.changed,
            "source_updated_at": self.changed,
            "document_digest": digest,
            "planned_digest": digest,
            "document": {"lines": []},
            "pins": {},
            "intake": None,
            "intake_digest": "",
            "applied_inbox_id": None,
            "revision": 3,
            "order_digest": self.order_digest,
            "milestone_at": self.changed,
            "received_at": self.changed,
            "graded_at": self.changed if self.credited else None,
        }

    @property
    def order(self) -> Order:
        """Five of each of two products at 12.50, 20 % tax."""
        lines = tuple(
            OrderLine(
                id=f"{self.n // 2}{n}",
                sku=sku,
                quantity=Fraction(5),
                unit="each",
                price=Decimal("12.50"),
                name=sku,
                product=Product(sku, sku, "enabled", "each", {"each": ProductUnit("each", Fraction(1), 0)}),
                row_discount=Decimal(0),
                row_total=Decimal("62.50"),
                row_including_tax=Decimal("75.00"),
                row_excluding_tax=Decimal("62.50"),
            )
            for n, sku in enumerate(self.skus)
        )
        return Order(str(self.n // 2), self.identifier, self.currency, lines)

    @property
    def order_digest(self) -> str:
        return f"order-{self.n // 2}"

    def order_read(self) -> Iterator[dict[str, Any]]:
        if self.n % 2 == 0:
            yield {
                "order_key": self.identifier.lower(),
                "digest": self.order_digest,
                "body": records.order_evidence(self.order),
                "read_at": self.changed,
            }

    def words(self) -> Iterator[dict[str, Any]]:
        said = [("warehouses", "GB0064"), ("order_statuses", "approved"), ("reasons", "12"), ("return_options", "1")]
        said += [("grades", self.grade.lower()), *(("skus", sku) for sku in self.skus)]
        yield from ({"kind": kind, "word": word, "return_pk": self.n} for kind, word in said)

    def lines(self) -> Iterator[dict[str, Any]]:
        for n in (1, 2):
            yield {
                "return_pk": self.n,
                "n": n,
                "identity": f"line:{n}",
                "line_key": f"R{self.n}/{n}",
                "sku": self.skus[n - 1],
                "unit": "each",
                "order_line_id": f"{self.n // 2}{n - 1}",
                "requested": Fraction(2),
                "received": Fraction(2),
                "accepted": Fraction(2),
                "credited": Fraction(2 if self.credited else 0),
                "restocked": Fraction(0),
                "grade": "A",
                "disposition": "restock",
                "reason_code": "",
                "parts": [],
                "held_by": [],
                "gone": False,
            }

    def messages(self) -> Iterator[dict[str, Any]]:
        for n in range(3 + (self.n % 10 == 0)):
            at = min(self.changed, self.began + timedelta(hours=7 * n))
            body = self._said(at, ("Requested", "Received", "Graded", "Graded")[n])
            yield {
                "received_at": at,
                "last_seen_at": at,
                "source": "pull" if n else "webhook",
                "retailer_code": RETAILER,
                "return_id": f"R{self.n}",
                "order_identifier": f"SO-{self.n // 2}",
                "digest": f"{self.n}-{n}",
                "occurrence": 0,
                "payload": json.dumps(body),
                "size": 700,
                "at": at,
                "milestone_rank": 60,
                "state": "applied",
                "detail": "",
                "seen": 1,
                "correlation_id": f"c{self.n}",
            }

    def _said(self, at: datetime, tracking: str) -> dict[str, Any]:
        row = {"quantity": "2", "grade": self.grade, "currency": self.currency, "returnReasonId": "12", "notes": ""}
        return {
            "retailerCode": RETAILER,
            "orderNumber": self.identifier,
            "returnId": f"R{self.n}",
            "source": "portal",
            "country": "GB",
            "carrier": "DPD",
            "returnCost": "0.00",
            "returnCostCurrency": self.currency,
            "warehouse": "Daventry",
            "warehouseReference": "GB0064",
            "trackingId": f"TRK{self.n}",
            "dateTimeStatusChange": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lastTrackingStatus": tracking,
            "orderStatus": "Approved",
            "returnOption": "1",
            "products": [{**row, "productSku": sku, "productTitle": sku} for sku in self.skus],
        }

    def _posting(self) -> Posting:
        part = CreditedPart(Fraction(2), "each", Fraction(2), Fraction(100), "A")
        basis = CreditBasis((part,), Fraction(0), Fraction(0), Decimal(0), Decimal(0))
        lines = tuple(
            CreditLine(
                sku=line.sku,
                description=line.sku,
                quantity=Fraction(2),
                unit="each",
                net=Decimal("25.00"),
                tax=Decimal("5.00"),
                order_line_id=line.id,
                line_key=f"R{self.n}/{n}",
                product_id=line.sku,
                weight=Fraction(2),
                basis=basis,
            )
            for n, line in enumerate(self.order.lines, 1)
        )
        return Posting(f"{RETAILER}:R{self.n}:1", f"R{self.n}", 1, self.currency, lines)

    def postings(self) -> Iterator[dict[str, Any]]:
        if self.credited:
            posting = self._posting()
            yield {
                "key": posting.key,
                "return_pk": self.n,
                "order_key": self.identifier.lower(),
                "n": 1,
                "state": "confirmed",
                "kind": "credit",
                "status": "issued",
                "currency": self.currency,
                "net": Decimal("50.00"),
                "tax": Decimal("10.00"),
                "total": Decimal("60.00"),
                "digest": str(self.n),
                "body": records.posting_body(posting),
                "evidence": {"order": self.order_digest, "mappings": 1, "snapshots": []},
                "created_at": self.changed,
                "attempts": 1,
                "token": 1,
                "sent_at": self.changed,
                "confirmed_at": self.changed,
                "oro_id": str(self.n),
                "detail": "",
            }

    def flags(self) -> Iterator[dict[str, Any]]:
        if not self.flagged:
            return
        code = self.chance.choice(_CODES)
        rule = RULES[code]
        kind, word = MAPPED.get(code, (None, ""))
        source = f"{word}{self.n % 12}" if kind else None
        live = self.n / RETURNS > 0.95 or self.chance.random() < 0.8
        yield {
            "scope": f"return:{self.n}",
            "return_pk": self.n,
            "return_id": f"R{self.n}",
            "order_identifier": f"SO-{self.n // 2}",
            "code": code,
            "subject": source or "",
            "owner": rule.owner,
            "severity": rule.severity,
            "state": "open" if live else "released",
            "message": f"Something is to be said about R{self.n}.",
            "next_step": rule.next_step,
            "line_key": f"R{self.n}/1",
            "sku": self.skus[0],
            "amount": Decimal(self.n % 9_000) / 100,
            "currency": self.currency,
            "holds": rule.holds,
            "mapping_kind": kind,
            "mapping_source": source,
            "first_seen_at": self.began,
            "last_seen_at": self.changed,
            "count": 2,
            "due_at": self.began + timedelta(days=1),
            "assigned_to": "",
            "closed_at": None if live else self.changed,
            "closed_by": "" if live else "system",
            "closed_reason": "",
            "person_released": False,
            "urgency": {"critical": 0, "warning": 1, "info": 2}[rule.severity],
            "cause": f"{kind}:{source}" if kind else f"sku:{self.skus[0]}",
        }

    def work(self) -> Iterator[dict[str, Any]]:
        later = self.milestone in OPEN_MILESTONES and self.chance.random() < 0.1
        yield {
            "return_pk": self.n,
            "due_at": datetime.now(UTC) + timedelta(hours=1) if later else None,
            "queued_until": None,
            "generation": 3,
            "done_generation": 3,
            "pull": False,
            "attempts": 0,
            "reason": "pull",
            "last_error": "",
            "last_error_code": "",
            "correlation_id": "",
            "job_id": "",
        }
