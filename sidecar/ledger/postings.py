"""Postings: what moves money and stock, committed here before any call. Triggers keep them immutable.

planned -> sent -> confirmed | unknown | refused; unknown and refused are sent again under the same key. A confirmed
posting never changes, and no posting ever changes its key, amounts, body or digest (migrations, and a test).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, tuple_, update

from sidecar.ledger.tables import leases, postings, returns

UNFINISHED = ("planned", "sent", "unknown", "refused")


@dataclass(frozen=True)
class PostingRow:
    key: str
    return_pk: int
    order_key: str
    n: int
    state: str
    kind: str
    status: str
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    digest: str
    body: dict[str, Any]
    evidence: dict[str, Any]
    created_at: datetime
    attempts: int = 0
    token: int | None = None
    sent_at: datetime | None = None
    confirmed_at: datetime | None = None
    oro_id: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class PostedTotal:
    """Sums of one currency and state."""

    currency: str
    state: str
    kind: str
    count: int
    net: Decimal
    tax: Decimal
    total: Decimal


_NAMES = [field.name for field in fields(PostingRow)]
_INSERT = insert(postings)
_GET = select(*postings.c).where(postings.c.key == bindparam("k"))
_OF_RETURNS = (
    select(*postings.c)
    .where(postings.c.return_pk.in_(bindparam("pks", expanding=True)))
    .order_by(postings.c.return_pk, postings.c.n)
)


def insert_planned(conn: Connection, postings_due: Iterable[PostingRow]) -> None:
    """Commit intents. Raises IntegrityError when a key or a number within a return is taken."""
    rows = [{name: getattr(row, name) for name in _NAMES} for row in postings_due]
    if rows:
        conn.execute(_INSERT, rows)


def get(conn: Connection, key: str) -> PostingRow | None:
    row = conn.execute(_GET, {"k": key}).first()
    return PostingRow(*row) if row else None


def of_returns(conn: Connection, return_pks: Collection[int]) -> dict[int, list[PostingRow]]:
    """All postings of these returns, whatever their state, in the order of n."""
    found: dict[int, list[PostingRow]] = defaultdict(list)
    if return_pks:
        for row in conn.execute(_OF_RETURNS, {"pks": list(return_pks)}):
            posting = PostingRow(*row)
            found[posting.return_pk].append(posting)
    return dict(found)


_LEASE = leases.c.name == "order:" + postings.c.order_key
_FENCE = (
    select(leases.c.name)
    .where(
        _LEASE,
        tuple_(postings.c.key, leases.c.token).in_(bindparam("fenced", expanding=True)),
        leases.c.holder != "",
    )
    .correlate(postings)
    .exists()
)
_SENT = (
    update(postings)
    .where(postings.c.key.in_(bindparam("keys", expanding=True)), postings.c.state.in_(UNFINISHED), _FENCE)
    .values(
        state="sent",
        attempts=postings.c.attempts + 1,
        token=select(leases.c.token).where(_LEASE).correlate(postings).scalar_subquery(),
        sent_at=bindparam("now", type_=postings.c.sent_at.type),
    )
    .returning(postings.c.key)
)
_CONFIRMED = (
    update(postings)
    .where(postings.c.key == bindparam("k"), postings.c.state != "confirmed")
    .values(
        state="confirmed",
        oro_id=bindparam("oro"),
        confirmed_at=bindparam("now", type_=postings.c.confirmed_at.type),
        detail="",
    )
)
_ENDED = (
    update(postings)
    .where(postings.c.key == bindparam("k"), postings.c.state != "confirmed")
    .values(state=bindparam("to"), detail=bindparam("why"))
)


def mark_sent(conn: Connection, tokens: Mapping[str, int], now: datetime) -> set[str]:
    """Calls begin, for postings by key under the fencing tokens of their orders; the keys of those that may go.

    Left out is a posting that is confirmed already, and one whose order's lease is no longer under its token.
    """
    if not tokens:
        return set()
    return set(conn.scalars(_SENT, {"keys": list(tokens), "fenced": list(tokens.items()), "now": now}))


def mark_confirmed(conn: Connection, oro_ids: Mapping[str, str | None], now: datetime) -> int:
    """Oro has these (key -> Oro's id), by its answer or by reading; of how many that was not known yet."""
    rows = [{"k": key, "oro": oro_id, "now": now} for key, oro_id in oro_ids.items()]
    return conn.execute(_CONFIRMED, rows).rowcount if rows else 0


def mark_unknown(conn: Connection, key: str, detail: str, now: datetime) -> PostingRow | None:
    """The call ended without an answer that tells; the posting as it stands now."""
    conn.execute(_ENDED, {"k": key, "to": "unknown", "why": detail[:500]})
    return get(conn, key)


def mark_refused(conn: Connection, key: str, detail: str, now: datetime) -> None:
    """Oro read it and did nothing."""
    conn.execute(_ENDED, {"k": key, "to": "refused", "why": detail[:500]})


def unfinished(conn: Connection, before: datetime) -> list[PostingRow]:
    """Postings planned before ``before`` that Oro has not confirmed."""
    wanted = (
        select(*postings.c)
        .where(postings.c.state.in_(UNFINISHED), postings.c.created_at < before)
        .order_by(postings.c.created_at)
    )
    return [PostingRow(*row) for row in conn.execute(wanted)]


@dataclass(frozen=True)
class PostedRow:
    """A posting with the return and order it is about, as finance lists it."""

    created_at: datetime
    key: str
    return_id: str
    order_identifier: str
    kind: str
    status: str
    state: str
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    confirmed_at: datetime | None
    oro_id: str | None


_LISTED = (
    select(
        postings.c.created_at,
        postings.c.key,
        returns.c.return_id,
        returns.c.order_identifier,
        *(
            postings.c[name]
            for name in ("kind", "status", "state", "currency", "net", "tax", "total", "confirmed_at", "oro_id")
        ),
    )
    .join(returns, returns.c.id == postings.c.return_pk)
    .where(
        tuple_(postings.c.created_at, postings.c.key)
        > tuple_(bindparam("at", type_=postings.c.created_at.type), bindparam("key")),
        postings.c.created_at < bindparam("until", type_=postings.c.created_at.type),
    )
    .order_by(postings.c.created_at, postings.c.key)
    .limit(bindparam("most"))
)


def listed(conn: Connection, after: tuple[datetime, str], until: datetime, limit: int) -> list[PostedRow]:
    """The next postings planned before ``until``, in the order of (time, key), from behind ``after``.

    (the period's first moment, "") begins a period.
    """
    asked = {"at": after[0], "key": after[1], "until": until, "most": limit}
    return [PostedRow(*row) for row in conn.execute(_LISTED, asked)]


def totals(conn: Connection, since: datetime | None = None, until: datetime | None = None) -> list[PostedTotal]:
    """Sums by currency, state and kind of what was planned in a period."""
    wanted = select(
        postings.c.currency,
        postings.c.state,
        postings.c.kind,
        func.count(),
        _sum(postings.c.net),
        _sum(postings.c.tax),
        _sum(postings.c.total),
    ).group_by(postings.c.currency, postings.c.state, postings.c.kind)
    if since is not None:
        wanted = wanted.where(postings.c.created_at >= since)
    if until is not None:
        wanted = wanted.where(postings.c.created_at < until)
    return [PostedTotal(*row) for row in conn.execute(wanted.order_by(postings.c.currency, postings.c.state))]


def _sum(column: Any) -> Any:
    return func.sum(column, type_=column.type)
