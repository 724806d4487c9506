"""The credit memos of a period as CSV, for whoever closes the month."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, abort, request

from sidecar.sync import postings_file
from sidecar.web.bridge import bridge
from sidecar.web.desk.pages import blueprint

LONGEST = 366  # days


@blueprint.get("/memos")
def memos() -> Response:
    """Streamed from the ledger, a thousand postings at a time."""
    here = bridge()
    zone = here.settings.returns_timezone
    first, last = _day("from"), _day("to")
    if not 0 <= (last - first).days <= LONGEST:
        abort(400, "The period ends before it begins, or is longer than a year.")
    since, until = postings_file.period(first, last, zone)
    lines = postings_file.lines(here.ledger, since, until, zone)
    response = Response(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="memos-{first}-{last}.csv"'
    return response


def _day(name: str) -> Any:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        abort(400, "A day looks like 2026-11-30.")
