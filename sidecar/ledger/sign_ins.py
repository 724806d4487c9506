"""Where people are signed in: one row per session, found by the hash of its token; without the row it is over."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from sidecar.ledger.people_tables import sign_ins, users
from sidecar.ledger.users import UserRow

LONGEST = timedelta(hours=12)  # a working day
IDLE = timedelta(hours=2)
SEEN_AT_MOST_EVERY = timedelta(minutes=5)


def begin(conn: Connection, user: UserRow, *, address: str, how: str, now: datetime) -> str:
    """The token of a new session; only its hash is kept. Sessions that are over are forgotten."""
    token = secrets.token_urlsafe(32)
    conn.execute(delete(sign_ins).where(sign_ins.c.expires_at <= now))
    row = {
        "token_hash": _hash(token),
        "user_id": user.id,
        "created_at": now,
        "seen_at": now,
        "expires_at": now + LONGEST,
        "address": address,
        "how": how,
    }
    conn.execute(insert(sign_ins).values(**row))
    return token


def find(conn: Connection, token: str, now: datetime) -> tuple[UserRow, bool] | None:
    """(the user of a session that is not over, whether ``seen`` is due); None for an unknown token."""
    wanted = (
        select(sign_ins.c.seen_at, *users.c)
        .join(users, users.c.id == sign_ins.c.user_id)
        .where(
            sign_ins.c.token_hash == _hash(token),
            sign_ins.c.expires_at > now,
            sign_ins.c.seen_at > now - IDLE,
            users.c.disabled_at.is_(None),
        )
    )
    row = conn.execute(wanted).first()
    return (UserRow(*row[1:]), now - row[0] >= SEEN_AT_MOST_EVERY) if row else None


def seen(conn: Connection, token: str, now: datetime) -> None:
    conn.execute(update(sign_ins).where(sign_ins.c.token_hash == _hash(token)).values(seen_at=now))


def end(conn: Connection, token: str) -> None:
    conn.execute(delete(sign_ins).where(sign_ins.c.token_hash == _hash(token)))


def _hash(token: str) -> str:
    # A token of 256 random bits needs no salt and no stretching.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
