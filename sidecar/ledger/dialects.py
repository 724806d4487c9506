"""What the two databases spell differently: ``INSERT ... ON CONFLICT``, and rows taken in one order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite


def insert(conn: Connection, table: Table) -> Any:
    """An INSERT that knows ``on_conflict_do_update`` and ``on_conflict_do_nothing``."""
    return insert_for(conn.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Any:
    """The same by the dialect's name, for statements that are built once."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def take_in_order(conn: Connection, key: Column[Any], which: ColumnElement[bool]) -> None:
    """Lock the rows that ``which`` finds, by ``key``, until the transaction ends: an UPDATE of many follows.

    PostgreSQL's UPDATE takes them in any order, and two writers would wait for each other in a circle. In SQLite there
    is one writer.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(key).where(which).order_by(key).with_for_update(key_share=True))
