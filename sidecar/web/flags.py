"""``/v1/flags``: what waits for a person, and what the person decides."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from marshmallow import Schema

from sidecar.ledger import flags as flag_rows
from sidecar.ledger.columns import BIGGEST_ID
from sidecar.ledger.flags import FlagRow
from sidecar.sync import decisions
from sidecar.web import answers, schemas, serialise
from sidecar.web.auth import Caller
from sidecar.web.bridge import bridge
from sidecar.web.cursor import seal, unseal
from sidecar.web.endpoint import answer, endpoint
from sidecar.web.problems import Problem, not_found

blueprint = Blueprint("flags", __name__)

PAGE = 50
_FLAG = f"/v1/flags/<int(max={BIGGEST_ID}):flag_id>"


@blueprint.get("/v1/flags")
@endpoint(
    "List flags",
    {200: ("One page of flags.", answers.FlagsAnswer())},
    tag="flags",
    scope="read",
    query=schemas.FlagQuery(),
    problems={409: "The cursor is of another list."},
)
def search(query: dict[str, Any], caller: Caller) -> Response:
    here = bridge()
    wanted = {name: query.get(name) or None for name in ("state", "owner", "code", "severity", "return_id")}
    name = f"flags {sorted((key, str(value)) for key, value in wanted.items())}"
    place = unseal(here, name, query.get("cursor"))
    with here.ledger.read() as conn:
        page = flag_rows.search(conn, **wanted, cursor=place, limit=query.get("limit") or PAGE)
    return answer({"flags": serialise.flags(page.rows), "next_cursor": seal(here, name, page.next_cursor)})


@blueprint.get(_FLAG)
@endpoint(
    "One flag",
    {200: ("The flag.", answers.FlagAnswer())},
    tag="flags",
    scope="read",
    problems={404: "There is no such flag."},
)
def get(flag_id: int, caller: Caller) -> Response:
    with bridge().ledger.read() as conn:
        row = flag_rows.get(conn, flag_id)
    if row is None:
        raise not_found(f"flag {flag_id}")
    return answer(serialise.flag(row))


def _decision(verb: str, summary: str, sent: Schema) -> None:
    """One address per decision; they differ in what must be sent."""

    @endpoint(
        summary,
        {200: ("The flag as it stands now.", answers.FlagAnswer())},
        tag="flags",
        scope="desk",
        sent=sent,
        problems={404: "There is no such flag.", 409: "The flag's state or code does not allow it."},
    )
    def decide(flag_id: int, body: dict[str, Any], caller: Caller) -> Response:
        here = bridge()
        row = _decided(verb, flag_id, body, caller, here.clock())
        return answer(serialise.flag(row))

    blueprint.add_url_rule(f"{_FLAG}/{verb}", endpoint=verb, view_func=decide, methods=["POST"])


def _decided(verb: str, flag_id: int, body: dict[str, Any], caller: Caller, now: Any) -> FlagRow:
    try:
        return decisions.decide(
            bridge().ledger,
            flag_id,
            verb,
            note=body.get("note", ""),
            assignee=body.get("assignee", ""),
            actor=caller.name,
            now=now,
        )
    except decisions.UnknownFlag:
        raise not_found(f"flag {flag_id}") from None
    except decisions.NotReleasable as error:
        raise Problem(409, "not-releasable", str(error), next_step=error.instead) from None
    except decisions.DecisionError as error:
        raise Problem(409, "not-possible", str(error)) from None


_decision("assign", "Say who acts on it", schemas.AssignSchema())
_decision("resolve", "Close it after acting on it; nothing is paid by that", schemas.NeedsNoteSchema())
_decision("reopen", "Open it again", schemas.MayNoteSchema())
_decision("release", "Let go on what it held", schemas.NeedsNoteSchema())
_decision("note", "Write something down about it", schemas.NeedsNoteSchema())
