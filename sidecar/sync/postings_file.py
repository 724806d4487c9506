"""The postings of a period as CSV, for finance: one line per credit memo, streamed from the ledger.

The period is of business days. A memo belongs to the day it was planned here: that never changes, whatever Oro says
and when.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from sidecar.ledger import postings
from sidecar.ledger.engine import Ledger
from sidecar.ledger.postings import PostedRow
from sidecar.returns.crediting import minor_unit

BATCH = 1000
HEADER = (
    "posting_key", "return_id", "order", "kind", "currency", "net", "tax", "total", "status", "state", "oro_id",
    "posted_at", "confirmed_at",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def period(first: date, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first moment of ``first`` and the one after ``last``, both days of the business. Raises ValueError."""
    if last < first:
        raise ValueError(f"the period ends on {last}, before it begins on {first}")
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def lines(ledger: Ledger, since: datetime, until: datetime, zone: tzinfo, *, stock: bool = False) -> Iterator[str]:
    """CSV lines with their ends, the header first; memory holds a thousand postings.

    With ``stock`` also the postings that only move stock, of 0.00. Amounts have the currency's decimals, times the
    offset of the business zone. Text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    yield _line(HEADER)
    after = (since, "")
    while True:
        with ledger.read() as conn:
            found = postings.listed(conn, after, until, BATCH)
        for row in found:
            if stock or row.kind == "credit":
                yield _line(_cells(row, zone))
        if len(found) < BATCH:
            return
        after = (found[-1].created_at, found[-1].key)


def _cells(row: PostedRow, zone: tzinfo) -> tuple[str, ...]:
    def amount(value: Decimal) -> str:
        return f"{value:.{max(minor_unit(row.currency), _decimals(value))}f}"

    return (
        _text(row.key),
        _text(row.return_id),
        _text(row.order_identifier),
        row.kind,
        row.currency,
        amount(row.net),
        amount(row.tax),
        amount(row.total),
        row.status,
        row.state,
        _text(row.oro_id or ""),
        _moment(row.created_at, zone),
        _moment(row.confirmed_at, zone) if row.confirmed_at else "",
    )


def _decimals(value: Decimal) -> int:
    """Decimals that count: an amount finer than its currency's minor unit is shown as it is, never rounded."""
    exponent = value.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _moment(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _line(cells: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
