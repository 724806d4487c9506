"""Users, for admins of the desk: who may sign in, with which roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, request, url_for

from sidecar.ledger import audit
from sidecar.ledger import users as user_rows
from sidecar.sync import passwords, people, roles
from sidecar.web.bridge import bridge
from sidecar.web.desk import visitor
from sidecar.web.desk.pages import blueprint, error_page, page

_MAY_NOT = "You cannot take this from yourself; another admin can."


@blueprint.get("/users")
def users() -> Response:
    _admins_only()
    with bridge().ledger.read() as conn:
        everybody = user_rows.all_users(conn)
    return page("users.html", people=everybody, roles=roles.ROLES)


@blueprint.post("/users")
def users_add() -> Any:
    _admins_only()
    name = request.form.get("name", "")
    made = passwords.generated()
    words = {"full_name": request.form.get("full_name", "").strip()}
    return _do(
        f"{name} is added. The password for the first sign-in is {made} - it is shown this once.",
        people.add,
        name,
        request.form.getlist("role"),
        made,
        **words,
    )


@blueprint.get("/users/<name>")
def users_one(name: str) -> Response:
    _admins_only()
    with bridge().ledger.read() as conn:
        person = user_rows.by_name(conn, name)
        trail = audit.search(conn, subject=f"user:{person.name}", limit=50) if person else []
    return (
        page("user.html", person=person, trail=trail, roles=roles.ROLES)
        if person
        else error_page(404, "There is no such user.")
    )


@blueprint.post("/users/<name>/<any(roles, password, disable, enable):verb>")
def users_change(name: str, verb: str) -> Any:
    _admins_only()
    himself = user_rows.name_key(name) == visitor.user().name_key
    if verb == "roles":
        wanted = request.form.getlist("role")
        if himself and roles.ADMIN not in wanted:
            flash(_MAY_NOT, "critical")
            return redirect(url_for("desk.users_one", name=name), 303)
        return _do(f"{name} has new roles.", people.set_roles, name, wanted)
    if verb == "password":
        made = passwords.generated()
        return _do(
            f"{name} is signed out everywhere. The new password is {made} - it is shown this once.",
            people.set_password,
            name,
            made,
        )
    if verb == "disable":
        if himself:
            flash(_MAY_NOT, "critical")
            return redirect(url_for("desk.users_one", name=name), 303)
        return _do(f"{name} is disabled and signed out everywhere.", people.disable, name)
    return _do(f"{name} may sign in again.", people.enable, name)


def _admins_only() -> None:
    visitor.must(roles.may_manage_users(visitor.user().role_words))


def _do(done: str, use_case: Callable[..., Any], *words: Any, **options: Any) -> Any:
    here = bridge()
    try:
        use_case(here.ledger, *words, actor=visitor.user().actor, now=here.clock(), **options)
        flash(done, "good")
    except people.PeopleError as error:
        flash(str(error), "critical")
    return redirect(url_for("desk.users"), 303)
