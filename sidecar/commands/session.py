"""What most commands begin with: settings, a migrated ledger, and who is asking."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from sidecar import logs, settings
from sidecar.ledger.engine import Ledger, open_ledger, why_unusable
from sidecar.ledger.migrations import NotMigrated, check_migrated
from sidecar.zigzag import names


def load(*need: str) -> settings.Settings:
    """The settings from the environment; ``need`` names the upstreams whose credentials must be there."""
    found = settings.load(os.environ, need=need)
    names.use(found.zigzag_field_aliases)
    return found


def load_and_log(*need: str) -> settings.Settings:
    """For long-running processes: the settings, with structured logs switched on."""
    found = load(*need)
    logs.configure(found.log_level, hide=found.secrets())
    return found


@contextmanager
def reachable(found: settings.Settings) -> Iterator[None]:
    """Where the ledger's database cannot be used, a person reads why, and no traceback."""
    try:
        yield
    except Exception as error:
        said = why_unusable(found.database_url, error)
        if said is None:
            raise
        click.echo(said, err=True)
        click.echo("Check DATABASE_URL or VAR_DIR, or have a look at everything: python -m sidecar doctor", err=True)
        sys.exit(1)


@contextmanager
def ledger(found: settings.Settings) -> Iterator[Ledger]:
    """The ledger, migrated; a clear word when it is not. The engine is closed at the end."""
    with reachable(found):
        try:
            check_migrated(found.database_url)
        except NotMigrated as error:
            click.echo(f"{error} Run: python -m sidecar migrate", err=True)
            sys.exit(1)
        opened = open_ledger(found.database_url)
        try:
            yield opened
        finally:
            opened.dispose()


def person() -> str:
    """Who runs this command, for the audit trail."""
    return f"cli:{getpass.getuser()}"


def redis_url(found: settings.Settings) -> str:
    """The Redis of this installation: REDIS_URL, or the embedded server that ``run`` keeps."""
    if found.redis_url:
        return found.redis_url
    from sidecar import embedded

    url = embedded.url_of(found.var_dir)
    if url is None:
        click.echo("There is no Redis: set REDIS_URL, or start everything with: python -m sidecar run", err=True)
        sys.exit(1)
    return url


def answering_redis_url(found: settings.Settings) -> str:
    """The same, for a process that can do nothing without it."""
    from sidecar.jobs.queue import NoAnswer, check_answers

    url = redis_url(found)
    try:
        check_answers(url, found.describe()["REDIS_URL"] or "embedded")
    except NoAnswer as error:
        click.echo(f"{error}", err=True)
        click.echo("Check REDIS_URL, or have a look at everything: python -m sidecar doctor", err=True)
        sys.exit(1)
    return url
