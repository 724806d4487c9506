"""What a finance person reads when the month has been played: tables that fit eighty columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sidecar.ledger.flags import FlagRow
from sidecar.sandbox.verdict import Money, Verdict

MEANS = {
    "in_sync": "Oro shows what is true",
    "review": "a person must look, see below",
    "pending": "on its way",
    "failed": "gave up trying, IT is told",
}
OWNERS = {"cx": "customer service", "finance": "finance", "operations": "operations", "it": "IT"}
URGENCY = {"critical": "[bold red]critical[/]", "warning": "", "info": "[dim]info[/]"}


def show(console: Console, found: Verdict) -> None:
    """Credit, returns, stock, what waits for whom, what was prevented, what it cost, and the verdict."""
    console.print(_credit(found))
    console.print(_returns(found))
    console.print(_stock(found))
    console.print()
    _waiting(console, found.open_flags)
    console.print(
        f"{found.events:,} messages arrived, {found.duplicates:,} of them again. "
        f"Second credits prevented: {_spoken(found.prevented) or 'none'}.",
        highlight=False,
    )
    console.print(
        f"{found.oro_writes:,} writes and {found.oro_reads:,} reads at Oro, {found.zigzag_calls:,} calls to ZigZag, "
        f"{found.worker_cpu_ms_per_return} ms of worker CPU each time a return was pulled, planned and, where it had "
        f"changed, written; {found.seconds} s in all.",
        highlight=False,
    )
    console.print()
    if found.balanced:
        console.print(
            "[bold green]The books balance:[/] every credit, tax, stock movement and flag is as the stories say."
        )
        return
    console.print(f"[bold red]The books do not balance:[/] {len(found.problems)} differences")
    for problem in found.problems[:40]:
        console.print(f"  {problem}", highlight=False)


def _table(title: str, *columns: str) -> Table:
    """Words to the left; a column whose name ends with a space holds numbers, to the right."""
    table = Table(title=f"\n[bold]{title}[/]", title_justify="left", title_style="", box=SIMPLE_HEAD, show_edge=False)
    for name in columns:
        table.add_column(name.strip(), justify="right" if name.endswith(" ") else "left", no_wrap=True)
    return table


def _credit(found: Verdict) -> Table:
    money = _table("Credit", "currency", "credited in Oro ", "expected by hand ", "")
    for currency in sorted({*found.credited, *found.expected}):
        there, due = found.credited.get(currency, Decimal(0)), found.expected.get(currency, Decimal(0))
        money.add_row(currency, f"{there:,}", f"{due:,}", "[green]equal[/]" if there == due else "[red]NOT EQUAL[/]")
    return money


def _returns(found: Verdict) -> Table:
    states = _table("Returns", "state", "returns ", "means")
    for state, meaning in MEANS.items():
        if found.states.get(state):
            states.add_row(state, f"{found.states[state]:,}", meaning)
    return states


def _stock(found: Verdict) -> Table:
    stock = _table("Stock raised", "SKU", "by ", "unit")
    for (sku, unit), quantity in sorted(found.stock.items()):
        stock.add_row(sku, f"{quantity:,f}", unit)
    return stock


def _waiting(console: Console, rows: Iterable[FlagRow]) -> None:
    """Per owner and flag: how many, what is at stake, and below it the next step."""
    grouped: dict[tuple[str, str], list[FlagRow]] = defaultdict(list)
    for flag in rows:
        grouped[(flag.owner, flag.code)].append(flag)
    for owner, name in OWNERS.items():
        mine = {code: group for (whose, code), group in sorted(grouped.items()) if whose == owner}
        if not mine:
            continue
        count = sum(map(len, mine.values()))
        console.print(f"What waits for [bold]{name}[/]: {count} flag{'s' * (count != 1)}", highlight=False)
        for code, group in mine.items():
            facts = [f"{len(group)} x [cyan]{code}[/]", _spoken(_at_stake(group)), URGENCY[group[0].severity]]
            console.print("  " + "  ".join(fact for fact in facts if fact), highlight=False)
            console.print(Padding(Text(group[0].next_step), (0, 0, 0, 6), expand=False))
        console.print()


def _at_stake(group: Iterable[FlagRow]) -> Money:
    amounts: Money = {}
    for flag in group:
        if flag.amount is not None:
            amounts[flag.currency] = amounts.get(flag.currency, Decimal(0)) + flag.amount
    return amounts


def _spoken(amounts: Money) -> str:
    return ", ".join(f"{amount:,} {currency}" for currency, amount in sorted(amounts.items()))
