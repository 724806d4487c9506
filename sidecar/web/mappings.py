"""``/v1/mappings``: ZigZag's words and what we take them for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from sidecar.sync import mappings as mapping_store
from sidecar.web import answers, schemas
from sidecar.web import body as bodies
from sidecar.web.auth import Caller
from sidecar.web.bridge import bridge
from sidecar.web.endpoint import Variant, answer, endpoint
from sidecar.web.problems import FieldError, Invalid, Problem, not_found

blueprint = Blueprint("mappings", __name__)

_ONE = "/v1/mappings/<kind>/<source:source>"  # the empty word too: /v1/mappings/return_options/
_EACH_KIND = tuple(
    Variant({"kind": kind}, {"source": schemas.mapping_source(kind)}, schemas.mapping_body(kind))
    for kind in mapping_store.KINDS
)


@blueprint.get("/v1/mappings")
@endpoint(
    "Every mapping in effect, defaults included",
    {200: ("In the shape of the mapping file.", answers.MappingsAnswer())},
    tag="mappings",
    scope="read",
)
def everything(caller: Caller) -> Response:
    with bridge().ledger.read() as conn:
        version, found = mapping_store.current(conn)
    return answer({"version": version, "mappings": found})


@blueprint.get("/v1/mappings/<kind>")
@endpoint(
    "The mappings of one kind, defaults included",
    {200: ("Words and their meanings.", answers.MappingKindAnswer())},
    tag="mappings",
    scope="read",
    problems={404: "There is no such kind."},
)
def of_kind(kind: str, caller: Caller) -> Response:
    _known(kind)
    with bridge().ledger.read() as conn:
        version, found = mapping_store.current(conn)
    return answer({"kind": kind, "version": version, "mappings": found[kind]})


@blueprint.put(_ONE)
@endpoint(
    "Map a word; what waited for it is due at once",
    {200: ("The mapping as it stands now.", answers.MappingAnswer())},
    tag="mappings",
    scope="desk",
    sent=schemas.MappingValueSchema(),
    problems={404: "There is no such kind.", 409: "It contradicts another mapping; errors says which."},
    variants=_EACH_KIND,
)
def put(kind: str, source: str, body: dict[str, Any], caller: Caller) -> Response:
    return _changed(kind, source, body["value"], caller)


@blueprint.delete(_ONE)
@endpoint(
    "Take a mapping back; a built-in default counts again",
    {200: ("Gone.", answers.MappingAnswer())},
    tag="mappings",
    scope="desk",
    problems={404: "There is no such kind, or the word is not mapped."},
    variants=_EACH_KIND,
)
def delete(kind: str, source: str, caller: Caller) -> Response:
    return _changed(kind, source, None, caller)


def _changed(kind: str, source: str, value: Any, caller: Caller) -> Response:
    here = bridge()
    _known(kind)
    bodies.check(schemas.MappingPath(), {"kind": kind, "source": source})
    try:
        done = mapping_store.change(here.ledger, kind, source, value, caller.name, here.clock())
    except mapping_store.InvalidMapping as error:
        refused = Invalid([FieldError(f"/value{p.pointer}", p.message) for p in error.problems])
        if isinstance(error, mapping_store.Contradiction):
            raise Problem(409, "contradiction", refused.detail, errors=refused.errors) from None
        raise refused from None
    except mapping_store.NotStored as error:
        raise Problem(404, "not-found", f"{error}.") from None
    shown = None if done.value is None else mapping_store.shown(kind, done.value)
    return answer(
        {
            "kind": kind,
            "source": done.source,
            "value": shown,
            "version": done.version,
            "changed": done.changed,
            "due": done.due,
            "cautions": [caution.message for caution in done.cautions],
        }
    )


def _known(kind: str) -> None:
    if kind not in mapping_store.KINDS:
        raise not_found(f"mapping kind {kind[:50]!r}; there are {', '.join(mapping_store.KINDS)}")
