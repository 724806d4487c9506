"""postings: credit memos and stock movements of a period, for the books."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from sidecar.commands import session
from sidecar.sync import postings_file

DAY = click.DateTime(["%Y-%m-%d"])


@click.group(short_help="Credit memos of a period, as CSV.")
def postings() -> None:
    """What was posted: one line per credit memo, for finance.

    \b
      python -m sidecar postings export --from 2026-11-01 --to 2026-11-30
    """


@postings.command("export", short_help="Write a period as CSV.")
@click.option(
    "--from", "first", type=DAY, metavar="DAY", required=True, help="The first business day, such as 2026-11-01."
)
@click.option("--to", "last", type=DAY, metavar="DAY", required=True, help="The last business day; it is included.")
@click.option("--stock", is_flag=True, help="Also postings that only move stock.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Instead of the screen."
)
def export_postings(first: datetime, last: datetime, stock: bool, output: Path | None) -> None:
    """Write the credit memos of a period as CSV: key, return, order, amounts, status, id in Oro, and when.

    Days are those of RETURNS_TIMEZONE. A memo belongs to the day on which it was planned, so that a period written
    twice is the same; its column "state" says whether Oro has confirmed it by now.
    """
    settings = session.load()
    try:
        since, until = postings_file.period(first.date(), last.date(), settings.returns_timezone)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    with session.ledger(settings) as ledger:
        lines = postings_file.lines(ledger, since, until, settings.returns_timezone, stock=stock)
        if output is None:
            sys.stdout.writelines(lines)
            return
        try:
            with output.open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
        except OSError as error:
            raise click.FileError(str(output), error.strerror) from None
    click.echo(f"Written: {output}")


COMMANDS = (postings,)
