"""What the newest plan says about a return, and the lines of its document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from sidecar.ledger.dialects import insert_for
from sidecar.ledger.returns import ReturnRow
from sidecar.ledger.tables import return_lines, returns


@dataclass(frozen=True)
class LineRow:
    return_pk: int
    n: int
    identity: str
    line_key: str
    sku: str
    unit: str
    order_line_id: str | None
    requested: Fraction
    received: Fraction
    accepted: Fraction
    credited: Fraction
    restocked: Fraction
    grade: str
    disposition: str
    reason_code: str
    parts: list[dict[str, Any]]
    held_by: list[str]
    gone: bool


@dataclass(frozen=True)
class PlanRow:
    """What a plan says about a return; ``lines`` are document lines in their order, ``document`` its JSON."""

    order_id: str | None
    milestone: str
    state: str
    status: str
    warehouse: str
    tracking: str
    carrier: str
    currency: str
    owed: Decimal
    document: dict[str, Any]
    planned_digest: str
    pins: dict[str, Any]
    lines: Collection[Any]
    applied_inbox_id: int | None
    order_digest: str = ""
    milestone_at: datetime | None = None
    received_at: datetime | None = None
    graded_at: datetime | None = None


_LINES = (
    select(*return_lines.c)
    .where(return_lines.c.return_pk.in_(bindparam("pks", expanding=True)))
    .order_by(return_lines.c.return_pk, return_lines.c.n)
)
_NUMBERS = select(return_lines.c.return_pk, return_lines.c.identity, return_lines.c.n).where(
    return_lines.c.return_pk.in_(bindparam("pks", expanding=True))
)


def lines_of(conn: Connection, pks: Collection[int]) -> dict[int, list[LineRow]]:
    """The lines that stand on these returns, in the order of n."""
    found: dict[int, list[LineRow]] = defaultdict(list)
    if pks:
        for row in conn.execute(_LINES, {"pks": list(pks)}):
            line = LineRow(*row)
            if not line.gone:
                found[line.return_pk].append(line)
    return dict(found)


def line_numbers(conn: Connection, pks: Collection[int]) -> dict[int, dict[str, int]]:
    """return pk -> line identity -> n, also of lines that are gone: a number is taken for ever."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    if pks:
        for pk, identity, n in conn.execute(_NUMBERS, {"pks": list(pks)}):
            found[pk][identity] = n
    return dict(found)


_SAVED = (
    "order_id",
    "milestone",
    "state",
    "status",
    "warehouse",
    "tracking",
    "carrier",
    "currency",
    "owed",
    "document",
    "planned_digest",
    "pins",
    "applied_inbox_id",
    "order_digest",
    "milestone_at",
    "received_at",
    "graded_at",
)
_SAVE = (
    update(returns)
    .where(returns.c.id == bindparam("pk"))
    .values(
        **{name: bindparam(f"new_{name}", type_=returns.c[name].type) for name in _SAVED},
        changed_at=bindparam("now", type_=returns.c.changed_at.type),
        revision=returns.c.revision + 1,
    )
)


def save_plans(
    conn: Connection, plans: Mapping[int, PlanRow], *, previous: Mapping[int, ReturnRow], now: datetime
) -> set[int]:
    """Commit what plans say, by return pk; nothing is written of one that says what ``previous`` says.

    The pks of the returns that changed.
    """
    changed = {
        pk: plan
        for pk, plan in plans.items()
        if any(getattr(plan, name) != getattr(previous[pk], name) for name in _SAVED)
    }
    rows = [
        {"pk": pk, "now": now, **{f"new_{name}": getattr(plan, name) for name in _SAVED}}
        for pk, plan in changed.items()
    ]
    if rows:
        conn.execute(_SAVE, rows)
    _save_lines(conn, {pk: plan for pk, plan in changed.items() if plan.planned_digest != previous[pk].planned_digest})
    return set(changed)


_GONE = update(return_lines).where(return_lines.c.return_pk == bindparam("pk")).values(gone=True)


@cache
def _put_line(dialect: str) -> Any:
    fresh = insert_for(dialect, return_lines)
    kept = {"return_pk", "n", "identity"}
    return fresh.on_conflict_do_update(
        index_elements=["return_pk", "n"],
        set_={column.name: fresh.excluded[column.name] for column in return_lines.c if column.name not in kept},
    )


def _save_lines(conn: Connection, plans: Mapping[int, PlanRow]) -> None:
    if plans:
        conn.execute(_GONE, [{"pk": pk} for pk in plans])
    rows = [
        {
            "return_pk": pk,
            "n": int(line.line_key.rpartition("/")[2]),
            "identity": line.identity,
            "line_key": line.line_key,
            "sku": line.sku,
            "unit": line.unit,
            "order_line_id": line.order_line_id,
            "requested": line.requested,
            "received": line.received,
            "accepted": line.accepted,
            "credited": line.credited,
            "restocked": line.restocked,
            "grade": line.grade,
            "disposition": line.disposition,
            "reason_code": line.reason_code,
            "parts": stated["parts"],
            "held_by": list(line.held_by),
            "gone": False,
        }
        for pk, plan in plans.items()
        for line, stated in zip(plan.lines, plan.document.get("lines", []), strict=True)
    ]
    if rows:
        conn.execute(_put_line(conn.dialect.name), rows)
