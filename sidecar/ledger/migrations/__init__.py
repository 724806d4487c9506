"""Migrations of the ledger, run by the program itself: ``python -m sidecar migrate``."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from sidecar.ledger.engine import NewerLedger, make_folder

# Alembic is imported where it migrates: a process that only checks the version would spend a third of its start on it.
if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

LOCK = 0x5A5A_5241  # PostgreSQL advisory lock: two processes that migrate at once do so one after the other
PATIENCE = 30.0


class NotMigrated(RuntimeError):
    """The ledger's tables are missing or older than this program."""


def migrate(url: str) -> None:
    """Bring the ledger to this program's version; harmless to repeat, and from several processes at once.

    A new SQLite file, and with it what SQLite puts beside it, is for its owner alone: it holds the key of the desk's
    cookies. Raises NewerLedger, NoFolder, and DBAPIError when the database cannot be used.
    """
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite") and parsed.database:
        make_folder(Path(parsed.database).parent)
        with suppress(OSError):  # there already; or not to be made, which SQLite then says
            Path(parsed.database).touch(0o600, exist_ok=False)
    engine = create_engine(url)
    until = time.monotonic() + PATIENCE
    try:
        while True:
            try:
                with engine.connect() as conn:
                    _upgrade(conn)
                return
            except OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.1)  # SQLite: another process is migrating
    finally:
        engine.dispose()


def check_migrated(url: str) -> None:
    """Raises NotMigrated or NewerLedger when the ledger is not at this program's version, DBAPIError when it cannot be
    reached."""
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite") and not Path(parsed.database or "").exists():
        raise NotMigrated("The ledger does not exist yet.")
    engine = create_engine(url)
    try:
        with engine.connect() as conn:
            found = _version(conn)
    finally:
        engine.dispose()
    wanted = newest()
    if found != wanted:
        raise NotMigrated(f"The ledger is at version {found or 'none'}, this program wants {wanted}.")


def _version(conn: Connection) -> str | None:
    """The version of the tables, None of an empty database. Raises NewerLedger."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found > newest():
        raise NewerLedger(found, newest())
    return found


def newest() -> str:
    """The version that this program wants: a migration's file carries its number, ``v0003_evidence.py``."""
    return max(file.name[1:5] for file in (Path(__file__).parent / "versions").glob("v[0-9][0-9][0-9][0-9]_*.py"))


def _scripts() -> ScriptDirectory:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _upgrade(conn: Connection) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    sqlite = conn.dialect.name == "sqlite"
    if sqlite:
        driver: Any = conn.connection.driver_connection
        driver.isolation_level = None  # the driver's own transactions leave DDL outside
        conn.execute(text("PRAGMA journal_mode=WAL"))
        conn.execute(text("PRAGMA busy_timeout=5000"))
        conn.execute(text("BEGIN IMMEDIATE"))
    else:
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    _version(conn)
    scripts = _scripts()

    def steps(revision: Any, context: object) -> Any:
        return scripts._upgrade_revs("head", revision)

    context = EnvironmentContext(Config(), scripts, fn=steps)
    context.configure(connection=conn, transactional_ddl=False)
    context.run_migrations()
    if sqlite:
        conn.execute(text("COMMIT"))
    else:
        conn.commit()
