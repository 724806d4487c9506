"""Who is looking at the desk: the session behind the cookie, the token every form carries, and what a role may do."""

from __future__ import annotations

import hmac
import secrets
from typing import cast
from urllib.parse import urlsplit

from flask import Response, abort, g, redirect, request, session, url_for

from sidecar.ledger.users import UserRow
from sidecar.sync import roles, signing_in
from sidecar.web.bridge import bridge

TOKEN, FORM_TOKEN, FIELD = "token", "form", "csrf"  # names in the cookie, and the field of a form
OPEN = frozenset({"desk.static", "desk.sign_in", "desk.oidc_start", "desk.oidc_return"})
WITH_OLD_PASSWORD = frozenset({"desk.password", "desk.sign_out"})


def admit() -> Response | None:
    """Before every page: the session must not be over, and a form must be one of ours."""
    if request.endpoint == "desk.static":
        return None
    if "\0" in request.path or any("\0" in text for text in request.args.values()):
        abort(400)  # no word of the ledger holds it, and PostgreSQL cannot even be asked
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        _check_form()
    g.user = None
    token = session.get(TOKEN)
    if token is not None:
        here = bridge()
        g.user = signing_in.who(here.ledger, str(token), here.clock())
    if request.endpoint in OPEN:
        return None
    if g.user is None:
        return _to_sign_in()
    if g.user.must_change and request.endpoint not in WITH_OLD_PASSWORD:
        return _go(url_for("desk.password"))
    return None


def present() -> bool:
    """Whether somebody is signed in, on a page that is open to all."""
    return g.get("user") is not None


def user() -> UserRow:
    """The person who asks; never called on a page that is open to all."""
    return cast(UserRow, g.user)


def may_decide(owner: str) -> bool:
    return roles.may_decide(user().role_words, owner)


def may_map(kind: str) -> bool:
    return roles.may_map(user().role_words, kind)


def must(allowed: bool) -> None:
    """Refuses what the visitor's roles do not cover (403)."""
    if not allowed:
        abort(403)


def begin(found: signing_in.Session) -> None:
    """A cookie of its own for a new session: nothing of the one before survives."""
    session.clear()
    session[TOKEN] = found.token
    session[FORM_TOKEN] = secrets.token_urlsafe(24)


def end() -> str | None:
    """Forget the cookie; the token of the session it named."""
    token = session.get(TOKEN)
    session.clear()
    return token


def form_token() -> str:
    """What the forms of this visitor carry, so that no other site can send them."""
    if FORM_TOKEN not in session:
        session[FORM_TOKEN] = secrets.token_urlsafe(24)
    return str(session[FORM_TOKEN])


def _check_form() -> None:
    if any("\0" in text for _, text in request.form.items(multi=True)):
        abort(400)
    sent = request.form.get(FIELD, "") or request.headers.get("X-CSRF-Token", "")
    known = str(session.get(FORM_TOKEN, ""))
    if not known or not hmac.compare_digest(sent.encode(), known.encode()):
        abort(400, "This form is no longer valid, perhaps because you signed in or out meanwhile. Load the page again.")


def safe_next(target: str) -> str:
    """Where to go after signing in: a page of the desk, never another site."""
    parts = urlsplit(target)
    ours = not parts.scheme and not parts.netloc and target.startswith("/desk") and "\\" not in target
    return target if ours and target.isprintable() else url_for("desk.today")


def is_partial() -> bool:
    """htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def _to_sign_in() -> Response:
    back = request.full_path.rstrip("?") if request.method == "GET" and not is_partial() else None
    return _go(url_for("desk.sign_in", next=back) if back else url_for("desk.sign_in"))


def _go(target: str) -> Response:
    if is_partial():  # htmx would show the sign-in page inside the part
        return Response(status=204, headers={"HX-Redirect": target})
    return cast(Response, redirect(target, 303))
