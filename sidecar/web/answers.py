"""What is answered: the shapes of ``contracts/sidecar.md`` as schemas, for the OpenAPI document and the tests."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from sidecar.returns.flags import OWNER
from sidecar.sync.mapping_values import KINDS
from sidecar.web.fields import SchemaField
from sidecar.web.schemas import FLAG_STATES, MILESTONES, OWNERS, RETURN_STATES, SEVERITIES

_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"


class Shape(SchemaField):
    """A field of an answer, told by its JSON Schema."""

    def __init__(self, shape: dict[str, Any], *, required: bool = True, **kwargs: Any) -> None:
        super().__init__(required=required, **kwargs)
        self.shape = shape

    def json_schema(self) -> dict[str, Any]:
        return self.shape


def text(**more: Any) -> Shape:
    return Shape({"type": "string", **more})


def moment() -> Shape:
    return Shape({"type": ["string", "null"], "format": "date-time"})


def decimal() -> Shape:
    return Shape({"type": "string", "pattern": _DECIMAL})


def maybe_decimal() -> Shape:
    return Shape({"type": ["string", "null"], "pattern": _DECIMAL})


def maybe(kind: str) -> Shape:
    return Shape({"type": [kind, "null"]})


def many(schema: type[Schema]) -> fields.List[Any]:
    return fields.List(fields.Nested(schema), required=True)


class FieldErrorAnswer(Schema):
    pointer = text()
    message = text()


class ProblemAnswer(Schema):
    """RFC 9457."""

    type = text()
    title = text()
    status = Shape({"type": "integer"})
    detail = text()
    errors = fields.List(fields.Nested(FieldErrorAnswer))
    next_step = Shape({"type": "string", "description": "What does what was asked for."}, required=False)


class TakenAnswer(Schema):
    return_id = text()
    state = text(enum=list(RETURN_STATES))
    links = Shape({"type": "object", "additionalProperties": {"type": "string"}})


class ValidatedLine(Schema):
    sku = text()
    eligible = Shape({"type": "boolean"})
    left = decimal()
    unit = text()
    problems = Shape({"type": "array", "items": {"type": "string"}})


class ValidatedAnswer(Schema):
    eligible = Shape({"type": "boolean"})
    problems = Shape({"type": "array", "items": {"type": "string"}})
    lines = many(ValidatedLine)


class GradedAnswer(Schema):
    grade = text()
    counted = decimal()
    scan_unit = text()
    credit_percent = maybe_decimal()
    disposition = text()


class LineAnswer(Schema):
    """Quantities are in the order line's unit, ``counted`` in its scan unit."""

    line_key = text()
    sku = text()
    order_line_id = maybe("string")
    unit = text()
    requested = decimal()
    received = decimal()
    accepted = decimal()
    credited = decimal()
    restocked = decimal()
    grades = many(GradedAnswer)
    held_by = Shape({"type": "array", "items": {"type": "string"}, "description": "Flag codes."})
    disposition = text()
    reason_code = text()


class CreditLineAnswer(Schema):
    """One line of a credit memo; ``explanation`` says how its amount comes about."""

    sku = text()
    description = text()
    quantity = decimal()
    unit = text()
    net = decimal()
    tax = decimal()
    value = decimal()
    order_line_id = maybe("string")
    line_key = maybe("string")
    explanation = text()


class StockMoveAnswer(Schema):
    """One inventory level raised; ``quantity`` in the level's own ``unit``."""

    sku = text()
    unit = text()
    quantity = decimal()
    level_id = maybe("string")
    line_key = maybe("string")


class PostingAnswer(Schema):
    """What was moved in Oro, or is about to be, under one key: a credit memo, stock, or both."""

    posting_key = text()
    state = text(enum=["planned", "sent", "confirmed", "unknown", "refused"])
    kind = text(enum=["credit", "stock"])
    status = text(enum=["issued", "draft"])
    currency = text()
    net = decimal()
    tax = decimal()
    total = decimal()
    oro_id = maybe("string")
    lines = many(CreditLineAnswer)
    stock = many(StockMoveAnswer)
    attempts = Shape({"type": "integer"})
    confirmed_at = moment()
    detail = text()


