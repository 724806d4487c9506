"""Numbers that only grow: calls made, processor time spent, returns done."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, select

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.tables import counters


@cache
def _add(dialect: str) -> Any:
    fresh = insert_for(dialect, counters)
    return fresh.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + fresh.excluded.value})


def add(conn: Connection, deltas: Mapping[str, int]) -> None:
    """Rows are taken in one order by everybody, so that two writers cannot wait for each other."""
    rows = [{"name": name, "value": delta} for name, delta in sorted(deltas.items()) if delta]
    if rows:
        conn.execute(_add(conn.dialect.name), rows)


def all(conn: Connection) -> dict[str, int]:  # noqa: A001 - counters.all() reads as it should
    return {row.name: row.value for row in conn.execute(select(*counters.c))}
