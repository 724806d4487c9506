"""Numbers as a person reads them."""

from __future__ import annotations

from fractions import Fraction

_PLACES = 10**10  # what Oro's decimal(20,10) can hold


def plain(number: Fraction) -> str:
    """``3``, ``0.02``; a number that ten decimals cannot hold as ``1/3``."""
    if number.denominator == 1:
        return str(number.numerator)
    scale, beyond = divmod(_PLACES, number.denominator)
    if beyond:
        return f"{number.numerator}/{number.denominator}"
    sign = "-" if number.numerator < 0 else ""
    whole, rest = divmod(abs(number.numerator) * scale, _PLACES)
    return f"{sign}{whole}.{rest:010d}".rstrip("0")


def amount_of(number: Fraction, unit: str) -> str:
    """``49 each``; without a unit just the number."""
    return f"{plain(number)} {unit}".rstrip()
