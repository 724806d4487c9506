"""Do the books balance? What Oro holds, what the ledger says, and what the stories' authors wrote, side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sidecar.ledger import counters, flags, inbox, returns, signals
from sidecar.ledger.engine import open_ledger
from sidecar.ledger.flags import FlagRow
from sidecar.returns.crediting import minor_unit, round_half_up
from sidecar.sandbox.month.player import Month
from sidecar.sandbox.stage import Stage, call
from sidecar.sandbox.zigzag.sender import Delivery

Money = dict[str, Decimal]


@dataclass
class Verdict:
    """``problems`` are sentences; the books balance when there are none."""

    returns: int = 0
    events: int = 0
    duplicates: int = 0
    credited: Money = field(default_factory=dict)
    expected: Money = field(default_factory=dict)
    stock_moves: int = 0
    flags: dict[str, int] = field(default_factory=dict)
    double_postings: int = 0
    lost_events: int = 0
    oro_writes: int = 0
    oro_reads: int = 0
    zigzag_calls: int = 0
    worker_cpu_ms_per_return: Decimal = Decimal(0)
    peak_rss_mb: int = 0
    seconds: int = 0
    problems: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    prevented: Money = field(default_factory=dict)
    stock: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    open_flags: list[FlagRow] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """The last line of ``demo --once``; amounts are strings."""
        shown = (
            "returns", "events", "duplicates", "credited", "expected", "stock_moves", "flags", "double_postings",
            "lost_events", "oro_writes", "oro_reads", "zigzag_calls", "worker_cpu_ms_per_return", "peak_rss_mb",
            "seconds",
        )  # fmt: skip
        said = {name: getattr(self, name) for name in shown}
        said["credited"] = {currency: str(amount) for currency, amount in sorted(self.credited.items())}
        said["expected"] = {currency: str(amount) for currency, amount in sorted(self.expected.items())}
        said["worker_cpu_ms_per_return"] = float(self.worker_cpu_ms_per_return)
        return said


def judge(stage: Stage, month: Month, given_up: Sequence[Delivery], seconds: float) -> Verdict:
    """Compare, return by return: credit, tax, memos, stock and flags with what the stories promise.

    ``given_up`` are the messages that ZigZag will not send again although nobody has taken them.
    """
    books = call("GET", f"{stage.oro.url}/_sandbox/books")
    found = Verdict(events=month.events, expected=_minor(month.expected_by_currency()), seconds=round(seconds))
    found.problems += books["problems"]
    found.problems += [f"a message was lost, ZigZag being answered {_answers(each)}" for each in given_up]
    _credits(found, month, books["credits"])
    _stock(found, month, books["stock_movements"])
    _ledger(found, stage, month)
    requests = call("GET", f"{stage.oro.url}/_sandbox/counters")
    found.oro_writes, found.oro_reads = requests["writes"], requests["reads"]
    at_zigzag = call("GET", f"{stage.zigzag.url}/_sandbox/counters")
    found.zigzag_calls = sum(at_zigzag.get(place, 0) for place in ("token", "return", "returns"))
    return found


def _answers(delivery: Delivery) -> str:
    return ", ".join("nothing" if status is None else str(status) for status in delivery.statuses)


def _minor(amounts: Money) -> Money:
    """Each amount with the decimals of its currency; one that has more, which no memo may have, as it is."""
    shown = {}
    for currency, amount in amounts.items():
        rounded = round_half_up(amount, minor_unit(currency))
        shown[currency] = rounded if rounded == amount else amount
    return shown


def _credits(found: Verdict, month: Month, memos_in_oro: list[dict[str, Any]]) -> None:
    by_return: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for credit in memos_in_oro:
        by_return[credit["orderReturn"]].append(credit)
        amount = Decimal(credit["totalValue"])
        found.credited[credit["currency"]] = found.credited.get(credit["currency"], Decimal(0)) + amount
    found.credited = _minor(found.credited)
    for return_id, (currency, result) in month.expected.items():
        memos = by_return.pop(return_id, [])
        net = sum((Decimal(memo["netValue"]) for memo in memos), Decimal(0))
        tax = sum((Decimal(memo["taxValue"]) for memo in memos), Decimal(0))
        if (net, tax) != (Decimal(result.net), Decimal(result.tax)):
            found.problems.append(f"{return_id}: credited {net} + {tax} tax, expected {result.net} + {result.tax}")
        if any(memo["currency"] != currency for memo in memos):
            found.problems.append(f"{return_id}: credited in another currency than {currency}")
        due = result.memos if result.memos is not None else (1 if result.total else 0)
        if len(memos) != due:
            found.problems.append(f"{return_id}: {len(memos)} credit memos, expected {due}")
            found.double_postings += max(0, len(memos) - due)
    for return_id in by_return:
        found.problems.append(f"{return_id}: credited, though nobody returned it")
    keys = Counter(credit["postingKey"] for credit in memos_in_oro)
    found.double_postings += sum(times - 1 for times in keys.values())
    if {k: v for k, v in found.credited.items() if v} != {k: v for k, v in found.expected.items() if v}:
        found.problems.append(f"credited {found.credited}, expected {found.expected}")


def _stock(found: Verdict, month: Month, movements: list[dict[str, Any]]) -> None:
    found.stock_moves = len(movements)
    moved: dict[str, dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for movement in movements:
        place = (movement["sku"], movement["unit"])
        moved[movement["orderReturn"]][place] += Decimal(movement["quantity"])
        found.stock[place] = found.stock.get(place, Decimal(0)) + Decimal(movement["quantity"])
    for return_id, (_, result) in month.expected.items():
        due = {place: Decimal(quantity) for place, quantity in result.stock.items()}
        if dict(moved.get(return_id, {})) != due:
            found.problems.append(f"{return_id}: stock raised {dict(moved.get(return_id, {}))}, expected {due}")


def _ledger(found: Verdict, stage: Stage, month: Month) -> None:
    ledger = open_ledger(f"sqlite:///{stage.var / 'sidecar.db'}")
    try:
        with ledger.read() as conn:
            counted = counters.all(conn)
            known = {row.return_id: row for row in returns.everything(conn)}
            stored = inbox.identities(conn)
            open_flags = [*flags.search(conn, state="open", limit=10_000).rows]
            workers = signals.get(conn, "workers")
    finally:
        ledger.dispose()
    found.returns = len(known)
    found.states = dict(Counter(row.state for row in known.values()))
    found.open_flags = open_flags
    found.flags = dict(sorted(Counter(flag.code for flag in open_flags).items()))
    found.prevented = _prevented(month)
    # Of the page jobs, forks included, over every return they took up: asked about at ZigZag, planned, some written.
    taken = max(1, counted.get("returns_taken", 0))
    found.worker_cpu_ms_per_return = round(Decimal(counted.get("page_cpu_us", 0)) / 1000 / taken, 2)
    found.peak_rss_mb = int((workers.value or {}).get("peak_rss_kb", 0) / 1024) if workers else 0
    _lost(found, month, stored)
    _flags(found, month, open_flags)


def _lost(found: Verdict, month: Month, stored: list[inbox.Identity]) -> None:
    """Every message that was delivered must be in the inbox, settled; once, however often it was delivered."""
    kept: dict[tuple[str, datetime | None], list[inbox.Identity]] = defaultdict(list)
    for each in stored:
        kept[each.return_id, each.at].append(each)
    for event in (event for act in month.acts.values() for event in act if event.deliveries):
        times = len(event.deliveries)
        rows = kept[event.return_id, event.at.replace(microsecond=0)]
        message = f"{event.return_id}: the message of {event.at:%d %b %H:%M:%S}"
        if not rows:
            found.lost_events += 1
            found.problems.append(f"{message} is not in the inbox")
        elif len(rows) > 1 or rows[0].seen < times:
            stored_as = f"stored {len(rows)} times, seen {rows[0].seen} times"
            found.problems.append(f"{message} came {times} times and is {stored_as}")
        else:
            found.duplicates += times - 1
    unsettled = [each for each in stored if each.state == "new"]
    if unsettled:
        found.problems.append(f"{len(unsettled)} messages are neither applied, superseded nor flagged")


def _flags(found: Verdict, month: Month, open_flags: list[flags.FlagRow]) -> None:
    raised: dict[str, set[str]] = defaultdict(set)
    for flag in open_flags:
        raised[flag.return_id].add(flag.code)
    for return_id, (_, result) in month.expected.items():
        if raised.get(return_id, set()) != set(result.flags):
            found.problems.append(
                f"{return_id}: flags {sorted(raised.get(return_id, set()))}, expected {sorted(result.flags)}"
            )


def _prevented(month: Month) -> Money:
    """What a bridge that credits every message saying Graded or Restocked would have paid again."""
    prevented: Money = {}
    for act in month.acts.values():
        for event in act:
            if event.repeats_money:
                currency, result = month.expected[event.return_id]
                prevented[currency] = prevented.get(currency, Decimal(0)) + result.total * event.repeats_money
    return {currency: amount for currency, amount in prevented.items() if amount}
