"""Opening the ledger: one engine that writes and one that only reads, for SQLite and for PostgreSQL."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, OperationalError

BUSY_SECONDS = 5
IDLE_LIMIT = "60s"  # no transaction waits for anything but the ledger, so one that does nothing this long has died
POOL = {"pool_size": 5, "max_overflow": 30}

_living: weakref.WeakSet[Ledger] = weakref.WeakSet()
_abandoned: list[Any] = []


class UnknownDatabase(ValueError):
    """A database URL that is neither SQLite in a file nor PostgreSQL."""


class NoFolder(RuntimeError):
    """The folder of an SQLite ledger is not there and cannot be made."""


class NewerLedger(RuntimeError):
    """A newer program has migrated the ledger; this one does not know what its tables mean."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(
            f"The ledger is at version {found}, this program knows {wanted} and no newer one. "
            "Start the newer program again, or restore the backup made before it."
        )


def why_unusable(url: str, error: Exception) -> str | None:
    """What a person must know when the database of the ledger cannot be used: which, without its password, and why.

    None for an error of another kind, which is ours and wants its traceback.
    """
    if isinstance(error, NewerLedger):
        return str(error)
    # A file that is no database is a plain DatabaseError; its subclasses, but for one, speak of our statements.
    if not isinstance(error, OperationalError | NoFolder) and type(error) is not DatabaseError:
        return None
    said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return f"The ledger cannot be used ({make_url(url).render_as_string(hide_password=True)}): {said}"


class Ledger:
    """The door to the database. Connections are opened when first needed and belong to the process that opened them."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        _living.add(self)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._writer.dialect.name

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end, rolled back on any exception.

        In SQLite it takes the one write lock at once (``BEGIN IMMEDIATE``), so reading first and writing then never
        fails as "locked"; never make a network call inside.
        """
        with self._writer.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the ledger and cannot write; a write in it raises DBAPIError."""
        with self._reader.begin() as conn:
            yield conn

    def look_at_tables(self) -> None:
        """Let SQLite sample its tables, so that it chooses indexes by what is in them; PostgreSQL does so by itself."""
        if self.dialect == "sqlite":
            with self.begin() as conn:
                conn.exec_driver_sql("PRAGMA analysis_limit=1000")  # rows per index: milliseconds for any table
                conn.exec_driver_sql("ANALYZE")

    def dispose(self) -> None:
        """Close every idle connection. The ledger may be used again; it opens new ones."""
        self._writer.dispose()
        if self._reader is not self._writer:
            self._reader.dispose()

    def dispose_after_fork(self) -> None:
        """In a forked child: forget the parent's connections without closing them, as they are still the parent's.

        Done by itself in every child made by ``os.fork``; harmless to repeat.
        """
        for engine in (self._writer, self._reader):
            # Kept for ever: collecting them would close the parent's connections from here.
            _abandoned.append(engine.pool)
            engine.dispose(close=False)


def _forked() -> None:
    for ledger in list(_living):
        ledger.dispose_after_fork()


os.register_at_fork(after_in_child=_forked)


def make_folder(folder: Path) -> None:
    """The folder of an SQLite ledger, if it is missing. Raises NoFolder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoFolder(f"the folder {folder} cannot be made: {error.strerror}") from None


def open_ledger(url: str, *, echo: bool = False) -> Ledger:
    """The ledger at a database URL, not connected yet; SQLite's folder is made if missing.

    Raises UnknownDatabase, and NoFolder.
    """
    parsed = make_url(url)
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _open_sqlite(parsed, echo)
    if parsed.drivername == "postgresql+psycopg":
        return _open_postgresql(parsed, echo)
    raise UnknownDatabase(f"{parsed.drivername}: the ledger lives in sqlite:///FILE or postgresql+psycopg://...")


def _open_sqlite(url: URL, echo: bool) -> Ledger:
    if not url.database or url.database == ":memory:":
        raise UnknownDatabase("several processes share the ledger, so SQLite needs a file: sqlite:///var/sidecar.db")
    make_folder(Path(url.database).parent)
    engines = []
    for begin, only_reads in (("BEGIN IMMEDIATE", False), ("BEGIN", True)):
        engine = create_engine(url, echo=echo, connect_args={"timeout": BUSY_SECONDS}, **POOL)
        event.listen(engine, "connect", _connected(only_reads))
        event.listen(engine, "begin", _begins(begin))
        engines.append(engine)
    return Ledger(*engines)


def _connected(only_reads: bool) -> Any:
    def set_up(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver's own transactions begin too late and deferred
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # so that REPLACE meets the triggers that guard rows
            "cache_size=-16000",
            f"query_only={'ON' if only_reads else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    return set_up


def _begins(statement: str) -> Any:
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql(statement)

    return begin


# A server that vanished without a word is given up within half a minute: the default is to ask again after two hours.
SILENCE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}


def _leaves_no_locks(connection: Any, record: Any) -> None:
    """A machine that loses power in the middle of a transaction would keep its rows for hours, and webhooks waiting."""
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_LIMIT}'")
    connection.commit()


def _open_postgresql(url: URL, echo: bool) -> Ledger:
    engine = create_engine(
        url,
        echo=echo,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,  # a restarted server costs nobody an answer
        connect_args={"connect_timeout": 5, "application_name": "returns-bridge", **SILENCE},
        **POOL,
    )
    event.listen(engine, "connect", _leaves_no_locks)
    # Statement by statement, a page would know of work whose message it had not seen, and call it done.
    reader = engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    return Ledger(engine, reader)
