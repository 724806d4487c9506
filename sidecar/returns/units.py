"""Units of measure: what one count is worth in the order line's unit (DESIGN 4.1). Exact fractions only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sidecar.returns.lookups import lookups, sku_key
from sidecar.returns.model import Mappings, OrderLine, Pins, Product

PRIMARY = "primary"
_ONE = Fraction(1)


@dataclass(frozen=True)
class ScanUnit:
    """The unit in which the warehouse counted a SKU; ``guessed`` when no rule for this SKU named it (rule ``*``)."""

    code: str
    rate: Fraction | None  # base units in one; None: the product has no such unit
    guessed: bool = False


def scan_unit(line: OrderLine, warehouse: str, mappings: Mappings, pins: Pins) -> ScanUnit:
    """The scan unit of the line's SKU: pinned by a posting, else by SKU and warehouse, by SKU, else ``*``.

    A line without a product has no conversion known: its goods are counted in the line's own unit.
    """
    if line.product is None:
        return ScanUnit(line.unit, _ONE)
    code, guessed = _scan_rule(line.sku, warehouse, mappings, pins)
    if code == PRIMARY:
        code = line.product.primary_unit
    return ScanUnit(code, rate(line, code), guessed)


def _scan_rule(sku: str, warehouse: str, mappings: Mappings, pins: Pins) -> tuple[str, bool]:
    key = sku_key(sku)
    pinned = pins.scan_units.get(key)
    if pinned is not None:
        return pinned, False
    rules = lookups(mappings).scan_units
    named = rules.get(f"{key}@{sku_key(warehouse)}") or rules.get(key)
    return (named, False) if named else (rules.get("*", PRIMARY), True)


def rate(line: OrderLine, unit: str) -> Fraction | None:
    """How many base units 1 ``unit`` of the line's product is.

    The base unit is the product's primary unit; for a line without a product it is the line's own unit.
    """
    if line.product is None:
        return _ONE if unit == line.unit else None
    known = line.product.units.get(unit)
    return known.rate if known and known.rate.numerator > 0 else None


def base_unit(line: OrderLine) -> str:
    return line.product.primary_unit if line.product else line.unit


def comparable(lines: Sequence[OrderLine]) -> bool:
    """Whether one count can be spread over these lines: each has a known unit, and all have one base unit.

    A SKU may stand on a line whose product was deleted, in cases, and on one with its product, in pieces: what the
    first line's goods would be on the second nobody can tell.
    """
    first = base_unit(lines[0])
    return all(rate(line, line.unit) is not None and base_unit(line) == first for line in lines)


def holds(product: Product | None, unit: str, quantity: Fraction) -> bool:
    """Whether the precision (number of decimals) of the product's ``unit`` can hold ``quantity``."""
    known = product.units.get(unit) if product else None
    if known is None:
        return True
    return bool(10**known.precision % quantity.denominator == 0)


def reads_in_line_unit(line: OrderLine, unit: ScanUnit, count: Fraction, limit: Fraction) -> bool:
    """The ambiguity guard: could ``count`` have been meant in the line's unit instead of in the guessed scan unit?

    ``limit`` (base units): what was requested, or what is left on the line when no request was seen.
    """
    line_rate = rate(line, line.unit)
    if not unit.guessed or line_rate is None or unit.rate is None or line_rate == unit.rate:
        return False
    return count * line_rate <= limit
