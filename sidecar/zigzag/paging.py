"""The walk over a list that is cut into pages by number while it changes underneath.

A return that changes during the walk moves to the end of the list, and the first one of the next page slips
to the page that was read already: it would be lost until the nightly sweep. The walk notices (one return came
twice and others are missing from the stated total) and goes once more.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

from sidecar.zigzag.errors import Unreadable, ZigZagError
from sidecar.zigzag.exact_json import canonical
from sidecar.zigzag.reading import exact_number
from sidecar.zigzag.snapshot import identify, scrub

MAX_PAGES = 10_000
"""Where a walk that does not end is given up: a million returns at the usual hundred per page."""


@dataclass(frozen=True)
class Page:
    """One page of the list, scrubbed. ``size`` as the server states it; ``total`` None when it states
    none."""

    items: list[dict[str, Any]]
    size: int
    total: int | None

    @classmethod
    def of(cls, body: Any, asked_size: int) -> Page:
        """The page in an answer: ``{"data": [...], "pageSize": n, "totalCount": n}`` or a bare list.

        Raises ZigZagError(unexpected_answer) for anything else.
        """
        envelope = body if isinstance(body, dict) else {"data": body}
        items = envelope.get("data")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ZigZagError("unexpected_answer", "the list of returns is not a list of objects", status=200)
        try:
            scrubbed = scrub(items)
        except Unreadable as error:
            raise ZigZagError("unexpected_answer", error.reason, status=200) from None
        return cls(scrubbed, _count(envelope.get("pageSize")) or asked_size, _count(envelope.get("totalCount")))


def walk(page: Callable[[int], Page]) -> Iterator[list[dict[str, Any]]]:
    """The items of every page, counting from 1, until an empty one or until ``totalCount`` is reached.

    Raises ZigZagError(unexpected_answer) when a page comes twice in a row or after ``MAX_PAGES``: a walk that
    was cut short must not look like one that ended.
    """
    seen: set[int] = set()
    repeated, total = yield from _pass(page, seen, only_new=False)
    if repeated and total is not None and len(seen) < total:
        yield from _pass(page, seen, only_new=True)


def _pass(
    page: Callable[[int], Page], seen: set[int], *, only_new: bool
) -> Generator[list[dict[str, Any]], None, tuple[bool, int | None]]:
    """One walk; its result is whether a return came twice, and the total that was stated last."""
    repeated, before = False, b""
    total: int | None = None
    for number in range(1, MAX_PAGES + 1):
        current = page(number)
        if not current.items:
            return repeated, total
        content = canonical(current.items)
        if content == before:
            raise ZigZagError("unexpected_answer", f"page {number} is page {number - 1} again", status=200)
        before, total = content, current.total
        fresh = []
        for item in current.items:
            mark = _mark(item)
            if mark in seen:
                repeated = True
            else:
                fresh.append(item)
                seen.add(mark)
        chosen = fresh if only_new else current.items
        if chosen:
            yield chosen
        if total is not None and number * current.size >= total:
            return repeated, total
    raise ZigZagError("unexpected_answer", f"the list does not end within {MAX_PAGES} pages", status=200)


def _mark(item: dict[str, Any]) -> int:
    try:
        return hash(identify(item)[1])
    except Unreadable:
        return hash(canonical(item))


def _count(stated: Any) -> int | None:
    number = exact_number(stated)
    if number is None or number != number.to_integral_value() or not 0 <= number <= 10**9:
        return None
    return int(number)
