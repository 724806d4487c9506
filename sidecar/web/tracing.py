"""One correlation id per request: taken from the caller where it is sane, in every log line and on every answer."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack

from flask import Flask, Response, g, request

from sidecar import logs

SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def correlation_id() -> str:
    """The correlation id of this request."""
    found: str = g.correlation_id
    return found


def init_app(app: Flask) -> None:
    """Bind the id before a request and unbind it after; put it and the security headers on every answer."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)


def _begin() -> None:
    sent = request.headers.get("X-Correlation-ID", "") or request.headers.get("X-Request-ID", "")
    g.correlation_id = sent if SANE.fullmatch(sent) else logs.new_correlation_id()
    g.began = time.perf_counter()
    g.bound = ExitStack()
    g.bound.enter_context(logs.bind(correlation_id=g.correlation_id))


def _finish(response: Response) -> Response:
    known = g.get("correlation_id") or logs.new_correlation_id()
    response.headers["X-Request-ID"] = known
    response.headers["X-Correlation-ID"] = known
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _end(error: BaseException | None) -> None:
    bound: ExitStack | None = g.pop("bound", None)
    if bound is not None:
        bound.close()
