"""``/v1/requests``: what became of a "sync now"."""

from __future__ import annotations

from flask import Blueprint, Response

from sidecar.ledger import requests as request_rows
from sidecar.web import answers, serialise
from sidecar.web.auth import Caller
from sidecar.web.bridge import bridge
from sidecar.web.endpoint import answer, endpoint
from sidecar.web.problems import not_found

blueprint = Blueprint("requests", __name__)


@blueprint.get("/v1/requests/<request_id>")
@endpoint(
    "What became of a request",
    {200: ("The request.", answers.RequestAnswer())},
    tag="sync",
    scope="read",
    problems={404: "There is no such request."},
)
def get(request_id: str, caller: Caller) -> Response:
    here = bridge()
    with here.ledger.read() as conn:
        row = request_rows.get(conn, request_id)
    if row is None:
        raise not_found(f"request {request_id[:100]!r}")
    return answer(
        {
            "request_id": row.id,
            "state": row.state,
            "detail": row.detail or "",
            "kind": row.kind,
            "target": row.target,
            "created_at": serialise.moment(row.created_at),
            "finished_at": serialise.moment(row.finished_at),
        }
    )
