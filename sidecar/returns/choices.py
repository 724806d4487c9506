"""What a person can decide about a flag: each choice as a value that a page can draw and ``sync.decisions`` carry out.

A table by code. The first choice is the one that usually ends the flag; asking again, taking it over and dismissing it
come last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from sidecar.returns.flags import RELEASABLE
from sidecar.returns.model import Disposition, FeeTreatment, Milestone

MAP, RELEASE, RESOLVE, SYNC, ASSIGN, NOTE = "map", "release", "resolve", "sync", "assign", "note"


@dataclass(frozen=True)
class Field:
    """Something to ask for: a member of the mapping's value, or the value itself when ``name`` is "value".

    ``options`` are (value, label) of a list to choose from; without them ``form`` says what is typed: ``text`` or
    ``percent`` (0 to 100, at most 4 decimals). An optional one may stay empty.
    """

    name: str
    label: str
    form: str = "text"
    options: tuple[tuple[str, str], ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Choice:
    """One decision. ``verb``: ``map`` sets a mapping, ``sync`` asks ZigZag and Oro again, else one of the flag's verbs.

    ``label`` is the button, ``effect`` says what follows in one sentence. For ``map``: (kind, source) of the mapping,
    and its ``value``; ``fields`` ask for what is missing of it. ``preview``: what it would move can be
    computed beforehand. ``bulk``: makes sense for many flags of one cause at once.
    """

    verb: str
    label: str
    effect: str
    mapping: tuple[str, str] | None = None
    value: Any = None
    fields: tuple[Field, ...] = ()
    needs_note: bool = False
    preview: bool = False
    bulk: bool = True


def choices(
    code: str,
    *,
    mapping: tuple[str, str] | None = None,
    sku: str = "",
    units: Iterable[str] = (),
    warehouse: str = "",
    of_return: bool = True,
) -> tuple[Choice, ...]:
    """The decisions a flag of ``code`` allows, the likeliest first.

    ``mapping`` as the flag names it, None: no mapping ends it; ``sku`` as the flag names it, ``units`` those that Oro
    knows of it, ``warehouse`` the one that counted. ``of_return`` is False for flags of the whole system.
    """
    found: list[Choice] = []
    if mapping is not None:
        kind, source = mapping
        found += _scan_units(source, tuple(units), warehouse) if kind == "scan_units" else _maps(kind, source)
    elif code == "sku_not_on_order" and sku:
        found += [replace(each, label=f"{sku} is a fee") for each in _maps("fees", sku)]
    if code in RELEASABLE:
        found.append(_release(code))
    if of_return:
        found.append(
            Choice(SYNC, "Ask again", "ZigZag and Oro are read again and the return is planned anew, at once.")
        )
    label, effect = _RESOLVED.get(code, ("Dismiss with a note", "The flag is closed; what it held stays held."))
    found.append(Choice(RESOLVE, label, effect, needs_note=True, preview=of_return))
    found.append(Choice(ASSIGN, "Take it over", "The flag is yours, and stays open."))
    found.append(Choice(NOTE, "Add a note", "Kept with the flag; nothing else changes.", needs_note=True))
    return tuple(found)


def _release(code: str) -> Choice:
    if code == "sku_inactive":
        effect = "The credit that waits is paid. Stock is never raised for an inactive product."
        return Choice(RELEASE, "Release the credit", effect, needs_note=True, preview=True)
    effect = "It is tried again at once, under the same key: Oro can take it only once."
    return Choice(RELEASE, "Try again now", effect, needs_note=True, preview=True)


def _map(kind: str, source: str, label: str, effect: str, value: Any = None, *fields: Field) -> Choice:
    return Choice(MAP, label, effect, (kind, source), value, tuple(fields), preview=True)


def _options(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((word, word.replace("_", " ")) for word in words)


def _maps(kind: str, source: str) -> list[Choice]:
    everyone = f'Counts for every return that says "{source}", from now on.'
    match kind:
        case "grades":
            percent = Field("credit_percent", "Part of the price to credit, in percent", "percent")
            becomes = Field(
                "disposition", "What becomes of the goods", options=_options(each.value for each in Disposition)
            )
            return [_map(kind, source, f"Map grade {source}", everyone, None, percent, becomes)]
        case "warehouses":
            code = Field("oro_code", "Its code in OroCommerce", optional=True)
            return [
                _map(
                    kind,
                    source,
                    "It is a destination: goods go into stock here",
                    everyone,
                    {"role": "destination"},
                    code,
                ),
                _map(kind, source, "It is a hub: goods only pass through", everyone, {"role": "hub"}),
            ]
        case "fees":
            treatment = Field("treatment", "What becomes of it", options=_options(each.value for each in FeeTreatment))
            service = Field("service_sku", "Service SKU on the credit memo (needed to deduct)", optional=True)
            return [_map(kind, source, f"Map fee {source}", everyone, None, treatment, service)]
        case "return_options":
            return [
                _map(kind, source, "It means a refund", everyone, "refund"),
                _map(kind, source, "It means an exchange: no credit memo", everyone, "exchange"),
                _map(kind, source, "It means store credit: no credit memo", everyone, "store_credit"),
            ]
        case "order_statuses" | "tracking_statuses":
            milestones = _options(each.word for each in Milestone if each is not Milestone.UNKNOWN)
            effect = f"{everyone} Only graded and restocked release money."
            return [_map(kind, source, f'Map "{source}"', effect, None, Field("value", "It means", options=milestones))]
        case _:
            return [_map(kind, source, f'Map "{source}"', everyone, None, Field("value", "The shop's own code"))]


def _scan_units(source: str, units: tuple[str, ...], warehouse: str) -> list[Choice]:
    """Each unit that Oro knows is one button; the same for one warehouse alone where that is known."""
    sku = source.partition("@")[0]
    found = [
        _map(
            "scan_units", sku, f"Treat as {unit} for {sku}", f"Every count of {sku} is in {unit}, now and later.", unit
        )
        for unit in units
    ]
    if warehouse:
        found += [
            _map(
                "scan_units",
                f"{sku}@{warehouse}",
                f"Treat as {unit} for {sku} at {warehouse} only",
                f"Every count of {sku} by {warehouse} is in {unit}.",
                unit,
            )
            for unit in units
        ]
    if not units:
        found.append(
            _map(
                "scan_units",
                sku,
                f"Name the unit of {sku}",
                f"Every count of {sku} is in that unit.",
                None,
                Field("value", "Unit code in OroCommerce"),
            )
        )
    return found


# What closing a flag by hand means, where it means more than to dismiss it.
_RESOLVED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "received_short": ("Accept the count", "What was counted is credited as it is; nothing more is expected."),
        "received_over": ("Accept: not credited", "What came back beyond the order stays without credit."),
        "received_over_request": ("Accept the count", "What was counted is credited as it is."),
        "quantity_exceeds_order": ("Settled with the customer", "The flag is closed; the ceiling of the order stays."),
        "sku_not_on_order": ("Settled with the customer", "The flag is closed; these goods are not credited."),
        "exchange_requested": ("Arranged with the customer", "The flag is closed; no credit memo is made."),
        "currency_mismatch": ("Credited by hand", "The flag is closed; nothing is credited by the bridge."),
        "price_incomplete": ("Price checked", "The flag is closed; the credit memo stays as it is."),
        "fee_needs_review": ("Fee settled", "The flag is closed; the credit memo stays as it is."),
        "fee_exceeds_credit": ("Fee settled", "The flag is closed; the credit memo stays as it is."),
        "regraded_after_credit": ("Accept: the credit stays", "The flag is closed; nothing is claimed back."),
        "cancelled_after_credit": (
            "Accept: the credit stays",
            "The flag is closed; nothing is claimed back.",
        ),
        "stale_return": ("Asked the warehouse", "The flag is closed until the return is late again elsewhere."),
        "edited_in_oro": ("Noted", "The flag is closed."),
    }
)
