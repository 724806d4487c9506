"""Shared reads: many keys in one request, in as few requests as the server's limits allow."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from sidecar.oro.client import OroClient
from sidecar.oro.errors import AnswerLacks
from sidecar.oro.jsonapi import Page

log = logging.getLogger(__name__)

MAX_URL = 7_500
"""Bytes of an encoded address, path and query; nginx ends at 8 kB, 7.8 kB still went through (section 2)."""
MAX_KEYS = 100
_MAX_KEY_LENGTH = 255


def query(include: str = "", fields: Mapping[str, str] | None = None, **filters: str) -> str:
    """The part of a query that stays the same: include, sparse fieldsets and fixed filters, encoded once."""
    parts = [f"include={include}"] if include else []
    parts += [f"fields%5B{type_}%5D={names}" for type_, names in (fields or {}).items()]
    parts += [f"{quote(name)}={value}" for name, value in filters.items()]
    return "&".join(parts)


def multi_get(
    client: OroClient, resource: str, field: str, keys: Iterable[str], fixed: str, *, rows_per_key: int = 1
) -> Iterator[Page]:
    """``filter[field]=A,B,...`` over all keys, a page per request.

    Oro sends ten rows unless told otherwise and does not say that there were more [67], so the size is always
    asked for, with room to spare; a full page raises AnswerLacks, because something may be missing from it.
    Keys that this filter cannot ask for are left out, as if Oro did not know them.
    """
    room = (
        MAX_URL
        - client.path_length
        - len(resource)
        - len(fixed)
        - len(field)
        - len("?filter%5B%5D=&page%5Bsize%5D=12345&")
    )
    for chunk, encoded in _chunks(keys, room):
        size = max(10, len(chunk) * rows_per_key + 1)
        page = client.get(resource, f"filter%5B{field}%5D={encoded}&page%5Bsize%5D={size}&{fixed}")
        if len(page.rows) >= size:
            raise AnswerLacks(200, "answer lacks rows", f"{resource}: the page of {size} rows is full")
        yield page


def askable(key: str) -> bool:
    """Whether a filter can ask for this very key: a comma would split it, Oro stores 255 printable signs."""
    return bool(key) and len(key) <= _MAX_KEY_LENGTH and "," not in key and key.isprintable() and key == key.strip()


def _chunks(keys: Iterable[str], room: int) -> Iterator[tuple[list[str], str]]:
    chunk: list[str] = []
    encoded: list[str] = []
    length = 0
    for key in dict.fromkeys(keys):
        if not askable(key):
            log.info("not asked for: the key cannot stand in a filter", extra={"key": key[:80]})
            continue
        one = quote(key, safe="")
        if chunk and (len(chunk) >= MAX_KEYS or length + len(one) + 1 > room):
            yield chunk, ",".join(encoded)
            chunk, encoded, length = [], [], 0
        chunk.append(key)
        encoded.append(one)
        length += len(one) + 1
    if chunk:
        yield chunk, ",".join(encoded)
