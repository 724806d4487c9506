"""mappings: the translations of ZigZag's words, from the command line."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sidecar.commands import session
from sidecar.sync import mappings as store
from sidecar.sync.mapping_values import KINDS, OBJECTS, InvalidMapping

kind_argument = click.argument("kind", type=click.Choice(KINDS), metavar="KIND")


@click.group(short_help="Translate ZigZag's words; releases what waited.")
def mappings() -> None:
    """Translations of ZigZag's words: grades, warehouses, reasons, fees, scan units, options, statuses.

    \b
    One word:
      python -m sidecar mappings set warehouses GB0064 role=destination
      python -m sidecar mappings set grades E credit_percent=25 disposition=scrap
      python -m sidecar mappings set scan_units GLOVE case
    Many:
      python -m sidecar mappings export > mappings.yaml     edit it, then
      python -m sidecar mappings import mappings.yaml

    Whatever waited for a word is released by itself as soon as it is mapped. docs/mappings.md explains each kind.
    """


@mappings.command("import", short_help="Import a YAML file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_mappings(file: Path) -> None:
    """Import a YAML file: replaces what it names, keeps the rest, refuses the whole file on any error.

    Everything that waited for one of these words is due at once.
    """
    settings = session.load()
    with session.ledger(settings) as ledger:
        try:
            with file.open(encoding="utf-8") as opened:
                text = opened.read(store.LARGEST_FILE + 1)
            done = store.import_file(ledger, text, actor=session.person(), now=datetime.now(UTC))
        except (store.MappingFileError, UnicodeDecodeError) as error:
            click.echo(f"{file}: {error}", err=True)
            click.echo("Nothing was changed.", err=True)
            sys.exit(1)
    _caution(done.cautions)
    click.echo(f"{done.changed} mappings changed, {done.same} were so already. {_released(done.due)}")


@mappings.command("export", short_help="Write all mappings as YAML.")
def export_mappings() -> None:
    """Write the current mappings, built-in ones included, as YAML to standard output; import reads them back."""
    settings = session.load()
    with session.ledger(settings) as ledger, ledger.read() as conn:
        click.echo(store.export(conn), nl=False)


@mappings.command("list", short_help="Show the mappings and who set them.")
@click.argument("kind", required=False, type=click.Choice(KINDS), metavar="[KIND]")
def list_mappings(kind: str | None) -> None:
    """Show the current mappings, of one KIND or all, and who set each; "default" marks the built-in ones."""
    settings = session.load()
    table = Table("kind", "ZigZag says", "we take it as", "set by")
    with session.ledger(settings) as ledger, ledger.read() as conn:
        for row in store.listing(conn):
            if kind in (None, row.kind):
                table.add_row(*map(Text, (row.kind, row.source or '""', row.value, row.changed_by)))
    Console().print(table)


@mappings.command("set", short_help="Map one word.")
@kind_argument
@click.argument("word")
@click.argument("value", nargs=-1, required=True)
def set_mapping(kind: str, word: str, value: tuple[str, ...]) -> None:
    """Map one WORD of ZigZag to a VALUE; everything that waited for it is due at once.

    \b
    grades             credit_percent=0..100 disposition=D, where D is restock,
                       quarantine, refurbish, return_to_vendor, scrap, missing,
                       wrong_item or hold
    warehouses         role=destination oro_code=main, or role=hub
    fees               treatment=deduct service_sku=SVC-RETURN (or review, ignore)
    scan_units         a unit of Oro, or primary; WORD: SKU, SKU@WAREHOUSE or "*"
    return_options     refund, exchange or store_credit
    reasons            your own code
    order_statuses     a milestone: requested, approved, label_created,
    tracking_statuses  in_transit, at_hub, received, graded, restocked, closed,
                       cancelled, rejected
    """
    settings = session.load()
    with session.ledger(settings) as ledger:
        try:
            done = store.change(ledger, kind, word, _value(kind, value), actor=session.person(), now=datetime.now(UTC))
        except InvalidMapping as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            click.echo("Nothing was changed. See: python -m sidecar mappings set --help", err=True)
            sys.exit(1)
    _caution(done.cautions)
    click.echo(f"{kind} {done.source!r}: {'set' if done.changed else 'was so already'}. {_released(done.due)}")


@mappings.command("remove", short_help="Forget one word.")
@kind_argument
@click.argument("word")
def remove_mapping(kind: str, word: str) -> None:
    """Forget what was set for one WORD; a built-in default, if there is one, counts again."""
    settings = session.load()
    with session.ledger(settings) as ledger:
        try:
            done = store.change(ledger, kind, word, None, actor=session.person(), now=datetime.now(UTC))
        except store.NotStored as error:
            click.echo(str(error), err=True)
            sys.exit(1)
    click.echo(f"{kind} {done.source!r}: removed.")


def _value(kind: str, words: tuple[str, ...]) -> Any:
    """``case`` as text, or ``role=hub oro_code=main`` as an object. Raises UsageError."""
    if kind not in OBJECTS:
        return " ".join(words)
    pairs = [word.partition("=") for word in words]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.UsageError(f"{kind} are set by NAME=VALUE, such as credit_percent=50 disposition=scrap.")
    return {name: text for name, _, text in pairs}


def _caution(cautions: tuple[store.Caution, ...]) -> None:
    for caution in cautions:
        click.echo(f"Mind: {caution}", err=True)


def _released(due: int) -> str:
    return f"Returns that waited for this: {due}; they are due now." if due else "No return waited for this."


COMMANDS = (mappings,)
