"""The OpenAPI 3.1 document, made from the addresses of the app and the schemas they check and answer with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Flask, Response, current_app
from marshmallow import Schema
from werkzeug.routing import Rule

from sidecar.web import answers, schemas
from sidecar.web.bridge import Bridge, bridge
from sidecar.web.endpoint import Operation, Variant, answer
from sidecar.web.fields import schema_of
from sidecar.web.problems import MEDIA_TYPE

blueprint = Blueprint("openapi", __name__)

_ARGUMENT = re.compile(r"<(?:(?P<kind>[a-z]+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
_ANYTHING = "any JSON value"
_DESCRIPTION = """Takes returns in, checks them against their orders, waits until the warehouse has graded the goods and
then writes return, credit memo and stock into OroCommerce, once. Everything here stores and answers; workers work.

Quantities and amounts are decimal strings. Times are UTC. Errors are RFC 9457 problems."""


@blueprint.get("/openapi.json")
def serve() -> Response:
    """Public, as it holds nothing but shapes."""
    here = bridge()
    if "openapi" not in here.kept:
        here.kept["openapi"] = document(current_app, here)
    return answer(here.kept["openapi"])


def document(app: Flask, here: Bridge) -> dict[str, Any]:
    """The document for this app; the webhook's credential is described as it is configured."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec(
        title="OroCommerce - ZigZag returns bridge",
        version="1",
        openapi_version="3.1.0",
        info={"description": _DESCRIPTION},
        plugins=[plugin],
    )
    if plugin.converter is None:
        raise RuntimeError("apispec did not start its marshmallow plugin")
    plugin.converter.add_attribute_function(  # type: ignore[no-untyped-call]
        lambda _, field, **kwargs: dict(schema_of(field))
    )
    spec.components.security_scheme("key", {"type": "http", "scheme": "bearer", "description": "An API key."})
    spec.components.security_scheme("webhook", _webhook_scheme(here))
    for name, schema in schemas.COMPONENTS.items():
        spec.components.schema(name, schemas.BETWEEN_FIELDS.get(name, {}), schema=schema)
    for known in (answers.CheckAnswer, answers.ProblemAnswer):
        spec.components.schema(_name_of(known), schema=known)
    paths: dict[str, dict[str, Any]] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        operation: Operation | None = getattr(app.view_functions[rule.endpoint], "operation", None)
        if operation is None:
            continue
        for variant in operation.variants or (Variant({}),):
            path = _path(rule, variant)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                paths.setdefault(path, {})[method.lower()] = _operation(rule, operation, variant)
    for path, operations in paths.items():
        spec.path(path=path, operations=operations)
    made = spec.to_dict()
    made["servers"] = [{"url": "/"}]
    return made


def _path(rule: Rule, variant: Variant) -> str:
    return _ARGUMENT.sub(lambda found: variant.fixed.get(found["name"], f"{{{found['name']}}}"), rule.rule)


def _operation(rule: Rule, described: Operation, variant: Variant) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": "_".join([rule.endpoint.replace(".", "_"), *variant.fixed.values()]),
        "summary": described.summary,
        "tags": [described.tag],
        "responses": _responses(rule, described),
        "parameters": _path_parameters(rule, described, variant),
        "security": [{"key": []}] if described.scope else [{"webhook": []}] if described.raw else [],
    }
    if described.scope:
        made["description"] = f"Scope: {described.scope}."
    if described.query is not None:
        made["parameters"].append({"in": "query", "schema": described.query})
    if described.sent is not None:
        sent = variant.sent or described.sent
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": sent}}}
    if described.raw:
        made["requestBody"] = {"content": {"application/json": {"schema": {"description": _ANYTHING}}}}
    return made


def _responses(rule: Rule, described: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for status, (description, schema) in described.answers.items():
        made[str(status)] = {"description": description}
        if schema is not None:
            made[str(status)]["content"] = {described.media_type: {"schema": schema}}
        elif described.media_type != "application/json":
            made[str(status)]["content"] = {described.media_type: {"schema": {"type": "string"}}}
    problems: dict[int, str] = {}
    if described.scope:
        problems |= {401: "No API key, or one that is not known.", 403: "The key lacks the scope."}
        problems |= {503: "The ledger cannot be reached."}
    if described.sent is not None:
        problems |= {400: "The body is not JSON.", 413: "Larger than 1 MiB.", 415: "Not application/json."}
    if described.raw:
        problems |= {413: "Larger than 1 MiB."}
    if described.scope or described.sent or described.query or described.path:
        problems |= {422: "Fields that cannot be; errors says which."}
    problems |= described.problems
    for status, description in sorted(problems.items()):
        made.setdefault(
            str(status),
            {"description": description, "content": {MEDIA_TYPE: {"schema": answers.ProblemAnswer}}},
        )
    return made


def _path_parameters(rule: Rule, described: Operation, variant: Variant) -> list[dict[str, Any]]:
    found = []
    for match in _ARGUMENT.finditer(rule.rule):
        name = match["name"]
        if name in variant.fixed:
            continue
        shape: Mapping[str, Any] = {"type": "string", "minLength": 1}
        if name in variant.path:
            shape = variant.path[name]
        elif match["kind"] == "int":
            shape = {"type": "integer", "minimum": 0}
        elif described.path is not None and name in described.path.fields:
            shape = schema_of(described.path.fields[name])
        elif name == "kind":
            shape = schema_of(schemas.MappingPath().fields["kind"])
        found.append({"in": "path", "name": name, "required": True, "schema": dict(shape)})
    return found


def _webhook_scheme(here: Bridge) -> dict[str, Any]:
    mode, _, header = here.settings.zigzag_webhook_auth.partition(":")
    if mode.strip().lower() == "basic":
        return {"type": "http", "scheme": "basic", "description": "ZIGZAG_WEBHOOK_SECRET."}
    what = "ZIGZAG_WEBHOOK_SECRET" if mode.strip().lower() == "header" else "HMAC-SHA256 of the raw body, hex"
    return {"type": "apiKey", "in": "header", "name": header.strip(), "description": what}


def _name_of(schema: Schema | type[Schema] | str) -> str:
    if isinstance(schema, str):
        return schema
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")
