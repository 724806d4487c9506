"""Opening and migrating: what may be written where, and what two processes may do at once."""

from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from sidecar.ledger import counters, flags, inbox, postings, returns, signals, tables, work
from sidecar.ledger.audit import AuditRow
from sidecar.ledger.engine import Ledger, NewerLedger, UnknownDatabase, open_ledger
from sidecar.ledger.flags import FlagRow
from sidecar.ledger.inbox import InboxRow
from sidecar.ledger.mappings import MappingRow
from sidecar.ledger.migrations import NotMigrated, check_migrated, migrate, newest
from sidecar.ledger.people_tables import metadata  # of every table: it adds to those of tables.py
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.requests import RequestRow
from sidecar.ledger.return_plans import LineRow
from sidecar.ledger.returns import ReturnRow
from sidecar.ledger.signals import Signal
from sidecar.ledger.users import UserRow
from sidecar.ledger.work import WorkRow
from tests.conftest import LEDGERS
from tests.ledger.builders import NOW, RETAILER, RETURN, draft, incoming, posting

ROWS = {
    "audit": AuditRow,
    "flags": FlagRow,
    "inbox": InboxRow,
    "mappings": MappingRow,
    "postings": PostingRow,
    "requests": RequestRow,
    "return_lines": LineRow,
    "returns": ReturnRow,
    "signals": Signal,
    "users": UserRow,
    "work": WorkRow,
}


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_migrations_make_exactly_the_tables_that_the_code_speaks_of(ledger: Ledger) -> None:
    def ours(thing: Any, name: Any, kind: str, *_: Any) -> bool:
        return name not in ("alembic_version", "ix_return_lines_sku")  # an index on an expression cannot be compared

    with ledger.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, metadata) == []
        found = "sqlite_master WHERE name" if ledger.dialect == "sqlite" else "pg_indexes WHERE indexname"
        assert conn.execute(text(f"SELECT count(*) FROM {found} = 'ix_return_lines_sku'")).scalar() == 1


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_becomes_a_value_column_by_column(name: str) -> None:
    assert [column.name for column in metadata.tables[name].columns] == [field.name for field in fields(ROWS[name])]


def test_migrating_again_changes_nothing_and_the_ledger_is_ready(ledger: Ledger, ledger_url: str) -> None:
    with ledger.begin() as conn:
        counters.add(conn, {"returns_done": 1})
    migrate(ledger_url)
    check_migrated(ledger_url)
    with ledger.read() as conn:
        assert counters.all(conn) == {"returns_done": 1}


def test_a_ledger_that_was_never_migrated_says_so_and_is_not_made_by_asking(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    with pytest.raises(NotMigrated):
        check_migrated(f"sqlite:///{file}")
    assert not file.exists()
    sqlite3.connect(file).close()
    file.touch()
    with pytest.raises(NotMigrated):
        check_migrated(f"sqlite:///{file}")


def _all_migrate(url: str) -> None:
    together = threading.Barrier(4)

    def go(_: int) -> None:
        together.wait()
        migrate(url)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(go, range(4)))
    check_migrated(url)


def test_four_that_migrate_a_new_file_at_once_all_succeed(tmp_path: Path) -> None:
    _all_migrate(f"sqlite:///{tmp_path / 'folder' / 'new.db'}")


@pytest.mark.postgres
def test_four_that_migrate_a_new_database_at_once_all_succeed(postgres_url: str) -> None:
    _all_migrate(postgres_url)


