"""Requests to bring a return up to date now, and what became of them. One per return is pending at a time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.tables import PENDING, requests, work

STATES = ("queued", "running", "done", "failed")


@dataclass(frozen=True)
class RequestRow:
    id: str
    kind: str
    target: str
    return_pk: int | None
    state: str
    detail: str
    created_at: datetime
    finished_at: datetime | None
    generation: int
    actor: str


@cache
def _open(dialect: str) -> Any:
    return (
        insert_for(dialect, requests)
        .on_conflict_do_nothing(index_elements=["kind", "target"], index_where=PENDING)
        .returning(requests.c.id)
    )


def open_or_join(
    conn: Connection, kind: str, target: str, return_pk: int | None, actor: str, now: datetime
) -> tuple[str, bool]:
    """(request id, whether a pending one was joined)."""
    generation = 0
    if return_pk is not None:
        generation = conn.execute(select(work.c.generation).where(work.c.return_pk == return_pk)).scalar() or 0
    row = {
        "id": uuid.uuid4().hex,
        "kind": kind,
        "target": target,
        "return_pk": return_pk,
        "state": "queued",
        "detail": "",
        "created_at": now,
        "finished_at": None,
        "generation": generation + 1,
        "actor": actor,
    }
    pending = select(requests.c.id).where(requests.c.kind == kind, requests.c.target == target, PENDING)
    while True:
        made = conn.execute(_open(conn.dialect.name), row).scalar()
        if made is not None:
            return made, False
        joined = conn.execute(pending).scalar()
        if joined is not None:
            return joined, True
        # PostgreSQL: the one that stood in the way has ended between the two statements.


_FINISH = (
    update(requests)
    .where(requests.c.return_pk == bindparam("pk"), PENDING, requests.c.generation <= bindparam("seen"))
    .values(
        state=bindparam("to"),
        detail=bindparam("why"),
        finished_at=bindparam("now", type_=requests.c.finished_at.type),
    )
)
_ANY = 2**31 - 1


@dataclass(frozen=True)
class Ended:
    """How the pending request of a return ends that asked for work up to ``generation`` (None: whatever it asked)."""

    return_pk: int
    generation: int | None
    state: str
    detail: str


def finish(conn: Connection, ended: Iterable[Ended], now: datetime) -> None:
    """End these requests, where there are any."""
    rows = [
        {
            "pk": each.return_pk,
            "seen": _ANY if each.generation is None else each.generation,
            "to": each.state,
            "why": each.detail[:500],
            "now": now,
        }
        for each in ended
    ]
    if rows:
        conn.execute(_FINISH, rows)


def running(conn: Connection, return_pks: list[int]) -> None:
    """A page has begun with these returns."""
    conn.execute(
        update(requests)
        .where(requests.c.return_pk.in_(return_pks), requests.c.state == "queued")
        .values(state="running")
    )


def get(conn: Connection, request_id: str) -> RequestRow | None:
    row = conn.execute(select(*requests.c).where(requests.c.id == request_id)).first()
    return RequestRow(*row) if row else None
