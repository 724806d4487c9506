"""What every page of the desk has: its blueprint, its headers, its words for what went wrong."""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, get_flashed_messages, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from sidecar.sync import roles
from sidecar.web.bridge import bridge
from sidecar.web.desk import visitor
from sidecar.web.desk.wording import FILTERS
from sidecar.web.problems import Problem
from sidecar.web.tracing import correlation_id

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
blueprint = Blueprint(
    "desk",
    __name__,
    url_prefix="/desk",
    static_folder="static",
    static_url_path="/static",
    template_folder="templates",
)

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_A_YEAR = 31_536_000
_WORDS = {
    400: "The request could not be read.",
    403: "Your roles do not cover this. Ask an admin of the desk if they should.",
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
    413: "That is larger than 1 MiB.",
    500: "Something went wrong here. It is in our log under the number below.",
    503: "The ledger cannot be reached. Nothing is lost; try again in a moment.",
}


blueprint.before_request(visitor.admit)


@blueprint.after_request
def _headers(response: Response) -> Response:
    if request.endpoint == "desk.static":
        response.headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"  # the address names the content
        return response
    response.headers.update(_HEADERS)
    if bridge().settings.desk_url.startswith("https:"):
        response.headers["Strict-Transport-Security"] = f"max-age={_A_YEAR}"
    return response


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {
        "user": g.get("user"),
        "asset": asset,
        "form_token": _form_token,
        "notices": lambda: get_flashed_messages(with_categories=True),
        "navigation": _navigation,
        "here": (request.endpoint or "").removeprefix("desk.").partition("_")[0],
        "may_decide": visitor.may_decide,
        "may_map": visitor.may_map,
        "now": bridge().clock(),
    }


def _form_token() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(visitor.FIELD, visitor.form_token())


def _navigation() -> list[tuple[str, str]]:
    """(page, what it is called) for this visitor."""
    shown = [("today", "Today"), ("flags", "Flags"), ("returns", "Returns"), ("mappings", "Mappings")]
    if roles.may_manage_users(visitor.user().role_words):
        shown.append(("users", "Users"))
    return [*shown, ("guides", "Guides")]


for _name, _filter in FILTERS.items():
    blueprint.add_app_template_filter(_filter, _name)


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep it for ever."""
    digest = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return url_for("desk.static", filename=name, v=digest)


def page(template: str, status: int = 200, **words: Any) -> Response:
    return Response(render_template(template, **words), status=status, content_type="text/html; charset=utf-8")


def error_page(status: int, text: str = "") -> Response:
    """An error in the desk's own words, with the number under which our log has it."""
    return page(
        "error.html",
        status,
        code=status,
        title=HTTPStatus(status).phrase,
        text=text or _WORDS.get(status, ""),
        number=correlation_id(),
    )


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    own = error.description if status == 400 and error.description != type(error).description else ""
    return error_page(status, own or "")


@blueprint.errorhandler(Problem)
def _problem(error: Problem) -> Response:
    return error_page(error.status, error.detail)


@blueprint.errorhandler(DBAPIError)
@blueprint.errorhandler(PoolTimeout)
def _ledger(error: Exception) -> Response:
    log.error("ledger failed", exc_info=error)
    g.user = g.get("user")
    return error_page(503)


@blueprint.errorhandler(Exception)
def _unforeseen(error: Exception) -> Response:
    log.error("page failed", exc_info=error)
    return error_page(500)


@blueprint.route("/<path:rest>", methods=["GET", "POST"])
def nowhere(rest: str) -> Response:
    """So that an unknown address is told in the desk's words, after signing in."""
    return error_page(404)
