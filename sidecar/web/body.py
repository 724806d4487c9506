"""The body and the query of a request: JSON with exact numbers, then a schema; what is wrong is told by pointer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from flask import request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from sidecar.web.problems import FieldError, Invalid, Problem

MAX_BODY = 1024 * 1024  # bytes (contracts/sidecar.md)
_MAX_DIGITS = 300


def read_raw() -> bytes:
    """The bytes of this request's body. Raises Problem: 413 beyond MAX_BODY, 400 when they arrive broken."""
    try:
        raw = request.get_data(cache=False)
    except ParseException:  # gunicorn's, of a chunked body
        raise Problem(400, "bad-request", "The chunks of the body cannot be told apart.") from None
    if len(raw) > MAX_BODY:
        raise RequestEntityTooLarge
    return raw


def read_body(schema: Schema) -> dict[str, Any]:
    """The valid JSON object of this request. Raises Problem: 413, 415, 400 (no JSON), 422 (not this object)."""
    raw = read_raw()
    if request.mimetype != "application/json":
        raise Problem(415, "unsupported-media-type", "Send the body as application/json.")
    return _checked(schema, _parsed(raw), "")


def read_query(schema: Schema) -> dict[str, Any]:
    """The valid query of this request; a parameter given twice is refused, as nobody could say which one counts."""
    stated = request.args.to_dict(flat=False)
    twice = [name for name, values in stated.items() if len(values) > 1]
    if twice:
        raise Invalid([FieldError(f"?{name[:100]}", "is given more than once") for name in twice])
    return _checked(schema, {name: values[0] for name, values in stated.items()}, "?")


def check(schema: Schema, stated: Mapping[str, Any]) -> dict[str, Any]:
    """Check values that stand in the path with a schema of theirs."""
    return _checked(schema, dict(stated), "path:")


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_fraction,
            parse_int=_whole,
            parse_constant=_constant,
        )
    except UnicodeDecodeError as error:
        raise Problem(400, "not-json", f"The body is not UTF-8 (byte {error.start}).") from None
    except json.JSONDecodeError as error:
        raise Problem(400, "not-json", f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except RecursionError:
        raise Problem(400, "not-json", "The body is nested too deeply.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise Problem(
            400, "not-json", f"The body has {twice[:100]!r} twice in one object; nobody could say which counts."
        )
    return found


def _fraction(literal: str) -> Decimal | str:
    try:
        return Decimal(literal)
    except InvalidOperation:  # an exponent beyond all bounds; as text it is refused by its field
        return literal


def _whole(literal: str) -> int | str:
    return int(literal) if len(literal) <= _MAX_DIGITS else literal


def _constant(name: str) -> NoReturn:
    raise Problem(400, "not-json", f"The body holds {name}, which is no JSON number.")


def _checked(schema: Schema, stated: Any, root: str) -> dict[str, Any]:
    try:
        if not isinstance(stated, dict):
            raise ValidationError("must be a JSON object")
        loaded: dict[str, Any] = schema.load(stated)
    except ValidationError as error:
        raise Invalid(list(_errors(error.messages, root))[:100]) from None
    return loaded


def _errors(messages: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            if name == "_schema":
                yield from _errors(inner, pointer)
            else:
                step = str(name)[:100].replace("~", "~0").replace("/", "~1")
                yield from _errors(inner, f"{pointer}{step}" if pointer in ("?", "path:") else f"{pointer}/{step}")
    elif isinstance(messages, str):
        yield FieldError(pointer, _sentence(messages))
    else:
        for message in messages:
            yield from _errors(message, pointer)


def _sentence(message: str) -> str:
    """marshmallow's own words in the manner of ours."""
    known = {
        "Missing data for required field.": "is missing",
        "Field may not be null.": "must not be null",
        "Unknown field.": "is not known here",
        "Not a valid list.": "must be a list",
        "Invalid input type.": "must be a JSON object",
    }
    return known.get(message, message)
