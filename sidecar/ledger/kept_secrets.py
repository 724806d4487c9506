"""Secrets that the sidecar made for itself, once, for all its processes."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection, select

from sidecar.ledger.dialects import insert
from sidecar.ledger.people_tables import kept_secrets


def get(conn: Connection, name: str) -> str | None:
    return conn.execute(select(kept_secrets.c.value).where(kept_secrets.c.name == name)).scalar()


def make(conn: Connection, name: str, now: datetime) -> str:
    """The secret of this name; made when there is none. Of two who make it at once both get the first one's."""
    fresh = insert(conn, kept_secrets).values(name=name, value=secrets.token_urlsafe(48), created_at=now)
    conn.execute(fresh.on_conflict_do_nothing(index_elements=["name"]))
    value: str = conn.execute(select(kept_secrets.c.value).where(kept_secrets.c.name == name)).scalar_one()
    return value
