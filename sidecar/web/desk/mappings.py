"""Mappings: which of ZigZag's words wait for one, what each kind says, and the history of a word."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from sidecar.sync import mapping_tables
from sidecar.sync import mappings as mapping_store
from sidecar.sync.mapping_values import KINDS, LONGEST_SOURCE
from sidecar.web.bridge import bridge
from sidecar.web.desk.mapping_forms import FIELDS, WORDS, as_form
from sidecar.web.desk.pages import blueprint, error_page, page

_KIND = f"/mappings/<any({', '.join(KINDS)}):kind>"


@blueprint.get("/mappings")
def mappings() -> Response:
    """What waits for a mapping, then every kind."""
    here = bridge()
    with here.ledger.read() as conn:
        _, current = mapping_store.current(conn)
    waiting = mapping_tables.waiting(here.ledger)
    counts = {kind: (len(current[kind]), sum(each.kind == kind for each in waiting)) for kind in KINDS}
    return page("mappings.html", waiting=waiting, counts=counts, words=WORDS)


@blueprint.get(_KIND)
def mappings_kind(kind: str) -> Response:
    found = mapping_tables.table(bridge().ledger, kind)
    return page("mapping_kind.html", table=found, fields=FIELDS[kind], title=WORDS[kind])


@blueprint.get(f"{_KIND}/word")
def mappings_word(kind: str) -> Response:
    """One word: what it is taken for, since when, and the form to change it."""
    here = bridge()
    source = request.args.get("source", "")[:LONGEST_SOURCE]
    table = mapping_tables.table(here.ledger, kind)
    key = mapping_store.same_word(kind, source)

    def same(each: Any) -> bool:
        return mapping_store.same_word(kind, each.source) == key

    entry = next(filter(same, table.entries), None)
    waits = next(filter(same, table.waiting), None)
    versions = mapping_tables.history(here.ledger, kind, source)
    if entry is None and waits is None and not versions:
        return error_page(404, "ZigZag has not used this word, and nobody mapped it.")
    return page(
        "mapping_word.html",
        kind=kind,
        title=WORDS[kind],
        source=entry.source if entry else source,
        entry=entry,
        waits=waits,
        versions=versions,
        default=mapping_tables.default_of(kind, source),
        fields=FIELDS[kind],
        filled=as_form(entry.value) if entry else {},
    )


@blueprint.get("/mappings/export")
def mappings_export() -> Response:
    """Everything in effect as the mapping file."""
    with bridge().ledger.read() as conn:
        text = mapping_store.export(conn)
    response = Response(text, content_type="application/yaml; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="mappings.yaml"'
    return response
