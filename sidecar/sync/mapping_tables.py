"""Mappings to look at: what waits for one, what is in effect and how much it is used, and the history of a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sidecar.ledger import causes, words
from sidecar.ledger import mappings as rows
from sidecar.ledger.engine import Ledger
from sidecar.returns.lookups import same_word
from sidecar.returns.titles import TITLES
from sidecar.returns.vocabulary import looked_up_by
from sidecar.sync.mapping_values import DEFAULTS, KINDS, UnknownKind, effective, shown

__all__ = ["Entry", "MappingTable", "Version", "Waiting", "history", "table", "waiting"]


@dataclass(frozen=True)
class Waiting:
    """A word ZigZag has used that has no mapping: how many returns wait for it since when, and what is at stake.

    ``holds``: credit, stock, all or "" (it only asks to be named). (``code``, ``cause``) is the cause of its flags.
    """

    kind: str
    source: str
    code: str
    title: str
    cause: str
    returns: int
    amounts: dict[str, Decimal]
    since: datetime
    holds: str


@dataclass(frozen=True)
class Entry:
    """A mapping in effect. ``version`` None: a built-in default, set by nobody. ``used``: returns that used the word,
    None for the scan unit of all SKUs."""

    kind: str
    source: str
    value: Any  # as the mapping file writes it
    version: int | None
    changed_by: str
    changed_at: datetime | None
    note: str
    used: int | None


@dataclass(frozen=True)
class MappingTable:
    """One kind: first what waits, the most returns first; then what is in effect, by word."""

    kind: str
    version: int
    waiting: tuple[Waiting, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Version:
    """One version of one word; ``value`` None: it was deleted then."""

    version: int
    value: Any
    changed_by: str
    changed_at: datetime
    note: str


def waiting(ledger: Ledger, kind: str | None = None) -> tuple[Waiting, ...]:
    """Words of all kinds (or of one) that lack a mapping, the most returns first; at most 500."""
    with ledger.read() as conn:
        found = causes.waiting_words(conn, kind)
    return tuple(
        Waiting(
            kind=word.kind,
            source=word.source,
            code=word.code,
            title=TITLES.get(word.code, word.code),
            cause=word.cause,
            returns=word.returns,
            amounts=word.amounts,
            since=word.first_seen_at,
            holds=word.holds,
        )
        for word in found
    )


def table(ledger: Ledger, kind: str) -> MappingTable:
    """Everything about one kind of mapping. Raises UnknownKind."""
    if kind not in KINDS:
        raise UnknownKind(kind)
    with ledger.read() as conn:
        newest = rows.newest(conn, kind)
        stored = {source: row.value for source, row in newest.items() if row.value is not None}
        in_effect = effective({kind: stored})[kind]
        asked = {source: looked_up_by(kind, source) for source in in_effect}
        used = words.counts(conn, [pair for pair in asked.values() if pair is not None])
        version = rows.version(conn)
    entries = []
    for source, value in sorted(in_effect.items()):
        row = newest.get(source) if source in stored else None
        pair = asked[source]
        entries.append(
            Entry(
                kind=kind,
                source=source,
                value=shown(kind, value),
                version=row.id if row else None,
                changed_by=row.changed_by if row else "default",
                changed_at=row.changed_at if row else None,
                note=row.note if row else "",
                used=used.get(pair, 0) if pair is not None else None,
            )
        )
    return MappingTable(kind, version, waiting(ledger, kind), tuple(entries))


def history(ledger: Ledger, kind: str, source: str) -> tuple[Version, ...]:
    """Every version of a word, in any spelling, the newest first; a built-in default is not among them.

    Raises UnknownKind.
    """
    if kind not in KINDS:
        raise UnknownKind(kind)
    key = same_word(kind, source)
    with ledger.read() as conn:
        spellings = [word for word in rows.newest(conn, kind) if same_word(kind, word) == key]
        found = [row for word in spellings for row in rows.history(conn, kind, word)]
    found.sort(key=lambda row: -row.id)
    return tuple(
        Version(row.id, None if row.value is None else shown(kind, row.value), row.changed_by, row.changed_at, row.note)
        for row in found
    )


def default_of(kind: str, source: str) -> Any:
    """The built-in meaning of a word, which counts again when what was set is deleted; None when there is none."""
    key = same_word(kind, source)
    return next((shown(kind, value) for word, value in DEFAULTS[kind].items() if same_word(kind, word) == key), None)
