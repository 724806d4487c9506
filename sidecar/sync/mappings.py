"""Mappings as people change them: compiled for the rules, versioned in the ledger, and what a change sets free.

A mapping that arrives releases by itself what waited for it (DESIGN law 5): every return with an open flag that names
the word becomes due in the same commit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from sidecar.ledger import flags, work
from sidecar.ledger import mappings as rows
from sidecar.ledger.engine import Ledger
from sidecar.returns.lookups import same_word
from sidecar.returns.model import Disposition, FeeRule, FeeTreatment, GradeRule, Mappings, WarehouseRule
from sidecar.sync.mapping_file import MappingFileError, parse_file, write_file
from sidecar.sync.mapping_values import (
    DEFAULTS,
    KINDS,
    InvalidMapping,
    Problem,
    Raw,
    UnknownKind,
    effective,
    shown,
    validate_value,
)

__all__ = [
    "KINDS",
    "Changed",
    "ImportResult",
    "InvalidMapping",
    "Listed",
    "MappingFileError",
    "NotStored",
    "Problem",
    "UnknownKind",
    "change",
    "compile",
    "current",
    "export",
    "import_file",
    "listing",
    "load",
    "parse_file",
    "same_word",
    "shown",
    "validate_value",
]


class NotStored(LookupError):
    """There is nothing to delete: the word is not mapped, or only by a built-in default."""


@dataclass(frozen=True)
class Changed:
    """What a change did. ``due``: how many returns it made due."""

    kind: str
    source: str
    value: Any  # None: deleted
    version: int
    changed: bool
    due: int


@dataclass(frozen=True)
class ImportResult:
    """Counts of mappings changed and found the same, and how many returns became due."""

    changed: int
    same: int
    due: int = 0


@dataclass(frozen=True)
class Listed:
    """One mapping for a person to read; ``changed_by`` is "default" for a built-in one."""

    kind: str
    source: str
    value: str
    changed_by: str


def compile(raw: Mapping[str, Mapping[str, Any]], version: int) -> Mappings:  # noqa: A001 - it is one
    """The mappings as the rules read them: what is stored, over the defaults of ``sidecar.returns.defaults``."""
    merged = effective(raw)
    return Mappings(
        grades={
            source: GradeRule(Fraction(str(value["credit_percent"])), Disposition(value["disposition"]))
            for source, value in merged["grades"].items()
        },
        warehouses={
            source: WarehouseRule(value["role"], value.get("oro_code", ""))
            for source, value in merged["warehouses"].items()
        },
        reasons=merged["reasons"],
        fees={
            source: FeeRule(value.get("service_sku", ""), FeeTreatment(value["treatment"]))
            for source, value in merged["fees"].items()
        },
        scan_units=merged["scan_units"],
        return_options=merged["return_options"],
        order_statuses=merged["order_statuses"],
        tracking_statuses=merged["tracking_statuses"],
        version=version,
    )


# Versions are those of one database, so the newest compiled mappings are kept per engine.
_compiled: WeakKeyDictionary[Engine, Mappings] = WeakKeyDictionary()


def load(conn: Connection) -> Mappings:
    """The current mappings; compiled anew only when their version has risen since this process's last call."""
    version = rows.version(conn)
    kept = _compiled.get(conn.engine)
    if kept is None or kept.version != version:
        kept = _compiled[conn.engine] = compile(rows.current(conn), version)
    return kept


def current(conn: Connection) -> tuple[int, Raw]:
    """(version, everything in effect in the shape of the mapping file), defaults included."""
    merged = effective(rows.current(conn))
    return rows.version(conn), {
        kind: {source: shown(kind, value) for source, value in words.items()} for kind, words in merged.items()
    }


def export(conn: Connection) -> str:
    """Everything in effect as a mapping file. Importing it again changes nothing."""
    return write_file(effective(rows.current(conn)))


