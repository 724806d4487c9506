"""The return with its lines as it should stand in Oro once this pass's posting is done (DESIGN 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from sidecar.returns.allocating import Allocation
from sidecar.returns.case import Case, open_codes
from sidecar.returns.counting import CountedRow
from sidecar.returns.flags import Raised, puts_in_review
from sidecar.returns.lookups import sku_key
from sidecar.returns.matching import ZERO, OrderBook, total
from sidecar.returns.memos import credit_released
from sidecar.returns.model import Document, DocumentLine, GradedPart, Milestone, OrderLine, ReturnRecord
from sidecar.returns.postings import Carried
from sidecar.returns.reasons import reason_code, reason_summary
from sidecar.returns.units import rate


def identities(record: ReturnRecord, allocation: Allocation, book: OrderBook, carried: Carried) -> tuple[str, ...]:
    """The lines of the document: touched order lines in order-line order, lines gone from the order, strange SKUs."""
    posted = carried.lines_of(record.return_id)
    touched = {*allocation.requested, *allocation.received, *posted}
    touched.update(line.id for row in allocation.rows if not _placed(row, allocation) for line in row.lines[:1])
    touched.update(line.id for asked in allocation.asked if asked.base is None for line in asked.lines[:1])
    on_order = [f"line:{line.id}" for line in book.order.lines if line.id in touched]
    gone = [f"line:{line_id}" for line_id in sorted(posted - set(book.lines))]
    strange = {sku_key(asked.request.sku) for asked in allocation.asked if not asked.lines}
    strange |= {sku_key(row.row.sku) for row in allocation.rows if not row.lines}
    return (*on_order, *gone, *(f"sku:{sku}" for sku in sorted(strange)))


def _placed(row: CountedRow, allocation: Allocation) -> bool:
    return any(share.counted is row for share in allocation.shares) or any(
        other is row for other, _ in allocation.surplus
    )


def line_keys(record: ReturnRecord, identities: Sequence[str]) -> dict[str, str]:
    """``{returnId}/{n}`` per identity: a line keeps its number for ever, a new one gets the next."""
    numbers = dict(record.line_numbers)
    for identity in identities:
        if identity not in numbers:
            numbers[identity] = max(numbers.values(), default=0) + 1
    return {identity: f"{record.return_id}/{numbers[identity]}" for identity in identities}


def document(case: Case, keys: Mapping[str, str], carried: Carried, raised: Raised) -> Document:
    """``keys``: line keys by identity. ``carried`` includes the new posting: the document travels with it."""
    history = case.history
    codes = open_codes(raised.flags(), case.record)
    review = puts_in_review(codes)
    rule = history.warehouse_rule
    return Document(
        return_id=case.record.return_id,
        order_identifier=case.record.order_identifier,
        order_id=case.order.id if case.found else None,
        status=_status(case, review).word,
        sync_state="review" if review else "in_sync",
        warehouse_code=(rule.oro_code if rule else "") or history.warehouse,
        tracking_number=history.tracking_id,
        carrier=history.carrier,
        reason_summary=reason_summary(
            [*(each.reason for each in history.requested), *(row.reason for row in history.counted)]
        ),
        review_reason=", ".join(dict.fromkeys(codes)),
        source_updated_at=_source_updated_at(case),
        lines=tuple(_line(identity, key, case, carried, raised) for identity, key in keys.items()),
    )


def _source_updated_at(case: Case) -> datetime | None:
    """Never goes back: Oro refuses a document that is older than the one it has."""
    times = [case.record.source_updated_at, case.history.newest.at if case.history.newest else None]
    return max((time for time in times if time is not None), default=None)


def _status(case: Case, review: bool) -> Milestone:
    """The milestone; closed by itself when all is done, and not closed while a flag is open, even if ZigZag says so."""
    milestone = case.history.milestone
    if case.history.live and not review and _is_done(case):
        return Milestone.CLOSED
    if milestone is Milestone.CLOSED and review:
        milestone = case.history.progress
    return Milestone.REQUESTED if milestone is Milestone.UNKNOWN else milestone


def _is_done(case: Case) -> bool:
    """Graded, everything due credited or on its way with this very write, and nothing left to be put into stock."""
    if not credit_released(case.history, case.policy) or case.stock.waits:
        return False
    if any(row.ungraded and not row.held for row in case.allocation.rows) or not case.history.counted:
        return False
    posted_now = case.posting is not None
    return posted_now or not (any(due.weight > 0 for due in case.dues) or case.stock.moves)


def _line(identity: str, key: str, case: Case, carried: Carried, raised: Raised) -> DocumentLine:
    kind, _, name = identity.partition(":")
    line = next((each for each in case.order.lines if each.id == name), None) if kind == "line" else None
    if line is None:
        return _strange_line(identity, key, case) if kind == "sku" else _gone_line(identity, key, case, carried)
    parts, rows = _parts(line, case.allocation)
    owner = case.record.return_id
    reasons = [(row.row.reason_id, row.row.reason) for row in rows]
    requests = [asked.request for asked in case.allocation.asked if any(line is each for each in asked.lines)]
    reasons += [(request.reason_id, request.reason) for request in requests]
    return DocumentLine(
        line_key=key,
        identity=identity,
        sku=line.sku,
        unit=line.unit,
        order_line_id=line.id,
        product_id=line.product.id if line.product else None,
        requested=case.allocation.requested.get(line.id, ZERO),
        received=case.allocation.received.get(line.id, ZERO),
        accepted=max(case.allocation.accepted.get(line.id, ZERO), carried.occupied(owner, line.id)),
        credited=carried.quantity_of.get((owner, line.id), ZERO),
        restocked=carried.restocked(owner, line.id),
        grade=", ".join(dict.fromkeys(part.grade for part in parts if part.grade)),
        disposition=", ".join(dict.fromkeys(part.disposition for part in parts if part.disposition)),
        reason_code=_first_code(reasons, case),
        parts=tuple(parts),
        held_by=raised.held_by(key),
    )


def _gone_line(identity: str, key: str, case: Case, carried: Carried) -> DocumentLine:
    """A line that was credited and was deleted from the order since: what was posted stays to be seen."""
    line_id, owner = identity.removeprefix("line:"), case.record.return_id
    credit = next((c for p in case.postings for c in p.lines if c.order_line_id == line_id), None)
    move = next((m for p in case.postings for m in p.stock if m.order_line_id == line_id), None)
    return DocumentLine(
        line_key=key,
        identity=identity,
        sku=credit.sku if credit else move.sku if move else "",
        unit=credit.unit if credit else move.unit if move else "",
        accepted=carried.occupied(owner, line_id),
        credited=carried.quantity_of.get((owner, line_id), ZERO),
        restocked=carried.restocked(owner, line_id),
    )


def _strange_line(identity: str, key: str, case: Case) -> DocumentLine:
    """A SKU that matched no line: asked for and counted as ZigZag wrote it, in no unit we know."""
    sku = identity.removeprefix("sku:")
    asked = [a.request for a in case.allocation.asked if not a.lines and sku_key(a.request.sku) == sku]
    rows = [row for row in case.allocation.rows if not row.lines and sku_key(row.row.sku) == sku]
    reasons = [(row.row.reason_id, row.row.reason) for row in rows]
    reasons += [(request.reason_id, request.reason) for request in asked]
    parts = [_part(row, row.quantity) for row in rows]
    return DocumentLine(
        line_key=key,
        identity=identity,
        sku=sku,
        requested=total(max(request.quantity or ZERO, ZERO) for request in asked),
        received=total(row.quantity for row in rows if row.arrived),
        grade=", ".join(dict.fromkeys(part.grade for part in parts if part.grade)),
        disposition=", ".join(dict.fromkeys(part.disposition for part in parts if part.disposition)),
        reason_code=_first_code(reasons, case),
        parts=tuple(parts),
        held_by=("sku_not_on_order",) if case.found else ("order_not_found",),
    )


def _first_code(reasons: Iterable[tuple[str, str]], case: Case) -> str:
    codes = (reason_code(reason_id, reason, case.mappings) for reason_id, reason in reasons)
    return next((code for code in codes if code), "")


def _parts(line: OrderLine, allocation: Allocation) -> tuple[list[GradedPart], list[CountedRow]]:
    """The counted rows of a line by grade, in the scan unit: its shares, a surplus on the last line it could belong to,
    and on the first one what took no place (missing or wrong goods, a count that cannot be told)."""
    parts, rows = [], []
    line_rate = rate(line, line.unit) or Fraction(1)
    for row in allocation.rows:
        if not any(line is candidate for candidate in row.lines):
            continue
        base = line_rate * total(s.quantity for s in allocation.shares if s.counted is row and s.line is line)
        if line is row.lines[-1]:
            base += total(beyond for other, beyond in allocation.surplus if other is row)
        counted = base / row.scan.rate if row.scan and row.scan.rate else ZERO
        if not _placed(row, allocation) and line is row.lines[0]:
            counted = row.quantity
        if counted > 0:
            parts.append(_part(row, counted))
            rows.append(row)
    return parts, rows


def _part(row: CountedRow, counted: Fraction) -> GradedPart:
    return GradedPart(
        grade=row.row.grade.strip(),
        counted=counted,
        scan_unit=row.scan.code if row.scan else "",
        credit_percent=row.percent,
        disposition=str(row.rule.disposition) if row.rule else "",
    )
