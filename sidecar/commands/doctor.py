"""doctor: is everything set up right, and what to do about what is not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import click
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DBAPIError

from sidecar import settings as settings_module
from sidecar.ledger import flags as flag_rows
from sidecar.ledger import signals
from sidecar.ledger.engine import open_ledger
from sidecar.ledger.migrations import NotMigrated, check_migrated
from sidecar.oro.errors import OroError
from sidecar.returns.flags import MAPPED_BY
from sidecar.settings import Settings, SettingsError
from sidecar.sync.build import build_oro, build_zigzag
from sidecar.zigzag.errors import ZigZagError

SILENT_AFTER = 60.0  # seconds without a sign of life from dispatcher


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``advice`` says what to do when it is not well."""

    what: str
    ok: bool
    detail: str
    advice: str = ""


@click.command(short_help="Is everything set up right, and what to do if not?")
def doctor() -> None:
    """Check settings, ledger, Redis, both upstreams with their credentials, the bundle, and the mappings.

    Prints what to do about each finding. Ends with status 0 only when everything is well.
    """
    console = Console()
    table = Table("", "checked", "found", "what to do", show_lines=False)
    unwell = 0
    with console.status("Looking..."):
        for finding in examine():
            unwell += not finding.ok
            mark = "[green]ok[/]" if finding.ok else "[red]!![/]"
            table.add_row(mark, finding.what, finding.detail, "" if finding.ok else finding.advice)
    console.print(table)
    click.echo("All is well." if not unwell else f"{unwell} findings need somebody.")
    sys.exit(1 if unwell else 0)


def examine() -> Iterator[Finding]:
    """Every finding, cheapest first; what cannot be looked at because of an earlier one is left out."""
    try:
        found = settings_module.load(os.environ, need=("oro", "zigzag"))
        yield Finding("settings", True, "complete")
    except SettingsError as error:
        for line in str(error).splitlines():
            yield Finding("settings", False, line, "Set it in the environment; docs/install.md names them all.")
        try:
            found = settings_module.load(os.environ, need=())
        except SettingsError:
            return
    yield from _ledger(found)
    yield _redis(found)
    if found.oro_base_url and found.oro_client_id:
        yield from _oro(found)
    if found.zigzag_base_url and found.zigzag_username:
        yield _zigzag(found)


def _ledger(found: Settings) -> Iterator[Finding]:
    try:
        check_migrated(found.database_url)
    except NotMigrated as error:
        yield Finding("ledger", False, str(error), "Run: python -m sidecar migrate")
        return
    except DBAPIError as error:
        yield Finding("ledger", False, str(error.orig or error), "Check DATABASE_URL and that the database runs.")
        return
    yield Finding("ledger", True, found.describe()["DATABASE_URL"])
    ledger = open_ledger(found.database_url)
    try:
        with ledger.read() as conn:
            now = datetime.now(UTC)
            for name, what in (("dispatcher", "dispatcher"), ("workers", "workers")):
                signal = signals.get(conn, name)
                if signal is None:
                    yield Finding(what, False, "has never run", "Start it: python -m sidecar run")
                else:
                    age = (now - signal.at).total_seconds()
                    fresh = age < SILENT_AFTER or name == "workers"
                    yield Finding(what, fresh, f"last sign of life {age:.0f} s ago", "Start it again and read its log.")
            waiting = [row for row in flag_rows.counts(conn) if row.code in MAPPED_BY and row.count]
            words = ", ".join(f"{row.code}: {row.count}" for row in waiting)
            yield Finding(
                "mappings",
                not waiting,
                words or "every word seen so far is known",
                "See what waits: python -m sidecar flags list. Map it: python -m sidecar mappings import FILE",
            )
    finally:
        ledger.dispose()


def _redis(found: Settings) -> Finding:
    from sidecar import embedded
    from sidecar.jobs.queue import connect

    url = found.redis_url or embedded.url_of(found.var_dir)
    if url is None:
        return Finding("redis", True, "embedded: started by `run` (it is not running now)")
    try:
        connect(url, quick=True).ping()
    except RedisError as error:
        return Finding("redis", False, str(error), "Check REDIS_URL and that the server runs.")
    return Finding("redis", True, "answers")


def _oro(found: Settings) -> Iterator[Finding]:
    try:
        for each in build_oro(found).documents.check():
            yield Finding(f"oro: {each.subject}", each.ok, each.detail, each.remedy)
    except OroError as error:
        yield Finding("oro", False, str(error), "Check ORO_BASE_URL and the network between the two.")


def _zigzag(found: Settings) -> Finding:
    client = build_zigzag(found)
    if client is None:
        return Finding("zigzag", True, "not pulled (ZIGZAG_PULL=off): webhooks and files only")
    try:
        client.check()
    except ZigZagError as error:
        return Finding("zigzag", False, str(error), "Check ZIGZAG_BASE_URL, ZIGZAG_USERNAME and ZIGZAG_PASSWORD.")
    return Finding("zigzag", True, "token given")
