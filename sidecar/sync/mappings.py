"""Mappings as people change them: compiled for the rules, versioned in the ledger, and what a change sets free.

A mapping that arrives releases by itself what waited for it (DESIGN law 5): every return with an open flag that names
the word becomes due in the same commit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
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
from sidecar.sync import mapping_checks
from sidecar.sync.known import units_of_sku
from sidecar.sync.mapping_checks import Caution, Shop, Word
from sidecar.sync.mapping_file import LARGEST as LARGEST_FILE
from sidecar.sync.mapping_file import MappingFileError, parse_file, pointer_step, write_file
from sidecar.sync.mapping_values import (
    DEFAULTS,
    KINDS,
    Contradiction,
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
    "LARGEST_FILE",
    "Caution",
    "Changed",
    "Contradiction",
    "ImportResult",
    "InvalidMapping",
    "Listed",
    "MappingFileError",
    "NotStored",
    "Problem",
    "Proposal",
    "UnknownKind",
    "change",
    "compile",
    "current",
    "export",
    "import_file",
    "listing",
    "load",
    "parse_file",
    "propose",
    "propose_one",
    "same_word",
    "shown",
    "validate_value",
    "waiting_for",
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
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """Mappings as a change would have them. ``changed``: what differs, by word as stored; value None: deleted."""

    mappings: Mappings
    changed: dict[Word, Any]
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True)
class ImportResult:
    """Counts of mappings changed and found the same, and how many returns became due."""

    changed: int
    same: int
    due: int = 0
    cautions: tuple[Caution, ...] = ()


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


def propose_one(conn: Connection, kind: str, source: str, value: Any) -> Proposal:
    """What the mappings would be with one set, or deleted with value None; nothing is written.

    Raises UnknownKind, InvalidMapping (Contradiction beside the others), NotStored.
    """
    if kind not in KINDS:
        raise UnknownKind(kind)
    source = source.strip()
    if value is not None:
        value = validate_value(kind, source, value)
    stored = rows.current(conn)
    words = stored.get(kind, {})
    source = _stored_spelling(kind, source, words)
    if value is None and source not in words:
        default = any(same_word(kind, source) == same_word(kind, each) for each in DEFAULTS[kind])
        what = "mapped only by a built-in default; set another value instead" if default else "not mapped"
        raise NotStored(f"{kind}: {source!r} is {what}")
    unchanged = source in words and _same(words[source], value)
    try:
        return _proposal(conn, stored, {} if unchanged else {(kind, source): value})
    except InvalidMapping as error:
        here = f"/{kind}/{pointer_step(source)}"
        raise Contradiction([Problem(p.pointer.removeprefix(here), p.message) for p in error.problems]) from None


def propose(conn: Connection, named: Raw) -> Proposal:
    """What the mappings would be with all of a mapping file; what is so already, also by default, is left out.

    Raises MappingFileError when they could not stand together.
    """
    stored = rows.current(conn)
    merged = effective(stored)
    changes: dict[tuple[str, str], Any] = {}
    for kind, words in named.items():
        for source, value in words.items():
            spelled = _stored_spelling(kind, source, merged[kind])
            if spelled not in merged[kind] or not _same(merged[kind][spelled], value):
                changes[kind, _stored_spelling(kind, source, stored.get(kind, {}))] = value
    try:
        return _proposal(conn, stored, changes)
    except InvalidMapping as error:
        raise MappingFileError(error.problems) from None


def _proposal(conn: Connection, stored: Mapping[str, Mapping[str, Any]], changes: Mapping[Word, Any]) -> Proposal:
    """Raises InvalidMapping when the mappings could not stand together; its pointers then begin with kind and word."""
    raw: Raw = {kind: dict(words) for kind, words in stored.items()}
    for (kind, source), value in changes.items():
        words = raw.setdefault(kind, {})
        if value is None:
            words.pop(source, None)
        else:
            words[source] = value
    merged = effective(raw)
    wrong = [
        Problem(f"/{kind}/{pointer_step(source)}{problem.pointer}", problem.message)
        for (kind, source), problem in mapping_checks.problems(merged, changes)
    ]
    if wrong:
        raise InvalidMapping(wrong)
    shop = Shop(units_of=lambda sku: units_of_sku(conn, sku), sells=lambda sku: units_of_sku(conn, sku) is not None)
    cautions = tuple(mapping_checks.cautions(merged, changes, shop))
    return Proposal(compile(raw, rows.version(conn) + 1), dict(changes), cautions)


def change(ledger: Ledger, kind: str, source: str, value: Any, actor: str, now: datetime, note: str = "") -> Changed:
    """Set one mapping, or delete it with value None (a default, if there is one, counts again).

    What waited for the word is due at once. Raises UnknownKind, InvalidMapping, NotStored.
    """
    with ledger.begin() as conn:
        rows.one_at_a_time(conn)
        proposal = propose_one(conn, kind, source, value)
        if not proposal.changed:
            spelled = _stored_spelling(kind, source.strip(), rows.current(conn).get(kind, {}))
            return Changed(kind, spelled, validate_value(kind, source, value), rows.version(conn), False, 0)
        ((word, stored),) = proposal.changed.items()
        version = _write(conn, word, stored, actor, now, note)
        return Changed(*word, stored, version, True, _wake(conn, proposal.changed, now), proposal.cautions)


def import_file(ledger: Ledger, text: str, actor: str, now: datetime) -> ImportResult:
    """Import a mapping file in one commit: what it names is replaced, the rest kept.

    Raises MappingFileError with every error of the file; then nothing was changed.
    """
    named = parse_file(text)
    with ledger.begin() as conn:
        rows.one_at_a_time(conn)
        proposal = propose(conn, named)
        for word, value in proposal.changed.items():
            _write(conn, word, value, actor, now, "imported from a file")
        due = _wake(conn, proposal.changed, now) if proposal.changed else 0
    changed = len(proposal.changed)
    return ImportResult(changed, sum(len(words) for words in named.values()) - changed, due, proposal.cautions)


def _write(conn: Connection, word: Word, value: Any, actor: str, now: datetime, note: str) -> int:
    if value is None:
        return rows.delete(conn, *word, actor, now, note)
    return rows.put(conn, *word, value, actor, now, note)


def _stored_spelling(kind: str, source: str, stored: Mapping[str, Any]) -> str:
    """The spelling a word is stored under already, so that one word never has two meanings."""
    if source in stored:
        return source
    key = same_word(kind, source)
    return next((known for known in stored if same_word(kind, known) == key), source)


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str)


def waiting_for(conn: Connection, changed: Iterable[Word]) -> set[int]:
    """The returns (pks) that a flag says wait for one of these words, though a person may have dismissed it.

    A change of the word makes them due.
    """
    waiting: set[int] = set()
    for kind, source in changed:
        for pk, code, word, sku in flags.live_with_mapping(conn, kind, dismissed=True):
            everything = kind == "scan_units" and source == "*" and code.startswith("unit_")
            if everything or _settles(kind, source, word, sku):
                waiting.add(pk)
        if kind == "fees":  # goods on no order line, until somebody says that they are a fee
            waiting.update(pk for pk, sku in flags.live_of_code(conn, "sku_not_on_order") if _fee(sku) == _fee(source))
    return waiting


def _fee(sku: str) -> str:
    return same_word("fees", sku)


def _wake(conn: Connection, changed: Iterable[Word], now: datetime) -> int:
    """Everything that waits for one of these words is due at once; how many returns that is."""
    waiting = waiting_for(conn, changed)
    work.make_due(conn, waiting, now, pull=False, reason="mapping changed", correlation_id="mapping")
    return len(waiting)


def _settles(kind: str, source: str, word: str, sku: str) -> bool:
    """Whether a change of ``source`` speaks of the word a flag waits for; a scan unit speaks of its SKU anywhere."""
    if same_word(kind, source) == same_word(kind, word):
        return True
    of = source.partition("@")[0].casefold()
    return kind == "scan_units" and of in (sku.casefold(), word.partition("@")[0].casefold())
