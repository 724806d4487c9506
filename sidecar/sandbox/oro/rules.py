"""What the returns bundle lets in: the rule of every attribute, required relations, keys
(contracts/bundle.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sidecar.sandbox.oro.errors import Problem, not_blank
from sidecar.sandbox.oro.values import (
    as_moment,
    as_money,
    as_quantity,
    read_decimal,
    read_moment,
)

QUANTITY = re.compile(r"-?\d{1,10}(\.\d{1,10})?")
AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,4})?")
PLAIN = re.compile(r"-?\d+(\.\d+)?")
_NO_QUANTITY = "A quantity is a number with up to 10 digits before and up to 10 digits after the decimal point."
_NO_AMOUNT = "An amount is a number with up to 15 digits before and up to 4 digits after the decimal point."
# The normalised value, or a Problem.
Checked = Any
STATUSES = (
    "requested",
    "approved",
    "label_created",
    "in_transit",
    "at_hub",
    "received",
    "graded",
    "restocked",
    "closed",
    "cancelled",
    "rejected",
)
SYNC_STATES = ("pending", "in_sync", "review", "failed")
CREDIT_STATUSES = ("issued", "draft")


@dataclass(frozen=True)
class Rule:
    """How one attribute is checked; a required one must be sent when the record is made."""

    check: Callable[[Any, str], Checked]
    required: bool = False


def _text(limit: int = 255, required: bool = False) -> Rule:
    def check(value: Any, pointer: str) -> Checked:
        if value is None or value == "":
            return not_blank(pointer) if required else None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            return Problem(400, "form constraint", "This value is not valid.", pointer)
        if len(str(value)) > limit:
            detail = f"This value is too long. It should have {limit} characters or less."
            return Problem(400, "length constraint", detail, pointer)
        return str(value)

    return Rule(check, required)


def _choice(*words: str, required: bool = False) -> Rule:
    def check(value: Any, pointer: str) -> Checked:
        if value is None or value == "":
            return not_blank(pointer) if required else None
        if value not in words:
            return Problem(400, "choice constraint", "The value you selected is not a valid choice.", pointer)
        return value

    return Rule(check, required)


def _number(value: Any, pointer: str, pattern: re.Pattern[str], detail: str) -> Decimal | Problem:
    """NotBlank, a number without an exponent, so many digits; heard from a real Oro (recordings/proofs/14)."""
    if value is None:
        return not_blank(pointer)
    number = read_decimal(value)
    text = str(value)
    if number is None or not PLAIN.fullmatch(text):
        return Problem(400, "form constraint", "This value is not valid.", pointer)
    if not pattern.fullmatch(text):
        return Problem(400, "regex constraint", detail, pointer)
    return number


def _quantity(signed: bool = False, required: bool = False) -> Rule:
    def check(value: Any, pointer: str) -> Checked:
        number = _number(value, pointer, QUANTITY, _NO_QUANTITY)
        if isinstance(number, Problem):
            return number
        if number < 0 and not signed:
            return _negative(pointer)
        return as_quantity(number)

    return Rule(check, required)


def _money(signed: bool = True) -> Rule:
    """A memo's netValue and a line's values may be below zero (fees, DESIGN 4.4); a memo's total may not."""

    def check(value: Any, pointer: str) -> Checked:
        number = _number(value, pointer, AMOUNT, _NO_AMOUNT)
        if isinstance(number, Problem):
            return number
        if number < 0 and not signed:
            return _negative(pointer)
        return as_money(number)

    return Rule(check, required=True)


def _negative(pointer: str) -> Problem:
    """Bundle recording 08."""
    return Problem(400, "positive or zero constraint", "This value should be either positive or zero.", pointer)


def _moment() -> Rule:
    def check(value: Any, pointer: str) -> Checked:
        if value is None or value == "":
            return None
        moment = read_moment(value)
        if moment is None:
            return Problem(400, "form constraint", "This value is not valid.", pointer)
        return as_moment(moment)

    return Rule(check)


def _currency() -> Rule:
    def check(value: Any, pointer: str) -> Checked:
        if value is None or value == "":
            return not_blank(pointer)
        if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
            return Problem(400, "currency constraint", "This value is not a valid currency.", pointer)
        return value

    return Rule(check, required=True)


RULES: Mapping[str, Mapping[str, Rule]] = {
    "orderreturns": {
        "externalId": _text(required=True),
        "orderIdentifier": _text(),
        "status": _choice(*STATUSES, required=True),
        "warehouseCode": _text(),
        "trackingNumber": _text(),
        "carrier": _text(),
        "reasonSummary": _text(65535),
        "syncState": _choice(*SYNC_STATES),
        "reviewReason": _text(65535),
        "syncedAt": _moment(),
        "sourceUpdatedAt": _moment(),
    },
    "orderreturnlineitems": {
        "lineKey": _text(required=True),
        "productSku": _text(),
        "productUnitCode": _text(),
        "requestedQuantity": _quantity(),
        "receivedQuantity": _quantity(),
        "acceptedQuantity": _quantity(),
        "creditedQuantity": _quantity(),
        "restockedQuantity": _quantity(),
        "grade": _text(),
        "disposition": _text(),
        "reasonCode": _text(),
        "reviewReason": _text(65535),
    },
    "orderreturncredits": {
        "postingKey": _text(required=True),
        "currency": _currency(),
        "netValue": _money(),
        "taxValue": _money(),
        "totalValue": _money(signed=False),
        "status": _choice(*CREDIT_STATUSES, required=True),
        "digest": _text(),
    },
    "orderreturncreditlines": {
        "productSku": _text(),
        "description": _text(65535),
        "quantity": _quantity(required=True),
        "productUnitCode": _text(),
        "netValue": _money(),
        "taxValue": _money(),
        "value": _money(),
    },
    "orderreturnstockmovements": {
        "postingKey": _text(required=True),
        "quantity": _quantity(signed=True, required=True),
    },
}

# Sent all the same, these are passed over in silence, as Oro does with fields its form does not map ([110]).
READ_ONLY = frozenset({"revision", "createdAt", "updatedAt", "organization", "credits"})
REQUIRED_RELATIONS: Mapping[str, tuple[str, ...]] = {
    "orderreturns": (),
    "orderreturnlineitems": ("orderReturn",),
    "orderreturncredits": ("orderReturn", "lines"),
    "orderreturncreditlines": ("credit",),
    "orderreturnstockmovements": ("inventoryLevel", "orderReturn"),
}
# What meta.upsert may name; postings have `upsert: { disable: true }`.
UPSERT_FIELDS: Mapping[str, str] = {"orderreturns": "externalId", "orderreturnlineitems": "lineKey"}
POSTINGS = frozenset({"orderreturncredits", "orderreturncreditlines", "orderreturnstockmovements"})
# The to-many side of a relation and the field of the other record that holds it.
INVERSE: Mapping[tuple[str, str], str] = {
    ("orderreturns", "lineItems"): "orderReturn",
    ("orderreturncredits", "lines"): "credit",
    ("orderreturncredits", "stockMovements"): "credit",
}
UNIQUE: Mapping[str, str] = {
    "orderreturns": "externalId",
    "orderreturnlineitems": "lineKey",
    "orderreturncredits": "postingKey",
    "orderreturnstockmovements": "postingKey",
}
