"""The form in which a mapping of each kind is filled in, and the value that a sent form holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sidecar.returns.choices import Field
from sidecar.returns.model import Disposition, FeeTreatment
from sidecar.sync.mapping_values import MILESTONES, OBJECTS, OPTIONS

MEMBER = "value."  # before the name of a member of an object
WHOLE = "value"


def _options(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((word, word.replace("_", " ")) for word in words)


_MILESTONE = (Field(WHOLE, "It means", options=_options(MILESTONES)),)

FIELDS: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {
        "grades": (
            Field("credit_percent", "Part of the price to credit, in percent", "percent"),
            Field("disposition", "What becomes of the goods", options=_options(each.value for each in Disposition)),
        ),
        "warehouses": (
            Field("role", "Its role", options=_options(("destination", "hub"))),
            Field("oro_code", "Its code in OroCommerce", optional=True),
        ),
        "reasons": (Field(WHOLE, "The shop's own code"),),
        "fees": (
            Field("treatment", "What becomes of it", options=_options(each.value for each in FeeTreatment)),
            Field("service_sku", "Service SKU on the credit memo (needed to deduct)", optional=True),
        ),
        "scan_units": (Field(WHOLE, "Unit code in OroCommerce, or primary"),),
        "return_options": (Field(WHOLE, "It means", options=_options(OPTIONS)),),
        "order_statuses": _MILESTONE,
        "tracking_statuses": _MILESTONE,
    }
)

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "grades": ("Grades", "What the warehouse's grade pays, and what becomes of the goods"),
        "warehouses": ("Warehouses", "Where goods go into stock, and where they only pass through"),
        "reasons": ("Return reasons", "Why the customer sent it back, in the shop's own codes"),
        "fees": ("Fees", "What is taken off a credit"),
        "scan_units": ("Scan units", "In which unit the warehouse counts a SKU"),
        "return_options": ("Return options", "What the customer asked for: refund, exchange, store credit"),
        "order_statuses": ("Order statuses", "How far a return has come, by ZigZag's order status"),
        "tracking_statuses": ("Tracking statuses", "How far a return has come, by ZigZag's tracking"),
    }
)
"""What each kind is called, and what it says."""


def value_of(form: Mapping[str, str], kind: str) -> Any:
    """The value that a form holds: text, or an object of the members that were filled in."""
    if kind not in OBJECTS:
        return form.get(WHOLE, "").strip()
    members = {name.removeprefix(MEMBER): text.strip() for name, text in form.items() if name.startswith(MEMBER)}
    return {name: text for name, text in members.items() if text}


def as_form(value: Any) -> dict[str, str]:
    """The fields that say ``value``; ``value_of`` is its inverse."""
    if isinstance(value, Mapping):
        return {f"{MEMBER}{name}": str(text) for name, text in value.items()}
    return {WHOLE: str(value)}
