"""A ledger of 100,000 returns, as two busy years leave it: 310,000 messages, 80,000 postings, 12,000 open flags.

Written row by row into the tables, as no measurement of reading needs Oro and ZigZag behind it. The same numbers give
the same ledger.
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
from sidecar.ledger.tables import flags, inbox, postings, return_lines, returns, work
from sidecar.returns.flags import RULES

RETURNS = 100_000
RETAILER = "GL123"
DAYS = 600  # the oldest return is this old
CURRENCIES = ("EUR", "GBP", "GBP", "USD", "JPY")
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
    """Write ``count`` returns and everything that hangs on them; takes about a minute for 100,000."""
    chance = random.Random(7)
    numbers = iter(range(1, count + 1))
    while batch := list(islice(numbers, _BATCH)):
        made = [_Made(n, count, now, chance) for n in batch]
        with ledger.begin() as conn:
            conn.execute(insert(returns), [each.row() for each in made])
            for table, rows in (
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
        share = n / count  # returns are numbered in the order in which they began
        self.began = now - timedelta(days=DAYS * (1 - share), minutes=1)
        young = share > 0.95
        self.milestone = chance.choice(OPEN_MILESTONES if young else ENDED)
        self.changed = min(now, self.began + timedelta(days=chance.random() * (5 if young else 20)))
        self.currency = chance.choice(CURRENCIES)
        self.flagged = chance.random() < (0.6 if young else 0.09)
        self.credited = self.milestone in ("graded", "restocked", "closed") and chance.random() < 0.97

    def row(self) -> dict[str, Any]:
        order = f"SO-{self.n // 2}"
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
            "order_digest": "",
            "milestone_at": self.changed,
            "received_at": self.changed,
            "graded_at": self.changed if self.credited else None,
        }

    def lines(self) -> Iterator[dict[str, Any]]:
        for n in (1, 2):
            yield {
                "return_pk": self.n,
                "n": n,
                "identity": f"line:{n}",
                "line_key": f"R{self.n}/{n}",
                "sku": f"SKU-{(self.n + n) % 400}",
                "unit": "each",
                "order_line_id": str(n),
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
        body = {"returnId": f"R{self.n}", "orderNumber": f"SO-{self.n // 2}", "notes": "x" * 600}
        for n in range(3 + (self.n % 10 == 0)):
            at = min(self.changed, self.began + timedelta(hours=7 * n))
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

    def postings(self) -> Iterator[dict[str, Any]]:
        if self.credited:
            net = Decimal(self.n % 5_000) if self.currency == "JPY" else Decimal(self.n % 50_000) / 100
            yield {
                "key": f"{RETAILER}:R{self.n}:1",
                "return_pk": self.n,
                "order_key": f"so-{self.n // 2}",
                "n": 1,
                "state": "confirmed",
                "kind": "credit",
                "status": "issued",
                "currency": self.currency,
                "net": net,
                "tax": Decimal(0),
                "total": net,
                "digest": str(self.n),
                "body": {"lines": [], "stock": [], "fee": "0"},
                "evidence": {},
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
            "sku": f"SKU-{(self.n + 1) % 400}",
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
            "cause": f"{kind}:{source}" if kind else f"sku:SKU-{(self.n + 1) % 400}",
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
