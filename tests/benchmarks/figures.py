"""One line per measured thing, the table they end in, and the same as one JSON object."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """``value`` in ``unit``; ``limit`` is the most (or, with ``least``, the least) it may be; None: no target."""

    group: str
    what: str
    value: float
    unit: str = ""
    places: int = 2
    limit: float | None = None
    least: bool = False

    @property
    def met(self) -> bool | None:
        """None where there is no target."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.least else self.value <= self.limit

    @property
    def shown(self) -> str:
        return f"{self.value:,.{self.places}f}{self.unit}"

    @property
    def target(self) -> str:
        if self.limit is None:
            return ""
        return f"{'at least' if self.least else 'at most'} {self.limit:g}{self.unit}"


@dataclass(frozen=True)
class Stolen:
    """Processor time of this machine since it began, in ticks, and how much of it the host gave to other guests."""

    taken: int = 0
    all: int = 0

    @property
    def share(self) -> float:
        return self.taken / self.all if self.all else 0.0


def stolen(since: Stolen | None = None) -> Stolen:
    """Up to now, or ``since`` then; nothing is known of it outside Linux."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return Stolen()
    ticks = [int(each) for each in stat.read_text("ascii").split("\n", 1)[0].split()[1:9]]
    before = since or Stolen()
    return Stolen(ticks[7] - before.taken, sum(ticks) - before.all)


def show(figures: Sequence[Figure], console: Console) -> None:
    table = Table(title="Measured here, now: counts and ratios travel, times and rates do not", caption=machine())
    for name in ("", "measured", "value", "target", ""):
        table.add_column(name, justify="right" if name == "value" else "left", no_wrap=name == "value")
    before = ""
    for each in figures:
        if before and each.group != before:
            table.add_section()
        met = {None: "", True: "[green]met[/]", False: "[bold red]MISSED[/]"}[each.met]
        table.add_row(each.group if each.group != before else "", each.what, each.shown, each.target, met)
        before = each.group
    console.print(table)


def machine() -> str:
    """What it was measured on; a Python that somebody compiled without profiling is a fifth slower than Debian's."""
    python = f"Python {platform.python_version()} ({platform.python_compiler()}, {platform.python_build()[1]})"
    return f"{python}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"


def as_json(figures: Sequence[Figure]) -> str:
    """One line: a list of objects, for whoever keeps them."""
    return json.dumps(
        [
            {
                "group": each.group,
                "what": each.what,
                "value": round(each.value, 4),
                "unit": each.unit.strip(),
                "target": each.target,
                "met": each.met,
            }
            for each in figures
        ]
    )
