"""The audit trail: every change by a person or the system. Triggers refuse to change or delete a row of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from sidecar.ledger.tables import audit


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


def search(
    conn: Connection, *, subject: str | None = None, return_id: str | None = None, limit: int = 100
) -> list[AuditRow]:
    """The newest first."""
    wanted = select(*audit.c).order_by(audit.c.id.desc()).limit(limit)
    if subject is not None:
        wanted = wanted.where(audit.c.subject == subject)
    if return_id is not None:
        wanted = wanted.where(audit.c.return_id == return_id)
    return [AuditRow(*row) for row in conn.execute(wanted)]
