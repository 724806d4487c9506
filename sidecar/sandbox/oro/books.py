"""The books: what was credited and what stock moved, with the sums that must agree (contracts/bundle.md,
Writing).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypedDict

from sidecar.sandbox.oro.bundle import OF_BUNDLE
from sidecar.sandbox.oro.store import Record, Table


class Books(TypedDict):
    """`levels`: sku -> unit -> quantity now and at the opening; `problems`: sentences, empty when all agrees."""

    returns: list[dict[str, Any]]
    credits: list[dict[str, Any]]
    stock_movements: list[dict[str, Any]]
    levels: dict[str, dict[str, str]]
    opening_levels: dict[str, dict[str, str]]
    problems: list[str]


def read_books(tables: Mapping[str, Table], opening: Mapping[str, str], patched: Mapping[str, int]) -> Books:
    names = _Names(tables)
    movements = [_movement(record, names) for record in tables["orderreturnstockmovements"]]
    of_credit: dict[str | None, list[dict[str, Any]]] = {}
    for movement in movements:
        of_credit.setdefault(movement["credit"], []).append(movement)
    memos = [_credit(record, tables, names, of_credit) for record in tables["orderreturncredits"]]
    levels: dict[str, dict[str, str]] = {}
    opened: dict[str, dict[str, str]] = {}
    for level in tables["inventorylevels"]:
        sku, unit = names.level(level.id)
        levels.setdefault(sku, {})[unit] = level.attributes["quantity"]
        opened.setdefault(sku, {})[unit] = opening.get(level.id, "0")
    return {
        "returns": [_return(record, tables) for record in tables["orderreturns"]],
        "credits": memos,
        "stock_movements": movements,
        "levels": levels,
        "opening_levels": opened,
        "problems": _unbalanced_credits(memos) + _unbalanced_levels(tables, names, opening, patched),
    }


class _Names:
    """Ids turned into the words of the business."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables

    def of(self, type_: str, id_: str | None, attribute: str) -> Any:
        record = self.tables[type_].get(id_) if id_ is not None else None
        return None if record is None else record.attributes.get(attribute)

    def level(self, id_: str) -> tuple[str, str]:
        level = self.tables["inventorylevels"].rows[id_]
        precision = self.tables["productunitprecisions"].get(level.relationships["productUnitPrecision"])
        sku = self.of("products", level.relationships["product"], "sku")
        return sku or "", precision.relationships["unit"] if precision else ""


def _return(record: Record, tables: Mapping[str, Table]) -> dict[str, Any]:
    line_defaults = OF_BUNDLE["orderreturnlineitems"].attributes
    lines = [tables["orderreturnlineitems"].rows[id_] for id_ in record.relationships.get("lineItems", ())]
    rendered = [
        {**line_defaults, **line.attributes, "orderLineItem": line.relationships.get("orderLineItem")} for line in lines
    ]
    own = {**OF_BUNDLE["orderreturns"].attributes, **record.attributes}
    return {"id": record.id, **own, "order": record.relationships.get("order"), "lines": rendered}


def _movement(record: Record, names: _Names) -> dict[str, Any]:
    sku, unit = names.level(record.relationships["inventoryLevel"])
    return {
        **record.attributes,
        "sku": sku,
        "unit": unit,
        "orderReturn": names.of("orderreturns", record.relationships.get("orderReturn"), "externalId"),
        "credit": names.of("orderreturncredits", record.relationships.get("credit"), "postingKey"),
    }


def _credit(
    record: Record,
    tables: Mapping[str, Table],
    names: _Names,
    movements: Mapping[str | None, list[dict[str, Any]]],
) -> dict[str, Any]:
    lines = []
    for id_ in record.relationships.get("lines", ()):
        line = tables["orderreturncreditlines"].rows[id_]
        returned = tables["orderreturnlineitems"].get(line.relationships.get("orderReturnLineItem") or "")
        order_line = returned.relationships.get("orderLineItem") if returned else None
        key = returned.attributes["lineKey"] if returned else None
        lines.append({**line.attributes, "lineKey": key, "orderLineItem": order_line})
    return_id = record.relationships.get("orderReturn")
    order_id = record.relationships.get("order")
    return {
        **record.attributes,
        "orderReturn": names.of("orderreturns", return_id, "externalId"),
        "order": names.of("orders", order_id, "identifier"),
        "orderIdentifier": names.of("orderreturns", return_id, "orderIdentifier"),
        "lines": lines,
        "stockMovements": movements.get(record.attributes["postingKey"], []),
    }


def _unbalanced_credits(memos: list[dict[str, Any]]) -> list[str]:
    problems: list[str] = []
    for credit in memos:
        key = credit["postingKey"]
        problems.extend(
            f"{key}: a line of {line['productSku']} is not net plus tax"
            for line in credit["lines"]
            if Decimal(line["netValue"]) + Decimal(line["taxValue"]) != Decimal(line["value"])
        )
        for of_line, of_memo in (("netValue", "netValue"), ("taxValue", "taxValue"), ("value", "totalValue")):
            if sum(Decimal(line[of_line]) for line in credit["lines"]) != Decimal(credit[of_memo]):
                problems.append(f"{key}: the lines do not sum to {of_memo}")
    return problems


def _unbalanced_levels(
    tables: Mapping[str, Table], names: _Names, opening: Mapping[str, str], patched: Mapping[str, int]
) -> list[str]:
    """Opening plus movements is the level now, unless somebody set it with a PATCH."""
    moved: dict[str, Decimal] = {}
    for movement in tables["orderreturnstockmovements"]:
        level_id = movement.relationships["inventoryLevel"]
        moved[level_id] = moved.get(level_id, Decimal(0)) + Decimal(movement.attributes["quantity"])
    problems: list[str] = []
    for level in tables["inventorylevels"]:
        due = Decimal(opening.get(level.id, "0")) + moved.get(level.id, Decimal(0))
        if due != Decimal(level.attributes["quantity"]) and not patched.get(level.id):
            problems.append(f"level {'/'.join(names.level(level.id))}: {level.attributes['quantity']}, due {due}")
    return problems
