"""Fixtures that many parts share: a fresh, migrated ledger on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.ledger.migrations import migrate
from tests.support.postgres import emptied, fresh_database, postgres_server, postgres_url
from tests.support.valkey import redis_url

# The suite tries the same examples every time; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("suite", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("search", database=None, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

__all__ = ["fresh_database", "postgres_server", "postgres_url", "redis_url"]


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
def postgres_ledger(postgres_server: str) -> Iterator[str]:
    """One migrated database for all tests that do not ask for an own one: emptying it is ten times faster."""
    with fresh_database(postgres_server) as url:
        migrate(url)
        yield url


LEDGERS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@contextmanager
def ledger_of(kind: str, request: pytest.FixtureRequest, directory: Path) -> Iterator[str]:
    """A migrated, empty ledger of this kind, for whoever is within the block alone."""
    if kind == "sqlite":
        file = directory / "ledger.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    url = request.getfixturevalue("postgres_ledger")
    yield url
    emptied(url)


@pytest.fixture(params=LEDGERS)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty ledger for this test alone, once on each database."""
    with ledger_of(request.param, request, tmp_path) as url:
        yield url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    opened = open_ledger(ledger_url)
    yield opened
    opened.dispose()
