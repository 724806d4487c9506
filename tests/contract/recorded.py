"""Reading recordings, and comparing an answer with a recorded one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "contracts"
COPIES = Path(__file__).parent / "recordings"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def recordings(system: str) -> Path:
    """The folder of a system's recordings: the shared one where it lies beside the checkout, else our copies."""
    shared = SHARED / system
    return shared if shared.is_dir() else COPIES / system


def load(system: str, name: str) -> dict[str, Any]:
    """One recording by the beginning of its file name, which is unique."""
    found = sorted(recordings(system).glob(f"{name}-*.json")) or sorted(recordings(system).glob(f"{name}.json"))
    assert len(found) == 1, f"{system}/{name}: {[path.name for path in found]}"
    content: dict[str, Any] = json.loads(found[0].read_text(encoding="utf-8"))
    return content


def differences(recorded: Any, actual: Any, partial: frozenset[str] = frozenset(), at: str = "") -> Iterator[str]:
    """Where an answer departs from its recording: keys, JSON types and values.

    Moments need only look alike; hosts of links and the order of `included` do not count; a recorded list of which
    only the beginning was kept is checked as far as it goes; `partial` names resource types of which the stand-in
    has fewer fields than Oro.
    """
    if isinstance(recorded, dict):
        yield from _objects(recorded, actual, partial, at)
    elif isinstance(recorded, list):
        yield from _lists(recorded, actual, partial, at)
    elif type(recorded) is not type(actual):
        yield f"{at}: {recorded!r} recorded, {actual!r} answered"
    elif isinstance(recorded, str) and _MOMENT.fullmatch(recorded):
        if not _MOMENT.fullmatch(actual):
            yield f"{at}: {actual!r} is no moment"
    elif isinstance(recorded, str) and recorded.startswith("https://oro.example"):
        if _address(recorded) != _address(actual):
            yield f"{at}: {recorded} recorded, {actual} answered"
    elif recorded != actual:
        yield f"{at}: {recorded!r} recorded, {actual!r} answered"


def _address(link: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(link)
    return parts.path, sorted(parse_qsl(parts.query))


def _objects(recorded: dict[str, Any], actual: Any, partial: frozenset[str], at: str) -> Iterator[str]:
    if not isinstance(actual, dict):
        yield f"{at}: an object recorded, {actual!r} answered"
        return
    fewer = recorded.get("type") in partial or at.split("/")[-1] in partial
    for name in recorded.keys() | actual.keys():
        here = f"{at}/{name}"
        if name not in recorded:
            yield f"{here}: answered, not recorded"
        elif name not in actual:
            if not fewer:
                yield f"{here}: recorded, not answered"
        elif name == "checksum":
            # A hash of Oro's own; the stand-in has none.
            if not isinstance(actual[name], str):
                yield f"{here}: {actual[name]!r} answered"
        elif name == "included":
            yield from _included(recorded[name], actual[name], partial, here)
        else:
            below = here + f"/{recorded['type']}" if fewer and name in {"attributes", "relationships"} else here
            yield from differences(recorded[name], actual[name], partial, below)


def _lists(recorded: list[Any], actual: Any, partial: frozenset[str], at: str) -> Iterator[str]:
    if not isinstance(actual, list) or len(recorded) > len(actual):
        yield f"{at}: {len(recorded)} recorded, {actual!r} answered"
        return
    for number, (one, other) in enumerate(zip(recorded, actual, strict=False)):
        yield from differences(one, other, partial, f"{at}/{number}")


def _included(recorded: list[Any], actual: list[Any], partial: frozenset[str], at: str) -> Iterator[str]:
    answered = {(item["type"], item["id"]): item for item in actual}
    for item in recorded:
        key = (item["type"], item["id"])
        if key in answered:
            yield from differences(item, answered[key], partial, f"{at}/{key[0]}:{key[1]}")
        else:
            yield f"{at}: {key} recorded, not answered"


def lengths(response: dict[str, Any], actual: Any) -> Iterator[str]:
    """Lists as long as recorded; `trimmed_from` says how long a trimmed one was."""
    body = response["body"]
    if not isinstance(body, dict):
        return
    full = response.get("trimmed_from", {})
    for name in ("data", "included", "errors"):
        if isinstance(body.get(name), list):
            due = full.get(name, len(body[name]))
            due = sum(due.values()) if isinstance(due, dict) else due
            if len(actual[name]) != due:
                yield f"/{name}: {due} recorded, {len(actual[name])} answered"
