"""What people are told: flags and silences put into a message, grouped by cause, most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sidecar.alerts.message import ALERT, DIGEST, TEST, Item, Message, sentence, shown
from sidecar.ledger.alerts import Example, Gathered, Standing
from sidecar.ledger.postings import PostedTotal
from sidecar.returns.flags import CX, FINANCE, IT, OPERATIONS, RULES
from sidecar.returns.titles import TITLES
from sidecar.sync.watching import Silence, spoken

OWNERS = (CX, FINANCE, OPERATIONS, IT)


@dataclass(frozen=True)
class Desk:
    """Where the links of a message lead; ``url`` is empty where nobody said under which address the desk is."""

    url: str = ""

    def flags(self, owner: str) -> str:
        return f"{self.url}/desk/flags?owner={owner}" if self.url else ""

    def guide(self, code: str) -> str:
        """The runbook's section of that name, at the desk or in the repository; empty without a name."""
        if not code:
            return ""
        return f"{self.url}/desk/guides/runbook#{code}" if self.url else f"docs/runbook.md#{code}"


def title(code: str) -> str:
    """What a flag is called, with its code for whoever looks it up."""
    return f"{TITLES[code]} ({code})"


def alert(batch: str, owner: str, items: Sequence[Item], now: datetime, desk: Desk) -> Message:
    """An alert of everything that is new for one owner."""
    return Message(f"{batch}-{owner}", ALERT, owner, _title(owner, items), tuple(items), now, desk.flags(owner))


def _title(owner: str, items: Iterable[Item]) -> str:
    counted: dict[str, int] = {}
    amounts: dict[str, Decimal] = {}
    for item in items:
        counted[item.urgency] = counted.get(item.urgency, 0) + item.count
        for currency, amount in (item.amounts or {}).items():
            amounts[currency] = amounts.get(currency, Decimal(0)) + Decimal(amount)
    parts = [
        f"{counted[urgency]:,} {word}"
        for urgency, word in (
            ("critical", "critical"),
            ("down", "down"),
            ("past due", "past due"),
            ("well again", "well again"),
        )
        if counted.get(urgency)
    ]
    stake = shown({currency: f"{amount:f}" for currency, amount in amounts.items()})
    return f"{owner}: {', '.join(parts)}" + (f", {stake} at stake" if stake else "")


def of_flags(
    groups: Sequence[Gathered], examples: Mapping[tuple[str, str], list[Example]], urgency: str, desk: Desk
) -> list[Item]:
    """One item per code, whatever its currencies; ``examples`` by (owner, code)."""
    items: dict[str, Item] = {}
    for group in groups:
        before = items.get(group.code)
        amounts = dict(before.amounts or {}) if before else {}
        if group.amount is not None:
            amounts[group.currency] = f"{group.amount:f}"
        count = group.flags + (before.count if before else 0)
        some = examples.get((group.owner, group.code), [])
        stake = shown(amounts)
        items[group.code] = Item(
            urgency=urgency,
            heading=f"{title(group.code)}, {_flags(count)}" + (f", {stake} at stake" if stake else ""),
            detail=sentence(some[0].message) if some else "",
            next_step=some[0].next_step if some else RULES[group.code].next_step,
            code=group.code,
            count=count,
            amounts=amounts,
            returns=tuple(each.return_id for each in some if each.return_id),
            runbook=desk.guide(group.code),
        )
    return list(items.values())


def _flags(count: int) -> str:
    return "1 flag" if count == 1 else f"{count:,} flags"


def of_silence(silence: Silence, desk: Desk) -> Item:
    return Item(
        urgency="down",
        heading=sentence(silence.text),
        next_step=silence.next_step,
        code=silence.subject,
        runbook=desk.guide(silence.runbook),
    )


def of_recovery(subject: str, told: str) -> Item:
    """A link that was told to be down and is well again; ``told`` is what was said of it."""
    return Item(urgency="well again", heading=subject, detail=f"Told before: {told}", code=subject)


def digest(
    owner: str,
    standing: Sequence[Standing],
    posted: Sequence[PostedTotal],
    silences: Sequence[Silence],
    now: datetime,
    desk: Desk,
    name: str,
) -> Message | None:
    """What waits for one owner this morning; None when nothing does. ``name`` is the day it is for.

    Finance also reads what was credited since the last digest, IT which links are down.
    """
    mine = [group for group in standing if group.owner == owner]
    items = [of_silence(each, desk) for each in silences] if owner == IT else []
    items += _standing_items(mine, now, desk)
    if not items:
        return None
    waiting = sum(group.flags for group in mine)
    late = sum(group.past_due for group in mine)
    subject = f"{owner}, {name}: {_flags(waiting)} open" + (f", {late:,} past due" if late else "")
    if owner == FINANCE:
        items += _credited(posted)
    return Message(f"digest-{name}-{owner}", DIGEST, owner, subject, tuple(items), now, desk.flags(owner))


def _credited(posted: Sequence[PostedTotal]) -> list[Item]:
    """What went out and is known to be in Oro; what is still under way is not counted."""
    done = [each for each in posted if each.kind == "credit" and each.state == "confirmed"]
    if not done:
        return []
    said = ", ".join(f"{shown({each.currency: f'{each.total:f}'})} ({each.count:,})" for each in done)
    return [Item(urgency="", heading=f"Credited since yesterday, by currency (credit memos): {said}")]


def _standing_items(groups: Sequence[Standing], now: datetime, desk: Desk) -> list[Item]:
    by_code: dict[str, list[Standing]] = {}
    for group in groups:
        by_code.setdefault(group.code, []).append(group)
    items = []
    for code, same in by_code.items():
        count, late, fresh = (
            sum(values) for values in zip(*((s.flags, s.past_due, s.fresh) for s in same), strict=True)
        )
        amounts: dict[str, Decimal] = {}
        for each in same:
            if each.amount is not None:
                amounts[each.currency] = amounts.get(each.currency, Decimal(0)) + each.amount
        shown_amounts = {currency: f"{amount:f}" for currency, amount in amounts.items()}
        stake = shown(shown_amounts)
        facts = [f"oldest {spoken(now - min(each.oldest for each in same))}"]
        facts += [f"{late:,} past due"] if late else []
        facts += [f"{fresh:,} new since yesterday"] if fresh else []
        items.append(
            Item(
                urgency="critical" if any(each.severity == "critical" for each in same) else "",
                heading=f"{title(code)}, {_flags(count)}" + (f", {stake} at stake" if stake else ""),
                detail=", ".join(facts),
                next_step=RULES[code].next_step,
                code=code,
                count=count,
                amounts=shown_amounts,
                runbook=desk.guide(code),
            )
        )
    return items


def test_message(owner: str, now: datetime, desk: Desk) -> Message:
    """A message that says it is only a trial."""
    item = Item(urgency="", heading="This is a test of the returns bridge. Nothing is wrong.", next_step="Nothing.")
    return Message(f"test-{owner}-{now:%Y%m%d%H%M%S}", TEST, owner, f"{owner}: test", (item,), now, desk.flags(owner))
