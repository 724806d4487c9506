"""The fields of our own API: what they accept, and the JSON Schema that says exactly the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from sidecar.sync.decisions import LONGEST_NOTE
from sidecar.web import cursor

LONGEST_ID = 100
LONGEST_WORD = 255
MAX_QUANTITY = 999_999_999
MIN_QUANTITY = Decimal("0.0000000001")  # Oro keeps quantities as decimal(20,10)
_MOST_DECIMALS = 30

_CONTROLS = "\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029"
_LINE = f"[^{_CONTROLS}]"
_EDGE = f"[^\\s{_CONTROLS}]"
_ONE_LINE = f"{_EDGE}(?:{_LINE}*{_EDGE})?"
_SURROGATE = re.compile("[\ud800-\udfff]")
_FORBIDDEN_IN_NOTE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NOT_BLANK = re.compile(r"\S")
_WHOLE = r"[1-9][0-9]{0,8}(?:\.[0-9]{1,10})?"
_PART = r"0\.0*[1-9][0-9]*"
_WHOLE_TEXT = re.compile(_WHOLE, re.ASCII)
_PART_TEXT = re.compile(_PART, re.ASCII)
_LINE_TEXT = re.compile(_ONE_LINE)
# Printable characters of the scripts that identifiers are written in: ZigZag's client and Oro's filters take no others.
_ID_LETTER = (
    "!-~\\u00a1-\\u00ac\\u00ae-\\u024f\\u0391-\\u03a1\\u03a3-\\u03ff\\u0400-\\u052f"
    "\\u3041-\\u3096\\u30a1-\\u30fa\\u4e00-\\u9fff\\uac00-\\ud7a3"
)
_ID = f"[{_ID_LETTER}](?:[ {_ID_LETTER}]*[{_ID_LETTER}])?"
_ID_TEXT = re.compile(_ID)
_CURSOR_TEXT = re.compile(cursor.SHAPE)


class SchemaField(fields.Field[Any]):
    """A field that knows its own JSON Schema."""

    def json_schema(self) -> dict[str, Any]:
        raise NotImplementedError


class Line(SchemaField):
    """Text on one line without control characters or outer white space; ``empty`` says whether "" is accepted."""

    def __init__(self, longest: int, *, empty: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest = longest
        self.empty = empty

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("must be text")
        if not value and self.empty:
            return value
        if not 1 <= len(value) <= self.longest:
            raise ValidationError(f"must have 1 to {self.longest} characters")
        if not _LINE_TEXT.fullmatch(value) or _SURROGATE.search(value):
            raise ValidationError("must be one line without control characters or outer white space")
        return value

    def json_schema(self) -> dict[str, Any]:
        pattern = f"^(?:{_ONE_LINE})?$" if self.empty else f"^{_ONE_LINE}$"
        return {"type": "string", "minLength": 0 if self.empty else 1, "maxLength": self.longest, "pattern": pattern}


class Word(Line):
    """Text on one line that is not blank; outer white space does not count."""

    def json_schema(self) -> dict[str, Any]:
        return {**super().json_schema(), "pattern": f"^{_LINE}*{_EDGE}{_LINE}*$"}


class Id(Line):
    """An identifier of ZigZag or Oro. ``.`` and ``..`` are refused: they would climb in the path of a request."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LONGEST_ID, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text in (".", "..") or not _ID_TEXT.fullmatch(text):
            raise ValidationError("must be made of letters, digits and punctuation, and not be . or ..")
        return text

    def json_schema(self) -> dict[str, Any]:
        return {**super().json_schema(), "pattern": f"^{_ID}$", "not": {"enum": [".", ".."]}}


class Note(SchemaField):
    """What a person writes: several lines, not blank."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("must be text")
        if not _NOT_BLANK.search(value) or len(value) > LONGEST_NOTE:
            raise ValidationError(f"must have 1 to {LONGEST_NOTE} characters and not be blank")
        if _FORBIDDEN_IN_NOTE.search(value) or _SURROGATE.search(value):
            raise ValidationError("must not hold control characters")
        return value

    def json_schema(self) -> dict[str, Any]:
        text = "[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]"
        edge = f"[^\\s{_CONTROLS}]"
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_NOTE, "pattern": f"^{text}*{edge}{text}*$"}


class Quantity(SchemaField):
    """A quantity above zero as decimal text or as a number, exact."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        wrong = ValidationError(f'must be a decimal above 0, at most {MAX_QUANTITY}, such as "1.5"')
        if isinstance(value, str):
            if _WHOLE_TEXT.fullmatch(value) or (len(value) <= 12 and _PART_TEXT.fullmatch(value)):
                number = Decimal(value)
            else:
                raise wrong
        elif isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise wrong
        else:
            number = Decimal(value)
        exponent = number.as_tuple().exponent
        # The exponent is looked at before any arithmetic: 1e999999 would be a million digits.
        if not isinstance(exponent, int) or not -_MOST_DECIMALS <= exponent <= 9:
            raise wrong
        if not MIN_QUANTITY <= number <= MAX_QUANTITY:
            raise wrong
        return number

    def json_schema(self) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "string", "pattern": f"^{_WHOLE}$"},
                {"type": "string", "pattern": f"^{_PART}$", "maxLength": 12},
                {"type": "number", "minimum": 1e-10, "maximum": MAX_QUANTITY},
            ],
            "examples": ["1.5"],
        }


class Choice(SchemaField):
    """One of some words; in a query an empty value means that nothing was chosen."""

    def __init__(self, words: Sequence[str], *, empty: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = [*words, ""] if empty else list(words)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise ValidationError(f"must be one of: {', '.join(word for word in self.words if word)}")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": self.words}


class Moment(SchemaField):
    """A point in time in a query: ISO 8601, UTC where it names no zone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime | None:
        wrong = ValidationError("must be a date and time such as 2026-11-20T10:05:19Z")
        if not isinstance(value, str) or len(value) > 60 or not value.isascii():
            raise wrong
        if not value:
            return None
        # "+01:00" arrives as " 01:00" from whoever forgets to encode it; RFC 3339 allows a 60th second.
        text = value.strip().upper().replace(" ", "+") if "T" in value.upper() else value
        try:
            moment = datetime.fromisoformat(text.replace(":60", ":59", 1) if ":60" in text[15:20] else text)
        except ValueError:
            raise wrong from None
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "maxLength": 0}]}


class Cursor(SchemaField):
    """The place in a list where its next page begins, as the page before gave it; empty for the first page."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or (value and not _CURSOR_TEXT.fullmatch(value)):
            raise ValidationError("is no cursor; begin without one")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^(?:{cursor.SHAPE})?$"}


class Limit(SchemaField):
    """How many rows a page of a list holds."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"[1-9][0-9]{0,3}", value) or int(value) > self.most:
            raise ValidationError(f"must be a whole number from 1 to {self.most}")
        return int(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": self.most}


def schema_of(field: Any, **_: Any) -> Mapping[str, Any]:
    """For apispec: the JSON Schema of our own fields."""
    return field.json_schema() if isinstance(field, SchemaField) else {}
