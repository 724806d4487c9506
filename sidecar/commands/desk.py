"""mappings, keys, flags: what people decide, from the command line."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from sidecar.commands import session
from sidecar.ledger import flags as flag_rows
from sidecar.ledger import keys as key_rows
from sidecar.sync import decisions
from sidecar.sync import mappings as mapping_store

SCOPES = ("intake", "sync", "read", "desk", "admin")


def _now() -> datetime:
    return datetime.now(UTC)


@click.group()
def mappings() -> None:
    """Translations of ZigZag's words: grades, warehouses, reasons, fees, scan units, options, statuses."""


@mappings.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_mappings(file: Path) -> None:
    """Import a YAML file: replaces what it names, keeps the rest, refuses the whole file on any error.

    Everything that waited for one of these words is due at once.
    """
    settings = session.load()
    with session.ledger(settings) as ledger:
        try:
            done = mapping_store.import_file(
                ledger, file.read_text(encoding="utf-8"), actor=session.person(), now=_now()
            )
        except (mapping_store.MappingFileError, UnicodeDecodeError) as error:
            click.echo(f"{file}: {error}", err=True)
            click.echo("Nothing was changed.", err=True)
            sys.exit(1)
    click.echo(f"{done.changed} mappings changed, {done.same} were so already.")


@mappings.command("export")
def export_mappings() -> None:
    """Write the current mappings as YAML to standard output; import reads them back."""
    settings = session.load()
    with session.ledger(settings) as ledger, ledger.read() as conn:
        click.echo(mapping_store.export(conn), nl=False)


@mappings.command("list")
@click.argument("kind", required=False)
def list_mappings(kind: str | None) -> None:
    """Show the current mappings, of one KIND or all, with the built-in defaults marked."""
    settings = session.load()
    table = Table("kind", "ZigZag says", "we take it as", "set by")
    with session.ledger(settings) as ledger, ledger.read() as conn:
        for row in mapping_store.listing(conn):
            if kind in (None, row.kind):
                table.add_row(row.kind, row.source or '""', row.value, row.changed_by)
    Console().print(table)


@click.group()
def keys() -> None:
    """API keys: for the Oro bundle, scripts and monitoring."""


@keys.command("create")
@click.option("--name", required=True, help="What the key is for; shown in the audit trail.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="Repeatable.")
def create_key(name: str, scopes: tuple[str, ...]) -> None:
    """Create a key and print it once: only its hash is stored."""
    settings = session.load()
    with session.ledger(settings) as ledger:
        try:
            with ledger.begin() as conn:
                _, clear = key_rows.create(conn, name, scopes, session.person(), _now())
        except key_rows.NameTaken:
            click.echo(f"There is a key named {name!r} already. Revoke it first, or choose another name.", err=True)
            sys.exit(1)
    click.echo(clear)


@keys.command("list")
def list_keys() -> None:
    """Show the keys: never their text."""
    settings = session.load()
    table = Table("name", "starts with", "scopes", "created", "last used", "revoked")
    with session.ledger(settings) as ledger, ledger.read() as conn:
        for key in key_rows.list_keys(conn):
            table.add_row(
                key.name,
                f"{key.prefix}...",
                " ".join(key.scopes),
                f"{key.created_at:%Y-%m-%d}",
                f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "-",
                f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "",
            )
    Console().print(table)


@keys.command("revoke")
@click.argument("name")
def revoke_key(name: str) -> None:
    """Revoke a key by its name; it stops working within seconds."""
    settings = session.load()
    with session.ledger(settings) as ledger, ledger.begin() as conn:
        if not key_rows.revoke(conn, name, session.person(), _now()):
            click.echo(f"There is no key named {name!r} in use.", err=True)
            sys.exit(1)
    click.echo(f"{name} is revoked.")


@click.group("flags")
def flags() -> None:
    """What waits for a person: list, and decide."""


@flags.command("list")
@click.option("--owner", type=click.Choice(["cx", "finance", "operations", "it"]))
@click.option("--code", help="For example unit_ambiguous.")
@click.option("--return-id")
@click.option("--state", type=click.Choice(["open", "assigned", "resolved", "released"]), default="open")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
def list_flags(owner: str | None, code: str | None, return_id: str | None, state: str, limit: int) -> None:
    """Show flags, most urgent owner first, each with its next step."""
    settings = session.load()
    table = Table("id", "owner", "severity", "code", "return", "at stake", "what happened", "next step")
    with session.ledger(settings) as ledger, ledger.read() as conn:
        found = flag_rows.search(conn, state=state, owner=owner, code=code, return_id=return_id, limit=limit)
    for flag in found.rows:
        stake = f"{flag.amount} {flag.currency}" if flag.amount is not None else ""
        table.add_row(
            str(flag.id), flag.owner, flag.severity, flag.code, flag.return_id, stake, flag.message, flag.next_step
        )
    Console().print(table)
    click.echo(f"{len(found.rows)} flags" + (", more with --limit" if found.next_cursor else ""))


def _decide(verb: str, flag_id: int, note: str) -> None:
    settings = session.load()
    with session.ledger(settings) as ledger:
        try:
            flag = decisions.decide(ledger, flag_id, verb, note=note, actor=session.person(), now=_now())
        except decisions.DecisionError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
    click.echo(f"flag {flag.id} {flag.code}: {flag.state}")


@flags.command("resolve")
@click.argument("flag_id", type=int)
@click.option("--note", required=True, help="Why; kept in the audit trail.")
def resolve_flag(flag_id: int, note: str) -> None:
    """Close a flag after acting on it yourself. What it held stays held: nothing is paid by resolving."""
    _decide("resolve", flag_id, note)


@flags.command("release")
@click.argument("flag_id", type=int)
@click.option("--note", required=True, help="Why; kept in the audit trail.")
def release_flag(flag_id: int, note: str) -> None:
    """Let what a flag held go on: pay an inactive SKU's credit, or try a refused write again."""
    _decide("release", flag_id, note)


@flags.command("reopen")
@click.argument("flag_id", type=int)
def reopen_flag(flag_id: int) -> None:
    """Open a closed flag again."""
    _decide("reopen", flag_id, "")


COMMANDS = (mappings, keys, flags)
