"""Single sign-on: who the company's issuer says this is, and which roles its groups have here."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from flask import abort, redirect, request, session, url_for

from sidecar.settings import Settings
from sidecar.sync import signing_in
from sidecar.web.bridge import bridge
from sidecar.web.desk import visitor
from sidecar.web.desk.pages import blueprint
from sidecar.web.desk.signing_in import PROBLEM, address

log = logging.getLogger(__name__)

NEXT = "next"
_NOT_IN_A_NAME = re.compile(r"[^\w.@+-]+")


@blueprint.get("/sign-in/company")
def oidc_start() -> Any:
    """Off to the issuer."""
    account = _account()
    session[NEXT] = visitor.safe_next(request.args.get("next", ""))
    try:
        return account.leave(bridge(), f"{bridge().settings.desk_url}{url_for('desk.oidc_return')}")
    except account.NotConfirmed as error:
        return _refused(str(error), error.__cause__)


@blueprint.get("/sign-in/company/return")
def oidc_return() -> Any:
    """Back from the issuer, with a code that only we can turn into a token."""
    account = _account()
    here = bridge()
    target = visitor.safe_next(str(session.get(NEXT, "")))
    try:
        claims = account.come_back(here)
    except account.NotConfirmed as error:
        return _refused(str(error), error.__cause__)
    roles = roles_of(claims, here.settings)
    if not roles:
        return _refused("You are known, but none of your groups has a role here. Ask an admin of the desk.", None)
    subject = f"{claims['iss']}|{claims['sub']}"
    name = _NOT_IN_A_NAME.sub("-", str(claims.get("preferred_username") or claims.get("email") or claims["sub"]))
    full_name = "".join(each for each in str(claims.get("name", "")) if each.isprintable())
    try:
        found = signing_in.by_issuer(
            here.ledger, subject[:500], name[:80], full_name[:100], roles, address=address(), now=here.clock()
        )
    except signing_in.Refused as error:
        return _refused("This account is disabled here. Ask an admin of the desk.", error)
    visitor.begin(found)
    return redirect(target, 303)


def roles_of(claims: Mapping[str, Any], settings: Settings) -> list[str]:
    """The roles that OIDC_ROLES gives to the words of the claim; a claim may be one word or a list of them."""
    said = claims.get(settings.oidc_role_claim)
    words: Iterable[Any] = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return sorted(
        {settings.oidc_roles[word] for word in words if isinstance(word, str) and word in settings.oidc_roles}
    )


def _account() -> ModuleType:
    if not bridge().settings.oidc_issuer:
        abort(404)
    from sidecar.web.desk import company_account  # and with it Authlib: only where somebody uses it

    return company_account


def _refused(words: str, error: BaseException | None) -> Any:
    log.warning("single sign-on refused", extra={"why": type(error).__name__ if error else "no role"})
    session[PROBLEM] = words
    return redirect(url_for("desk.sign_in"), 303)
