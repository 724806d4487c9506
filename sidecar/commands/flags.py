"""flags: what waits for a person, and what the person decides."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sidecar.commands import session
from sidecar.commands.words import NAME, Words
from sidecar.ledger import audit
from sidecar.ledger import flags as flag_rows
from sidecar.ledger.columns import BIGGEST_ID
from sidecar.ledger.flags import FlagRow
from sidecar.returns.flags import RELEASABLE
from sidecar.returns.titles import TITLES
from sidecar.sync import decisions

NOTE = Words(decisions.LONGEST_NOTE, lines=True)
_note = click.option("--note", required=True, type=NOTE, help="Why; kept in the audit trail.")
_flag_id = click.argument("flag_id", type=click.IntRange(1, BIGGEST_ID))
LOUD = {"critical": "bold red", "warning": "yellow", "info": "dim"}


@click.group("flags", short_help="What waits for a person: look, and decide.")
def flags() -> None:
    """What waits for a person: look, and decide.

    \b
    python -m sidecar flags list --owner finance
    python -m sidecar flags show 17
    python -m sidecar flags release 17 --note "looked at the goods, pay it"

    docs/runbook.md has a section for every code.
    """


@flags.command("list", short_help="Show flags by owner and code.")
@click.option("--owner", type=click.Choice(["cx", "finance", "operations", "it"]), help="Only theirs.")
@click.option("--code", help="For example unit_ambiguous.")
@click.option("--return-id", help="Only those of one return.")
@click.option(
    "--state",
    type=click.Choice(["open", "assigned", "resolved", "released"]),
    default="open",
    show_default=True,
    help="assigned: somebody acts; resolved: by a person; released: ended by itself.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
def list_flags(owner: str | None, code: str | None, return_id: str | None, state: str, limit: int) -> None:
    """Show flags, the most urgent first, those of one cause together with their next step."""
    settings = session.load()
    with session.ledger(settings) as ledger, ledger.read() as conn:
        found = flag_rows.search(conn, state=state, owner=owner, code=code, return_id=return_id, limit=limit)
    console = Console()
    order = sorted(found.rows, key=lambda flag: (flag.urgency, flag.owner, flag.code, flag.id))
    for (flag_owner, flag_code), same in groupby(order, key=lambda flag: (flag.owner, flag.code)):
        _group(console, flag_owner, flag_code, list(same))
    click.echo(_counted(found.rows) + (", more with --limit" if found.next_cursor else ""))


def _group(console: Console, owner: str, code: str, rows: Sequence[FlagRow]) -> None:
    first = rows[0]
    console.print(Text.assemble((TITLES[code], "bold"), f": {_counted(rows)}"))
    facts = Text.assemble(f"{code}, {owner}, ", (first.severity, LOUD[first.severity]), f". {first.next_step}")
    console.print(Padding(facts, (0, 0, 0, 2), expand=False))
    rest = Table.grid(padding=(0, 2, 0, 0))
    for justify in ("right", "left", "left", "right", "left"):
        rest.add_column(justify=justify, no_wrap=justify == "right")
    for flag in rows:
        # As Text: a foreign word may hold what rich takes for markup.
        cells = (str(flag.id), flag.return_id, flag.order_identifier, _stake(flag), flag.message)
        rest.add_row(*map(Text, cells))
    console.print(Padding(rest, (0, 0, 0, 2), expand=False), highlight=False)
    console.print()


def _counted(rows: Sequence[FlagRow]) -> str:
    return f"{len(rows)} flag" + "s" * (len(rows) != 1)


def _stake(flag: FlagRow) -> str:
    return f"{flag.amount:,} {flag.currency}" if flag.amount is not None else ""


@flags.command("show", short_help="Show one flag with its history.")
@_flag_id
def show_flag(flag_id: int) -> None:
    """Show one flag: what happened, what it holds, what to do, and who decided what about it."""
    settings = session.load()
    with session.ledger(settings) as ledger, ledger.read() as conn:
        flag = flag_rows.get(conn, flag_id)
        trail = audit.search(conn, subject=f"flag:{flag_id}")
    if flag is None:
        click.echo(f"There is no flag {flag_id}.", err=True)
        sys.exit(1)
    for name, text in _facts(flag):
        if text:
            click.echo(f"{name:<12}{text}")
    for row in reversed(trail):
        note = (row.detail or {}).get("note", "")
        click.echo(f"{row.at:%Y-%m-%d %H:%M}  {row.actor}: {row.action}" + (f" - {note}" if note else ""))


def _facts(flag: FlagRow) -> Iterable[tuple[str, str]]:
    yield "flag", f"{flag.id} {TITLES[flag.code]}"
    yield "code", f"{flag.code}, {flag.severity}, {flag.state}"
    yield "owner", flag.owner + (f", assigned to {flag.assigned_to}" if flag.assigned_to else "")
    yield "return", flag.return_id + (f" of order {flag.order_identifier}" if flag.order_identifier else "")
    yield "SKU", flag.sku
    yield "happened", flag.message
    yield "at stake", _stake(flag)
    yield "holds", flag.holds
    yield "seen", f"{flag.count} times, {flag.first_seen_at:%Y-%m-%d %H:%M} to {flag.last_seen_at:%Y-%m-%d %H:%M} UTC"
    yield "due", f"{flag.due_at:%Y-%m-%d %H:%M} UTC" if flag.due_at and flag.state in flag_rows.LIVE else ""
    yield "next step", flag.next_step
    if flag.mapping_kind:
        yield "mapping", f"python -m sidecar mappings set {flag.mapping_kind} '{flag.mapping_source}' ..."
    if flag.code in RELEASABLE and flag.state in flag_rows.LIVE:
        yield "release", f"python -m sidecar flags release {flag.id} --note '...'"
    yield "closed", f"{flag.closed_by}: {flag.closed_reason}" if flag.closed_by else ""
    yield "more", f"docs/runbook.md#{flag.code}"


def _decide(verb: str, flag_id: int, note: str = "", assignee: str = "") -> None:
    settings = session.load()
    with session.ledger(settings) as ledger:
        try:
            flag = decisions.decide(
                ledger,
                flag_id,
                verb,
                note=note,
                assignee=assignee,
                actor=session.person(),
                now=datetime.now(UTC),
            )
        except decisions.DecisionError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
    whose = f" to {flag.assigned_to}" if flag.state == "assigned" else ""
    click.echo(f"flag {flag.id} {flag.code}: {flag.state}{whose}")


@flags.command("assign", short_help="Say who acts on a flag.")
@_flag_id
@click.argument("name", type=NAME)
def assign_flag(flag_id: int, name: str) -> None:
    """Say that NAME acts on a flag."""
    _decide("assign", flag_id, assignee=name)


@flags.command("note", short_help="Write something down about a flag.")
@_flag_id
@click.argument("text", type=NOTE)
def note_flag(flag_id: int, text: str) -> None:
    """Write TEXT down about a flag; kept in the audit trail."""
    _decide("note", flag_id, text)


@flags.command("resolve", short_help="Close a flag; pays nothing.")
@_flag_id
@_note
def resolve_flag(flag_id: int, note: str) -> None:
    """Close a flag after acting on it yourself. What it held stays held: nothing is paid by resolving."""
    _decide("resolve", flag_id, note)


@flags.command("release", short_help="Let what a flag held go on.")
@_flag_id
@_note
def release_flag(flag_id: int, note: str) -> None:
    """Let what a flag held go on: pay an inactive SKU's credit, or try a refused write again."""
    _decide("release", flag_id, note)


@flags.command("reopen", short_help="Open a closed flag again.")
@_flag_id
def reopen_flag(flag_id: int) -> None:
    """Open a closed flag again; a release is taken back with it (money that moved stays where it is)."""
    _decide("reopen", flag_id)


COMMANDS = (flags,)
