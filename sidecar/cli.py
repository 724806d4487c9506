"""The command line: every process and every hand tool, with help that teaches and exit codes that scripts can trust.

Exit codes: 0 done; 1 something is wrong and said so; 2 the call's words are wrong; 78 a setting is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sidecar.commands import alerts, doctor, flags, keys, mappings, postings, processes, transfer, users
from sidecar.settings import SettingsError

EX_CONFIG = 78


SECTIONS = {
    "Try it": ("demo", "doctor"),
    "Run it": ("run", "web", "worker", "dispatcher", "migrate"),
    "Returns": ("sync", "import-feed"),
    "Decide": ("flags", "mappings"),
    "Account for it": ("postings",),
    "Who may, and who is told": ("users", "keys", "alerts"),
}


class Bridge(click.Group):
    """Translates a malformed environment once, for every command; shows commands by what they are for."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            click.echo(f"{error}", err=True)
            click.echo("README.md has every setting; python -m sidecar doctor looks at all of them.", err=True)
            sys.exit(EX_CONFIG)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(200)) for name in names])


@click.group(cls=Bridge, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """The bridge between OroCommerce and ZigZag returns.

    \b
    A first look, no systems needed:    python -m sidecar demo
    Everything on one machine:          python -m sidecar run
    Is it set up right?                 python -m sidecar doctor
    One return, now:                    python -m sidecar sync 413413515
    What waits for a person?            python -m sidecar flags list

    Settings come from the environment (README.md); every secret also from a file named in NAME_FILE.
    Exit status: 0 done, 1 something is wrong and was said, 2 wrong words, 78 a wrong setting.
    """


@cli.command(short_help="A month of returns against stand-ins; no systems needed.")
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
    *flags.COMMANDS,
    *mappings.COMMANDS,
    *postings.COMMANDS,
    *keys.COMMANDS,
    *users.COMMANDS,
    *alerts.COMMANDS,
    doctor.doctor,
):
    cli.add_command(command)


def main(run: Callable[[], Any] = cli) -> None:
    run()
