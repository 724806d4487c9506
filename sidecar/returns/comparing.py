"""What was counted against what was asked for and what was sold, per SKU (DESIGN 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sidecar.returns.allocating import Allocation
from sidecar.returns.case import Case
from sidecar.returns.flags import Raised
from sidecar.returns.lookups import sku_key
from sidecar.returns.matching import ZERO
from sidecar.returns.model import OrderLine
from sidecar.returns.units import base_unit
from sidecar.returns.wording import amount_of, plain


@dataclass
class Tally:
    """One SKU of one return, in base units. ``clear`` is False while a count or a request of it cannot be told."""

    lines: tuple[OrderLine, ...]
    asked: Fraction | None = None  # as far as the order allows; None: no request was seen
    counted: Fraction = ZERO
    absent: Fraction = ZERO  # rows that say themselves that goods are missing, or are other goods
    surplus: Fraction = ZERO  # of counted: beyond what is left of the order
    clear: bool = True

    @property
    def expected(self) -> Fraction:
        """What should have come: what was asked for; without a request, what the warehouse itself lists."""
        return self.counted + self.absent if self.asked is None else self.asked


def shortfall_and_excess(case: Case, raised: Raised) -> None:
    """received_short, received_over and received_over_request."""
    if not case.history.received or not case.history.counted:
        return  # not counted yet, or received by a notice that lists no products
    for _, tally in sorted(_tallies(case.allocation).items()):
        if tally.clear and tally.lines:
            _compare(tally.lines[0].sku, tally, case.keys(tally.lines), raised)


def _tallies(allocation: Allocation) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for row in allocation.rows:
        tally = tallies.setdefault(sku_key(row.row.sku), Tally(row.lines))
        if row.base is None:
            tally.clear = False
        elif row.arrived:
            tally.counted += row.base
        else:
            tally.absent += row.base
    for row, beyond in allocation.surplus:
        tallies[sku_key(row.row.sku)].surplus += beyond
    for asked in allocation.asked:
        tally = tallies.setdefault(sku_key(asked.request.sku), Tally(asked.lines))
        if asked.base is None:
            tally.clear = False
        else:
            tally.asked = (tally.asked or ZERO) + asked.base - asked.beyond
    return tallies


def _compare(sku: str, tally: Tally, line_keys: list[str], raised: Raised) -> None:
    unit, expected, counted = base_unit(tally.lines[0]), tally.expected, tally.counted
    if counted < expected:
        missing = amount_of(expected - counted, unit)
        message = f"{missing} of {sku} did not arrive: {plain(counted)} of {plain(expected)} were counted."
        raised.add("received_short", sku, message, sku=sku, line_keys=line_keys)
    if tally.surplus:
        message = f"{amount_of(tally.surplus, unit)} of {sku} came back beyond what is left of the order."
        raised.add("received_over", sku, message, sku=sku, line_keys=line_keys)
    elif tally.asked is not None and expected < counted:
        message = f"{amount_of(counted - expected, unit)} of {sku} more than announced came back."
        raised.add("received_over_request", sku, message, sku=sku, line_keys=line_keys)