def listing(conn: Connection) -> list[Listed]:
    """Every mapping in effect, in the order of kinds and words, with who set it."""
    stored = rows.current(conn)
    listed = []
    for kind, words in effective(stored).items():
        for source, value in sorted(words.items()):
            own = source in stored.get(kind, {})
            who = rows.history(conn, kind, source)[-1].changed_by if own else "default"
            text = value if isinstance(value, str) else ", ".join(f"{k} {v}" for k, v in shown(kind, value).items())
            listed.append(Listed(kind, source, text, who))
    return listed


def change(ledger: Ledger, kind: str, source: str, value: Any, actor: str, now: datetime) -> Changed:
    """Set one mapping, or delete it with value None (a default, if there is one, counts again).

    What waited for the word is due at once. Raises UnknownKind, InvalidMapping, NotStored.
    """
    if kind not in KINDS:
        raise UnknownKind(kind)
    source = source.strip()
    if value is not None:
        value = validate_value(kind, source, value)
    with ledger.begin() as conn:
        stored = rows.current(conn).get(kind, {})
        source = _stored_spelling(kind, source, stored)
        if value is None and source not in stored:
            default = any(same_word(kind, source) == same_word(kind, each) for each in DEFAULTS[kind])
            what = "mapped only by a built-in default; set another value instead" if default else "not mapped"
            raise NotStored(f"{kind}: {source!r} is {what}")
        changed = source not in stored or not _same(stored[source], value)
        if not changed:
            return Changed(kind, source, value, rows.version(conn), False, 0)
        version = _write(conn, kind, source, value, actor, now)
        return Changed(kind, source, value, version, True, _wake(conn, [(kind, source)], now))


def import_file(ledger: Ledger, text: str, actor: str, now: datetime) -> ImportResult:
    """Import a mapping file in one commit: what it names is replaced, the rest kept.

    Raises MappingFileError with every error of the file; then nothing was changed.
    """
    named = parse_file(text)
    changed: list[tuple[str, str]] = []
    same = 0
    with ledger.begin() as conn:
        stored = rows.current(conn)
        merged = effective(stored)
        for kind, words in named.items():
            for source, value in words.items():
                spelled = _stored_spelling(kind, source, merged[kind])
                if spelled in merged[kind] and _same(merged[kind][spelled], value):
                    same += 1
                    continue
                spelled = _stored_spelling(kind, source, stored.get(kind, {}))
                _write(conn, kind, spelled, value, actor, now)
                changed.append((kind, spelled))
        due = _wake(conn, changed, now) if changed else 0
    return ImportResult(len(changed), same, due)


def _write(conn: Connection, kind: str, source: str, value: Any, actor: str, now: datetime) -> int:
    if value is None:
        return rows.delete(conn, kind, source, actor, now)
    return rows.put(conn, kind, source, value, actor, now)


def _stored_spelling(kind: str, source: str, stored: Mapping[str, Any]) -> str:
    """The spelling a word is stored under already, so that one word never has two meanings."""
    if source in stored:
        return source
    key = same_word(kind, source)
    return next((known for known in stored if same_word(kind, known) == key), source)


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str)


def _wake(conn: Connection, changed: list[tuple[str, str]], now: datetime) -> int:
    """Everything that an open flag says waits for one of these words is due at once; how many returns that is."""
    waiting: set[int] = set()
    for kind, source in changed:
        for pk, code, word, sku in flags.live_with_mapping(conn, kind):
            everything = kind == "scan_units" and source == "*" and code.startswith("unit_")
            if everything or _settles(kind, source, word, sku):
                waiting.add(pk)
    work.make_due(conn, waiting, now, pull=False, reason="mapping changed", correlation_id="mapping")
    return len(waiting)


def _settles(kind: str, source: str, word: str, sku: str) -> bool:
    """Whether a change of ``source`` speaks of the word a flag waits for; a scan unit speaks of its SKU anywhere."""
    if same_word(kind, source) == same_word(kind, word):
        return True
    of = source.partition("@")[0].casefold()
    return kind == "scan_units" and of in (sku.casefold(), word.partition("@")[0].casefold())
