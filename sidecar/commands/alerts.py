"""alerts: try the channels, see what would be said, see what was."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sidecar.alerts.channel import NotSent
from sidecar.commands import session
from sidecar.ledger import alerts as notice_rows
from sidecar.sync import telling
from sidecar.sync.alerting import Alerter
from sidecar.sync.build import build_channels

NONE = "No channel is set up: set ALERT_SMTP_HOST, ALERT_SLACK_URL, ALERT_TEAMS_URL or ALERT_WEBHOOK_URL (README)."


@click.group(short_help="Try the channels; see what would be and what was sent.")
def alerts() -> None:
    """Who is told when something is wrong: by e-mail, Slack, Teams or a signed webhook.

    \b
    Set the channels up (README, Configuration), then
      python -m sidecar alerts test      sends a test message to everybody
      python -m sidecar alerts preview   shows the digest as of now
      python -m sidecar alerts list      shows what was sent, and what was not
    """


@alerts.command("test", short_help="Send a test message to everybody.")
@click.option("--channel", type=click.Choice(["email", "slack", "teams", "webhook"]), help="Only this one.")
def send_test(channel: str | None) -> None:
    """Send a test message through every channel to every owner, and say what became of each.

    Ends with status 0 only when every message was taken.
    """
    settings = session.load()
    channels = [each for each in build_channels(settings) if channel in (None, each.name)]
    if not channels:
        click.echo(NONE if channel is None else f"The channel {channel} is not set up. {NONE}", err=True)
        sys.exit(1)
    failed = 0
    desk = telling.Desk(settings.desk_url)
    for each in channels:
        for owner in telling.OWNERS:
            if not each.serves(owner):
                click.echo(f"{each.name:<8} {owner:<11} nobody to write to")
                continue
            try:
                each.send(telling.test_message(owner, datetime.now(UTC), desk))
            except NotSent as error:
                failed += 1
                click.echo(f"{each.name:<8} {owner:<11} NOT SENT: {error}")
            else:
                click.echo(f"{each.name:<8} {owner:<11} sent")
    sys.exit(1 if failed else 0)


@alerts.command("preview", short_help="Show the digest as it would be sent now.")
@click.option("--owner", type=click.Choice(telling.OWNERS), help="Only this one's.")
def preview(owner: str | None) -> None:
    """Show the daily digest as it would be sent now. Nothing is sent, and no channel need be set up."""
    settings = session.load()
    now = datetime.now(UTC)
    with session.ledger(settings) as ledger, ledger.read() as conn:
        alerter = Alerter(ledger=ledger, channels=(), settings=settings, clock=lambda: now, holder="")
        found = [message for message in alerter.digests(conn, now) if owner in (None, message.owner)]
    for message in found:
        click.echo(click.style(message.title, bold=True))
        click.echo(message.text())
    if not found:
        click.echo("Nothing waits: no digest would be sent.")


@alerts.command("list", short_help="Show what was sent, and what was not.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def list_notices(limit: int) -> None:
    """Show the newest messages, whether they were sent, and if not, why."""
    settings = session.load()
    table = Table("when (UTC)", "channel", "to", "title", "state", "tries", "why not")
    with session.ledger(settings) as ledger, ledger.read() as conn:
        rows = notice_rows.notices(conn, limit)
    for row in rows:
        title = str(row.body.get("title", ""))
        when = f"{row.created_at:%Y-%m-%d %H:%M}"
        cells = (when, row.channel, row.owner, title, row.state, str(row.attempts), row.detail)
        table.add_row(*map(Text, cells))
    Console().print(table)


COMMANDS = (alerts,)
