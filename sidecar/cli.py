"""The command line: every process and every hand tool, with help that teaches and exit codes that scripts can trust.

Exit codes: 0 done; 1 something is wrong and said so; 2 the call's words are wrong; 78 a setting is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from sidecar.settings import SettingsError

EX_CONFIG = 78


# By what they are for, each with its module in ``sidecar.commands``.
SECTIONS = {
    "Try it": {"demo": "", "doctor": "doctor"},
    "Run it": dict.fromkeys(("run", "web", "worker", "dispatcher", "migrate"), "processes"),
    "Returns": {"sync": "transfer", "import-feed": "transfer"},
    "Decide": {"flags": "flags", "mappings": "mappings"},
    "Account for it": {"postings": "postings"},
    "Who may, and who is told": {"users": "users", "keys": "keys", "alerts": "alerts"},
}
WHERE = {name: module for names in SECTIONS.values() for name, module in names.items() if module}


class Bridge(click.Group):
    """Shows commands by what they are for; translates a malformed environment once, for every command.

    A command's module is imported when it is called: a worker that also loaded the tools of everybody else would take
    twice as long to start.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in SECTIONS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in WHERE and cmd_name not in self.commands:
            for command in import_module(f"sidecar.commands.{WHERE[cmd_name]}").COMMANDS:
                self.add_command(command)
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            click.echo(f"{error}", err=True)
            click.echo("README.md has every setting; python -m sidecar doctor looks at all of them.", err=True)
            sys.exit(EX_CONFIG)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in SECTIONS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl([(name, each.get_short_help_str(200)) for name, each in commands if each])


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
    "--var",
    type=click.Path(path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Its folder; what the last demo left there goes.",
)
def demo(once: bool, seed: int, var: Path) -> None:
    """A month of returns through the real bridge, against stand-ins of OroCommerce and ZigZag.

    At least 300 returns with duplicates, late and lost messages, failing upstreams, and every trouble that
    raises a flag. Ends with tables that a finance person can check, then stays up until Ctrl-C.
    """
    from sidecar.sandbox import demo as play  # only here: the product never imports its sandbox

    sys.exit(play.run(once=once, seed=seed, var=var))


def main(run: Callable[[], Any] = cli) -> None:
    run()
