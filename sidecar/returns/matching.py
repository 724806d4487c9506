"""Which order lines a returned row belongs to, and how much of them it takes (DESIGN 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, Sequence
from fractions import Fraction

from sidecar.returns.lookups import sku_key
from sidecar.returns.model import Order, OrderLine

ZERO = Fraction(0)


def total(quantities: Iterable[Fraction]) -> Fraction:
    """The sum; one quantity alone is not added to anything, which is what most sums here are."""
    result = ZERO
    for quantity in quantities:
        result = result + quantity if result else quantity
    return result


class OrderBook:
    """The lines of one order by id and by SKU, in order-line order."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.lines = {line.id: line for line in order.lines}
        self._by_sku: dict[str, tuple[OrderLine, ...]] = {}
        for line in order.lines:
            key = sku_key(line.sku)
            self._by_sku[key] = (*self._by_sku.get(key, ()), line)

    def candidates(self, sku: str, order_line_item_number: str = "") -> tuple[OrderLine, ...]:
        """The one line that the row names, if it is a line of this order with the same SKU; else all of the SKU."""
        named = self.lines.get(order_line_item_number.strip())
        if named is not None and sku_key(named.sku) == sku_key(sku):
            return (named,)
        return self._by_sku.get(sku_key(sku), ())


def fill(
    lines: Sequence[OrderLine],
    need: Fraction,
    rates: Sequence[Fraction],
    room: MutableMapping[str, Fraction],
    kept: MutableMapping[str, Fraction],
) -> tuple[list[tuple[OrderLine, Fraction]], Fraction]:
    """Takes ``need`` (base units) out of the lines' ``room``; answers (line, quantity in its unit) and the rest (base).

    ``kept``: what this return already posted on each line. It is filled first, so that goods once credited on a line
    stay there whatever becomes free on another. ``room`` and ``kept`` are lowered.
    """
    taken: dict[str, Fraction] = {}
    for kept_first in (True, False) if kept else (False,):
        for line, rate in zip(lines, rates, strict=True):
            free = room.get(line.id, ZERO)
            if kept_first:
                free = min(free, kept.get(line.id, ZERO))
            if not need or not free:
                continue
            wanted = need / rate if rate != 1 else need
            part = min(free, wanted)
            need = ZERO if part is wanted else need - part * rate
            room[line.id] = free - part if not kept_first else room[line.id] - part
            if line.id in kept:
                kept[line.id] = max(kept[line.id] - part, ZERO)
            taken[line.id] = taken[line.id] + part if line.id in taken else part
    return [(line, taken[line.id]) for line in lines if line.id in taken], need


def in_order_line_order(order: Order, line_ids: Iterable[str]) -> list[OrderLine]:
    wanted = set(line_ids)
    return [line for line in order.lines if line.id in wanted]
