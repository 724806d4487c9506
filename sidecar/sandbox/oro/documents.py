"""Writing documents and postings: the bundle's guards, then everything or nothing (contracts/bundle.md,
Writing).

A write has two halves, as in Oro: reading and checking, then the flush. Both hold the shop's lock, the time
between them does not; what changed in that time is what the revision check and the unique indexes are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sidecar.sandbox.oro.drafts import Draft, read_drafts
from sidecar.sandbox.oro.errors import Problem, Refused, conflict
from sidecar.sandbox.oro.rules import INVERSE, UNIQUE
from sidecar.sandbox.oro.shop import OroShop
from sidecar.sandbox.oro.store import Record
from sidecar.sandbox.oro.values import QUANTITY_LIMIT, as_quantity

# Kept in the order in which foreign keys allow the rows to be written.
_ORDER = (
    "orderreturns",
    "orderreturnlineitems",
    "orderreturncredits",
    "orderreturncreditlines",
    "orderreturnstockmovements",
)
_FOREIGN = "The line key belongs to another return."
_TO_MANY = {type_: [name for (owner, name) in INVERSE if owner == type_] for type_ in _ORDER}


def write_document(shop: OroShop, type_: str, body: Any, target: Record | None = None) -> tuple[bool, list[Draft]]:
    """True when the primary record is new, and the drafts with their final ids; refuses with the recorded
    titles.
    """
    with shop.lock:
        drafts = read_drafts(shop.tables, type_, body, target)
        _refuse_foreign_lines(shop, drafts)
        _refuse_stale_documents(drafts)
    if shop.write_pause:
        shop.closing.wait(shop.write_pause)
    with shop.lock:
        created = drafts[0].existing is None
        _check_revisions(shop, drafts)
        levels = _new_levels(shop, drafts)
        _check_unique(shop, drafts)
        _flush(shop, drafts, levels)
    return created, drafts


def _owner_id(value: Any) -> str | None:
    """The id of an existing record; None for one that is being made."""
    if isinstance(value, Draft):
        return value.existing.id if value.existing is not None else None
    return value if isinstance(value, str) else None


def _refuse_foreign_lines(shop: OroShop, drafts: Sequence[Draft]) -> None:
    """Guard 1: a line key of another return ([06] shows the hole, [13] the answer)."""
    problems = [
        Problem(409, "line key constraint", _FOREIGN, draft.at("lineKey"))
        for draft in drafts
        if draft.type == "orderreturnlineitems"
        and draft.existing is not None
        and "orderReturn" in draft.relations
        and draft.existing.relationships["orderReturn"] != _owner_id(draft.relations["orderReturn"])
    ]
    for draft in drafts:
        if draft.type == "orderreturns":
            own = draft.existing.id if draft.existing is not None else None
            for member in draft.relations.get("lineItems", ()):
                if isinstance(member, str) and _line_owner(shop, member) != own:
                    pointer = f"{draft.place}/relationships/lineItems/data"
                    problems.append(Problem(409, "line key constraint", _FOREIGN, pointer))
    if problems:
        raise Refused(*problems)


def _line_owner(shop: OroShop, line_id: str) -> str | None:
    owner: str | None = shop.tables["orderreturnlineitems"].rows[line_id].relationships.get("orderReturn")
    return owner


def _refuse_stale_documents(drafts: Sequence[Draft]) -> None:
    """Guard 2: a document older than the stored one ([14], with the title the contract gives)."""
    for draft in drafts:
        if draft.type == "orderreturns" and draft.existing is not None:
            stored = draft.existing.attributes.get("sourceUpdatedAt")
            sent = draft.attributes.get("sourceUpdatedAt")
            if stored is not None and sent is not None and sent < stored:
                detail = "A newer document was stored."
                raise Refused(Problem(409, "stale document constraint", detail, draft.at("sourceUpdatedAt")))


def _check_revisions(shop: OroShop, drafts: Sequence[Draft]) -> None:
    """Guard 3: compare and set ([29, 58], with the title the contract gives)."""
    for draft in drafts:
        existing = draft.existing if draft.type == "orderreturns" else None
        if existing is not None and existing.attributes.get("revision", 0) != draft.seen_revision:
            detail = "The return was changed by another request."
            pointer = draft.pointer or None
            raise Refused(Problem(409, "revision conflict constraint", detail, pointer))


def _new_levels(shop: OroShop, drafts: Sequence[Draft]) -> dict[str, str]:
    """Guard 4: levels after all movements; below zero is refused at the movement that does it ([31, 41, 49])."""
    levels: dict[str, Decimal] = {}
    for draft in drafts:
        if draft.type == "orderreturnstockmovements":
            level_id = draft.relations["inventoryLevel"]
            delta = Decimal(draft.attributes["quantity"])
            level = shop.tables["inventorylevels"].get(level_id)
            if level is None:
                raise Refused(conflict())
            quantity = levels.get(level_id, Decimal(level.attributes["quantity"])) + delta
            # A level that a PATCH left below zero ([88]) may still be raised.
            if quantity < 0 and delta < 0:
                detail = "The inventory level cannot go below zero."
                raise Refused(Problem(400, "inventory level constraint", detail, draft.at("quantity")))
            if abs(quantity) >= QUANTITY_LIMIT:
                # [32] was a 500; the contract wants a 400 with a pointer.
                detail = "The inventory level cannot hold this quantity."
                raise Refused(Problem(400, "inventory level constraint", detail, draft.at("quantity")))
            levels[level_id] = quantity
    return {level_id: as_quantity(quantity) for level_id, quantity in levels.items()}


def _check_unique(shop: OroShop, drafts: Sequence[Draft]) -> None:
    """The unique indexes, last of all because only the database knows ([15, 20, 21, 35, 42])."""
    taken: set[tuple[str, str]] = set()
    for draft in drafts:
        name = UNIQUE.get(draft.type)
        if name is None or name not in draft.attributes:
            continue
        key = draft.attributes[name]
        found = shop.tables[draft.type].one(name, key)
        if (found is not None and found is not draft.existing) or (draft.type, key) in taken:
            raise Refused(conflict())
        if draft.existing is not None and shop.tables[draft.type].get(draft.existing.id) is None:
            raise Refused(conflict())
        taken.add((draft.type, key))


def _flush(shop: OroShop, drafts: Sequence[Draft], levels: dict[str, str]) -> None:
    """Nothing below can fail: the checks are done, and the lock is held until the end."""
    now = shop.now()
    for draft in drafts:
        draft.id = draft.existing.id if draft.existing is not None else shop.tables[draft.type].new_id()
    changed_returns: set[str] = set()
    for draft in sorted(drafts, key=lambda draft: _ORDER.index(draft.type)):
        _write(shop, draft, now, changed_returns)
    returns = [draft for draft in drafts if draft.type == "orderreturns"]
    for draft in returns:
        _replace_lines(shop, draft, changed_returns)
        if draft.existing is not None:
            attributes = draft.existing.attributes
            attributes["revision"] = attributes.get("revision", 0) + 1
            if draft.id in changed_returns:
                attributes["updatedAt"] = now
    for level_id, quantity in levels.items():
        shop.tables["inventorylevels"].rows[level_id].attributes["quantity"] = quantity


def _write(shop: OroShop, draft: Draft, now: str, changed_returns: set[str]) -> None:
    table = shop.tables[draft.type]
    relations = {name: _stored(value) for name, value in draft.relations.items() if name not in _TO_MANY[draft.type]}
    if draft.existing is None:
        attributes = dict(draft.attributes)
        if draft.type in {"orderreturns", "orderreturncredits", "orderreturnstockmovements"}:
            attributes["createdAt"] = now
        if draft.type == "orderreturns":
            attributes.update(revision=0, updatedAt=now)
        for name in _TO_MANY[draft.type]:
            relations[name] = []
        table.add(Record(draft.type, draft.id, attributes, relations))
        changed = True
    else:
        record = draft.existing
        changed = any(record.attributes.get(name) != value for name, value in draft.attributes.items()) or any(
            record.relationships.get(name) != value for name, value in relations.items()
        )
        table.unindex(record)
        record.attributes.update(draft.attributes)
        record.relationships.update(relations)
        table.index(record)
    _join_owner(shop, draft, relations)
    if changed:
        if draft.type == "orderreturns":
            changed_returns.add(draft.id)
        elif draft.type == "orderreturnlineitems":
            # A change of lines alone bumps the header too (guard 3).
            owner = shop.tables["orderreturnlineitems"].rows[draft.id].relationships["orderReturn"]
            changed_returns.add(owner)


def _join_owner(shop: OroShop, draft: Draft, relations: dict[str, Any]) -> None:
    """The to-many side: lines and credits of a return, lines and movements of a credit."""
    if draft.existing is not None:
        return
    if draft.type == "orderreturncreditlines":
        owner, name = shop.tables["orderreturncredits"].rows[relations["credit"]], "lines"
    elif draft.type == "orderreturnstockmovements":
        if relations.get("credit") is None:
            return
        owner, name = shop.tables["orderreturncredits"].rows[relations["credit"]], "stockMovements"
    elif draft.type in {"orderreturnlineitems", "orderreturncredits"}:
        owner = shop.tables["orderreturns"].rows[relations["orderReturn"]]
        name = "lineItems" if draft.type == "orderreturnlineitems" else "credits"
    else:
        return
    owner.relationships.setdefault(name, []).append(draft.id)


def _replace_lines(shop: OroShop, draft: Draft, changed_returns: set[str]) -> None:
    """A line left out of `lineItems` is deleted; without the relation the lines stay ([03, 11, 18])."""
    if "lineItems" not in draft.relations:
        return
    record = shop.tables["orderreturns"].rows[draft.id]
    kept = [_stored(member) for member in draft.relations["lineItems"]]
    left_out = [id_ for id_ in record.relationships.get("lineItems", ()) if id_ not in kept]
    for id_ in left_out:
        delete_return_line(shop, id_)
        changed_returns.add(draft.id)
    record.relationships["lineItems"] = [id_ for id_ in kept if id_ in shop.tables["orderreturnlineitems"].rows]


def delete_return_line(shop: OroShop, id_: str) -> None:
    table = shop.tables["orderreturnlineitems"]
    credit_lines = shop.tables["orderreturncreditlines"]
    for line in credit_lines.find("orderReturnLineItem", id_):
        credit_lines.unindex(line)
        line.relationships["orderReturnLineItem"] = None
        credit_lines.index(line)
    table.remove(table.rows[id_])


def _stored(value: Any) -> Any:
    return value.id if isinstance(value, Draft) else value
