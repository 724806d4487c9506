"""Leases with fencing tokens: who may act on an order, and who leads.

A claim is one conditional upsert; the row that comes back is the answer. The token rises with every change of hands,
so that a holder that overslept its lease is recognised whenever it acts again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, collate, or_, select, update

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.tables import leases


@cache
def _claim(dialect: str) -> Any:
    fresh = insert_for(dialect, leases).values(token=1)
    return fresh.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "holder": fresh.excluded.holder,
            "token": leases.c.token + 1,
            "expires_at": fresh.excluded.expires_at,
            "claimed_at": fresh.excluded.claimed_at,
        },
        # Given back is free, whatever clock wrote when: another machine's may run ahead of ours.
        where=or_(leases.c.holder == "", leases.c.expires_at <= fresh.excluded.claimed_at),
    ).returning(leases.c.name, leases.c.token)


_RENEW = (
    update(leases)
    .where(leases.c.name == bindparam("n"), leases.c.token == bindparam("t"), leases.c.holder != "")
    .values(expires_at=bindparam("until"))
)
_HELD = select(leases.c.name, leases.c.token).where(
    leases.c.name.in_(bindparam("names", expanding=True)), leases.c.holder != ""
)
_RELEASE = (
    update(leases)
    .where(and_(leases.c.name == bindparam("n"), leases.c.token == bindparam("t")))
    .values(holder="", expires_at=leases.c.claimed_at)
)


def claim(conn: Connection, names: Collection[str], holder: str, now: datetime, seconds: int) -> dict[str, int]:
    """Fencing tokens of those of ``names`` that were free or had run out; the others are left out, without waiting.

    Names are taken in one order by everybody, so that two claimers cannot wait for each other.
    """
    until = now + timedelta(seconds=seconds)
    rows = [{"name": name, "holder": holder, "expires_at": until, "claimed_at": now} for name in sorted(set(names))]
    if not rows:
        return {}
    return {row.name: row.token for row in conn.execute(_claim(conn.dialect.name), rows)}


def renew(conn: Connection, name: str, token: int, now: datetime, seconds: int) -> bool:
    """Prolong a lease; False when it has passed to another holder. The row is locked until the transaction ends."""
    until = now + timedelta(seconds=seconds)
    return bool(conn.execute(_RENEW, {"n": name, "t": token, "until": until}).rowcount)


def held(conn: Connection, tokens: Mapping[str, int], *, to_renew: bool = False) -> set[str]:
    """Those of these leases that are still under their token.

    In PostgreSQL their rows stay locked until the transaction ends, for nobody else at all with ``to_renew``: two
    that share a lock and both want to write would wait for each other.
    """
    if not tokens:
        return set()
    wanted = _HELD
    if conn.dialect.name == "postgresql":  # in the order of ``claim``, so that the two cannot wait for each other
        wanted = _HELD.order_by(collate(leases.c.name, "C")).with_for_update(read=not to_renew)
    return {name for name, token in conn.execute(wanted, {"names": list(tokens)}) if tokens[name] == token}


def release(conn: Connection, tokens: Mapping[str, int]) -> None:
    """Give leases back; those that have passed to another holder are left alone."""
    if tokens:
        conn.execute(_RELEASE, [{"n": name, "t": token} for name, token in sorted(tokens.items())])
