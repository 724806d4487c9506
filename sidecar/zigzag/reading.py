"""The readers of single fields: text, numbers and dates become exact values, or a sentence why not.

They are marshmallow fields, so that the schema of a snapshot is one table (``sidecar.zigzag.snapshot``). A
field that could be read only in part (a text cut to length) keeps its value beside the complaint, in
``valid_data``.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, fields

MAX_QUANTITY = 10**9
MAX_MONEY = 10**12
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
_DAY_FIRST = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})(?=$|[T ])", re.ASCII)
_YEAR_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?=$|[T ])", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MOST_DIGITS = 40
_MISSING = {"required": "is missing", "null": "is missing"}


def shown(value: Any) -> str:
    """A value for a sentence, short and on one line."""
    if isinstance(value, int) and abs(value) >= 10**200:
        return "a number of more than 200 digits"
    text = str(value) if isinstance(value, str | int | Decimal) else type(value).__name__
    text = _CONTROL.sub(" ", text[:41])
    return repr(text[:40] + "..." if len(text) > 40 else text)


def plain_text(value: Any) -> str | None:
    """A string or number as text, without control characters and outer white space; else None."""
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return value.strip()
        return _CONTROL.sub(" ", value).strip()
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**200 else None
    if isinstance(value, Decimal):
        return str(value)
    return None


def exact_number(value: Any) -> Decimal | None:
    """The exact number that a string or JSON number states, or None.

    A decimal comma, a thousands separator, a currency sign, other digits than 0-9 and white space inside are
    not guessed at. Neither is a binary float: whoever passes one has lost the digits that ZigZag wrote.
    """
    if isinstance(value, str):
        text = value.strip()
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < 10**30 else None
    if isinstance(value, Decimal) and value.is_finite():
        return value
    return None


def _within(number: Decimal, limit: int) -> bool:
    # The exponent is looked at before any arithmetic: 1e999999 as an integer would be a million digits.
    if not number:
        return True
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and -_MOST_DIGITS <= exponent <= 12 and number.copy_abs() <= limit


def _partly(complaint: str, value: Any) -> ValidationError:
    return ValidationError(complaint, valid_data=value)


class Text(fields.Field[str]):
    """Text of at most ``longest`` characters; numbers are accepted, what is longer is cut and said so."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        kwargs.setdefault("allow_none", True)
        super().__init__(**kwargs)
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = plain_text(value)
        if text is None:
            raise ValidationError(f"is neither text nor a number ({type(value).__name__})")
        if len(text) > self.longest:
            raise _partly(f"is longer than {self.longest} characters", text[: self.longest])
        return text


class Needed(Text):
    """Text that must not be missing, null or empty."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(longest, required=True, allow_none=False, error_messages=dict(_MISSING), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            raise ValidationError("is missing")
        return text


class Quantity(fields.Field[Fraction]):
    """A count, exact, at most 10^9 either way. A negative one is read and complained about."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(error_messages=dict(_MISSING), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Fraction:
        if isinstance(value, str) and not value.strip():
            raise ValidationError("is missing")
        number = exact_number(value)
        if number is None:
            raise ValidationError(f"is not a number we can read: {shown(value)}")
        if not _within(number, MAX_QUANTITY):
            raise ValidationError(f"is out of bounds: {shown(value)}")
        quantity = Fraction(number)
        if quantity < 0:
            raise _partly(f"is negative: {shown(value)}", quantity)
        return quantity


class Money(fields.Field[Decimal | None]):
    """An amount, exact, at most 10^12 either way, in the currency named beside it. Empty means not stated."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal | None:
        if isinstance(value, str) and not value.strip():
            return None
        number = exact_number(value)
        if number is None:
            raise ValidationError(f"is not an amount we can read: {shown(value)}")
        if not _within(number, MAX_MONEY):
            raise ValidationError(f"is out of bounds: {shown(value)}")
        # Zero may carry any exponent ("0e99"); the plain one is the same amount.
        return number if number else Decimal(0)


class Moment(fields.Field[datetime]):
    """A time, day first (``dd-MM-yyyyTHH:mm:ssZ``) or ISO 8601, year 2000 to 2199; naive without a zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(error_messages=dict(_MISSING), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise ValidationError(f"is not a date we can read: {shown(value)}")
        text = value.strip().upper()
        if not text:
            raise ValidationError("is missing")
        day_first = _DAY_FIRST.match(text)
        if day_first:
            day, month, year = day_first.groups()
            text = f"{year}-{month}-{day}{text[10:]}"
        if not _YEAR_FIRST.match(text) or len(text) > 40:
            raise ValidationError(f"is not a date we can read: {shown(value)}")
        try:
            moment = datetime.fromisoformat(text.replace(" Z", "Z"))
        except ValueError:
            raise ValidationError(f"is not a date we can read: {shown(value)}") from None
        if not 2000 <= moment.year <= 2199:
            raise ValidationError(f"is out of bounds: {shown(value)}")
        return moment
