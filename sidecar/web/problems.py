"""Every error as RFC 9457 ``application/problem+json``; translated once, here, and never with a stack trace."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from sidecar.zigzag.exact_json import dumps

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
LEDGER_RETRY_AFTER = 5  # seconds


@dataclass(frozen=True)
class FieldError:
    """One field that was refused: where it is (JSON pointer into the body, ``?name`` in the query) and why."""

    pointer: str
    message: str


class Problem(Exception):
    """An answer that is not what was asked for. ``slug`` names the kind of problem for programs."""

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = extra

    def response(self) -> Response:
        body: dict[str, Any] = {
            "type": f"urn:returns-bridge:problem:{self.slug}",
            "title": _title(self.status),
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }
        if self.errors:
            body["errors"] = [{"pointer": error.pointer, "message": error.message} for error in self.errors]
        answer = Response(dumps(body) + "\n", status=self.status, content_type=MEDIA_TYPE)
        answer.headers.extend(self.headers)
        return answer


class Invalid(Problem):
    """422: the request can be read, but its fields cannot be what they are."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(422, "invalid", f"{first.pointer or '/'}: {first.message}{more}", errors=errors)


def not_found(what: str) -> Problem:
    return Problem(404, "not-found", f"There is no {what}.")


def init_app(app: Flask) -> None:
    """Let every error of this app leave as a problem."""
    app.register_error_handler(Problem, lambda error: error.response())
    app.register_error_handler(HTTPException, _of_flask)
    app.register_error_handler(DBAPIError, _of_ledger)
    app.register_error_handler(PoolTimeout, _of_ledger)
    app.register_error_handler(Exception, _unforeseen)


_DETAILS = {
    404: "There is nothing at this address; /openapi.json lists what there is.",
    413: "The body is larger than 1 MiB.",
    415: "Send the body as application/json.",
    500: "Something went wrong here; it is in our log under the X-Request-ID of this answer.",
}


def _of_flask(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect of the router is no error
        return Response(error.get_response(request.environ).get_data(), status, error.get_headers())
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    detail = _DETAILS.get(status) or (error.description or _title(status)).splitlines()[0]
    return Problem(status, _title(status).lower().replace(" ", "-"), detail, headers=headers).response()


def _of_ledger(error: Exception) -> Response:
    """The ledger cannot be reached or is locked. ZigZag repeats after a 500 only; everybody else asks again later."""
    log.error("ledger failed", exc_info=error)
    if request.path.startswith("/v1/webhooks/"):
        return Problem(500, "not-stored", "The message could not be stored; send it again.").response()
    return Problem(
        503,
        "ledger-unavailable",
        "The ledger cannot be reached; ask again in a moment.",
        headers={"Retry-After": str(LEDGER_RETRY_AFTER)},
    ).response()


def _unforeseen(error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return Problem(500, "internal-server-error", _DETAILS[500]).response()


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
