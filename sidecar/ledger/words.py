"""Which return used which of ZigZag's words: what a mapping speaks of is found without reading a single message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.tables import words


@cache
def _note(dialect: str) -> Any:
    return insert_for(dialect, words).on_conflict_do_nothing()


def note(conn: Connection, used: Mapping[int, Iterable[tuple[str, str]]]) -> None:
    """Remember that returns (by pk) used these (kind, word); a word once used stays noted."""
    rows = [{"kind": kind, "word": word, "return_pk": pk} for pk, said in used.items() for kind, word in sorted(said)]
    if rows:
        conn.execute(_note(conn.dialect.name), rows)
