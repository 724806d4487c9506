"""Which return used which of ZigZag's words: what a mapping speaks of is found without reading a single message."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.tables import returns, words

ENDED = ("closed", "cancelled", "rejected")


@dataclass(frozen=True)
class Usage:
    """How many returns used a word: those still open, and all that are open or spoke since a moment."""

    open: int
    recent: int


@cache
def _note(dialect: str) -> Any:
    return insert_for(dialect, words).on_conflict_do_nothing()


def note(conn: Connection, used: Mapping[int, Iterable[tuple[str, str]]]) -> None:
    """Remember that returns (by pk) used these (kind, word); a word once used stays noted."""
    rows = [{"kind": kind, "word": word, "return_pk": pk} for pk, said in used.items() for kind, word in sorted(said)]
    if rows:
        conn.execute(_note(conn.dialect.name), rows)


def usage(conn: Connection, used: Collection[tuple[str, str]] | None, since: datetime) -> Usage:
    """Of any of these (kind, word); None asks for every return."""
    ended = returns.c.status.in_(ENDED)
    wanted = select(func.sum(case((ended, 0), else_=1)), func.count()).where(*_using(used, since))
    still_open, recent = conn.execute(wanted).one()
    return Usage(int(still_open or 0), recent)


def using(conn: Connection, used: Collection[tuple[str, str]] | None, since: datetime, limit: int) -> list[int]:
    """The returns (pks) that ``usage`` counts: the open ones first, of each the newest first."""
    wanted = (
        select(returns.c.id)
        .where(*_using(used, since))
        .order_by(returns.c.status.in_(ENDED), returns.c.id.desc())
        .limit(limit)
    )
    return list(conn.scalars(wanted))


def counts(conn: Connection, used: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """How many returns ever used each (kind, word); one that nobody used is absent."""
    if not used:
        return {}
    wanted = select(words.c.kind, words.c.word, func.count()).where(_any_of(used)).group_by(words.c.kind, words.c.word)
    return {(row[0], row[1]): row[2] for row in conn.execute(wanted)}


def _any_of(used: Collection[tuple[str, str]]) -> ColumnElement[bool]:
    """Spelled out, as SQLite answers a list of pairs by reading the whole table."""
    return or_(*(and_(words.c.kind == kind, words.c.word == word) for kind, word in sorted(set(used))))


def _using(used: Collection[tuple[str, str]] | None, since: datetime) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [or_(returns.c.status.not_in(ENDED), returns.c.last_snapshot_at >= since)]
    if used is not None:
        pks = select(words.c.return_pk).where(_any_of(used))
        where.append(returns.c.id.in_(pks))
    return where