@pytest.mark.parametrize("kind", LEDGERS)
def test_a_ledger_of_the_first_version_keeps_what_it_holds(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    upgrades = ScriptDirectory._upgrade_revs
    with monkeypatch.context() as then:
        then.setattr(ScriptDirectory, "_upgrade_revs", lambda self, to, found: upgrades(self, "0001", found))
        migrate(url)
    ledger = open_ledger(url)
    with pytest.raises(NotMigrated, match="0001"):
        check_migrated(url)
    later = {"order_digest", "milestone_at", "received_at", "graded_at", "oro_return_id"}
    row = {name: value for name, value in returns._BLANK.items() if name not in later}
    with ledger.begin() as conn:
        named = {"retailer_code": RETAILER, "return_id": RETURN, "order_identifier": "SO-1", "order_key": "so-1"}
        conn.execute(
            insert(tables.returns).values(**row, **named, snapshots=0, first_seen_at=NOW, changed_at=NOW).inline()
        )
        postings.insert_planned(conn, [posting(1)])
        work.make_due(conn, [1], NOW, pull=False, reason="", correlation_id="")
        stated = {name: value for name, value in vars(draft()).items() if name != "cause"}
        of = {"scope": "return:1", "return_pk": 1, "return_id": RETURN, "order_identifier": "SO-1", "state": "open"}
        closed = {"assigned_to": "", "closed_by": "", "closed_reason": "", "person_released": False, "urgency": 1}
        seen = {"first_seen_at": NOW, "last_seen_at": NOW, "count": 1}
        conn.execute(insert(tables.flags).values(**stated, **of, **closed, **seen).inline())
    ledger.dispose()
    migrate(url)
    check_migrated(url)
    with ledger.begin() as conn:
        found = returns.get(conn, RETAILER, RETURN)
        assert found is not None
        assert (found.order_key, found.order_digest, found.oro_return_id) == ("so-1", "", None)
        assert postings.of_returns(conn, [1]) == {1: [posting(1)]}
        assert [each.cause for each in flags.of_returns(conn, [1])[1]] == ["scan_units:GLOVE"]
        assert inbox.store(conn, incoming()).return_pk == 1
        assert [each.return_pk for each in work.take_due(conn, NOW, 1, 60, "job")] == [1]
    ledger.dispose()


def test_a_ledger_of_a_newer_program_is_left_alone_and_says_so(ledger: Ledger, ledger_url: str) -> None:
    with ledger.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    try:
        for open_it in (check_migrated, migrate):
            with pytest.raises(NewerLedger, match="at version 9999"):
                open_it(ledger_url)
    finally:
        with ledger.begin() as conn:
            conn.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{newest()}'")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "postgresql://host/name"])
def test_a_database_that_cannot_be_the_ledger_is_refused_by_name(url: str) -> None:
    with pytest.raises(UnknownDatabase):
        open_ledger(url)


def test_one_reading_sees_one_state_whatever_is_stored_meanwhile(ledger: Ledger) -> None:
    """A page that saw the work of a message and not the message would call it done: the message would be lost."""
    with ledger.read() as conn:
        assert inbox.count_unsettled(conn) == 0
        with ledger.begin() as writer:
            stored = inbox.store(writer, incoming())
            assert stored.return_pk is not None
            work.make_due(writer, [stored.return_pk], NOW, pull=True, reason="webhook", correlation_id="c-1")
        assert work.load(conn, [stored.return_pk]) == []
        assert inbox.count_unsettled(conn) == 0
    with ledger.read() as conn:
        assert len(work.load(conn, [stored.return_pk])) == inbox.count_unsettled(conn) == 1


def test_nobody_writes_while_only_reading(ledger: Ledger) -> None:
    with pytest.raises(DBAPIError), ledger.read() as conn:
        counters.add(conn, {"oro_reads": 1})
    with ledger.read() as conn:
        assert counters.all(conn) == {}


def test_what_fails_half_way_leaves_nothing_behind(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.begin() as conn:
        counters.add(conn, {"oro_reads": 1})
        raise ZeroDivisionError
    with ledger.read() as conn:
        assert counters.all(conn) == {}


def test_sqlite_keeps_what_was_committed_and_enforces_its_keys(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    migrate(url)
    ledger = open_ledger(url)
    with ledger.begin() as conn:
        settings = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    ledger.dispose()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_a_forked_child_opens_connections_of_its_own(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        signals.beat(conn, "parent", NOW)
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        status = 1
        try:
            with ledger.begin() as conn:
                signals.beat(conn, "child", NOW)
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with ledger.begin() as conn:
        signals.beat(conn, "parent again", NOW)
        assert set(signals.all(conn)) == {"parent", "child", "parent again"}


def test_sqlite_looks_at_its_tables_and_postgresql_is_left_to_itself(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        counters.add(conn, {"returns_done": 1})
    ledger.look_at_tables()
    if ledger.dialect == "sqlite":
        with ledger.read() as conn:
            assert "counters" in conn.execute(text("SELECT tbl FROM sqlite_stat1")).scalars().all()
