"""What postings already carry, and the digest that proves two of them equal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from sidecar.returns.lookups import sku_key
from sidecar.returns.matching import ZERO
from sidecar.returns.model import CreditedPart, OrderLine, Posting, PostingState, ReturnRecord, StockMove
from sidecar.returns.units import rate

NO_MONEY = Decimal(0)


class Carried:
    """What all postings of an order carry, whatever their state: what is unfinished is sent again, never replaced."""

    def __init__(self, lines: dict[str, OrderLine], returns: Iterable[ReturnRecord]) -> None:
        self._lines = lines
        self.net: dict[str, Decimal] = {}  # per order line
        self.tax: dict[str, Decimal] = {}
        self.weight: dict[str, Fraction] = {}
        self.weight_of: dict[tuple[str, str], Fraction] = {}  # per return and order line
        self.quantity_of: dict[tuple[str, str], Fraction] = {}  # credited, in the line's unit
        self.restocked_of: dict[tuple[str, str], Fraction] = {}  # moved, in base units
        self.parts_of: dict[tuple[str, str], tuple[CreditedPart, ...]] = {}  # credited, by grade
        self.currencies: set[str] = set()  # of all credit memos
        self.astray: set[str] = set()  # SKUs (``sku_key``) posted on lines that the order no longer has
        for record in returns:
            for posting in record.postings:
                self.add(posting)

    def add(self, posting: Posting) -> None:
        if posting.credits:
            self.currencies.add(posting.currency)
        for line in posting.lines:
            if line.order_line_id is None:
                continue
            self._look_for(line.order_line_id, line.sku)
            key, there = line.order_line_id, (posting.return_id, line.order_line_id)
            self.net[key] = self.net.get(key, NO_MONEY) + line.net
            self.tax[key] = self.tax.get(key, NO_MONEY) + line.tax
            self.weight[key] = self.weight.get(key, ZERO) + line.weight
            self.weight_of[there] = self.weight_of.get(there, ZERO) + line.weight
            self.quantity_of[there] = self.quantity_of.get(there, ZERO) + line.quantity
            if line.basis is not None:
                self.parts_of[there] = line.basis.parts  # of all that the return has on the line
        for move in posting.stock:
            if move.order_line_id is not None:
                self._look_for(move.order_line_id, move.sku)
                there = (posting.return_id, move.order_line_id)
                self.restocked_of[there] = self.restocked_of.get(there, ZERO) + self._base(move)

    def _look_for(self, line_id: str, sku: str) -> None:
        """An order sent again by its shop keeps its number, and all its lines are new ones (oro.md [102, 103])."""
        if line_id not in self._lines:
            self.astray.add(sku_key(sku))

    def restocked(self, return_id: str, line_id: str) -> Fraction:
        """Moved into stock by the return, in the order line's unit."""
        base = self.restocked_of.get((return_id, line_id), ZERO)
        line = self._lines.get(line_id)
        return base / (rate(line, line.unit) or 1) if line else base

    def occupied(self, return_id: str, line_id: str) -> Fraction:
        """What the return's postings took of the line for ever, in its unit: credited or put into stock."""
        return max(self.quantity_of.get((return_id, line_id), ZERO), self.restocked(return_id, line_id))

    def graded(self, return_id: str) -> dict[tuple[str, str], Fraction]:
        """What the return was credited for, per line id and grade, in the line's unit."""
        found: dict[tuple[str, str], Fraction] = {}
        for (owner, line_id), parts in self.parts_of.items():
            for part in parts if owner == return_id else ():
                found[line_id, part.grade] = found.get((line_id, part.grade), ZERO) + part.quantity
        return found

    def lines_of(self, return_id: str) -> set[str]:
        """The order lines that the return's postings touch."""
        return {line for owner, line in (*self.quantity_of, *self.restocked_of) if owner == return_id}

    def _base(self, move: StockMove) -> Fraction:
        line = self._lines.get(move.order_line_id or "")
        return move.quantity * ((rate(line, move.unit) if line else None) or 1)


def unfinished(record: ReturnRecord) -> Posting | None:
    """The posting that must be settled before the return may get another."""
    return next((posting for posting in record.postings if posting.state is not PostingState.CONFIRMED), None)


def posting_digest(posting: Posting) -> str:
    """SHA-256 (hex) over key, currency, status and every line, amount and stock move: what Oro is compared with.

    Amounts and quantities count by value, not by how many zeros they are written with. The state is no part of it.
    """
    body = {
        "key": posting.key,
        "currency": posting.currency,
        "status": posting.status,
        "net": _money(posting.net),
        "tax": _money(posting.tax),
        "lines": [
            [
                line.line_key,
                line.order_line_id,
                line.product_id,
                line.sku,
                line.description,
                str(line.quantity),
                line.unit,
                str(line.weight),
                _money(line.net),
                _money(line.tax),
            ]
            for line in posting.lines
        ],
        "stock": [
            [move.level_id, move.line_key, move.order_line_id, move.sku, move.unit, str(move.quantity)]
            for move in posting.stock
        ],
    }
    canonical = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _money(amount: Decimal) -> str:
    """Four decimals, as Oro stores money; exact for every currency of ISO 4217."""
    return f"{amount:.4f}"
