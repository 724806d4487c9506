"""Returns: a list to find one in, and one return with its whole story."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, request, url_for

from sidecar.ledger import returns as return_rows
from sidecar.settings import Settings
from sidecar.sync import intake, story
from sidecar.sync.story import Story
from sidecar.web.bridge import bridge
from sidecar.web.cursor import seal, unseal
from sidecar.web.desk import visitor
from sidecar.web.desk.pages import blueprint, error_page, page
from sidecar.web.fields import LONGEST_ID
from sidecar.web.schemas import MILESTONES, RETURN_STATES
from sidecar.web.tracing import correlation_id

PER_PAGE = 50
LONGEST = 100


@blueprint.get("/returns")
def returns() -> Any:
    here = bridge()
    asked = {name: request.args.get(name, "").strip()[:LONGEST] for name in ("q", "state", "milestone")}
    state = asked["state"] if asked["state"] in RETURN_STATES else None
    milestone = asked["milestone"] if asked["milestone"] in MILESTONES else None
    name = f"desk returns {state} {milestone} {asked['q']}"
    place = unseal(here, name, request.args.get("cursor"))
    with here.ledger.read() as conn:
        if asked["q"]:
            rows = return_rows.look_up(conn, here.retailer_code, asked["q"], limit=PER_PAGE)
            rows = [row for row in rows if state in (None, row.state) and milestone in (None, row.milestone)]
            next_place = None
        else:
            found = return_rows.search(conn, state=state, milestone=milestone, cursor=place, limit=PER_PAGE)
            rows, next_place = found.rows, found.next_cursor
    if len(rows) == 1 and rows[0].return_id == asked["q"] and not visitor.is_partial():
        return redirect(url_for("desk.returns_one", return_id=rows[0].return_id), 303)
    words: dict[str, Any] = {
        "rows": rows,
        "asked": asked,
        "states": RETURN_STATES,
        "milestones": MILESTONES,
        "cursor": seal(here, name, next_place),
        "first": place is None,
    }
    return page("return_list.html" if visitor.is_partial() else "returns.html", **words)


@blueprint.get("/returns/<path:return_id>")
def returns_one(return_id: str) -> Response:
    here = bridge()
    found = story.of_return(here.ledger, return_id[:LONGEST_ID], here.settings)
    if found is None:
        return error_page(404, f"Nothing is known of return {return_id[:LONGEST_ID]}.")
    template = "return_state.html" if visitor.is_partial() else "return.html"
    return page(template, story=found, row=found.row, oro=_oro(found, here.settings))


@blueprint.post("/sync/<path:return_id>")
def returns_sync(return_id: str) -> Any:
    """Sync now: pulled, checked and written at once, whatever retry was scheduled."""
    here = bridge()
    with here.ledger.read() as conn:
        if return_rows.get(conn, here.retailer_code, return_id) is None:
            return error_page(404, f"Nothing is known of return {return_id[:LONGEST_ID]}.")
    intake.request_sync(
        here.ledger,
        return_id,
        retailer_code=here.retailer_code,
        actor=visitor.user().actor,
        now=here.clock(),
        correlation_id=correlation_id(),
    )
    flash("Asked for: ZigZag and OroCommerce are read again now.", "good")
    return redirect(url_for("desk.returns_one", return_id=return_id), 303)


def _oro(found: Story, settings: Settings) -> dict[str, str]:
    """Links into OroCommerce's back office, for what it has of this return; else empty."""
    links = {"order": "", "return": "", "memos": ""}
    base = settings.oro_base_url
    office = f"{base}{settings.oro_api_prefix.removesuffix('/api')}"
    if base and found.row.order_id:
        links["order"] = f"{office}/order/view/{quote(found.row.order_id)}"
    if base and found.row.oro_return_id:
        links["return"] = f"{office}/order-return/view/{quote(found.row.oro_return_id)}"
    if base and any(memo.row.oro_id for memo in found.memos):
        links["memos"] = f"{office}/order-return/credit-memo/"  # the bundle lists them; it has no page for one
    return links