class FlagAnswer(Schema):
    """``subject`` is the object the flag is about; ``mapping`` the kind and source that would settle it."""

    id = Shape({"type": "integer"})
    code = text(enum=sorted(OWNER))
    subject = text()
    owner = text(enum=list(OWNERS))
    severity = text(enum=list(SEVERITIES))
    state = text(enum=list(FLAG_STATES))
    message = text()
    next_step = text()
    holds = text(enum=["", "credit", "stock", "all"])
    return_id = text()
    order_identifier = text()
    line_key = maybe("string")
    sku = text()
    amount = maybe_decimal()
    currency = text()
    mapping = Shape(
        {
            "type": ["object", "null"],
            "properties": {"kind": {"type": "string", "enum": list(KINDS)}, "source": {"type": "string"}},
            "required": ["kind", "source"],
            "additionalProperties": False,
        }
    )
    first_seen_at = moment()
    last_seen_at = moment()
    count = Shape({"type": "integer"})
    due_at = moment()
    assigned_to = text()
    closed_at = moment()
    closed_by = text()
    closed_reason = text()
    runbook = text()


class ReturnSummary(Schema):
    return_id = text()
    retailer_code = text()
    order_identifier = text()
    milestone = text(enum=list(MILESTONES))
    state = text(enum=list(RETURN_STATES))
    status = text(enum=["", *MILESTONES])
    warehouse = text()
    tracking = text()
    carrier = text()
    currency = text()
    owed = decimal()
    received_snapshots = Shape({"type": "integer"})
    last_snapshot_at = moment()
    synced_at = moment()
    changed_at = moment()


class ReturnAnswer(ReturnSummary):
    lines = many(LineAnswer)
    postings = many(PostingAnswer)
    flags = many(FlagAnswer)


class ReturnsAnswer(Schema):
    returns = many(ReturnSummary)
    next_cursor = maybe("string")


class FlagsAnswer(Schema):
    flags = many(FlagAnswer)
    next_cursor = maybe("string")


class SyncAnswer(Schema):
    return_id = text()
    request_id = text()


class OrderSyncAnswer(Schema):
    order_identifier = text()
    return_ids = Shape({"type": "array", "items": {"type": "string"}})
    requests = Shape({"type": "object", "additionalProperties": {"type": "string"}})


class RequestAnswer(Schema):
    state = text(enum=["queued", "running", "done", "failed"])
    detail = text()


class StoredAnswer(Schema):
    stored = Shape({"type": "boolean"})
    duplicate = Shape({"type": "boolean"})


class MappingsAnswer(Schema):
    version = Shape({"type": "integer"})
    mappings = Shape({"type": "object", "additionalProperties": {"type": "object"}})


class MappingKindAnswer(Schema):
    kind = text(enum=list(KINDS))
    version = Shape({"type": "integer"})
    mappings = Shape({"type": "object"})


class MappingAnswer(Schema):
    kind = text(enum=list(KINDS))
    source = text()
    value = Shape({"type": ["string", "object", "null"]})
    version = Shape({"type": "integer"})
    changed = Shape({"type": "boolean"})
    due = Shape({"type": "integer"})
    cautions = Shape({"type": "array", "items": {"type": "string"}})


class AliveAnswer(Schema):
    status = text()


class CheckAnswer(Schema):
    ok = Shape({"type": "boolean"})
    detail = text()
    age_seconds = maybe("integer")


class ReadyAnswer(Schema):
    ready = Shape({"type": "boolean"})
    checks = Shape(
        {
            "type": "object",
            "required": ["ledger", "redis", "dispatcher", "workers", "oro", "zigzag"],
            "additionalProperties": {"$ref": "#/components/schemas/CheckAnswer"},
        }
    )
