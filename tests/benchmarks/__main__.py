"""Measurements of the bridge; ``python -m tests.benchmarks`` runs all and ends in one table.

One alone: ``python -m tests.benchmarks pass --returns 1000``, ``memory``, ``plain``, ``doors``, ``ledger``, ``pages``,
``profile``. With ``--small`` each takes seconds: does it still run, and are the counts right? The table is followed by
one line of JSON; the exit status is 1 when a target was missed.

How to read it: counts (calls per return) are exact and travel to any machine. Ratios (beside the plain way, beside a
bare endpoint, 10,000 beside 1,000) travel roughly. Milliseconds, megabytes and requests per second are of this machine
in this hour, on which the upstreams, the client and everybody else worked too: compare them only within one run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.status import Status

from tests.benchmarks import figures
from tests.benchmarks.figures import Figure

WHAT = ("all", "pass", "memory", "plain", "doors", "ledger", "pages", "profile")


def main(arguments: list[str] | None = None) -> int:
    """0 when every target was met, 1 otherwise."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=WHAT, default="all")
    parser.add_argument("--returns", type=int, default=1000, help="of a pass")
    parser.add_argument("--many", type=int, default=10_000, help="returns of the large pass of `memory`")
    parser.add_argument("--plain-returns", type=int, default=200, help="of the plain way and the pass beside it")
    parser.add_argument("--rate", type=float, default=200.0, help="requests per second at the doors")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement at a door")
    parser.add_argument("--stored", type=int, default=100_000, help="returns in the ledger of `ledger` and `pages`")
    parser.add_argument("--small", action="store_true", help="a hundredth of everything, whatever else is said")
    parser.add_argument("--ledger", type=Path, help="SQLite file that `pages` keeps, or finds from an earlier run")
    given = parser.parse_args(arguments)
    if given.small:
        given.returns, given.many, given.plain_returns = 100, 300, 20
        given.rate, given.seconds, given.stored = 50.0, 2.0, 2_000
    console = Console() if sys.stdout.isatty() else Console(width=120)
    with console.status("starting") as status:
        found = _measure(given, _saying(console, status))
    if found:
        figures.show(found, console)
        print(figures.as_json(found))
    return 0 if all(each.met is not False for each in found) else 1


def _saying(console: Console, status: Status) -> Callable[[str], None]:
    """What is being measured, in the status line of a terminal, else a line each."""

    def say(what: str) -> None:
        if console.is_terminal:
            status.update(what)
        else:
            console.print(what, highlight=False)

    return say


def _measure(given: argparse.Namespace, say: Callable[[str], None]) -> list[Figure]:
    from tests.benchmarks import doors, ledger_at_100k, pages, passes, plain_way, profiling

    if given.what == "profile":
        profiling.run(given.returns)
        return []
    found: list[Figure] = []
    if given.what in ("all", "pass", "memory"):
        more, small = passes.figures(given.returns, say)
        found += more
        if given.what != "pass":
            found += passes.memory(given.many, small, say)
    if given.what in ("all", "plain"):
        found += plain_way.figures(given.plain_returns, say)
    if given.what in ("all", "doors"):
        found += doors.figures(given.rate, given.seconds, say)
    if given.what in ("all", "ledger"):
        found += ledger_at_100k.figures(given.stored, say)
    if given.what in ("all", "pages"):
        say(f"the pages of the desk with {given.stored:,} returns")
        found += pages.figures(given.stored, given.ledger)
    return found


if __name__ == "__main__":
    sys.exit(main())
