"""The command line: every process and every hand tool, with help that teaches and exit codes that scripts can trust.

Exit codes: 0 done; 1 something is wrong and said so; 2 the call's words are wrong; 78 a setting is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sidecar.commands import alerts, desk, doctor, processes, transfer, users
from sidecar.settings import SettingsError

EX_CONFIG = 78


class Bridge(click.Group):
    """Translates a malformed environment once, for every command."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            click.echo(f"{error}", err=True)
            click.echo("See docs/install.md for every setting, or run: python -m sidecar doctor", err=True)
            sys.exit(EX_CONFIG)


@click.group(cls=Bridge, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """The bridge between OroCommerce and ZigZag returns.

    \b
    A first look, no systems needed:    python -m sidecar demo
    Everything on one machine:          python -m sidecar run
    Is it set up right?                 python -m sidecar doctor
    One return, now:                    python -m sidecar sync 413413515

    Settings come from the environment; every secret also from a file named in NAME_FILE.
    """


@cli.command()
@click.option("--once", is_flag=True, help="End by itself; status 0 only if the books balance; last line is JSON.")
@click.option("--seed", default=20261124, show_default=True, help="Another seed, another month's luck.")
@click.option(
    "--var", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True, help="Emptied first."
)
def demo(once: bool, seed: int, var: Path) -> None:
    """A month of returns through the real bridge, against stand-ins of OroCommerce and ZigZag.

    At least 300 returns with duplicates, late and lost messages, failing upstreams, and every trouble that
    raises a flag. Ends with tables that a finance person can check, then stays up until Ctrl-C.
    """
    from sidecar.sandbox import demo as play  # only here: the product never imports its sandbox

    sys.exit(play.run(once=once, seed=seed, var=var))


for command in (
    *processes.COMMANDS,
    *transfer.COMMANDS,
    *desk.COMMANDS,
    *users.COMMANDS,
    *alerts.COMMANDS,
    doctor.doctor,
):
    cli.add_command(command)


def main(run: Callable[[], Any] = cli) -> None:
    run()
