"""doctor: is everything set up right, and what to do about what is not."""

from __future__ import annotations

import os
import sys

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from sidecar.commands.examining import BAD, NOTE, OK, Finding, examine

MARKS = {OK: ("ok", "green"), NOTE: ("note", "yellow"), BAD: ("!!", "bold red")}


@click.command(short_help="Is everything set up right, and what to do if not?")
@click.option("--quiet", is_flag=True, help="Only what needs somebody.")
def doctor(quiet: bool) -> None:
    """Look at everything that must be right, and say what to do about what is not.

    \b
    settings    complete, and none misspelled
    ledger      reachable, migrated, its messages settled
    redis       reachable, new enough, throws nothing away
    processes   a dispatcher leads, workers live, no return waits too long
    oro         a token is given, the API and the bundle are on, the role may read
    zigzag      a token is given, the list of changes is where it is expected
    mappings    every word that was seen is mapped
    people      the bundle has a key, the desk has users, somebody is alerted

    Nothing is changed anywhere. "!!" needs somebody, "note" is worth a thought.
    Ends with status 0 when nothing needs anybody.
    """
    console = Console()
    unwell = 0
    with _looking(console) as progress:
        task = progress.add_task("settings", total=None)
        for finding in examine(os.environ, about_to=lambda what: progress.update(task, description=what)):
            unwell += finding.level == BAD
            if finding.level != OK or not quiet:
                _show(progress.console, finding)
    console.print("All is well." if not unwell else f"Needs somebody: {unwell}.")
    sys.exit(1 if unwell else 0)


def _looking(console: Console) -> Progress:
    return Progress(SpinnerColumn(), TextColumn("looking at {task.description}"), console=console, transient=True)


def _show(console: Console, finding: Finding) -> None:
    word, style = MARKS[finding.level]
    lines = Table.grid(padding=(0, 1, 0, 0))
    for width in (4, 11, None):
        lines.add_column(width=width, overflow="fold")
    lines.add_row(Text(word, style), Text(finding.what, "bold"), Text(finding.detail))
    if finding.advice and finding.level != OK:
        lines.add_row("", "", Text(finding.advice, "italic"))
    console.print(lines, highlight=False)


COMMANDS = (doctor,)
