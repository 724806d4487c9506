"""What shops and people ask for: a return announced, a return or an order brought up to date now.

Stored and answered; the dispatcher hands it to a worker. One ledger transaction each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from sidecar.ledger import audit, requests, returns, work
from sidecar.ledger.engine import Ledger
from sidecar.returns.lookups import order_key
from sidecar.zigzag.exact_json import canonical

ENDED = ("closed", "cancelled", "rejected")
BATCH = 500


class AnotherBody(Exception):
    """The return is known, and differs from what was sent now."""


@dataclass(frozen=True)
class Intake:
    """``created``: taken in just now; else the very same body was known. ``state`` of the return as it stands."""

    state: str
    created: bool

    @property
    def same(self) -> bool:
        return not self.created


def take_in(
    ledger: Ledger,
    body: Mapping[str, Any],
    *,
    retailer_code: str,
    actor: str,
    now: datetime,
    correlation_id: str = "",
) -> Intake:
    """Take a return in as it was announced: stored, and due to be checked against its order.

    The same body again changes nothing. A return that only ZigZag has told us of so far takes the announcement, when it
    names the same order. Raises AnotherBody.
    """
    asked = announced(body)
    digest = hashlib.sha256(canonical(asked)).hexdigest()
    return_id, order = asked["return_id"], asked["order_identifier"]
    with ledger.begin() as conn:
        pk = returns.ensure(conn, retailer_code, return_id, order, now)
        # The update is the decision: of two announcements at once only one finds the place empty.
        created = returns.set_intake(conn, pk, asked, digest, now)
        row = returns.by_pks(conn, [pk])[0]
        if not created and row.intake_digest != digest:
            raise AnotherBody(f"Return {return_id} was announced with another body before.")
        known = row.order_identifier or ""
        if created and known.casefold() != order.casefold():
            raise AnotherBody(f"Return {return_id} belongs to order {known}, not to {order}.")
        if created:
            work.make_due(conn, [pk], now, pull=True, reason="intake", correlation_id=correlation_id)
            audit.write(
                conn,
                at=now,
                actor=actor,
                action="intake",
                subject=f"return:{pk}",
                return_id=return_id,
                detail={"order_identifier": order, "digest": digest},
                correlation_id=correlation_id,
            )
    return Intake(state=row.state, created=created)


def announced(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body in one form per meaning: quantities as plain decimal text, empty fields left out."""
    asked: dict[str, Any] = {"return_id": body["return_id"], "order_identifier": body["order_identifier"]}
    if body.get("lines"):
        asked["lines"] = [_line(line) for line in body["lines"]]
    return asked


def _line(line: Mapping[str, Any]) -> dict[str, str]:
    quantity = format(Decimal(str(line["quantity"])), "f")
    if "." in quantity:
        quantity = quantity.rstrip("0").rstrip(".")
    kept = {name: str(line[name]) for name in ("unit", "reason") if line.get(name)}
    return {"sku": str(line["sku"]), "quantity": quantity, **kept}


def request_sync(
    ledger: Ledger, return_id: str, *, retailer_code: str, actor: str, now: datetime, correlation_id: str = ""
) -> str:
    """Ask for one return to be pulled, checked and written at once, whatever retry was scheduled; the request's id.

    Joins the request that is pending. A return we do not know is pulled from ZigZag.
    """
    with ledger.begin() as conn:
        pk = returns.ensure(conn, retailer_code, return_id, "", now)
        return _ask(conn, pk, return_id, actor, now, correlation_id)


def request_order_sync(
    ledger: Ledger, identifier: str, *, retailer_code: str, actor: str, now: datetime, correlation_id: str = ""
) -> dict[str, str]:
    """The same for every return of an order: request ids by return id; empty when there is none."""
    with ledger.begin() as conn:
        rows = returns.of_orders(conn, [order_key(identifier)])
        ours = sorted((row for row in rows if row.retailer_code == retailer_code), key=lambda row: row.id)
        return {row.return_id: _ask(conn, row.id, row.return_id, actor, now, correlation_id) for row in ours}


def request_everything(ledger: Ledger, *, actor: str, now: datetime, correlation_id: str = "sync-all") -> int:
    """Make every return that has not ended due, in commits of 500; how many there are."""
    count, after = 0, 0
    while True:
        with ledger.begin() as conn:
            rows = returns.after(conn, after, BATCH)
            live = [row.id for row in rows if row.status not in ENDED]
            if live:
                work.make_due(conn, live, now, pull=True, reason=f"asked for by {actor}", correlation_id=correlation_id)
        if not rows:
            return count
        after = rows[-1].id
        count += len(live)


def _ask(conn: Connection, pk: int, return_id: str, actor: str, now: datetime, correlation_id: str) -> str:
    request_id, joined = requests.open_or_join(conn, "return", return_id, pk, actor, now)
    work.make_due(conn, [pk], now, pull=True, reason=f"asked for by {actor}", correlation_id=correlation_id)
    work.hurry(conn, pk, now)
    if not joined:
        audit.write(
            conn,
            at=now,
            actor=actor,
            action="sync",
            subject=f"return:{pk}",
            return_id=return_id,
            detail={"request_id": request_id},
            correlation_id=correlation_id,
        )
    return request_id
