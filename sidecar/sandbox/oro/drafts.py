"""Reading a write's body into drafts: the primary record and its `included`, checked field by field.

Every problem of a body is reported at once, each with its pointer (bundle recordings 08, 43).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sidecar.sandbox.oro import sums
from sidecar.sandbox.oro.bundle import OF_BUNDLE
from sidecar.sandbox.oro.errors import Problem, Refused, not_blank, not_found
from sidecar.sandbox.oro.rules import (
    INVERSE,
    POSTINGS,
    READ_ONLY,
    REQUIRED_RELATIONS,
    RULES,
    UPSERT_FIELDS,
)
from sidecar.sandbox.oro.schema import Relation
from sidecar.sandbox.oro.store import Record, Table

Tables = Mapping[str, Table]
_NO_FIELD = "The upsert operation cannot use this field to find an entity."
_NO_ID = "The upsert operation cannot use the entity identifier to find an entity."
_UNLINKED = (
    "The entity should have a relationship with the primary entity and this should be explicitly specified "
    "in "
    "the request"
)


@dataclass(eq=False)
class Draft:
    """One record as the request wants it. A relation's value is an id, a Draft, None, or a list of these."""

    type: str
    local_id: str
    place: str
    existing: Record | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    relations: dict[str, Any] = field(default_factory=dict)
    seen_revision: int | None = None
    id: str = ""

    @property
    def pointer(self) -> str:
        """Where the record stands in the body; the primary one has no pointer of its own ([29] against [58])."""
        return "" if self.place == "/data" else self.place

    def at(self, name: str) -> str:
        return f"{self.place}/attributes/{name}"


