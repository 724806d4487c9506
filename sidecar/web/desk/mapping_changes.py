"""Changing mappings, one word or a whole file: what it will do is shown first, by the code that then does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for

from sidecar.ledger.columns import BIGGEST_ID
from sidecar.sync import mappings as mapping_store
from sidecar.sync import preview, what_if
from sidecar.sync.decisions import LONGEST_NOTE
from sidecar.sync.mapping_checks import Caution
from sidecar.sync.mapping_values import KINDS, LONGEST_SOURCE, InvalidMapping
from sidecar.web.bridge import bridge
from sidecar.web.desk import visitor
from sidecar.web.desk.mapping_forms import WORDS, value_of
from sidecar.web.desk.pages import blueprint, page

QUICKLY = 30  # returns computed before anybody asks for all of them: a page is there within half a second
LARGEST_FILE = 512 * 1024  # bytes; the whole form is bounded by MAX_CONTENT_LENGTH


@dataclass(frozen=True)
class Change:
    """One word of one kind. ``value`` None: what was set is taken back."""

    kind: str
    source: str
    value: Any


@blueprint.post("/mappings/change")
def mappings_change() -> Any:
    """Shown the first time; sent from that page it is done. Comes from a flag, a cause or the mappings."""
    change = _read(request.form)
    visitor.must(visitor.may_map(change.kind))
    if request.form.get("step") != "do":
        return _shown(change)
    here = bridge()
    note = request.form.get("note", "").strip()[:LONGEST_NOTE]
    try:
        done = mapping_store.change(
            here.ledger, change.kind, change.source, change.value, visitor.user().actor, here.clock(), note
        )
    except (mapping_store.NotStored, InvalidMapping) as error:
        return _shown(change, in_words(error))
    if done.changed:
        what = "taken back" if done.value is None else "mapped"
        flash(f'"{done.source}" is {what}. {_due(done.due)}', "good")
    else:
        flash(f'"{done.source}" was mapped so already.', "good")
    return redirect(_back(change), 303)


@blueprint.get("/mappings/what-if")
def mappings_what_if() -> Response:
    """Whom the change speaks of, in the last 90 days; loaded after the page that asks, as it computes much."""
    here = bridge()
    change = _read(request.args)
    try:
        found = what_if.of_mapping(
            here.ledger,
            here.settings,
            change.kind,
            change.source,
            change.value,
            now=here.clock(),
            limit=looked_at(request.args, what_if.MOST),
        )
    except (mapping_store.NotStored, InvalidMapping) as error:
        abort(400, in_words(error))
    whole = {**request.args.to_dict(), "all": "1"}
    return page(
        "what_if.html" if visitor.is_partial() else "what_if_page.html", found=found, change=change, whole=whole
    )


@blueprint.post("/mappings/import")
def mappings_import() -> Any:
    """A mapping file: every error of it, or what it will do; then it is imported in one commit."""
    for kind in KINDS:
        visitor.must(visitor.may_map(kind))
    here = bridge()
    try:
        text = _file()
        if request.form.get("step") == "do":
            done = mapping_store.import_file(here.ledger, text, visitor.user().actor, here.clock())
            same = f"{done.same:,} were so already." if done.same else ""
            flash(f"{_counted(done.changed, 'mapping')} changed. {same} {_due(done.due)}", "good")
            return redirect(url_for("desk.mappings"), 303)
        with here.ledger.read() as conn:
            proposal = mapping_store.propose(conn, mapping_store.parse_file(text))
        limit = looked_at(request.form, what_if.MOST)
        foreseen = preview.of_file(here.ledger, here.settings, text, limit=limit)
        found = what_if.of_file(here.ledger, here.settings, text, now=here.clock(), limit=limit)
    except mapping_store.MappingFileError as error:
        return page("mapping_file.html", 422, problems=error.problems)
    return page(
        "mapping_file.html",
        problems=(),
        text=text,
        proposal=proposal,
        changed=sorted(proposal.changed.items()),
        foreseen=foreseen,
        found=found,
    )


def _file() -> str:
    """The text that was pasted or uploaded."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return request.form.get("text", "")
    raw = sent.stream.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        abort(413)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        abort(400, "The file is not text in UTF-8.")


def _read(form: Any) -> Change:
    kind = form.get("kind", "")
    if kind not in KINDS:
        abort(400)
    source = form.get("source", "")[: LONGEST_SOURCE + 1]
    return Change(kind, source, None if form.get("delete") else value_of(form, kind))


def _shown(change: Change, problem: str = "") -> Response:
    here = bridge()
    foreseen = None
    cautions: tuple[Caution, ...] = ()
    try:
        with here.ledger.read() as conn:
            cautions = mapping_store.propose_one(conn, change.kind, change.source, change.value).cautions
        limit = looked_at(request.form, preview.MOST)
        foreseen = preview.of_mapping(here.ledger, here.settings, change.kind, change.source, change.value, limit=limit)
    except (mapping_store.NotStored, InvalidMapping) as error:
        problem = problem or in_words(error)
    sent = [(name, text) for name, text in request.form.items(multi=True) if name not in _ASKED_AGAIN]
    return page(
        "mapping_change.html",
        422 if problem else 200,
        change=change,
        title=WORDS[change.kind],
        cautions=cautions,
        foreseen=foreseen,
        problem=problem,
        note=request.form.get("note", "")[:LONGEST_NOTE],
        sent=sent,
        asked={name: text for name, text in sent if name in ("kind", "source", "delete") or name.startswith("value")},
        back=_back(change),
    )


_ASKED_AGAIN = frozenset({visitor.FIELD, "note", "step", "all"})


def looked_at(asked: Mapping[str, str], most: int) -> int:
    """How many returns are computed: a few at first, ``most`` when somebody asks for all."""
    return most if asked.get("all") else QUICKLY


def in_words(error: Exception) -> str:
    """An error of a mapping by the field it is about, any other as it is."""
    if isinstance(error, InvalidMapping):
        return " ".join(
            f"{each.pointer.rpartition('/')[2].replace('_', ' ').capitalize() or 'It'} {each.message}."
            for each in error.problems
        )
    return f"{str(error)[:1].upper()}{str(error)[1:]}."


def _back(change: Change) -> str:
    """Where the form came from: a flag, a cause, or the word itself."""
    flag = request.form.get("flag", "")
    if flag.isascii() and flag.isdigit() and int(flag) <= BIGGEST_ID:
        return url_for("desk.flags_one", flag_id=int(flag))
    if request.form.get("code"):
        return url_for("desk.flags_cause", code=request.form["code"], cause=request.form.get("cause", ""))
    return url_for("desk.mappings_kind", kind=change.kind)


def _due(count: int) -> str:
    if not count:
        return "No return waits for it."
    return f"{_counted(count, 'return')} due now."


def _counted(count: int, one: str) -> str:
    return f"{count:,} {one} is" if count == 1 else f"{count:,} {one}s are"
