"""Column types that keep times, money, quantities and JSON exact on both databases.

What a column cannot hold exactly is refused with ``NotExact`` before the database sees it; nothing is ever rounded.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeEngine

Id = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER numbers itself in SQLite; both hold 64 bits
BIGGEST_ID = 2**63 - 1


class NotExact(DontWrapMixin, ValueError):
    """A value that its column could only hold by changing it: a naive time, a float, too many decimals."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, in UTC when read. Text of fixed width in SQLite, so that it sorts; timestamptz in PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        as_text = dialect.name != "postgresql"

        def process(value: Any) -> Any:
            if value is None:
                return None
            if not isinstance(value, datetime) or value.utcoffset() is None:
                raise NotExact(f"{value!r} is not a moment with a time zone")
            try:
                moment = value.astimezone(UTC)
            except OverflowError:
                raise NotExact(f"{value!r} lies outside the years 1 to 9999 in UTC") from None
            return moment.isoformat(timespec="microseconds") if as_text else moment

        return process

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], datetime | None]:
        if dialect.name == "postgresql":
            return lambda value: None if value is None else value.astimezone(UTC)
        parse = datetime.fromisoformat
        return lambda value: None if value is None else parse(value)


_EXACT = Context(prec=28, traps=[Inexact, InvalidOperation])
_TEN_THOUSANDTH = Decimal("0.0001")
MONEY_LIMIT = Decimal(10) ** 14


class Money(TypeDecorator[Decimal]):
    """An amount of money as a BIGINT of ten-thousandths: exact, and summable in SQL.

    Refuses more than four decimals and amounts of 10^14 or more. Read back with two decimals, or more where they count.
    """

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], int | None]:
        def process(value: Decimal | None) -> int | None:
            if value is None:
                return None
            if not isinstance(value, Decimal):
                raise NotExact(f"{value!r} is no Decimal")
            try:
                scaled = value.quantize(_TEN_THOUSANDTH, context=_EXACT)
            except DecimalException:
                raise NotExact(f"{value} does not fit four decimals and 14 digits before them") from None
            if not -MONEY_LIMIT < scaled < MONEY_LIMIT:
                raise NotExact(f"{value} is 10^14 or more")
            return int(scaled.scaleb(4, _EXACT))

        return process

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Decimal | None]:
        def process(value: Any) -> Decimal | None:
            if value is None:
                return None
            whole = int(value)  # a SUM comes as a number of the database's own type
            if whole % 100 == 0:
                return Decimal(whole // 100).scaleb(-2, _EXACT)
            return Decimal(whole // 10).scaleb(-3, _EXACT) if whole % 10 == 0 else Decimal(whole).scaleb(-4, _EXACT)

        return process


class Quantity(TypeDecorator[Fraction]):
    """An exact quantity as text: ``3/2``, ``50``."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        def process(value: Fraction | None) -> str | None:
            if value is None:
                return None
            if not isinstance(value, Fraction):
                raise NotExact(f"{value!r} is no Fraction")
            return str(value)

        return process

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Fraction | None]:
        def process(value: Any) -> Fraction | None:
            if value is None:
                return None
            above, _, below = value.partition("/")
            return Fraction(int(above), int(below)) if below else Fraction(int(above))

        return process


def _refuse_floats(value: Any) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if type(key) is not str:
                raise NotExact(f"the key {key!r} is no text; JSON would change it")
            if type(item) is not str:
                _refuse_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            if type(item) is not str:
                _refuse_floats(item)
    elif isinstance(value, float):
        raise NotExact(f"{value!r} is a float; keep an exact number as text")


def _no_json(value: Any) -> Any:
    raise NotExact(f"{type(value).__name__} is no JSON value; keep it as text")


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=_no_json).encode
_decode = json.JSONDecoder(parse_float=Decimal).decode


class Json(TypeDecorator[Any]):
    """A JSON value as text. Exact numbers travel as text inside it; a float is refused. None is NULL."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        def process(value: Any) -> str | None:
            if value is None:
                return None
            _refuse_floats(value)
            return _encode(value)

        return process

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any]:
        return lambda value: None if value is None else _decode(value)
