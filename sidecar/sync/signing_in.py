"""Signing in and out at the desk: throttled, audited, and over when the ledger says so."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sidecar.ledger import attempts, audit, sign_ins, users
from sidecar.ledger.attempts import Limit
from sidecar.ledger.engine import Ledger
from sidecar.ledger.users import UserRow
from sidecar.sync import passwords

log = logging.getLogger(__name__)

FREE_OF_A_USER = 5  # failures before there is a wait; forgotten after an hour without one
FREE_OF_AN_ADDRESS = 30  # an office may share one address
LONGEST_NAME = 100


class Refused(Exception):
    """Nobody was signed in. The same words for an unknown name and a wrong password."""

    def __init__(self) -> None:
        super().__init__("The name or the password is wrong.")


class Throttled(Refused):
    """Too many attempts; the next one may be made at ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


@dataclass(frozen=True)
class Session:
    """``token`` is for the cookie only."""

    user: UserRow
    token: str


def by_password(ledger: Ledger, name: str, password: str, *, address: str, now: datetime) -> Session:
    """Sign in with a password. Raises Refused, or Throttled without having looked at the password."""
    name = name.strip()[:LONGEST_NAME]
    of_user = Limit(f"user:{users.name_key(name)}", FREE_OF_A_USER)
    of_address = Limit(f"address:{address}", FREE_OF_AN_ADDRESS)
    with ledger.begin() as conn:
        until = attempts.reserve(conn, (of_user, of_address), now)
        user = users.by_name(conn, name)
    if until is not None:
        raise Throttled(until)
    right = passwords.matches(password, user.password_hash if user else None)  # slow, so outside any transaction
    if user is None or not right or user.disabled_at is not None:
        raise _refused(ledger, user, address, now)
    newer = passwords.hashed(password) if passwords.is_old(user.password_hash or "") else None
    with ledger.begin() as conn:
        if users.is_still(conn, user):
            attempts.forgive(conn, of_user, of_address, now)
            if newer is not None:
                users.rehash(conn, user, newer)
            return _begin(conn, user, address, "password", now)
    raise _refused(ledger, user, address, now)  # given another password, or disabled, while this one was looked at


def by_issuer(
    ledger: Ledger, subject: str, name: str, full_name: str, roles: Collection[str], *, address: str, now: datetime
) -> Session:
    """Sign in whom the company's issuer vouches for; it alone says which roles the person has. Raises Refused.

    Somebody new is added. A user made here by hand is never taken over by an issuer that uses the same name.
    """
    with ledger.begin() as conn:
        user = users.by_subject(conn, subject)
        if user is None:
            user = _add(conn, subject, name, full_name, roles, now)
        if user.disabled_at is None and set(user.role_words) != set(roles):
            users.set_roles(conn, user, roles, actor="oidc", now=now)
            user = users.by_id(conn, user.id) or user
        if user.disabled_at is None:
            return _begin(conn, user, address, "oidc", now)
    raise _refused(ledger, user, address, now)


def sign_out(ledger: Ledger, user: UserRow, token: str, now: datetime) -> None:
    """The session is over, whoever still has its cookie."""
    with ledger.begin() as conn:
        sign_ins.end(conn, token)
        audit.write(conn, at=now, actor=user.actor, action="signed out", subject=f"user:{user.name}")


def change_password(ledger: Ledger, user: UserRow, old: str, new: str, *, address: str, now: datetime) -> Session:
    """A person's own new password: every other session ends. Raises Refused, Throttled, passwords.Unsuitable."""
    passwords.check_suitable(new, user.name)
    if new == old:
        raise passwords.Unsuitable("The new password is the old one.")
    session = by_password(ledger, user.name, old, address=address, now=now)
    new_hash = passwords.hashed(new)
    with ledger.begin() as conn:
        users.set_password(conn, session.user, new_hash, must_change=False, actor=session.user.actor, now=now)
        return Session(session.user, sign_ins.begin(conn, session.user, address=address, how="password", now=now))


def who(ledger: Ledger, token: str, now: datetime) -> UserRow | None:
    """The user of a session that is not over."""
    with ledger.read() as conn:
        found = sign_ins.find(conn, token, now)
    if found is None:
        return None
    user, due = found
    if due:
        with ledger.begin() as conn:
            sign_ins.seen(conn, token, now)
    return user


def _add(conn: Connection, subject: str, name: str, full_name: str, roles: Collection[str], now: datetime) -> UserRow:
    for n in range(1, 100):
        try:
            return users.add(
                conn,
                name=name if n == 1 else f"{name}-{n}",
                full_name=full_name,
                roles=roles,
                password_hash=None,
                must_change=False,
                subject=subject,
                actor="oidc",
                now=now,
            )
        except users.NameTaken:
            # PostgreSQL: a second sign-in at the same moment may have added this very person while we waited.
            if known := users.by_subject(conn, subject):
                return known
    raise Refused


def _begin(conn: Connection, user: UserRow, address: str, how: str, now: datetime) -> Session:
    users.signed_in(conn, user, now)  # before the sessions, as whoever disables the user takes them
    token = sign_ins.begin(conn, user, address=address, how=how, now=now)
    detail = {"address": address, "how": how}
    audit.write(conn, at=now, actor=user.actor, action="signed in", subject=f"user:{user.name}", detail=detail)
    return Session(user, token)


def _refused(ledger: Ledger, user: UserRow | None, address: str, now: datetime) -> Refused:
    # Only of users that exist: whoever guesses names shall not be able to fill the audit trail.
    if user is not None:
        why = "disabled" if user.disabled_at is not None else "wrong password"
        with ledger.begin() as conn:
            audit.write(
                conn,
                at=now,
                actor=f"address:{address}",
                action="sign-in refused",
                subject=f"user:{user.name}",
                detail={"why": why},
            )
    log.warning("sign-in refused", extra={"address": address})
    return Refused()
