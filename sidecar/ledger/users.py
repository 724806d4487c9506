"""The people who use the desk. What is done to one of them stands in the audit trail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sidecar.ledger import audit
from sidecar.ledger.people_tables import sign_ins, users


class NameTaken(ValueError):
    """There is a user of this name already."""


@dataclass(frozen=True)
class UserRow:
    """``roles`` is what the row holds: words divided by spaces; ``role_words`` are they."""

    id: int
    name: str
    name_key: str
    full_name: str
    password_hash: str | None
    must_change: bool
    roles: str
    subject: str | None
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    signed_in_at: datetime | None

    @property
    def role_words(self) -> tuple[str, ...]:
        return tuple(self.roles.split())

    @property
    def actor(self) -> str:
        """How the audit trail names this person."""
        return f"user:{self.name}"


def name_key(name: str) -> str:
    """Equal for two spellings of one name."""
    return name.strip().casefold()


def add(
    conn: Connection,
    *,
    name: str,
    roles: Collection[str],
    password_hash: str | None,
    must_change: bool,
    actor: str,
    now: datetime,
    full_name: str = "",
    subject: str | None = None,
) -> UserRow:
    """A new user. Raises NameTaken."""
    row = {
        "name": name.strip(),
        "name_key": name_key(name),
        "full_name": full_name.strip(),
        "password_hash": password_hash,
        "must_change": must_change,
        "roles": _joined(roles),
        "subject": subject,
        "created_at": now,
        "created_by": actor,
    }
    try:
        with conn.begin_nested():
            made = UserRow(*conn.execute(insert(users).values(**row).returning(*users.c)).one())
    except IntegrityError:
        raise NameTaken(name) from None
    how = "single sign-on" if subject else "password"
    _trail(conn, made, "user added", actor, now, {"roles": made.roles, "signs_in_by": how})
    return made


def by_name(conn: Connection, name: str) -> UserRow | None:
    return _one(conn, users.c.name_key == name_key(name))


def by_id(conn: Connection, user_id: int) -> UserRow | None:
    return _one(conn, users.c.id == user_id)


def by_subject(conn: Connection, subject: str) -> UserRow | None:
    return _one(conn, users.c.subject == subject)


def all_users(conn: Connection) -> list[UserRow]:
    """By name."""
    return [UserRow(*row) for row in conn.execute(select(*users.c).order_by(users.c.name_key))]


def set_password(
    conn: Connection, user: UserRow, password_hash: str, *, must_change: bool, actor: str, now: datetime
) -> None:
    """A new password ends every session of the user."""
    _change(conn, user, password_hash=password_hash, must_change=must_change)
    end_sessions(conn, user)
    _trail(conn, user, "password set", actor, now)


def set_roles(conn: Connection, user: UserRow, roles: Collection[str], actor: str, now: datetime) -> None:
    """Counts from the user's next request on."""
    _change(conn, user, roles=_joined(roles))
    _trail(conn, user, "roles set", actor, now, {"from": user.roles, "to": _joined(roles)})


def disable(conn: Connection, user: UserRow, actor: str, now: datetime) -> None:
    """The user can sign in no longer and is signed out everywhere."""
    _change(conn, user, disabled_at=now)
    end_sessions(conn, user)
    _trail(conn, user, "user disabled", actor, now)


def enable(conn: Connection, user: UserRow, actor: str, now: datetime) -> None:
    _change(conn, user, disabled_at=None)
    _trail(conn, user, "user enabled", actor, now)


def is_still(conn: Connection, user: UserRow) -> bool:
    """Whether the password and the standing of a user are as they were; nobody changes them until the end."""
    wanted = select(users.c.password_hash, users.c.disabled_at).where(users.c.id == user.id)
    return conn.execute(wanted.with_for_update(key_share=True)).first() == (user.password_hash, user.disabled_at)


def rehash(conn: Connection, user: UserRow, password_hash: str) -> None:
    """The same password, hashed as new ones are; no change a person made."""
    _change(conn, user, password_hash=password_hash)


def signed_in(conn: Connection, user: UserRow, now: datetime) -> None:
    _change(conn, user, signed_in_at=now)


def end_sessions(conn: Connection, user: UserRow) -> None:
    conn.execute(delete(sign_ins).where(sign_ins.c.user_id == user.id))


def _one(conn: Connection, which: Any) -> UserRow | None:
    row = conn.execute(select(*users.c).where(which)).first()
    return UserRow(*row) if row else None


def _joined(roles: Collection[str]) -> str:
    return " ".join(sorted(set(roles)))


def _change(conn: Connection, user: UserRow, **values: Any) -> None:
    conn.execute(update(users).where(users.c.id == user.id).values(**values))


def _trail(
    conn: Connection, user: UserRow, action: str, actor: str, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    audit.write(conn, at=now, actor=actor, action=action, subject=f"user:{user.name}", detail=detail)
