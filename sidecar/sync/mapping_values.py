"""What a mapping may say: the kinds, the shape of each kind's value, and when two words are the same word.

Shapes are those of the mapping file (``contracts/sidecar.md``): an object for grades, warehouses and fees, else text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from sidecar.returns.defaults import DEFAULT_MAPPINGS
from sidecar.returns.lookups import same_word
from sidecar.returns.model import Disposition, FeeTreatment, Milestone

Raw = dict[str, dict[str, Any]]  # kind -> source -> value, as stored and as in the mapping file

KINDS = (
    "grades",
    "warehouses",
    "reasons",
    "fees",
    "scan_units",
    "return_options",
    "order_statuses",
    "tracking_statuses",
)
OBJECTS = ("grades", "warehouses", "fees")
OPTIONS = ("refund", "exchange", "store_credit")
MILESTONES = tuple(milestone.word for milestone in Milestone if milestone is not Milestone.UNKNOWN)
LONGEST_SOURCE = 255  # the longest word of ZigZag that is kept (sidecar.zigzag.snapshot)
LONGEST_VALUE = 100
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PERCENT = r"(?:100(?:\.0{1,4})?|[0-9]{1,2}(?:\.[0-9]{1,4})?)"
_PERCENT_TEXT = re.compile(_PERCENT, re.ASCII)
_CONTROLS = "\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029"
_WORD = f"^[^{_CONTROLS}]*[^\\s{_CONTROLS}][^{_CONTROLS}]*$"


@dataclass(frozen=True)
class Problem:
    """One thing wrong: where (a JSON pointer, and the line of a file) and what it should look like."""

    pointer: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line is not None else ""
        return f"{where}{self.pointer or '/'} {self.message}"


class InvalidMapping(ValueError):
    """A mapping that cannot be. ``problems`` lists everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class Contradiction(InvalidMapping):
    """A mapping that could be, beside others than those there are."""


class UnknownKind(LookupError):
    """There is no mapping of this kind."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"there is no mapping kind {kind[:50]!r}; the kinds are {', '.join(KINDS)}")


def clean(text: str) -> None:
    """Refuses what no system of the chain could have written: control characters and halves of characters."""
    if _CONTROL.search(text):
        raise ValidationError("must not hold control characters")


def not_blank(text: str) -> None:
    if text and not text.strip():
        raise ValidationError("must not be blank")


class Percent(fields.Field[Decimal]):
    """0 to 100 with up to 4 decimals, as a number or as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            number = Decimal(value)
            value = _plain_number(number)
        if not isinstance(value, str) or not _PERCENT_TEXT.fullmatch(value):
            raise ValidationError("must be a number from 0 to 100 with at most 4 decimals")
        return Decimal(value)


