"""How values are normalised: numbers, money, moments (contracts/oro.md section 3, contracts/bundle.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from sidecar.sandbox.oro.errors import Problem, not_blank

# decimal(20,10) and decimal(19,4): digits before the point
QUANTITY_LIMIT = Decimal(10) ** 10
MONEY_LIMIT = Decimal(10) ** 15


def as_number(value: Decimal | int | float | str) -> int | float:
    """A JSON number, an int when whole ([42, 43, 45])."""
    number = Decimal(str(value))
    return int(number) if number == number.to_integral_value() else float(number)


def as_money(value: Decimal | int | float | str) -> str:
    """Four decimals, always."""
    return f"{Decimal(str(value)).quantize(Decimal('0.0001'), ROUND_HALF_UP):f}"


def as_quantity(value: Decimal | int | float | str) -> str:
    """No padding: "120", "120.0625" ([86, 87])."""
    text = f"{Decimal(str(value)):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def as_moment(moment: datetime) -> str:
    """Second-precise UTC, as the database keeps it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(value: Any) -> datetime | None:
    """A moment out of text (date or date and time); None when it cannot be read. Naive means UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_decimal(value: Any) -> Decimal | None:
    """A finite number sent as JSON number or as text; None otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def check_decimal(value: Any, pointer: str, limit: Decimal, scale: int) -> Decimal | Problem:
    """NotNull, number, precision and range; the titles are those of [89, 90] and of bundle recording 43."""
    if value is None or value == "":
        return not_blank(pointer)
    number = read_decimal(value)
    if number is None:
        return Problem(400, "form constraint", "This value is not valid.", pointer)
    if abs(number) >= limit:
        return Problem(400, "range constraint", f"This value should be less than {limit}.", pointer)
    if number != number.quantize(Decimal(1).scaleb(-scale)):
        digits = 20 if scale == 10 else 19
        detail = f"This value should be decimal with valid precision ({digits}) and scale ({scale})."
        return Problem(400, "type constraint", detail, pointer)
    return number
