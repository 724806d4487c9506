"""Rendering records as JSON:API documents, or as the plain REST shape ([18, 19]) OroCommerce falls back to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from sidecar.sandbox.oro.query import Query, Tree
from sidecar.sandbox.oro.schema import Relation, ResourceType
from sidecar.sandbox.oro.store import Record, Table

Plan = tuple[list[tuple[str, Any]], list[tuple[str, Relation]]]
_PLANS: dict[tuple[str, frozenset[str] | None], Plan] = {}
_NO_FIELDS: Mapping[str, frozenset[str]] = {}


class Renderer:
    """Renders for one set of sparse fieldsets; `base` is None when the client sent `noHateoas`."""

    def __init__(
        self,
        kinds: Mapping[str, ResourceType],
        tables: Mapping[str, Table],
        fields: Mapping[str, frozenset[str]] = _NO_FIELDS,
        base: str | None = None,
    ) -> None:
        self.kinds = kinds
        self.tables = tables
        self.fields = fields
        self.base = base

    def plan(self, type_: str) -> Plan:
        wanted = self.fields.get(type_)
        key = (type_, wanted)
        plan = _PLANS.get(key)
        if plan is None:
            kind = self.kinds[type_]
            plan = (
                [item for item in kind.attributes.items() if wanted is None or item[0] in wanted],
                [item for item in kind.relations.items() if wanted is None or item[0] in wanted],
            )
            if len(_PLANS) < 2000:
                _PLANS[key] = plan
        return plan

    def resource(self, record: Record, meta: Mapping[str, Any] | None = None) -> dict[str, Any]:
        attributes, relations = self.plan(record.type)
        rendered: dict[str, Any] = {"type": record.type, "id": record.id}
        own = f"{self.base}/{record.type}/{record.id}" if self.base is not None else None
        if meta is not None:
            rendered["meta"] = meta
        if own is not None:
            rendered["links"] = {"self": own}
        if attributes:
            stored = record.attributes
            rendered["attributes"] = {name: stored.get(name, default) for name, default in attributes}
        if relations:
            rendered["relationships"] = {name: self._relation(record, name, kind, own) for name, kind in relations}
        return rendered

    def _relation(self, record: Record, name: str, kind: Relation, own: str | None) -> dict[str, Any]:
        rendered: dict[str, Any] = {}
        if own is not None and kind.linked:
            rendered["links"] = {"self": f"{own}/relationships/{name}", "related": f"{own}/{name}"}
        target = related(record, name, kind)
        if kind.many:
            rendered["data"] = [{"type": kind.target, "id": id_} for id_ in target or ()]
        else:
            rendered["data"] = None if target is None else {"type": kind.target, "id": target}
        return rendered

    def included(self, records: Iterable[Record], tree: Tree) -> list[dict[str, Any]]:
        """Children before parents, each once: not in line order, as recorded in [61]."""
        emitted = {(record.type, record.id) for record in records}
        walked: set[tuple[str, str, int]] = set()
        found: list[dict[str, Any]] = []

        def walk(record: Record, branch: Tree) -> None:
            mark = (record.type, record.id, id(branch))
            if mark in walked:
                return
            walked.add(mark)
            for name, kind in self.plan(record.type)[1]:
                below = branch.get(name)
                table = self.tables.get(kind.target)
                if below is None or table is None:
                    continue
                for child in _children(table, related(record, name, kind)):
                    if below:
                        walk(child, below)
                    key = (child.type, child.id)
                    if key not in emitted:
                        emitted.add(key)
                        found.append(self.resource(child))

        if tree:
            for record in records:
                walk(record, tree)
        return found

    def plain(self, record: Record) -> dict[str, Any]:
        attributes, relations = self.plan(record.type)
        rendered: dict[str, Any] = {"id": record.order}
        for name, default in attributes:
            rendered[name] = record.attributes.get(name, default)
        for name, kind in relations:
            target = related(record, name, kind)
            rendered[name] = [_plain_id(id_) for id_ in target or ()] if kind.many else _plain_id(target)
        return rendered


def _children(table: Table, target: Any) -> Iterable[Record]:
    """The records a relation points at; what was deleted meanwhile is left out."""
    ids = target if isinstance(target, list) else () if target is None else (target,)
    return [record for record in map(table.get, ids) if record is not None]


def related(record: Record, name: str, kind: Relation) -> Any:
    if kind.derived is not None:
        return kind.derived(record)
    return record.relationships.get(name, kind.default)


def _plain_id(id_: str | None) -> int | str | None:
    return int(id_) if id_ is not None and id_.isdigit() else id_


def page_links(base: str, type_: str, query: Query, total: int) -> dict[str, str]:
    """first, prev and next only where such pages exist ([71-73])."""
    own = f"{base}/{type_}"
    links = {"self": own}
    given = {name: value for name, value in query.given.items() if name != "page[number]"}

    def page(number: int) -> str:
        asked = dict(given) if number == 1 else {**given, "page[number]": str(number)}
        return f"{own}?{urlencode(sorted(asked.items()))}" if asked else own

    if query.number > 1:
        links["first"] = page(1)
        links["prev"] = page(query.number - 1)
    if query.size >= 0 and query.number * query.size < total:
        links["next"] = page(query.number + 1)
    return links
