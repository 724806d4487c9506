"""The sums of a credit memo, as the bundle checks them: its lines make its totals, net and tax make its total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sidecar.sandbox.oro.errors import Problem
from sidecar.sandbox.oro.rules import PLAIN
from sidecar.sandbox.oro.values import read_decimal

_MEMO, _LINE = "balanced credit constraint", "balanced credit line constraint"
_COLUMNS = {"netValue": "netValue", "taxValue": "taxValue", "totalValue": "value"}


def total_of(sent: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """Whether net value and tax are the total; what is missing or malformed is told by other rules."""
    net, tax, total = (_plain(sent.get(name)) for name in ("netValue", "taxValue", "totalValue"))
    if net is not None and tax is not None and total is not None and net + tax != total:
        detail = "The total must be the sum of the net value and the tax."
        yield Problem(400, _MEMO, detail, f"{place}/attributes/totalValue")


def value_of(sent: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """The same of one line."""
    net, tax, value = (_plain(sent.get(name)) for name in ("netValue", "taxValue", "value"))
    if net is not None and tax is not None and value is not None and net + tax != value:
        detail = "The value must be the sum of the net value and the tax."
        yield Problem(400, _LINE, detail, f"{place}/attributes/value")


def lines_of(memo: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], place: str) -> Iterator[Problem]:
    """Whether the lines make the totals, column by column."""
    for name, of_line in _COLUMNS.items():
        made = sum((Decimal(str(line.get(of_line, 0))) for line in lines), Decimal(0))
        if made != Decimal(str(memo.get(name, 0))):
            detail = f"The lines of the credit memo sum up to {made}."
            yield Problem(400, _MEMO, detail, f"{place}/attributes/{name}")


def _plain(value: Any) -> Decimal | None:
    """What Oro's form makes a number of."""
    return read_decimal(value) if PLAIN.fullmatch(str(value)) else None
