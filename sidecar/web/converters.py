"""Words in addresses: ids and mapping sources may hold slashes, and one mapping is for the empty word."""

from __future__ import annotations

from werkzeug.routing import BaseConverter


class Slashed(BaseConverter):
    """One or more characters of any kind, slashes included (sent as %2F)."""

    regex = r"[\s\S]+?"
    part_isolating = False
    weight = 300


class Whole(Slashed):
    """The same at the end of an address, but for what are addresses of their own there: validate, .../sync."""

    regex = r"(?!validate$)(?![\s\S]*/sync$)[\s\S]+?"


class Source(BaseConverter):
    """Any word, the empty one too."""

    regex = r"[\s\S]*?"
    part_isolating = False
    weight = 300
