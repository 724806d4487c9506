"""API keys: only their hash is kept; the text is shown once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from sidecar.ledger import audit
from sidecar.ledger.tables import api_keys

PREFIX = "zz_"
SHOWN = 8  # characters that a list may show
USED_AT_MOST_EVERY = timedelta(minutes=1)


class NameTaken(ValueError):
    """A key of this name is in use."""


@dataclass(frozen=True)
class ApiKey:
    """A key without its text."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    last_used_at: datetime | None


_SHOWN = (
    api_keys.c.id,
    api_keys.c.name,
    api_keys.c.prefix,
    api_keys.c.scopes,
    api_keys.c.created_at,
    api_keys.c.created_by,
    api_keys.c.revoked_at,
    api_keys.c.last_used_at,
)


def create(conn: Connection, name: str, scopes: Collection[str], actor: str, now: datetime) -> tuple[int, str]:
    """(id, the key's text). Raises NameTaken."""
    clear = PREFIX + secrets.token_urlsafe(32)
    row = {
        "name": name,
        "prefix": clear[:SHOWN],
        "hash": _hash(clear),
        "scopes": " ".join(sorted(set(scopes))),
        "created_at": now,
        "created_by": actor,
    }
    try:
        with conn.begin_nested():
            pk: int = conn.execute(insert(api_keys).values(**row).returning(api_keys.c.id)).scalar_one()
    except IntegrityError:
        raise NameTaken(name) from None
    audit.write(
        conn, at=now, actor=actor, action="key created", subject=f"key:{name}", detail={"scopes": row["scopes"]}
    )
    return pk, clear


def find(conn: Connection, clear_key: str) -> ApiKey | None:
    """The key in use with this text."""
    digest = _hash(clear_key)
    row = conn.execute(select(api_keys.c.hash, *_SHOWN).where(api_keys.c.hash == digest)).first()
    if row is None or not hmac.compare_digest(row[0], digest):
        return None
    key = _key(row[1:])
    return None if key.revoked_at is not None else key


def used(conn: Connection, key_id: int, now: datetime) -> None:
    """Note that a key was used, at most once a minute."""
    conn.execute(
        update(api_keys)
        .where(
            api_keys.c.id == key_id,
            api_keys.c.last_used_at.is_(None) | (api_keys.c.last_used_at < now - USED_AT_MOST_EVERY),
        )
        .values(last_used_at=now)
    )


def revoke(conn: Connection, name: str, actor: str, now: datetime) -> bool:
    """Whether there was a key of this name in use."""
    done = conn.execute(
        update(api_keys).where(api_keys.c.name == name, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    if done.rowcount:
        audit.write(conn, at=now, actor=actor, action="key revoked", subject=f"key:{name}")
    return bool(done.rowcount)


def list_keys(conn: Connection) -> list[ApiKey]:
    return [_key(row) for row in conn.execute(select(*_SHOWN).order_by(api_keys.c.id))]


def _key(row: Sequence[Any]) -> ApiKey:
    pk, name, prefix, scopes, *rest = row
    return ApiKey(pk, name, prefix, tuple(scopes.split()), *rest)


def _hash(clear: str) -> str:
    return hashlib.sha256(clear.encode("utf-8", "surrogatepass")).hexdigest()