def primary_data(body: Any, type_: str, id_: str | None) -> dict[str, Any]:
    """The `data` of a body, whose type and id must be those of the URL ([31, 32])."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        detail = "The 'data' property should be an object"
        raise Refused(Problem(400, "request data constraint", detail, "/data"))
    if data.get("type") != type_:
        detail = "The 'type' property of the primary data object should match the requested resource"
        raise Refused(Problem(409, "conflict constraint", detail, "/data/type"))
    if id_ is not None and str(data.get("id")) != id_:
        detail = "The 'id' property of the primary data object should match 'id' parameter of the query string"
        raise Refused(Problem(409, "conflict constraint", detail, "/data/id"))
    return data


def read_drafts(tables: Tables, type_: str, body: Any, target: Record | None) -> list[Draft]:
    """The primary draft first. `target` is the record of a PATCH. Refuses with everything that is wrong."""
    data = primary_data(body, type_, target.id if target is not None else None)
    included = body.get("included")
    if included is not None and (not isinstance(included, list) or not included):
        detail = "The 'included' property should not be empty"
        raise Refused(Problem(400, "request data constraint", detail, "/included"))
    reader = _Reader(tables, target)
    sources = [data, *(included or ())]
    for index, source in enumerate(sources):
        reader.add(source, "/data" if index == 0 else f"/included/{index - 1}")
    reader.read(sources)
    if reader.problems:
        raise Refused(*reader.problems)
    return reader.drafts


class _Reader:
    def __init__(self, tables: Tables, target: Record | None) -> None:
        self.tables = tables
        self.target = target
        self.drafts: list[Draft] = []
        self.local: dict[tuple[str, str], Draft] = {}
        self.problems: list[Problem] = []

    def add(self, source: Any, place: str) -> None:
        known = isinstance(source, dict) and source.get("type") in RULES
        if not known or (place != "/data" and not source.get("id")):
            detail = "The type or the id of an included entity is missing or unknown."
            raise Refused(Problem(400, "request data constraint", detail, place))
        draft = Draft(source["type"], str(source.get("id") or ""), place)
        if place == "/data":
            draft.existing = self.target
        self.drafts.append(draft)
        if draft.local_id:
            self.local[draft.type, draft.local_id] = draft

    def read(self, sources: list[dict[str, Any]]) -> None:
        for draft, source in zip(self.drafts, sources, strict=True):
            self._find_existing(draft, source.get("meta"), source.get("attributes") or {})
            self._attributes(draft, source.get("attributes") or {})
        for draft, source in zip(self.drafts, sources, strict=True):
            self._relations(draft, source.get("relationships") or {})
        if not self.problems:
            self._link()
            self._require_relations()
            self._require_connection()
        if not self.problems:
            self._require_sums()

    def _find_existing(self, draft: Draft, meta: Any, attributes: Mapping[str, Any]) -> None:
        meta = meta if isinstance(meta, dict) else {}
        at = "/meta/upsert" if draft.place == "/data" else f"{draft.place}/meta/upsert"
        if meta.get("update"):
            if draft.type in POSTINGS:
                detail = 'The "update" action is not allowed.'
                self.problems.append(Problem(400, "action not allowed exception", detail, draft.place))
                return
            draft.existing = self.tables[draft.type].get(draft.local_id)
            if draft.existing is None:
                problem = not_found()
                self.problems.append(Problem(problem.status, problem.title, problem.detail, draft.place))
        elif meta.get("upsert") and draft.existing is None:
            key = UPSERT_FIELDS.get(draft.type)
            if key is None:
                self.problems.append(Problem(400, "value constraint", "The upsert operation is not allowed.", at))
            elif meta["upsert"] is True:
                self.problems.append(Problem(400, "value constraint", _NO_ID, at))
            elif meta["upsert"] != [key]:
                self.problems.append(Problem(400, "value constraint", _NO_FIELD, at))
            else:
                draft.existing = self.tables[draft.type].one(key, attributes.get(key))
        if draft.type == "orderreturns" and draft.existing is not None:
            draft.seen_revision = draft.existing.attributes.get("revision", 0)

    def _attributes(self, draft: Draft, given: Mapping[str, Any]) -> None:
        rules = RULES[draft.type]
        extra = [name for name in given if name not in rules and name not in READ_ONLY]
        if extra:
            names = '", "'.join(extra)
            detail = f'This form should not contain extra fields: "{names}".'
            self.problems.append(Problem(400, "extra fields constraint", detail, draft.pointer or None))
        if draft.type == "orderreturncredits":
            self.problems.extend(sums.total_of(given, draft.place))
        elif draft.type == "orderreturncreditlines":
            self.problems.extend(sums.value_of(given, draft.place))
        for name, rule in rules.items():
            if name not in given:
                if rule.required and draft.existing is None:
                    self.problems.append(not_blank(draft.at(name)))
                continue
            checked = rule.check(given[name], draft.at(name))
            if isinstance(checked, Problem):
                self.problems.append(checked)
            else:
                draft.attributes[name] = checked

    def _relations(self, draft: Draft, given: Mapping[str, Any]) -> None:
        known = OF_BUNDLE[draft.type].relations
        for name, linkage in given.items():
            place = f"{draft.place}/relationships/{name}/data"
            if name in READ_ONLY:
                continue
            relation = known.get(name)
            if relation is None:
                detail = f'This form should not contain extra fields: "{name}".'
                self.problems.append(Problem(400, "extra fields constraint", detail, draft.pointer or None))
                continue
            data = linkage.get("data") if isinstance(linkage, dict) else None
            if relation.many:
                items = data if isinstance(data, list) else []
                draft.relations[name] = [self._target(relation, item, f"{place}/{n}") for n, item in enumerate(items)]
            else:
                draft.relations[name] = None if data is None else self._target(relation, data, place)

    def _target(self, relation: Relation, data: Any, place: str) -> Draft | str | None:
        if isinstance(data, dict) and data.get("type") == relation.target:
            found = self.local.get((relation.target, str(data.get("id"))))
            if found is not None:
                return found
            record = self.tables[relation.target].get(str(data.get("id")))
            if record is not None:
                return record.id
        self.problems.append(Problem(400, "form constraint", "The entity does not exist.", place))
        return None

    def _link(self) -> None:
        """Writes what the to-many side says into the records that hold the relation."""
        for draft in self.drafts:
            for (type_, many), inverse in INVERSE.items():
                if draft.type != type_:
                    continue
                for member in draft.relations.get(many, ()):
                    if isinstance(member, Draft):
                        member.relations[inverse] = draft
                    elif type_ == "orderreturncredits":
                        self._immutable(f"{draft.place}/relationships/{many}/data")
            if draft.type in POSTINGS and isinstance(draft.relations.get("credit"), str):
                # Guard 5: nothing is added to a posted credit (bundle recording 59 shows the hole).
                self._immutable(f"{draft.place}/relationships/credit/data")

    def _immutable(self, place: str) -> None:
        self.problems.append(
            Problem(
                400, "immutable posting constraint", "The credit memo is posted. Nothing can be added to it.", place
            )
        )

    def _require_relations(self) -> None:
        for draft in self.drafts:
            for name in REQUIRED_RELATIONS[draft.type]:
                if draft.existing is None and not draft.relations.get(name):
                    title = "count constraint" if name == "lines" else "not blank constraint"
                    detail = "This value should not be blank."
                    if name == "lines":
                        detail = "This collection should contain 1 element or more."
                    self.problems.append(Problem(400, title, detail, f"{draft.place}/relationships/{name}/data"))

    def _require_sums(self) -> None:
        for draft in self.drafts:
            if draft.type == "orderreturncredits" and draft.existing is None:
                lines = [line.attributes for line in draft.relations.get("lines", ()) if isinstance(line, Draft)]
                self.problems.extend(sums.lines_of(draft.attributes, lines, draft.place))

    def _require_connection(self) -> None:
        """An included record that nothing ties to the primary one is refused."""
        reached = {id(self.drafts[0])}
        edges: dict[int, set[int]] = {}
        for draft in self.drafts:
            for value in draft.relations.values():
                for other in value if isinstance(value, list) else (value,):
                    if isinstance(other, Draft):
                        edges.setdefault(id(draft), set()).add(id(other))
                        edges.setdefault(id(other), set()).add(id(draft))
        waiting = list(reached)
        while waiting:
            for other_id in edges.get(waiting.pop(), ()):
                if other_id not in reached:
                    reached.add(other_id)
                    waiting.append(other_id)
        self.problems.extend(
            Problem(400, "request data constraint", _UNLINKED, draft.place)
            for draft in self.drafts
            if id(draft) not in reached
        )
