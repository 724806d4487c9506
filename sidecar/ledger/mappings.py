"""Mappings as raw JSON values, append-only: the newest row of a word counts, and its id is the version."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from sidecar.ledger import audit
from sidecar.ledger.tables import mappings


@dataclass(frozen=True)
class MappingRow:
    """One version of one word; ``value`` None: deleted then."""

    id: int
    kind: str
    source: str
    value: Any
    changed_by: str
    changed_at: datetime
    note: str


_ALL = select(mappings.c.kind, mappings.c.source, mappings.c.value).order_by(mappings.c.id)
_VERSION = select(func.max(mappings.c.id))


def current(conn: Connection) -> dict[str, dict[str, Any]]:
    """kind -> source -> value of everything that is set."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for kind, source, value in conn.execute(_ALL):
        if value is None:
            found[kind].pop(source, None)
        else:
            found[kind][source] = value
    return {kind: words for kind, words in found.items() if words}


def newest(conn: Connection, kind: str) -> dict[str, MappingRow]:
    """source -> the newest version of every word of a kind that was ever set, deleted ones too."""
    wanted = select(*mappings.c).where(mappings.c.kind == kind).order_by(mappings.c.id)
    return {row.source: row for row in (MappingRow(*each) for each in conn.execute(wanted))}


def version(conn: Connection) -> int:
    """Rises with every change; 0 while nothing was set."""
    return conn.execute(_VERSION).scalar() or 0


LOCK = 0x5A5A_4D50  # PostgreSQL advisory lock


def one_at_a_time(conn: Connection) -> None:
    """Wait until nobody else changes mappings; the others wait for this transaction. SQLite has one writer anyway.

    Two changes at once could contradict each other. And a version would be seen before a lower one is committed:
    whoever compiled the mappings in between would never look for the lower one.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def standing_version(conn: Connection) -> int:
    """The version, which nobody changes until the transaction ends; readers do not wait for each other."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": LOCK})
    return version(conn)


def put(conn: Connection, kind: str, source: str, value: Any, actor: str, now: datetime, note: str = "") -> int:
    """Set a word; the new version."""
    return _add(conn, kind, source, value, actor, now, note)


def delete(conn: Connection, kind: str, source: str, actor: str, now: datetime, note: str = "") -> int:
    """Unset a word; the new version. Its history stays."""
    return _add(conn, kind, source, None, actor, now, note)


def _add(conn: Connection, kind: str, source: str, value: Any, actor: str, now: datetime, note: str) -> int:
    row = {"kind": kind, "source": source, "value": value, "changed_by": actor, "changed_at": now, "note": note}
    pk: int = conn.execute(insert(mappings).values(**row).returning(mappings.c.id)).scalar_one()
    audit.write(
        conn,
        at=now,
        actor=actor,
        action="mapping deleted" if value is None else "mapping set",
        subject=f"mapping:{kind}:{source}",
        detail={"version": pk, "value": value, "note": note},
    )
    return pk


def history(conn: Connection, kind: str, source: str) -> list[MappingRow]:
    """Every version of a word, the oldest first."""
    wanted = select(*mappings.c).where(mappings.c.kind == kind, mappings.c.source == source).order_by(mappings.c.id)
    return [MappingRow(*row) for row in conn.execute(wanted)]