def _plain_number(number: Decimal) -> str:
    """5e1 and 50.00000 as 50; "" for what is far too large or small to be a percent."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or not -40 <= exponent <= 3:
        return ""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


PERCENT_SHAPE: Mapping[str, Any] = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.0001},
        {"type": "string", "pattern": f"^{_PERCENT}$"},
    ]
}


def _one_of(words: Sequence[str]) -> validate.OneOf:
    return validate.OneOf(words, error="must be one of: {choices}")


def _text(longest: int, **options: Any) -> fields.String:
    length = validate.Length(1, longest, error="must have {min} to {max} characters")
    metadata = {"pattern": _WORD, **options.pop("metadata", {})}
    return fields.String(validate=[length, clean, not_blank], metadata=metadata, **options)


class GradeSchema(Schema):
    """What a grade is worth and what becomes of the goods."""

    credit_percent = Percent(
        required=True, metadata={"description": "Part of the price to credit, 0 to 100.", **PERCENT_SHAPE}
    )
    disposition = fields.String(required=True, validate=_one_of([word.value for word in Disposition]))


class WarehouseSchema(Schema):
    """A warehouse of ZigZag: only a destination raises stock."""

    role = fields.String(required=True, validate=_one_of(["destination", "hub"]))
    oro_code = _text(LONGEST_VALUE, metadata={"description": "The warehouse's code in OroCommerce."})


class FeeSchema(Schema):
    """How a fee is treated; a deduction needs the service SKU it is written under."""

    service_sku = _text(LONGEST_SOURCE, metadata={"description": "The SKU of the line on the credit memo."})
    treatment = fields.String(required=True, validate=_one_of([word.value for word in FeeTreatment]))

    @validates_schema
    def _deduction_has_a_sku(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        if data.get("treatment") == FeeTreatment.DEDUCT.value and not data.get("service_sku"):
            raise ValidationError("is needed to deduct the fee", "service_sku")


SCHEMAS: Mapping[str, Schema] = {"grades": GradeSchema(), "warehouses": WarehouseSchema(), "fees": FeeSchema()}
_WORDS: Mapping[str, fields.String] = {
    "reasons": _text(LONGEST_VALUE),
    "scan_units": _text(LONGEST_VALUE),
    "return_options": fields.String(validate=_one_of(OPTIONS)),
    "order_statuses": fields.String(validate=_one_of(MILESTONES)),
    "tracking_statuses": fields.String(validate=_one_of(MILESTONES)),
}


def validate_value(kind: str, source: str, value: Any) -> Any:
    """The value as it is stored: text, or an object whose percent is a whole number or decimal text.

    Raises UnknownKind, or InvalidMapping with pointers relative to the value ("" is the value itself).
    """
    if kind not in KINDS:
        raise UnknownKind(kind)
    problems = _source_problems(kind, source)
    stored: Any = None
    try:
        if kind in OBJECTS:
            if not isinstance(value, Mapping):
                raise ValidationError("must be an object")
            stored = SCHEMAS[kind].load(dict(value))
        else:
            if not isinstance(value, str):
                raise ValidationError("must be text")
            stored = _WORDS[kind].deserialize(value).strip()
    except ValidationError as error:
        problems += list(_problems(error.messages))
    if problems:
        raise InvalidMapping(problems)
    if kind == "grades":
        percent = stored["credit_percent"]
        whole = percent == percent.to_integral_value()
        stored["credit_percent"] = int(percent) if whole else format(percent.normalize(), "f")
    return stored


def _problems(messages: Any, pointer: str = "") -> list[Problem]:
    if isinstance(messages, Mapping):
        return [
            problem
            for name, inner in messages.items()
            for problem in _problems(inner, pointer if name == "_schema" else f"{pointer}/{name}")
        ]
    return [Problem(pointer, text[:1].lower() + text[1:].rstrip(".")) for text in messages]


def _source_problems(kind: str, source: str) -> list[Problem]:
    if len(source) > LONGEST_SOURCE:
        return [Problem("", f"is for a word of more than {LONGEST_SOURCE} characters")]
    try:
        clean(source)
    except ValidationError:
        return [Problem("", "is for a word with control characters")]
    if kind == "return_options":
        return []
    if not same_word(kind, source):
        return [Problem("", "is for an empty word")]
    if kind == "scan_units" and "@" in source:
        sku, _, warehouse = source.rpartition("@")
        if not sku.strip() or not warehouse.strip() or sku.strip() == "*":
            return [Problem("", 'must be for "*", a SKU or SKU@WAREHOUSE')]
    return []


def _plain(kind: str) -> dict[str, Any]:
    found = getattr(DEFAULT_MAPPINGS, kind)
    if kind == "grades":
        return {
            grade: {"credit_percent": int(rule.credit_percent), "disposition": rule.disposition.value}
            for grade, rule in found.items()
        }
    return dict(found)


DEFAULTS: Mapping[str, Mapping[str, Any]] = {kind: _plain(kind) for kind in KINDS}


def effective(stored: Mapping[str, Mapping[str, Any]]) -> Raw:
    """The defaults with what people stored over them; a stored spelling replaces the default's."""
    merged: Raw = {}
    for kind in KINDS:
        own = stored.get(kind, {})
        taken = {same_word(kind, source) for source in own}
        merged[kind] = {s: v for s, v in DEFAULTS[kind].items() if same_word(kind, s) not in taken} | dict(own)
    return merged


def shown(kind: str, value: Any) -> Any:
    """A stored value as the mapping file writes it: a percent is a number."""
    if kind == "grades" and isinstance(value.get("credit_percent"), str):
        return {**value, "credit_percent": Decimal(value["credit_percent"])}
    return value
