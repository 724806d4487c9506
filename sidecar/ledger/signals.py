"""Signs of life, health of the upstreams, and cursors: small facts that the next one replaces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, case, select

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.tables import signals

CURSOR = "cursor:"


@dataclass(frozen=True)
class Signal:
    """``since`` is when ``ok`` last changed."""

    name: str
    ok: bool
    at: datetime
    since: datetime
    detail: str
    value: Any


@cache
def _beat(dialect: str) -> Any:
    fresh = insert_for(dialect, signals)
    said = fresh.excluded
    return fresh.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "ok": said.ok,
            "at": said.at,
            "since": case((signals.c.ok == said.ok, signals.c.since), else_=said.at),
            "detail": said.detail,
            "value": said.value,
        },
    ).returning(signals.c.since)


def beat(conn: Connection, name: str, now: datetime, ok: bool = True, detail: str = "", value: Any = None) -> bool:
    """Whether ``ok`` is another than before, or the signal is new; told by the statement that writes it."""
    row = {"name": name, "ok": ok, "at": now, "since": now, "detail": detail, "value": value}
    since: datetime = conn.execute(_beat(conn.dialect.name), row).scalar_one()
    return since == now


def get(conn: Connection, name: str) -> Signal | None:
    row = conn.execute(select(*signals.c).where(signals.c.name == name)).first()
    return Signal(*row) if row else None


def all(conn: Connection, prefix: str = "") -> dict[str, Signal]:  # noqa: A001 - signals.all() reads as it should
    """By name; cursors only when asked for by their prefix."""
    found = (Signal(*row) for row in conn.execute(select(*signals.c).order_by(signals.c.name)))
    return {
        each.name: each
        for each in found
        if each.name.startswith(prefix) and (prefix.startswith(CURSOR) or not each.name.startswith(CURSOR))
    }


def cursor_get(conn: Connection, name: str) -> str | None:
    found = get(conn, CURSOR + name)
    return found.detail if found else None


def cursor_set(conn: Connection, name: str, text: str, now: datetime) -> None:
    beat(conn, CURSOR + name, now, detail=text)
