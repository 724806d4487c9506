"""What a person must know about one planned return: every cause turned into its flag (DESIGN 4.5, 5)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sidecar.returns import fees
from sidecar.returns.allocating import Share
from sidecar.returns.case import Case
from sidecar.returns.comparing import shortfall_and_excess
from sidecar.returns.counting import CountedRow, is_foreign, order_corrected
from sidecar.returns.crediting import minor_unit
from sidecar.returns.flags import Raised
from sidecar.returns.memos import credit_released, is_active, is_payable, stake
from sidecar.returns.model import Milestone, OrderLine
from sidecar.returns.reasons import reason_code
from sidecar.returns.units import base_unit
from sidecar.returns.wording import amount_of, plain


def findings(case: Case) -> Raised:
    """All flags of the return. One that was cancelled or rejected owes nothing: only what it was credited counts."""
    raised = Raised(case.order.currency)
    _unmapped_status(case, raised)
    if case.history.live:
        _unreadable(case, raised)
        _unknown_order(case, raised)
        _requests(case, raised)
        _rows(case, raised)
        shortfall_and_excess(case, raised)
        _inactive(case, raised)
        _prices(case, raised)
        _reasons(case, raised)
        _warehouse(case, raised)
        _fees(case, raised)
        _regraded(case, raised)
        _posted_elsewhere(case, raised)
        _closed_unfinished(case, raised)
    elif case.record.postings:
        total = sum((posting.total for posting in case.record.postings), Decimal(0))
        word = case.history.milestone.word
        raised.add("cancelled_after_credit", "", f"The return was {word} after {total} was credited.", amount=total)
    return raised


def _unmapped_status(case: Case, raised: Raised) -> None:
    for kind, word in case.history.unmapped:
        raised.add("status_not_mapped", word, f'The status word "{word}" is not mapped.', mapping=(kind, word))


def _unreadable(case: Case, raised: Raised) -> None:
    newest = case.history.newest
    if newest and newest.problems:
        raised.add("payload_unreadable", "", "; ".join(newest.problems), holds="")


def _unknown_order(case: Case, raised: Raised) -> None:
    if not case.found:
        identifier = case.record.order_identifier
        raised.add("order_not_found", identifier, f"Oro has no order {identifier}.")


def _requests(case: Case, raised: Raised) -> None:
    """About what is asked for; once the goods are counted, the count is what matters."""
    if case.history.received:
        return
    for asked in case.allocation.asked:
        sku = asked.lines[0].sku if asked.lines else asked.request.sku
        keys = case.keys(asked.lines)
        if asked.problem == "sku_not_on_order":
            if case.found:
                raised.add(asked.problem, sku, f"{sku} is not on the order.", sku=sku)
        elif asked.problem == "payload_unreadable":
            raised.add(asked.problem, sku, f"The requested quantity of {sku} is not readable.", sku=sku, line_keys=keys)
        elif asked.problem:
            raised.add(
                asked.problem,
                sku,
                _unknown_unit(sku, asked.request.unit or asked.lines[0].unit, asked.lines),
                sku=sku,
                line_keys=keys,
                mapping=("scan_units", sku),
            )
        elif asked.beyond > 0:
            beyond = amount_of(asked.beyond, base_unit(asked.lines[0]))
            raised.add(
                "quantity_exceeds_order",
                sku,
                f"{beyond} of {sku} more was asked for than can still be returned.",
                sku=sku,
                line_keys=keys,
            )


def _rows(case: Case, raised: Raised) -> None:
    shares: dict[int, list[Share]] = {}
    for share in case.allocation.shares:
        shares.setdefault(id(share.counted), []).append(share)
    for row in case.allocation.rows:
        if not row.held and not (row.credit_held and row.arrived):
            continue
        own = shares.get(id(row), [])
        lines = [share.line for share in own] or row.lines
        amount = stake(own, case.values, minor_unit(case.order.currency)) if own else None
        if row.held == "regraded_after_credit":
            subject, message = _elsewhere(case, row.lines[0].sku)
            raised.add(row.held, subject, message, line_keys=case.keys(lines), holds="all")
        elif row.held and (case.found or row.held != "sku_not_on_order"):
            _held_row(row, amount, case.keys(lines), raised)
        if not row.held:
            _credit_held_row(row, amount, case.keys(lines), case.order.currency, raised)


def _held_row(row: CountedRow, amount: Decimal | None, keys: Sequence[str], raised: Raised) -> None:
    sku = row.lines[0].sku if row.lines else row.row.sku
    count = plain(row.quantity)
    scan = row.scan.code if row.scan else ""
    subject, mapping = sku, ("scan_units", sku) if row.held.startswith("unit_") else None
    if row.held == "grade_not_mapped":
        subject, mapping = row.row.grade.strip(), ("grades", row.row.grade.strip())
    message = {
        "payload_unreadable": f"The counted quantity of {sku} is not readable, or cannot be true.",
        "sku_not_on_order": f"{count} of {sku} came back; it is not on the order.",
        "grade_not_mapped": f"The grade {subject} is not mapped, or is mapped to hold.",
        "unit_not_resolved": _unknown_unit(sku, scan, row.lines),
        "unit_not_divisible": f"{count} {scan} of {sku} is more precise than its primary unit allows.",
    }.get(row.held) or (
        f"{count} of {sku} was counted: {count} {scan} or {count} {row.lines[0].unit}? It could be either."
    )
    raised.add(row.held, subject, message, amount=amount, sku=sku, line_keys=keys, mapping=mapping)


def _unknown_unit(sku: str, unit: str, lines: Sequence[OrderLine]) -> str:
    units = dict.fromkeys(base_unit(line) for line in lines)
    if len(units) > 1:
        return f"{sku} stands on order lines in {' and '.join(units)}, which Oro cannot convert into each other."
    return f"{sku} has no unit {unit} in Oro."


def _credit_held_row(
    row: CountedRow, amount: Decimal | None, keys: Sequence[str], currency: str, raised: Raised
) -> None:
    code, sku = row.credit_held, row.lines[0].sku
    if code == "currency_mismatch":
        message = f"{sku} is stated in {row.row.currency}, the order is in {currency}."
        if not is_foreign(row.row, currency):
            message = f"The order is in {currency} now; it was credited in another currency before."
        raised.add(code, sku, message, amount=amount, sku=sku, line_keys=keys)
    elif code == "exchange_requested":
        message = "The customer wants an exchange or store credit; no credit memo is made."
        raised.add(code, row.option, message, amount=amount, line_keys=keys)
    else:
        message = f'The return option "{row.option}" is not mapped.'
        raised.add(code, row.option, message, amount=amount, line_keys=keys, mapping=("return_options", row.option))


def _inactive(case: Case, raised: Raised) -> None:
    """Said as soon as somebody asks for it; it is paid once released, but its stock never moves.

    Once nothing of it waits any more it is no news: a product taken out of the range later reopens no return.
    """
    for line in case.order.lines:
        if line.id not in case.line_keys or is_active(line) or _nothing_waits(line, case):
            continue
        if ("sku_inactive", line.sku) in case.record.released:
            continue
        pays = is_payable(line, case.record, case.policy)
        held = sum((due.held for due in case.dues if due.line is line), Decimal(0))
        what = "is disabled" if line.product else "has no product any more"
        raised.add(
            "sku_inactive",
            line.sku,
            f"{line.sku} {what} in Oro.",
            amount=None if pays else held,
            sku=line.sku,
            line_keys=[case.line_keys[line.id]],
            holds="stock" if pays else None,
        )


def _nothing_waits(line: OrderLine, case: Case) -> bool:
    """Graded, credited as far as it will be, and without goods for stock that did not go there."""
    if not credit_released(case.history, case.policy) or any(due.held for due in case.dues if due.line is line):
        return False
    rows = [row for row in case.allocation.rows if any(line is each for each in row.lines)]
    if any(row.held or row.ungraded for row in rows):
        return False
    return line.id not in case.stock.stranded


def _prices(case: Case, raised: Raised) -> None:
    for due in case.dues:
        value = case.values[due.line.id]
        if value.incomplete and (due.weight > 0 or due.held > 0 or not value.known):
            sku = due.line.sku
            message = f"Oro does not state the price or tax of {sku} in full."
            raised.add(
                "price_incomplete",
                f"line:{due.line.id}",
                message,
                amount=due.net + due.tax,
                sku=sku,
                line_keys=[case.line_keys[due.line.id]],
                holds="" if value.known else "credit",
            )


def _reasons(case: Case, raised: Raised) -> None:
    said = [(each.reason_id, each.reason) for each in case.history.requested]
    said += [(row.reason_id, row.reason) for row in case.history.counted]
    for reason_id, reason in said:
        if (reason_id or reason) and not reason_code(reason_id, reason, case.mappings):
            word = reason_id or reason
            message = f'The return reason "{reason or reason_id}" is not mapped.'
            raised.add("reason_not_mapped", word, message, mapping=("reasons", word))


def _warehouse(case: Case, raised: Raised) -> None:
    """An unmapped warehouse holds stock; a person hears of it as soon as goods have come in there."""
    history = case.history
    held = [problem for problem in case.stock.problems if problem.code == "warehouse_not_mapped"]
    if history.warehouse_rule is None and ((history.received and history.warehouse) or held):
        name = history.warehouse
        message = f"The warehouse {name} is not mapped." if name else "ZigZag names no warehouse."
        keys = case.keys([problem.line for problem in held])
        raised.add(
            "warehouse_not_mapped", name, message, line_keys=keys, mapping=("warehouses", name) if name else None
        )
    for problem in case.stock.problems:
        if problem.code == "warehouse_not_mapped":
            continue
        sku, unit = problem.line.sku, problem.unit
        message = {
            "unit_not_resolved": f"Oro has no inventory level of {sku} in {unit}.",
            "unit_not_divisible": f"The stock level of {sku} in {unit} cannot hold the quantity exactly.",
        }[problem.code]
        raised.add(problem.code, f"{sku}/{unit}", message, sku=sku, line_keys=case.keys([problem.line]), holds="stock")


def _fees(case: Case, raised: Raised) -> None:
    for charge in case.charges:
        deducts = charge.rule is not None and charge.rule.treatment == "deduct"
        ignores = charge.rule is not None and charge.rule.treatment == "ignore"
        if ignores or (deducts and not charge.problem):
            continue
        code = charge.problem or "fee_needs_review"
        amount = charge.amount if code != "currency_mismatch" else None
        message = {
            "fee_not_mapped": f"The fee {charge.source} of {charge.amount} is not mapped.",
            "currency_mismatch": f"The fee {charge.source} is not in {case.order.currency}; it was not deducted.",
            "payload_unreadable": f"The quantity of the fee {charge.source} is not readable.",
        }.get(code, f"The fee {charge.source} of {charge.amount or 'unknown amount'} is for a person to decide.")
        mapping = ("fees", charge.source) if code == "fee_not_mapped" else None
        raised.add(code, charge.source, message, amount=amount, mapping=mapping, holds="")
    if any(posting.credits for posting in case.postings):
        _settled_fees(case, raised)


def _settled_fees(case: Case, raised: Raised) -> None:
    """A fee is taken once, with the first credit memo: what did not fit, or came later, is for finance."""
    due, settled, taken = fees.total_due(case.charges), fees.settled(case.postings), fees.taken(case.postings)
    if settled > taken:
        rest = settled - taken
        message = f"{rest} of the fee of {settled} did not fit into the credit of the goods."
        raised.add("fee_exceeds_credit", "", message, amount=rest)
    if due > settled:
        message = f"A fee of {due - settled} came after the credit memo and was not deducted."
        raised.add("fee_needs_review", "", message, amount=due - settled)
    elif taken > due:
        message = f"{taken} was deducted as a fee; ZigZag now states {due}."
        raised.add("fee_needs_review", "", message, amount=taken - due)


def _regraded(case: Case, raised: Raised) -> None:
    for due in case.dues:
        if not due.regraded and not due.overpaid:
            continue
        sku, amount = due.line.sku, due.excess + due.overpaid
        if not amount:
            message = f"Fewer of {sku} came back than were credited; by their grades the amount is the same."
        elif due.excess:
            message = f"{amount} more was credited for {sku} than the newest count and grades justify."
        else:
            message = f"{amount} more was credited for {sku} than its order line is worth since the order changed."
        raised.add(
            "regraded_after_credit",
            f"line:{due.line.id}",
            message,
            amount=amount,
            sku=sku,
            line_keys=[case.line_keys[due.line.id]],
        )
    for line, base in case.stock.excess:
        moved = amount_of(base, base_unit(line))
        message = f"{moved} of {line.sku} went into stock that would not go there by the newest count and grades."
        raised.add(
            "regraded_after_credit", f"line:{line.id}", message, sku=line.sku, line_keys=[case.line_keys[line.id]]
        )


def _posted_elsewhere(case: Case, raised: Raised) -> None:
    """Credit that stands where the order of today has no place for it; said also when nothing more is counted."""
    bought = {line.id for line in case.order.lines}
    lines = [line for posting in case.record.postings for line in posting.lines if line.order_line_id is not None]
    for line in lines if case.found else ():
        if line.order_line_id not in bought or order_corrected(case.record, case.history):
            subject, message = _elsewhere(case, line.sku)
            raised.add("regraded_after_credit", subject, message, amount=line.value)


def _elsewhere(case: Case, sku: str) -> tuple[str, str]:
    """(subject, message)"""
    if order_corrected(case.record, case.history):
        posted, named = case.record.order_identifier, case.history.order_number
        return "order", f"Order {posted} was credited; ZigZag names {named} by now. Nothing more of it moves by itself."
    return sku, f"{sku} was posted on an order line that Oro no longer has. Nothing more of it moves by itself."


def _closed_unfinished(case: Case, raised: Raised) -> None:
    """Closed alone releases nothing: goods that came in and were never graded would otherwise be forgotten."""
    history = case.history
    if history.milestone is not Milestone.CLOSED or not history.received:
        return
    if not history.graded or any(row.ungraded and not row.held for row in case.allocation.rows):
        raised.add("stale_return", "closed", "ZigZag closed the return although not all of its goods were graded.")
