"""keys: who may use the API."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sidecar.commands import session
from sidecar.commands.words import NAME
from sidecar.ledger import keys as key_rows

SCOPES = ("intake", "sync", "read", "desk", "admin")


@click.group(short_help="API keys: for the Oro bundle, scripts, monitoring.")
def keys() -> None:
    """API keys: for the Oro bundle, scripts and monitoring. Only a hash of each is stored.

    \b
    intake   announce returns (POST /v1/returns)
    sync     ask for returns to be synced (POST /v1/returns/{id}/sync)
    read     read returns, flags and mappings (GET /v1/...)
    desk     decide flags, change mappings
    admin    everything

    \b
    python -m sidecar keys create --name shop --scope intake --scope read
    """


@keys.command("create", short_help="Create a key and print it once.")
@click.option("--name", required=True, type=NAME, help="What the key is for; shown in the audit trail.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="Repeatable.")
def create_key(name: str, scopes: tuple[str, ...]) -> None:
    """Create a key and print it once: only its hash is stored."""
    settings = session.load()
    with session.ledger(settings) as ledger:
        try:
            with ledger.begin() as conn:
                _, clear = key_rows.create(conn, name, scopes, session.person(), datetime.now(UTC))
        except key_rows.NameTaken:
            click.echo(f"There is a key named {name!r} already. Revoke it first, or choose another name.", err=True)
            sys.exit(1)
    click.echo(clear)


@keys.command("list", short_help="Show the keys: never their text.")
def list_keys() -> None:
    """Show the keys: never their text."""
    settings = session.load()
    table = Table("name", "starts with", "scopes", "created", "last used", "revoked")
    with session.ledger(settings) as ledger, ledger.read() as conn:
        for key in key_rows.list_keys(conn):
            table.add_row(
                Text(key.name),
                f"{key.prefix}...",
                " ".join(key.scopes),
                f"{key.created_at:%Y-%m-%d}",
                f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "-",
                f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "",
            )
    Console().print(table)


@keys.command("revoke", short_help="Revoke a key by its name.")
@click.argument("name")
def revoke_key(name: str) -> None:
    """Revoke a key by its name; it stops working within seconds."""
    settings = session.load()
    with session.ledger(settings) as ledger, ledger.begin() as conn:
        if not key_rows.revoke(conn, name, session.person(), datetime.now(UTC)):
            click.echo(f"There is no key named {name!r} in use.", err=True)
            sys.exit(1)
    click.echo(f"{name} is revoked.")


COMMANDS = (keys,)
