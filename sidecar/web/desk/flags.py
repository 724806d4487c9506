"""Flags: what is stuck, by cause; one cause with everything of it; one flag with its evidence."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from sidecar.ledger import postings as posting_rows
from sidecar.ledger import returns as return_rows
from sidecar.ledger import users as user_rows
from sidecar.ledger import work
from sidecar.ledger.columns import BIGGEST_ID
from sidecar.ledger.flags import FlagRow
from sidecar.sync import causes, evidence
from sidecar.sync.causes import Cause, CauseFilter
from sidecar.web.bridge import bridge
from sidecar.web.desk import visitor
from sidecar.web.desk.pages import blueprint, error_page, page
from sidecar.web.schemas import FLAG_STATES, OWNERS, SEVERITIES

PER_PAGE = 30
FLAGS_SHOWN = 50
LONGEST = 300


@blueprint.get("/flags")
def flags() -> Response:
    here = bridge()
    asked = {name: request.args.get(name, "")[:LONGEST] for name in ("owner", "severity", "state", "assigned_to", "q")}
    wanted = CauseFilter(
        owner=asked["owner"] if asked["owner"] in OWNERS else "",
        severity=asked["severity"] if asked["severity"] in SEVERITIES else "",
        state=asked["state"] if asked["state"] in FLAG_STATES else "",
        assigned_to=visitor.user().name if asked["assigned_to"] == "me" else "",
        text=asked["q"],
    )
    found = causes.page(here.ledger, wanted, now=here.clock(), number=_number("page"), per_page=PER_PAGE)
    words: dict[str, Any] = {
        "found": found,
        "asked": asked,
        "owners": OWNERS,
        "severities": SEVERITIES,
        "states": FLAG_STATES,
        "pages": _around(asked, found.number, found.pages),
    }
    return page("flag_list.html" if visitor.is_partial() else "flags.html", **words)


@blueprint.get("/flags/cause")
def flags_cause() -> Response:
    """Everything that one decision ends, and what became of it."""
    here = bridge()
    code, name = request.args.get("code", "")[:LONGEST], request.args.get("cause", "")[:LONGEST]
    now = here.clock()
    open_ = causes.one(here.ledger, code, name, now=now)
    ended = causes.one(here.ledger, code, name, now=now, state="released")
    if open_ is None and ended is None and causes.one(here.ledger, code, name, now=now, state="resolved") is None:
        return error_page(404, "Nothing has waited for this in the last 30 days.")
    after = _number("after", 0)
    live = causes.flags_of(here.ledger, code, name, now=now, after=after, limit=FLAGS_SHOWN + 1)
    words: dict[str, Any] = {
        "code": code,
        "name": name,
        "cause": open_ or ended,
        "open": open_,
        "ended": ended,
        "live": live[:FLAGS_SHOWN],
        "more": live[FLAGS_SHOWN - 1].id if len(live) > FLAGS_SHOWN else None,
        "after": after,
        "gone": _gone(code, name),
        "told": evidence.of_flag(here.ledger, open_.example.id, here.settings) if open_ else None,
        "everybody": _everybody(),
    }
    words["outcomes"] = _outcomes([*words["live"], *words["gone"]])
    if visitor.is_partial():
        return _moved_on() if open_ is None and request.args.get("was") else page("cause_list.html", **words)
    return page("cause.html", **words)


@blueprint.get(f"/flags/<int(max={BIGGEST_ID}):flag_id>")
def flags_one(flag_id: int) -> Response:
    here = bridge()
    told = evidence.of_flag(here.ledger, flag_id, here.settings)
    if told is None:
        return error_page(404, f"There is no flag {flag_id}.")
    words: dict[str, Any] = {"told": told, "flag": told.flag, "outcomes": _outcomes([told.flag])}
    if visitor.is_partial():
        moved_on = request.args.get("was") not in (None, told.flag.state)
        return _moved_on() if moved_on else page("flag_state.html", **words)
    return page("flag.html", everybody=_everybody(), **words)


def _moved_on() -> Response:
    """What is decided here is over: htmx loads the whole page again, whose heading and buttons have changed too."""
    return Response(status=204, headers={"HX-Refresh": "true"})


def _gone(code: str, name: str) -> list[FlagRow]:
    """The newest of those that ended in the last 30 days."""
    here = bridge()
    found = [
        flag
        for state in ("released", "resolved")
        for flag in causes.flags_of(
            here.ledger, code, name, now=here.clock(), wanted=CauseFilter(state=state), limit=FLAGS_SHOWN
        )
    ]
    return sorted(found, key=lambda flag: (flag.closed_at is None, flag.closed_at), reverse=True)[:FLAGS_SHOWN]


def _outcomes(rows: list[FlagRow]) -> dict[int, dict[str, Any]]:
    """return pk -> how its return stands, what was posted for it, and whether something is under way."""
    pks = {flag.return_pk for flag in rows if flag.return_pk is not None}
    with bridge().ledger.read() as conn:
        known = return_rows.by_pks(conn, pks)
        posted = posting_rows.of_returns(conn, pks)
        now = bridge().clock()
        busy = {each.return_pk for each in work.load(conn, pks) if each.due_at is not None and each.due_at <= now}
    return {row.id: {"row": row, "postings": posted.get(row.id, []), "busy": row.id in busy} for row in known}


def _everybody() -> list[str]:
    """Who can be given a flag."""
    with bridge().ledger.read() as conn:
        return [user.name for user in user_rows.all_users(conn) if user.disabled_at is None]


def _number(name: str, otherwise: int = 1) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _around(asked: dict[str, str], number: int, pages: int) -> dict[str, str | None]:
    """The addresses of the page before and the next one."""
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}

    def at(n: int) -> str | None:
        return url_for("desk.flags", **kept, page=n) if 1 <= n <= pages else None

    return {"before": at(number - 1), "next": at(number + 1)}


def address(cause: Cause | FlagRow) -> str:
    """Where a cause is shown."""
    return url_for("desk.flags_cause", code=cause.code, cause=cause.cause)
