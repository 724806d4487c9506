"""What the modules of the ledger share in writing SQL: inserts that meet an existing row, row values, pages of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Executable, Table, bindparam

# PostgreSQL's INSERT also compiles to SQLite's: ON CONFLICT means and is spelled the same there. Every statement is
# made once, when its module is loaded, so that SQLAlchemy finds its SQL again without building it.
from sqlalchemy.dialects.postgresql import insert

Row = TypeVar("Row")

__all__ = ["InvalidCursor", "Page", "among", "column_names", "first", "insert", "many", "page_of", "place_of", "written"]


class InvalidCursor(ValueError):
    """A cursor that no page of this list gave out."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list. ``next_cursor`` is None at its end."""

    rows: list[Row]
    next_cursor: str | None


def many(kind: Callable[..., Row], conn: Connection, statement: Executable, **values: Any) -> list[Row]:
    """Every row of a statement as a value of ``kind``, whose fields stand in the order of the columns."""
    return [kind(*row) for row in conn.execute(statement, values)]


def first(kind: Callable[..., Row], conn: Connection, statement: Executable, **values: Any) -> Row | None:
    """The first row as a value of ``kind``; None without one."""
    row = conn.execute(statement, values).first()
    return None if row is None else kind(*row)


def written(conn: Connection, statement: Executable, **values: Any) -> int:
    """How many rows a write touched: the answer of every conditional UPDATE."""
    return conn.execute(statement, values).rowcount


def among(name: str) -> Any:
    """A parameter for IN that takes a list of any length."""
    return bindparam(name, expanding=True)


def page_of(rows: Sequence[Row], limit: int, cursor: Callable[[Row], str]) -> Page[Row]:
    """A page out of up to ``limit + 1`` rows; the one too many only tells that there is another page."""
    kept = list(rows[:limit])
    return Page(kept, cursor(kept[-1]) if len(rows) > limit and kept else None)


def place_of(cursor: str) -> tuple[int, int]:
    """The two whole numbers of a cursor ``A.B``. Raises InvalidCursor."""
    try:
        one, other = (int(part) for part in cursor.split("."))
    except ValueError:
        raise InvalidCursor(cursor[:100]) from None
    return one, other


def column_names(table: Table, but: Iterable[str] = ()) -> list[str]:
    """The names of a table's columns in their order, but for some."""
    without = set(but)
    return [column.name for column in table.columns if column.name not in without]
