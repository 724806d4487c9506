"""sync, import-feed: returns asked for by hand and files of ZigZag."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sidecar.commands import session
from sidecar.ledger import requests
from sidecar.ledger.engine import Ledger
from sidecar.sync import intake
from sidecar.zigzag import snapshot


@click.command(short_help="Bring returns up to date now.")
@click.argument("return_ids", nargs=-1, metavar="RETURN_ID...")
@click.option("--all", "everything", is_flag=True, help="Every return of the ledger that has not ended.")
@click.option("--wait", type=click.FloatRange(0, 3600), default=0, help="Wait up to SECONDS for them to be done.")
def sync(return_ids: tuple[str, ...], everything: bool, wait: float) -> None:
    """Ask for returns to be pulled, checked and written now, whatever retry was scheduled.

    The running dispatcher and workers do the work. Without --wait this ends once the request is stored.
    """
    if bool(return_ids) == everything:
        raise click.UsageError("Name returns, or --all.")
    for return_id in return_ids:
        if not return_id or snapshot.identifier(return_id) != return_id:
            raise click.UsageError(f"{return_id[:100]!r} cannot be the id of a return.")
    settings = session.load("retailer")
    with session.ledger(settings) as ledger:
        now = datetime.now(UTC)
        if everything:
            count = intake.request_everything(ledger, actor=session.person(), now=now)
            click.echo(f"Returns due now: {count}.")
            return
        asked = {
            return_id: intake.request_sync(
                ledger, return_id, retailer_code=settings.zigzag_retailer_code, actor=session.person(), now=now
            )
            for return_id in return_ids
        }
        click.echo(f"Returns due now: {len(asked)}.")
        if wait:
            sys.exit(_watch(ledger, asked, wait))


def _watch(ledger: Ledger, asked: dict[str, str], seconds: float) -> int:
    """Follow the requests until they end; 0 when all are done."""
    import time

    until = time.monotonic() + seconds
    pending = dict(asked)
    failed = 0
    with Progress() as progress:
        bar = progress.add_task("synced", total=len(asked))
        while pending and time.monotonic() < until:
            with ledger.read() as conn:
                for return_id, request_id in list(pending.items()):
                    found = requests.get(conn, request_id)
                    if found is not None and found.state in ("done", "failed"):
                        failed += found.state == "failed"
                        progress.console.print(f"{return_id}: {found.state} {found.detail}", markup=False)
                        progress.advance(bar)
                        del pending[return_id]
            time.sleep(0.2)
    for return_id in pending:
        click.echo(f"{return_id}: still under way; see GET /v1/returns/{return_id}", err=True)
    if pending:
        click.echo("Nothing moves? python -m sidecar doctor", err=True)
    return 1 if failed or pending else 0


@click.command("import-feed", short_help="Import a CSV file of ZigZag.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_feed(file: Path) -> None:
    """Import a CSV file of ZigZag: one row per return and product, through the same door as a webhook.

    \b
    The first line names the columns as ZigZag names its fields:
      returnId,orderNumber,orderStatus,lastTrackingStatus,productSku,quantity
    Other names: set ZIGZAG_FEED_COLUMNS, {"Return No": "returnId"}

    Importing a file twice is harmless. Ends with status 1 when a line could not be read, after importing the others.
    """
    settings = session.load("retailer")
    columns = (SpinnerColumn(), TextColumn("returns stored: {task.completed:,}"), TimeElapsedColumn())
    quiet = not sys.stdout.isatty()  # in a cron job's mail a bar is only an empty line
    with session.ledger(settings) as ledger, Progress(*columns, transient=True, disable=quiet) as progress:
        task = progress.add_task("", total=None)
        done = intake.import_feed(
            ledger, file, settings=settings, now=datetime.now(UTC), each=lambda: progress.advance(task)
        )
    click.echo(f"Returns read: {done.returns}; new: {done.new}, known already: {done.duplicates}.")
    for problem in done.problems:
        click.echo(f"line {problem.line}: {problem.reason}", err=True)
    sys.exit(1 if done.problems else 0)


COMMANDS = (sync, import_feed)
