"""One decorator for every address: who may, what may be sent, what is answered - and with that, its OpenAPI entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Response, request
from marshmallow import Schema

from sidecar.web import auth, body
from sidecar.zigzag.exact_json import dumps

View = Callable[..., Any]


@dataclass(frozen=True)
class Variant:
    """One address of several that a view serves, told apart in the document because they take different things.

    ``fixed``: path argument -> its value here; ``path``: the JSON Schema of the arguments that remain.
    """

    fixed: Mapping[str, str]
    path: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sent: Schema | None = None


@dataclass(frozen=True)
class Operation:
    """What the OpenAPI document says about a view. ``answers``: status -> (description, schema or None)."""

    summary: str
    answers: Mapping[int, tuple[str, Schema | None]]
    tag: str
    scope: str | None = None
    sent: Schema | None = None
    query: Schema | None = None
    path: Schema | None = None
    raw: str = ""  # "webhook": any body and the webhook's own credential
    media_type: str = "application/json"
    problems: Mapping[int, str] = field(default_factory=dict)
    variants: Sequence[Variant] = ()


def endpoint(
    summary: str,
    answers: Mapping[int, tuple[str, Schema | None]],
    *,
    tag: str,
    scope: str | None = None,
    sent: Schema | None = None,
    query: Schema | None = None,
    path: Schema | None = None,
    raw: str = "",
    media_type: str = "application/json",
    problems: Mapping[int, str] | None = None,
    variants: Sequence[Variant] = (),
) -> Callable[[View], View]:
    """Check the caller's scope, then path, query and body; the view gets ``caller``, ``query`` and ``body``.

    Values of the path are checked against ``path`` where the address alone cannot tell a wrong one from an unknown one.
    """
    described = Operation(
        summary, answers, tag, scope, sent, query, path, raw, media_type, problems or {}, tuple(variants)
    )
    nothing = Schema()

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**found: Any) -> Any:
            passed = dict(found)
            if scope is not None:
                passed["caller"] = auth.require(scope)
            if path is not None:
                body.check(path, found)
            if query is not None:
                passed["query"] = body.read_query(query)
            elif request.args and not raw:
                body.read_query(nothing)
            if sent is not None:
                passed["body"] = body.read_body(sent)
            return view(**passed)

        guarded.operation = described  # type: ignore[attr-defined]
        return guarded

    return decorate


def answer(value: Any, status: int = 200) -> Response:
    """JSON with exact numbers."""
    return Response(dumps(value) + "\n", status=status, content_type="application/json")
