"""``/v1/returns`` and ``/v1/orders/.../sync``: intake, validation, what is known, and "sync now"."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response

from sidecar.ledger import flags as flag_rows
from sidecar.ledger import postings as posting_rows
from sidecar.ledger import return_plans
from sidecar.ledger import returns as return_rows
from sidecar.oro.errors import OroError
from sidecar.sync import intake, validating
from sidecar.web import answers, schemas, serialise
from sidecar.web.auth import Caller
from sidecar.web.bridge import bridge
from sidecar.web.cursor import seal, unseal
from sidecar.web.endpoint import answer, endpoint
from sidecar.web.problems import Problem, not_found
from sidecar.web.tracing import correlation_id

blueprint = Blueprint("returns", __name__)

PAGE = 50
ORO_RETRY_AFTER = 10  # seconds, where Oro names none


@blueprint.post("/v1/returns")
@endpoint(
    "Announce a return",
    {
        202: ("Taken in; it is checked against its order soon.", answers.TakenAnswer()),
        200: ("The same body again: known already.", answers.TakenAnswer()),
    },
    tag="returns",
    scope="intake",
    sent=schemas.IntakeSchema(),
    problems={409: "The return is known with another body or another order."},
)
def take_in(body: dict[str, Any], caller: Caller) -> Response:
    here = bridge()
    try:
        taken = intake.take_in(
            here.ledger,
            body,
            retailer_code=here.retailer_code,
            actor=caller.name,
            now=here.clock(),
            correlation_id=correlation_id(),
        )
    except intake.AnotherBody as error:
        raise Problem(409, "another-body", str(error)) from None
    return_id = body["return_id"]
    at = f"/v1/returns/{quote(return_id, safe='')}"
    links = {"self": at, "sync": f"{at}/sync"}
    response = answer({"return_id": return_id, "state": taken.state, "links": links}, 202 if taken.created else 200)
    response.headers["Location"] = at
    return response


@blueprint.post("/v1/returns/validate")
@endpoint(
    "Check a return against its order, changing nothing",
    {200: ("What can be returned.", answers.ValidatedAnswer())},
    tag="returns",
    scope="intake",
    sent=schemas.IntakeSchema(),
    problems={503: "OroCommerce cannot be read at the moment."},
)
def validate(body: dict[str, Any], caller: Caller) -> Response:
    here = bridge()
    if here.read_orders is None:
        raise _oro_unreachable("OroCommerce is not configured here.", None)
    try:
        found = validating.validate(here.ledger, here.read_orders, body, here.settings)
    except OroError as error:
        raise _oro_unreachable(f"OroCommerce cannot be read: {error.title}.", error.retry_after) from error
    return answer(
        {
            "eligible": found.eligible,
            "problems": list(found.problems),
            "lines": [
                {
                    "sku": line.sku,
                    "eligible": line.eligible,
                    "left": serialise.quantity(line.left),
                    "unit": line.unit,
                    "problems": list(line.problems),
                }
                for line in found.lines
            ],
        }
    )


def _oro_unreachable(detail: str, retry_after: int | None) -> Problem:
    seconds = max(1, min(retry_after or ORO_RETRY_AFTER, 3600))
    return Problem(503, "oro-unreachable", detail, headers={"Retry-After": str(seconds)})


@blueprint.get("/v1/returns")
@endpoint(
    "List returns, the one changed last first",
    {200: ("One page of returns.", answers.ReturnsAnswer())},
    tag="returns",
    scope="read",
    query=schemas.ReturnQuery(),
    problems={409: "The cursor is of another list."},
)
def search(query: dict[str, Any], caller: Caller) -> Response:
    here = bridge()
    wanted = {
        "state": query.get("state") or None,
        "milestone": query.get("milestone") or None,
        "order_identifier": query.get("order_identifier") or None,
        "changed_since": query.get("changed_since"),
    }
    name = f"returns {sorted((key, str(value)) for key, value in wanted.items())}"
    place = unseal(here, name, query.get("cursor"))
    with here.ledger.read() as conn:
        page = return_rows.search(conn, **wanted, cursor=place, limit=query.get("limit") or PAGE)
    return answer(
        {
            "returns": [serialise.return_summary(row) for row in page.rows],
            "next_cursor": seal(here, name, page.next_cursor),
        }
    )


@blueprint.get("/v1/returns/<whole:return_id>")
@endpoint(
    "One return with its lines, postings and open flags",
    {200: ("The return.", answers.ReturnAnswer())},
    tag="returns",
    scope="read",
    problems={404: "Nothing is known of this return."},
)
def get(return_id: str, caller: Caller) -> Response:
    here = bridge()
    with here.ledger.read() as conn:
        row = return_rows.get(conn, here.retailer_code, return_id)
        # Only asked for by a sync so far: nobody has told us anything about it.
        if row is None or (row.snapshots == 0 and row.intake is None):
            raise not_found(f"return {return_id[:100]!r}")
        lines = return_plans.lines_of(conn, [row.id]).get(row.id, [])
        postings = posting_rows.of_returns(conn, [row.id]).get(row.id, [])
        flags = flag_rows.of_returns(conn, [row.id]).get(row.id, [])
    return answer(serialise.whole_return(row, lines, postings, flags))


@blueprint.post("/v1/returns/<slashed:return_id>/sync")
@endpoint(
    "Bring a return up to date now, whatever retry was scheduled",
    {202: ("Asked for, or joined to the request that is pending.", answers.SyncAnswer())},
    tag="sync",
    scope="sync",
    path=schemas.ReturnPath(),
)
def sync(return_id: str, caller: Caller) -> Response:
    here = bridge()
    request_id = intake.request_sync(
        here.ledger,
        return_id,
        retailer_code=here.retailer_code,
        actor=caller.name,
        now=here.clock(),
        correlation_id=correlation_id(),
    )
    response = answer({"return_id": return_id, "request_id": request_id}, 202)
    response.headers["Location"] = f"/v1/requests/{request_id}"
    return response


@blueprint.post("/v1/orders/<slashed:identifier>/sync")
@endpoint(
    "Bring every return of an order up to date now",
    {202: ("Asked for; empty when no return of this order is known.", answers.OrderSyncAnswer())},
    tag="sync",
    scope="sync",
    path=schemas.OrderPath(),
)
def sync_order(identifier: str, caller: Caller) -> Response:
    here = bridge()
    asked = intake.request_order_sync(
        here.ledger,
        identifier,
        retailer_code=here.retailer_code,
        actor=caller.name,
        now=here.clock(),
        correlation_id=correlation_id(),
    )
    return answer({"order_identifier": identifier, "return_ids": list(asked), "requests": asked}, 202)
