"""What may be sent: bodies and queries. Unknown fields are refused, which is what marshmallow does by itself."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from sidecar.returns.model import Milestone
from sidecar.sync.mapping_values import (
    KINDS,
    LONGEST_SOURCE,
    LONGEST_VALUE,
    OPTIONS,
    SCHEMAS,
    FeeSchema,
    GradeSchema,
    WarehouseSchema,
)
from sidecar.sync.mapping_values import MILESTONES as MILESTONE_WORDS
from sidecar.web.fields import LONGEST_WORD, Choice, Cursor, Id, Limit, Line, Moment, Note, Quantity, SchemaField, Word

MOST_LINES = 1000
LONGEST_PAGE = 200
RETURN_STATES = ("pending", "in_sync", "review", "failed")
FLAG_STATES = ("open", "assigned", "resolved", "released")
OWNERS = ("cx", "finance", "operations", "it")
SEVERITIES = ("info", "warning", "critical")
MILESTONES = tuple(milestone.word for milestone in Milestone)


class IntakeLineSchema(Schema):
    """One line of the request, in the order line's unit unless ``unit`` says otherwise."""

    sku = Line(LONGEST_WORD, required=True)
    quantity = Quantity(required=True)
    unit = Line(100, empty=True)
    reason = Line(LONGEST_WORD, empty=True)


class IntakeSchema(Schema):
    """A return as a shop or an agent announces it."""

    return_id = Id(required=True, metadata={"description": "ZigZag's id of the return."})
    order_identifier = Id(required=True, metadata={"description": "The order's identifier in OroCommerce."})
    lines = fields.List(
        fields.Nested(IntakeLineSchema),
        validate=validate.Length(max=MOST_LINES, error="must have at most {max} lines"),
    )


class ReturnQuery(Schema):
    """Which returns to list; what is empty or left out does not narrow."""

    state = Choice(RETURN_STATES, empty=True)
    milestone = Choice(MILESTONES, empty=True)
    order_identifier = Line(100, empty=True)
    changed_since = Moment()
    cursor = Cursor(metadata={"description": "next_cursor of the page before."})
    limit = Limit(LONGEST_PAGE)


class FlagQuery(Schema):
    """Which flags to list."""

    state = Choice(FLAG_STATES, empty=True)
    owner = Choice(OWNERS, empty=True)
    code = Line(100, empty=True)
    severity = Choice(SEVERITIES, empty=True)
    return_id = Line(100, empty=True)
    cursor = Cursor(metadata={"description": "next_cursor of the page before."})
    limit = Limit(LONGEST_PAGE)


class ReturnPath(Schema):
    """The return an address names."""

    return_id = Id(required=True)


class OrderPath(Schema):
    """The order an address names."""

    identifier = Id(required=True)


class AssignSchema(Schema):
    """Who takes a flag over."""

    assignee = Line(100, required=True)
    note = Note()


class NeedsNoteSchema(Schema):
    """Why; kept in the audit trail."""

    note = Note(required=True)


class MayNoteSchema(Schema):
    """Why, if there is something to say."""

    note = Note()


class MappingValue(SchemaField):
    """The value of a mapping; which shape it must have depends on its kind and is checked there."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str | dict):
            raise ValidationError("must be text, or an object for grades, warehouses and fees")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "object"]}


class MappingValueSchema(Schema):
    """X exactly as in the mapping file."""

    value = MappingValue(required=True)


class MappingPath(Schema):
    """The mapping an address names; only return options may be for the empty word."""

    kind = Choice(KINDS, required=True)
    source = Line(LONGEST_SOURCE, empty=True)


_STATUSES = ("order_statuses", "tracking_statuses")


def mapping_body(kind: str) -> Schema:
    """What a PUT of this kind takes, for the document; ``mapping_values.validate_value`` is who checks it."""
    value: fields.Field[Any]
    if kind in SCHEMAS:
        value = fields.Nested(type(SCHEMAS[kind]), required=True)
    elif kind in _STATUSES:
        value = Choice(MILESTONE_WORDS, required=True)
    elif kind == "return_options":
        value = Choice(OPTIONS, required=True)
    else:
        value = Word(LONGEST_VALUE, required=True)
    name = kind.title().replace("_", "")
    return Schema.from_dict({"value": value}, name=f"{name}MappingSchema")()


def mapping_source(kind: str) -> dict[str, Any]:
    """The JSON Schema of a word that this kind can map: the empty word only as a return option."""
    shape = Line(LONGEST_SOURCE, empty=kind == "return_options").json_schema()
    if kind in _STATUSES or kind == "grades":
        return {**shape, "allOf": [{"pattern": "[^ _-]"}]}  # separators alone are no word
    if kind == "scan_units":
        return {**shape, "not": {"pattern": r"^@[^@]*$|@$|^\*\s*@[^@]*$"}}  # "*", a SKU or SKU@WAREHOUSE
    return shape


# What one field demands of another, which marshmallow checks and cannot tell apispec.
BETWEEN_FIELDS: dict[str, dict[str, Any]] = {
    "Fee": {"anyOf": [{"required": ["service_sku"]}, {"properties": {"treatment": {"enum": ["review", "ignore"]}}}]}
}
COMPONENTS: dict[str, type[Schema]] = {"Grade": GradeSchema, "Warehouse": WarehouseSchema, "Fee": FeeSchema}
