"""Signing in with a password, signing out, and one's own new password."""

from __future__ import annotations

import math
from typing import Any

from flask import Response, flash, redirect, request, session, url_for

from sidecar.sync import passwords, signing_in
from sidecar.web.bridge import bridge
from sidecar.web.desk import visitor
from sidecar.web.desk.pages import blueprint, page

PROBLEM = "problem"  # in the cookie: why a single sign-on ended


def address() -> str:
    """Where the request comes from; behind proxies what they say, as far as TRUSTED_PROXIES trusts them."""
    return (request.remote_addr or "unknown")[:64]


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Any:
    target = visitor.safe_next(request.values.get("next", ""))
    if request.method == "GET":
        if visitor.present():
            return redirect(target, 303)
        return _form(target)
    here = bridge()
    name = request.form.get("name", "")[: signing_in.LONGEST_NAME]
    password = request.form.get("password", "")
    try:
        found = signing_in.by_password(here.ledger, name, password, address=address(), now=here.clock())
    except signing_in.Refused as error:
        return _form(target, name, _in_words(error), 429 if isinstance(error, signing_in.Throttled) else 401)
    visitor.begin(found)
    return redirect(target, 303)


@blueprint.post("/sign-out")
def sign_out() -> Any:
    here = bridge()
    user = visitor.user()
    token = visitor.end()
    if token:
        signing_in.sign_out(here.ledger, user, token, here.clock())
    flash("You are signed out.", "good")
    return redirect(url_for("desk.sign_in"), 303)


@blueprint.route("/password", methods=["GET", "POST"])
def password() -> Any:
    if request.method == "GET":
        return page("password.html", problem="")
    here = bridge()
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    if new != again:
        return page("password.html", 422, problem="The two new passwords differ.")
    try:
        found = signing_in.change_password(here.ledger, visitor.user(), old, new, address=address(), now=here.clock())
    except passwords.Unsuitable as error:
        return page("password.html", 422, problem=str(error))
    except signing_in.Throttled as error:
        return page("password.html", 429, problem=_in_words(error))
    except signing_in.Refused:
        return page("password.html", 422, problem="The present password is wrong.")
    visitor.begin(found)
    flash("Your password is changed; everywhere else you were signed in has ended.", "good")
    return redirect(url_for("desk.today"), 303)


def _form(target: str, name: str = "", problem: str = "", status: int = 200) -> Response:
    problem = problem or session.pop(PROBLEM, "")
    return page(
        "sign_in.html",
        status,
        next=target,
        name=name,
        problem=problem,
        single_sign_on=bool(bridge().settings.oidc_issuer),
    )


def _in_words(error: signing_in.Refused) -> str:
    if isinstance(error, signing_in.Throttled):
        minutes = math.ceil((error.until - bridge().clock()).total_seconds() / 60)
        wait = "a minute" if minutes <= 1 else f"{minutes} minutes"
        return f"Too many attempts. Try again in {wait}."
    return str(error)
