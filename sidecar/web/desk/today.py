"""Today: is anything stuck, since when, and how much money."""

from __future__ import annotations

from flask import Response

from sidecar.ledger import returns
from sidecar.web.bridge import bridge
from sidecar.web.desk.pages import blueprint, page


@blueprint.get("")
def today() -> Response:
    with bridge().ledger.read() as conn:
        counts = returns.counts(conn)
    return page("today.html", counts=counts)
