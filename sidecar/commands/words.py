"""What a person writes on the command line and others read later: a note, a name."""

from __future__ import annotations

import click


class Words(click.ParamType[str]):
    """Text of 1 to ``longest`` characters, not blank, without control characters; outer white space is dropped.

    A note may have several lines.
    """

    name = "text"

    def __init__(self, longest: int, *, lines: bool = False) -> None:
        self.longest = longest
        self.lines = lines

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = value.strip()
        plain = text.replace("\n", "").replace("\t", "") if self.lines else text
        if not 0 < len(text) <= self.longest or not plain.isprintable():
            self.fail(f"it must have 1 to {self.longest} characters, not be blank and hold no control characters.")
        return text


NAME = Words(100)
