"""Deciding about flags: what it will do is shown first, in money and stock, and only then it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from werkzeug.datastructures import MultiDict

from sidecar.ledger import flags as flag_rows
from sidecar.ledger import users as user_rows
from sidecar.ledger.columns import BIGGEST_ID
from sidecar.ledger.flags import FlagRow
from sidecar.returns.choices import choices
from sidecar.returns.titles import TITLES
from sidecar.sync import causes, decisions, intake, preview
from sidecar.sync.decisions import LONGEST_NOTE
from sidecar.web.bridge import bridge
from sidecar.web.desk import visitor
from sidecar.web.desk.mapping_changes import looked_at
from sidecar.web.desk.pages import blueprint, page
from sidecar.web.tracing import correlation_id

MOST = 500  # flags decided at once
RELEASE, RESOLVE, REOPEN, SYNC, ASSIGN, NOTE = "release", "resolve", "reopen", "sync", "assign", "note"
SHOWN_FIRST = frozenset({RELEASE, RESOLVE, REOPEN})
NEEDS_NOTE = frozenset({RELEASE, RESOLVE, NOTE})


@dataclass(frozen=True)
class Decision:
    """What a form asks for. ``label`` what the button said."""

    verb: str
    flags: tuple[FlagRow, ...]
    note: str
    label: str
    assignee: str = ""


@blueprint.post("/flags/decide")
def flags_decide() -> Any:
    """The first time it is shown what it will do; sent from that page it is done."""
    decision = _read(request.form)
    _check_allowed(decision)
    if decision.verb in SHOWN_FIRST and request.form.get("step") != "do":
        return _shown(decision)
    if decision.verb in NEEDS_NOTE and not decision.note:
        if decision.verb == NOTE:
            abort(400, "A note needs some words.")
        return _shown(decision, "Say why; it is kept in the audit trail.")
    _done(decision)
    return redirect(_back(decision), 303)


def _read(form: MultiDict[str, str]) -> Decision:
    verb = form.get("verb", "")
    if verb not in (*SHOWN_FIRST, SYNC, ASSIGN, NOTE):
        abort(400)
    found = _flags(form)
    return Decision(
        verb=verb,
        flags=found,
        note=form.get("note", "").strip()[:LONGEST_NOTE],
        label=_label(found, verb),
        assignee=_assignee(form.get("assignee", "")) if verb == ASSIGN else "",
    )


def _label(found: Sequence[FlagRow], verb: str) -> str:
    """What the decision is called, as on the page of a flag."""
    for choice in choices(found[0].code) if found else ():
        if choice.verb == verb:
            return choice.label
    return {REOPEN: "Open it again", RELEASE: "Release"}.get(verb, verb.capitalize())


def _assignee(name: str) -> str:
    """Somebody who can sign in; without a name the visitor takes it over."""
    if not name:
        return visitor.user().name
    with bridge().ledger.read() as conn:
        found = user_rows.by_name(conn, name[:100])
    if found is None or found.disabled_at is not None:
        abort(400, "There is no such user.")
    return found.name


def _flags(form: MultiDict[str, str]) -> tuple[FlagRow, ...]:
    """Those that were ticked, or with ``scope`` all the open ones of the cause."""
    here = bridge()
    if form.get("scope") == "all":
        return tuple(
            causes.flags_of(here.ledger, form.get("code", ""), form.get("cause", ""), now=here.clock(), limit=MOST)
        )
    stated = [text for text in form.getlist("flag") if text.isascii() and text.isdigit()]
    ids = sorted({int(text) for text in stated if int(text) <= BIGGEST_ID})[:MOST]
    with here.ledger.read() as conn:
        found = [flag_rows.get(conn, flag_id) for flag_id in ids]
    return tuple(flag for flag in found if flag is not None)


def _check_allowed(decision: Decision) -> None:
    if not decision.flags:
        abort(400, "Tick at least one flag.")
    if decision.verb in (RELEASE, RESOLVE, REOPEN):
        visitor.must(all(visitor.may_decide(flag.owner) for flag in decision.flags))


def _shown(decision: Decision, problem: str = "") -> Response:
    """What the decision will do, with the button that does it."""
    here = bridge()
    foreseen = None
    try:
        ids = [flag.id for flag in decision.flags]
        limit = looked_at(request.form, preview.MOST)
        foreseen = preview.of_decision(here.ledger, here.settings, ids, decision.verb, limit=limit)
    except decisions.DecisionError as error:
        problem = problem or str(error)
    return page(
        "decide.html",
        422 if problem else 200,
        decision=decision,
        foreseen=foreseen,
        problem=problem,
        needs_note=decision.verb in NEEDS_NOTE,
        sent=_sent_again(decision),
        back=_back(decision),
        titles=TITLES,
    )


def _sent_again(decision: Decision) -> list[tuple[str, str]]:
    """What the confirming form carries: exactly the flags that were shown, whatever was raised meanwhile."""
    kept = [(name, request.form[name]) for name in ("verb", "from") if request.form.get(name)]
    return [*kept, *(("flag", str(flag.id)) for flag in decision.flags)]


def _done(decision: Decision) -> None:
    """Each flag in a commit of its own; one that changed meanwhile does not stop the others."""
    if decision.verb == SYNC:
        _ask_again(decision)
        return
    here = bridge()
    now, actor = here.clock(), visitor.user().actor
    done, refused = 0, dict[str, None]()
    for flag in decision.flags:
        try:
            decisions.decide(
                here.ledger,
                flag.id,
                decision.verb,
                actor=actor,
                now=now,
                note=decision.note,
                assignee=decision.assignee,
            )
            done += 1
        except decisions.DecisionError as error:
            refused[str(error)] = None
    if done:
        flash(_DONE[decision.verb].format(_counted(done), decision.assignee), "good")
    for problem in list(refused)[:5]:
        flash(problem, "critical")


def _ask_again(decision: Decision) -> None:
    here = bridge()
    asked = sorted({flag.return_id for flag in decision.flags if flag.return_id})
    for return_id in asked:
        intake.request_sync(
            here.ledger,
            return_id,
            retailer_code=here.retailer_code,
            actor=visitor.user().actor,
            now=here.clock(),
            correlation_id=correlation_id(),
        )
    many = f"{len(asked):,} {'return is' if len(asked) == 1 else 'returns are'} read again now."
    flash(f"Asked again: {many}" if asked else "No return belongs to this flag.", "good")


_DONE = {
    RELEASE: "{0} released: what was held is on its way.",
    RESOLVE: "{0} closed.",
    REOPEN: "{0} open again.",
    ASSIGN: "{0} given to {1}.",
    NOTE: "The note is kept.",
}


def _counted(count: int) -> str:
    return f"{count:,} {'flag is' if count == 1 else 'flags are'}"


def _back(decision: Decision) -> str:
    """To the one flag it was about, else to the cause."""
    if len(decision.flags) == 1 and request.form.get("from") != "cause":
        return url_for("desk.flags_one", flag_id=decision.flags[0].id)
    return url_for("desk.flags_cause", code=decision.flags[0].code, cause=decision.flags[0].cause)
