"""run, web, worker, dispatcher, migrate: the processes."""

from __future__ import annotations

import os
import sys

import click

from sidecar.commands import session


@click.command(short_help="Everything on one machine.")
def run() -> None:
    """Everything on one machine: embedded Redis (unless REDIS_URL), dispatcher, workers, web.

    Restarts what dies; stops in order on Ctrl-C or SIGTERM within 15 seconds and loses nothing.
    """
    from sidecar import launcher

    sys.exit(launcher.run(session.load_and_log("oro", "zigzag"), os.environ, click.echo))


@click.command(short_help="The HTTP door: intake, webhook, desk, health.")
def web() -> None:
    """The HTTP door: intake, webhook, flags, mappings, health (gunicorn, address from BIND)."""
    from sidecar.web import server

    settings = session.load_and_log("retailer")
    with session.ledger(settings):
        pass
    server.run(settings)


@click.command(short_help="One worker: takes pages of returns from the queue.")
def worker() -> None:
    """One worker: takes pages of returns from the queue until SIGTERM; finishes the page it has."""
    from sidecar.jobs import worker as process

    settings = session.load_and_log("oro", "zigzag")
    with session.ledger(settings):
        pass
    sys.exit(process.run(settings, session.answering_redis_url(settings)))


@click.command(short_help="Queues due work, keeps the schedule, sends alerts.")
def dispatcher() -> None:
    """Moves due work from the ledger to the queue and keeps the schedule. Any number may run; one leads."""
    from sidecar.jobs import dispatcher as process

    settings = session.load_and_log()
    with session.ledger(settings):
        pass
    sys.exit(process.run(settings, session.redis_url(settings)))


@click.command(short_help="Create or upgrade the ledger's tables.")
def migrate() -> None:
    """Create or upgrade the ledger's tables. Safe to run twice, and from two machines at once."""
    from sidecar.ledger.migrations import migrate as upgrade

    settings = session.load()
    with session.reachable(settings):
        upgrade(settings.database_url)
    click.echo("The ledger is up to date.")


COMMANDS = (run, web, worker, dispatcher, migrate)
