"""The audit trail: every change by a person or the system. Triggers refuse to change or delete a row of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from sidecar.ledger.tables import audit

PLANNED = "planned"  # the action of a plan that said something new


@dataclass(frozen=True)
class AuditRow:
    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    return_id: str
    detail: Any
    correlation_id: str


_INSERT = insert(audit)
_WRITTEN = [each.name for each in fields(AuditRow) if each.name != "id"]


def write(
    conn: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    return_id: str = "",
    detail: Any = None,
    correlation_id: str = "",
) -> None:
    """Add one row, in the transaction of the change it tells of."""
    conn.execute(
        _INSERT,
        {
            "at": at,
            "actor": actor,
            "action": action,
            "subject": subject,
            "return_id": return_id,
            "detail": detail,
            "correlation_id": correlation_id,
        },
    )


def write_many(conn: Connection, rows: Iterable[AuditRow]) -> None:
    """Add rows in one statement; the ledger numbers them."""
    found = [{name: getattr(row, name) for name in _WRITTEN} for row in rows]
    if found:
        conn.execute(_INSERT, found)


def search(
    conn: Connection,
    *,
    subject: str | None = None,
    return_id: str | None = None,
    action: str | None = None,
    but_not: str | None = None,
    limit: int = 100,
) -> list[AuditRow]:
    """The newest first; of one action, or of all but one."""
    wanted = select(*audit.c).order_by(audit.c.id.desc()).limit(limit)
    if subject is not None:
        wanted = wanted.where(audit.c.subject == subject)
    if return_id is not None:
        wanted = wanted.where(audit.c.return_id == return_id)
    if action is not None:
        wanted = wanted.where(audit.c.action == action)
    if but_not is not None:
        wanted = wanted.where(audit.c.action != but_not)
    return [AuditRow(*row) for row in conn.execute(wanted)]
