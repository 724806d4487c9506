"""Requests and answers, and what OroCommerce reads in their headers (contracts/oro.md section 2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sidecar.sandbox.oro.errors import Problem, Refused
from sidecar.sandbox.oro.faults import Fault

JSON_API = "application/vnd.api+json"
PREFIX = "/admin/api/"
TOKEN_PATH = "/oauth2-token"  # noqa: S105 - a path
# nginx: four buffers of 8 kB, one holds the request line (7.8 kB ok, 9.3 kB refused).
URL_LIMIT = 8192 - len("PATCH  HTTP/1.1\r\n")
WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_ACCEPT = (
    'The "Accept" request header should contains at least one instance of JSON:API media type without any parameters.'
)
_CONTENT_TYPE = 'The "Content-Type" request header should contain JSON:API media type without any parameters.'

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """`target` is path and query as sent; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """`wait` seconds pass before it is sent; `cut` is what the wire does: "", "drop" (nothing sent) or
    "truncate".
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    wait: float = 0.0
    cut: str = ""


def html(status: int, title: str, headers: Headers = ()) -> Answer:
    body = f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n<center><h1>{status} {title}</h1>"
    body += "</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    return Answer(status, (("Content-Type", "text/html"), *headers), body.encode())


def json_answer(status: int, content: Any, media: str = JSON_API, headers: Headers = ()) -> Answer:
    return Answer(status, (("Content-Type", media), *headers), _dump(content).encode())


def not_claimed(request: Request, what: str) -> Refused:
    """A 501 says that Oro could, and that the stand-in does not pretend to."""
    return Refused(Problem(501, "not implemented", f"The stand-in has no {request.method} of {what}."))


def server_error() -> Answer:
    """[32]: a 500 has a title and no detail."""
    return json_answer(500, {"errors": [{"status": "500", "title": "driver exception"}]})


def _come_back(status: int, title: str) -> Callable[[Fault], Answer]:
    def answer(fault: Fault) -> Answer:
        after: Headers = () if fault.retry_after is None else (("Retry-After", str(fault.retry_after)),)
        return html(status, title, after)

    return answer


FAULT_ANSWERS: Mapping[str, Callable[[Fault], Answer]] = {
    "timeout_before": lambda fault: Answer(504, wait=fault.seconds, cut="drop"),
    "drop_before": lambda fault: Answer(504, cut="drop"),
    "error500_before": lambda fault: server_error(),
    "unavailable503": _come_back(503, "Service Temporarily Unavailable"),
    "throttled429": _come_back(429, "Too Many Requests"),
}


def bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def base_url(request: Request) -> str:
    return f"http://{request.headers.get('host', 'oro.example')}{PREFIX.rstrip('/')}"


def is_plain(headers: Mapping[str, str]) -> bool:
    """Anything but the JSON:API media type gets the plain REST shape ([18, 19])."""
    return JSON_API not in headers.get("accept", "*/*")


def wrong_media(request: Request) -> Problem | None:
    """406 and 415 ([17, 20, 22])."""
    accepted = [part.strip() for part in request.headers.get("accept", "*/*").split(",")]
    if any(part.startswith(JSON_API) for part in accepted) and JSON_API not in accepted:
        return Problem(406, "not acceptable http exception", _ACCEPT)
    if not any(part.partition(";")[0] in {JSON_API, "application/json", "application/*", "*/*"} for part in accepted):
        detail = "Only JSON representation of the requested resource is supported."
        return Problem(406, "not acceptable http exception", detail)
    if request.method in {"POST", "PATCH"} and request.headers.get("content-type") not in {
        JSON_API,
        "application/json",
    }:
        return Problem(415, "unsupported media type http exception", _CONTENT_TYPE)
    return None


def read_body(request: Request) -> Any:
    """[23]"""
    try:
        return json.loads(request.body, parse_float=Decimal)
    except ValueError:
        detail = "Invalid json message received."
        raise Refused(Problem(400, "bad request http exception", detail)) from None
