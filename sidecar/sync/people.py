"""The people who use the desk, as an admin keeps them: added, given roles and passwords, disabled."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection

from sidecar.ledger import users
from sidecar.ledger.engine import Ledger
from sidecar.ledger.users import UserRow
from sidecar.sync import passwords
from sidecar.sync.roles import ROLES

_NAME = re.compile(r"[\w.@+-]{2,100}")
LONGEST_FULL_NAME = 100


class PeopleError(ValueError):
    """What was asked for cannot be; the text says why."""


def add(
    ledger: Ledger,
    name: str,
    roles: Collection[str],
    password: str,
    *,
    actor: str,
    now: datetime,
    full_name: str = "",
    must_change: bool = True,
) -> UserRow:
    """A new user; with ``must_change`` the password is good for one sign-in only. Raises PeopleError."""
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise PeopleError("A name has 2 to 100 letters, digits and . @ + - _, and no spaces.")
    if len(full_name) > LONGEST_FULL_NAME or not full_name.isprintable():
        raise PeopleError(f"A full name has at most {LONGEST_FULL_NAME} characters.")
    _check_roles(roles)
    made = _hashed(password, name)
    try:
        with ledger.begin() as conn:
            return users.add(
                conn,
                name=name,
                roles=roles,
                password_hash=made,
                must_change=must_change,
                full_name=full_name,
                actor=actor,
                now=now,
            )
    except users.NameTaken:
        raise PeopleError(f"There is a user named {name} already.") from None


def set_password(
    ledger: Ledger, name: str, password: str, *, actor: str, now: datetime, must_change: bool = True
) -> UserRow:
    """Every session of the user ends. Raises PeopleError."""
    made = _hashed(password, name)
    with _user(ledger, name) as (conn, user):
        _check_ours(user)
        users.set_password(conn, user, made, must_change=must_change, actor=actor, now=now)
    return user


def set_roles(ledger: Ledger, name: str, roles: Collection[str], *, actor: str, now: datetime) -> UserRow:
    """Raises PeopleError."""
    _check_roles(roles)
    with _user(ledger, name) as (conn, user):
        _check_ours(user)
        if set(roles) != set(user.role_words):
            users.set_roles(conn, user, roles, actor, now)
    return user


def disable(ledger: Ledger, name: str, *, actor: str, now: datetime) -> UserRow:
    """Signed out everywhere and kept out. Raises PeopleError."""
    with _user(ledger, name) as (conn, user):
        if user.disabled_at is None:
            users.disable(conn, user, actor, now)
    return user


def enable(ledger: Ledger, name: str, *, actor: str, now: datetime) -> UserRow:
    """Raises PeopleError."""
    with _user(ledger, name) as (conn, user):
        if user.disabled_at is not None:
            users.enable(conn, user, actor, now)
    return user


@contextmanager
def _user(ledger: Ledger, name: str) -> Iterator[tuple[Connection, UserRow]]:
    with ledger.begin() as conn:
        user = users.by_name(conn, name)
        if user is None:
            raise PeopleError(f"There is no user named {name[:100]}.")
        yield conn, user


def _check_ours(user: UserRow) -> None:
    if user.subject is not None:
        raise PeopleError(f"{user.name} signs in with the company account, which alone says password and roles.")


def _check_roles(roles: Collection[str]) -> None:
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise PeopleError(f"A user has one or more of the roles {', '.join(ROLES)}.")


def _hashed(password: str, name: str) -> str:
    try:
        passwords.check_suitable(password, name)
    except passwords.Unsuitable as error:
        raise PeopleError(str(error)) from None
    return passwords.hashed(password)
