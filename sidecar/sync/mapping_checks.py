"""Whether mappings make sense together, asked once for the API, a mapping file, the command line and the desk.

What cannot be is refused (``InvalidMapping``); what is likely not meant is a caution: said, and done all the same. That
a grade which scraps raises no stock, and that a hub raises none, is in the shape of their values: only the disposition
``restock`` and only the role ``destination`` do, and no value can hold both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sidecar.returns.lookups import same_word
from sidecar.sync.mapping_values import Problem, Raw

Word = tuple[str, str]  # kind and source


@dataclass(frozen=True)
class Caution:
    """Something that is probably not meant. ``message`` is a sentence."""

    kind: str
    source: str
    message: str

    def __str__(self) -> str:
        return f'{self.kind} "{self.source}": {self.message}'


@dataclass(frozen=True)
class Shop:
    """What orders read so far tell. ``units_of``: the units Oro has of a SKU, None when no order sold it;
    ``sells``: whether a return had goods of the SKU on an order line."""

    units_of: Callable[[str], frozenset[str] | None]
    sells: Callable[[str], bool]


def problems(merged: Raw, changed: Mapping[Word, Any]) -> Iterator[tuple[Word, Problem]]:
    """What cannot be, of the words that change; pointers are relative to the value. ``merged``: all as it would be."""
    for (kind, source), value in changed.items():
        if kind == "warehouses" and value is not None:
            for problem in _two_roles(source, value, merged["warehouses"]):
                yield (kind, source), problem


def cautions(merged: Raw, changed: Mapping[Word, Any], shop: Shop) -> Iterator[Caution]:
    """What is probably not meant, of the words that change."""
    for (kind, source), value in changed.items():
        if value is not None and kind in _CAUTIONS:
            for message in _CAUTIONS[kind](source, value, merged, shop):
                yield Caution(kind, source, message)


def _two_roles(source: str, value: Mapping[str, Any], warehouses: Mapping[str, Any]) -> Iterator[Problem]:
    """One warehouse of Oro is known to ZigZag by reference or by name; it is a hub or a destination, not both."""
    code = str(value.get("oro_code") or "").casefold()
    for other, rule in warehouses.items():
        same = code and other != source and str(rule.get("oro_code") or "").casefold() == code
        if same and rule["role"] != value["role"]:
            yield Problem("/role", f'cannot be {value["role"]}: "{other}" maps the same Oro code as a {rule["role"]}')
            return


def _grade(source: str, value: Mapping[str, Any], merged: Raw, shop: Shop) -> Iterator[str]:
    percent, becomes = Decimal(str(value["credit_percent"])), value["disposition"]
    if becomes == "restock" and percent == 0:
        yield "the goods go back into stock and the customer is credited nothing."
    if becomes in ("missing", "wrong_item") and percent > 0:
        yield "such goods did not come back, so nothing is credited, whatever the percent."
    if becomes == "hold":
        yield "its rows wait, credit and stock, until the grade is mapped to something else."


def _scan_unit(source: str, value: str, merged: Raw, shop: Shop) -> Iterator[str]:
    sku = source.partition("@")[0].strip()
    if value == "primary":
        return
    if sku == "*":
        yield f"every product that Oro does not know in {value} will be flagged unit_not_resolved."
        return
    units = shop.units_of(sku)
    if units is None:
        yield f"no order read so far sells {sku}, so whether Oro knows it in {value} is not known."
    elif value not in units:
        yield f"Oro knows {sku} in {', '.join(sorted(units))}, not in {value}: its counts will be flagged."


def _fee(source: str, value: Mapping[str, Any], merged: Raw, shop: Shop) -> Iterator[str]:
    if shop.sells(source):
        yield f"{source} is sold as goods: rows of it will count as a fee, and be credited no longer."


def _option(source: str, value: str, merged: Raw, shop: Shop) -> Iterator[str]:
    if source == "" and value != "refund":
        yield "every return that names no option gets no credit memo any more."


def _status(kind: str, other: str) -> Callable[[str, str, Raw, Shop], Iterator[str]]:
    def check(source: str, value: str, merged: Raw, shop: Shop) -> Iterator[str]:
        if value in ("graded", "restocked"):
            yield f'from now on "{source}" releases credit{" and stock" if value == "restocked" else ""}.'
        key = same_word(kind, source)
        twin = next((v for word, v in merged[other].items() if same_word(other, word) == key), value)
        if twin != value:
            yield f"the same word means {twin} among the {other.replace('_', ' ')}."

    return check


_CAUTIONS: Mapping[str, Callable[[str, Any, Raw, Shop], Iterator[str]]] = {
    "grades": _grade,
    "scan_units": _scan_unit,
    "fees": _fee,
    "return_options": _option,
    "order_statuses": _status("order_statuses", "tracking_statuses"),
    "tracking_statuses": _status("tracking_statuses", "order_statuses"),
}
