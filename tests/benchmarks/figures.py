"""One line per measured thing, and the table they end in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """``target`` is empty where there is none; ``met`` None then too."""

    group: str
    what: str
    value: str
    target: str = ""
    met: bool | None = None


def at_most(group: str, what: str, value: float, limit: float, unit: str = "", places: int = 3) -> Figure:
    return Figure(group, what, f"{value:.{places}f}{unit}", f"at most {limit:g}{unit}", value <= limit)


def show(figures: Sequence[Figure]) -> None:
    table = Table(title="Measured here, now: ratios and counts travel, absolute times do not")
    for name, side in (("", "left"), ("measured", "left"), ("value", "right"), ("target", "right"), ("", "left")):
        table.add_column(name, justify=side, no_wrap=name == "value")  # type: ignore[arg-type]
    before = ""
    for each in figures:
        if before and each.group != before:
            table.add_section()
        met = "" if each.met is None else "ok" if each.met else "MISSED"
        table.add_row(each.group if each.group != before else "", each.what, each.value, each.target, met)
        before = each.group
    Console(width=120).print(table)
