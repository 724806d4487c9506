"""A small bar chart as inline SVG: one bar per hour, drawn here, with no script and no style of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from markupsafe import Markup

BAR, GAP, HEIGHT, FOOT = 8, 2, 56, 2  # in the units of the drawing


def bars(hours: Sequence[datetime], counts: Mapping[datetime, int], what: str) -> Markup:
    """``what`` is the plural that is counted (``snapshots``); its figures are told to who cannot see it."""
    most = max((counts.get(hour, 0) for hour in hours), default=0)
    width = len(hours) * (BAR + GAP) - GAP
    drawn = Markup("").join(_bar(n, counts.get(hour, 0), most) for n, hour in enumerate(hours))
    total = sum(counts.get(hour, 0) for hour in hours)
    told = f"{what}: {total:,} in {len(hours)} hours, {counts.get(hours[-1], 0):,} in this one, at most {most:,} in one"
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(width, HEIGHT, told[:1].upper() + told[1:], drawn)


def _bar(n: int, count: int, most: int) -> Markup:
    height = max(round((HEIGHT - FOOT) * count / most), 2) if count else 0
    # An hour without any still shows where it is.
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        "bar-full" if count else "bar-none", n * (BAR + GAP), HEIGHT - height - FOOT, BAR, height + FOOT
    )
