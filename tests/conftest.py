"""Fixtures that many parts share: a fresh, migrated ledger on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.ledger.migrations import migrate
from tests.support.postgres import fresh_database, postgres_server, postgres_url

__all__ = ["fresh_database", "postgres_server", "postgres_url"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty ledger in one file; a test copies it, which is faster than migrating again."""
    file = tmp_path_factory.mktemp("ledger") / "template.db"
    migrate(f"sqlite:///{file}")
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[tuple[str, str]]:
    """(the server's address, the name of a migrated, empty database that a test's own is made from)."""
    with fresh_database(postgres_server) as url:
        migrate(url)
        yield postgres_server, url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty ledger of this test's own, once on each database."""
    if request.param == "sqlite":
        file = tmp_path / "ledger.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    server, template = request.getfixturevalue("postgres_template")
    name = f"test_{uuid.uuid4().hex}"
    before, _, query = server.partition("?")
    with psycopg.connect(server.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield before.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    opened = open_ledger(ledger_url)
    yield opened
    opened.dispose()
