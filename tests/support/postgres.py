"""PostgreSQL for tests: the one given by TEST_POSTGRES_URL, else a private cluster where it is installed.

The private cluster listens on a unix socket in a directory of its own and is thrown away afterwards, so that
it needs no password and disturbs no other server.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

WHY_NOT = "no PostgreSQL: set TEST_POSTGRES_URL, or install its server (initdb and postgres)"
READY_WITHIN = 30.0
OWNER = "postgres"


@contextmanager
def running(*, durable: bool = False) -> Iterator[str | None]:
    """The address of a server (``postgresql+psycopg://``) whose user may create databases, None without one.

    ``durable``: with fsync, as in production; a test has no use for it, a measurement has.
    """
    given = os.environ.get("TEST_POSTGRES_URL")
    programs = _programs()
    owner = _owner()
    if given:
        yield given
    elif programs is None or owner is None:
        yield None
    else:
        with _cluster(programs, owner, durable) as url:
            yield url


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """The address of an empty database on that server, dropped at the end whoever still uses it."""
    name = f"test_{uuid.uuid4().hex}"
    before, _, query = server_url.partition("?")
    with psycopg.connect(_plain(server_url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield before.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def emptied(url: str) -> None:
    """Throw out whoever still uses the database, then every row; numbering starts at 1 again. Triggers stay silent."""
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("SET session_replication_role = replica")
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        ).fetchall()
        connection.execute("".join(f"DELETE FROM {table};" for (table,) in tables))
        used = connection.execute(
            "SELECT quote_ident(sequencename) FROM pg_sequences WHERE last_value IS NOT NULL"
        ).fetchall()
        connection.execute("".join(f"ALTER SEQUENCE {sequence} RESTART;" for (sequence,) in used))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The server of this run; a test that asks for it is skipped where there is none."""
    with running() as url:
        if url is None:
            pytest.skip(WHY_NOT)
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database for one test."""
    with fresh_database(postgres_server) as url:
        yield url


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _programs() -> Path | None:
    """The directory of initdb and postgres: Debian's newest, else the one on PATH."""
    debian = Path("/usr/lib/postgresql")
    versions = [each.parts[-3] for each in debian.glob("*/bin/initdb")]
    if versions:
        return debian / max(versions, key=int) / "bin"
    found = shutil.which("initdb")
    # initdb looks for postgres beside itself, so a link to it is followed first.
    return Path(found).resolve().parent if found else None


def _owner() -> str | None:
    """Who runs the cluster: PostgreSQL refuses to run as root. None when root finds nobody else for it."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    try:
        return pwd.getpwnam(OWNER).pw_name
    except KeyError:
        return None


@contextmanager
def _cluster(programs: Path, owner: str, durable: bool) -> Iterator[str]:
    home = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path is limited to about 100 bytes
    who = pwd.getpwnam(owner)
    as_owner: dict[str, object] = {"cwd": home}
    if os.geteuid() == 0:
        os.chown(home, who.pw_uid, who.pw_gid)
        as_owner |= {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    data = home / "data"
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            check=True,
            capture_output=True,
            **as_owner,
        )
        command = [programs / "postgres", "-D", data, "-k", home, "-c", "listen_addresses="]
        command += ["-c", "max_connections=200"]
        if not durable:
            command += ["-c", "fsync=off", "-c", "full_page_writes=off"]
        with (home / "server.log").open("wb") as log:
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **as_owner)
        try:
            url = f"postgresql+psycopg://{OWNER}@/postgres?host={home}"
            _wait_until_ready(server, url, home / "server.log")
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # "fast": ends sessions, then stops
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            psycopg.connect(_plain(url), connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-500:]}") from None
            time.sleep(0.1)
        else:
            return
