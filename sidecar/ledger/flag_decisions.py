"""What people decide about flags, and what the rules are told of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from sidecar.ledger import audit
from sidecar.ledger.flags import FlagRow, must_get
from sidecar.ledger.tables import flags


def assign(conn: Connection, pk: int, *, actor: str, assignee: str, note: str, now: datetime) -> FlagRow:
    return _decide(conn, pk, actor, "assign", note, now, state="assigned", assigned_to=assignee)


def resolve(conn: Connection, pk: int, *, actor: str, note: str, now: datetime) -> FlagRow:
    return _decide(
        conn, pk, actor, "resolve", note, now, state="resolved", closed_at=now, closed_by=actor, closed_reason=note
    )


def release(conn: Connection, pk: int, *, actor: str, note: str, now: datetime) -> FlagRow:
    """A person lets go on what the flag held; remembered until the flag is opened again."""
    return _decide(
        conn,
        pk,
        actor,
        "release",
        note,
        now,
        state="released",
        closed_at=now,
        closed_by=actor,
        closed_reason=note,
        person_released=True,
    )


def reopen(conn: Connection, pk: int, *, actor: str, note: str, now: datetime) -> FlagRow:
    return _decide(
        conn,
        pk,
        actor,
        "reopen",
        note,
        now,
        state="open",
        closed_at=None,
        closed_by="",
        closed_reason="",
        person_released=False,
    )


def note(conn: Connection, pk: int, *, actor: str, note: str, now: datetime) -> FlagRow:
    return _decide(conn, pk, actor, "note", note, now)


def _decide(conn: Connection, pk: int, actor: str, verb: str, note: str, now: datetime, **values: Any) -> FlagRow:
    if values:
        conn.execute(update(flags).where(flags.c.id == pk).values(**values))
    flag = must_get(conn, pk)
    audit.write(
        conn,
        at=now,
        actor=actor,
        action=f"flag {verb}",
        subject=f"flag:{pk}",
        return_id=flag.return_id,
        detail={"code": flag.code, "subject": flag.subject, "note": note, "assigned_to": flag.assigned_to},
    )
    return flag


def released_by_person(conn: Connection, return_pks: Collection[int]) -> dict[int, set[tuple[str, str]]]:
    """return pk -> (code, subject) of what a person let go on."""
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for pk, code, subject in _of(conn, return_pks, flags.c.person_released.is_(True)):
        found[pk].add((code, subject))
    return dict(found)


def resolved_by_person(conn: Connection, return_pks: Collection[int]) -> dict[int, set[tuple[str, str, str]]]:
    """return pk -> (code, subject, message) of what a person closed; a flag that says something else opens again."""
    found: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    for pk, *cause in _of(conn, return_pks, flags.c.state == "resolved", flags.c.message):
        found[pk].add((cause[0], cause[1], cause[2]))
    return dict(found)


def _of(conn: Connection, return_pks: Collection[int], which: Any, *more: Any) -> Iterable[Any]:
    if not return_pks:
        return ()
    wanted = select(flags.c.return_pk, flags.c.code, flags.c.subject, *more)
    return conn.execute(wanted.where(flags.c.return_pk.in_(list(return_pks)), which))
