"""JSON in and out without loss: numbers stay exact, what no ledger could store is refused or replaced."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring
from typing import Any, NoReturn

from sidecar.zigzag.errors import Unreadable

MAX_DEPTH = 64
"""Levels of nesting. A snapshot has four; deeper bodies would only exhaust the stack of who walks them."""

_MAX_PLAIN_DIGITS = 300
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def loads(raw: bytes | str) -> Any:
    """The value of a JSON body (bytes as received, or the text that ``dumps`` made), fractions as
    ``Decimal``.

    Refused with ``Unreadable``: what is not UTF-8 or not JSON, NaN and Infinity, more than ``MAX_DEPTH``
    levels. Tolerated: a byte order mark, repeated keys (the last counts), absurdly large numbers (kept as
    written, as text), halves of a surrogate pair and NUL (both replaced by U+FFFD: a title cut in the middle
    of an emoji is no reason to lose a return, but neither UTF-8 nor PostgreSQL can hold them).
    """
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"the body is not UTF-8 (byte {error.start})") from None
    try:
        value = json.loads(text, parse_float=_fraction, parse_int=_whole, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise Unreadable(f"the body is not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise Unreadable(f"the body is nested deeper than {MAX_DEPTH} levels") from None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    lowered = text.lower()
    if "\\ud" in lowered or "\\u0000" in lowered:
        return _storable(value)
    return value


def dumps(value: Any) -> str:
    """Compact JSON of ``value``; a ``Decimal`` is written digit by digit as a number, never through a
    float."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except TypeError:
        return _written(value, sort=False)


def canonical(value: Any) -> bytes:
    """One byte string per meaning: sorted keys, no white space, UTF-8. The same number written otherwise
    differs."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True)
    except TypeError:
        text = _written(value, sort=True)
    return text.encode("utf-8", "surrogatepass")


def _fraction(literal: str) -> Decimal | str:
    try:
        return Decimal(literal)
    except InvalidOperation:
        return literal


def _whole(literal: str) -> int | str:
    return int(literal) if len(literal) <= _MAX_PLAIN_DIGITS else literal


def _constant(name: str) -> NoReturn:
    raise Unreadable(f"the body holds {name}, which is no JSON number")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return
        level = below
    raise Unreadable(f"the body is nested deeper than {MAX_DEPTH} levels")


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        cleaned = value.replace("\0", _REPLACEMENT)
        return cleaned.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


def _written(value: Any, *, sort: bool) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("NaN and Infinity are no JSON numbers")
        return str(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        keys = sorted(value) if sort else value
        pairs = (f"{encode_basestring(key)}:{_written(value[key], sort=sort)}" for key in keys)
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_written(item, sort=sort) for item in value) + "]"
    return json.dumps(value, allow_nan=False)
