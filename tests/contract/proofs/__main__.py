"""Make the proofs on a real OroCommerce: ``python -m tests.contract.proofs --help``."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from tests.contract.proofs.goods import Goods
from tests.contract.proofs.place import Names, Place
from tests.contract.proofs.script import BY_HAND, CREDITS, SCRIPTS, Proof
from tests.contract.proofs.shop import furnish

HERE = Path(__file__).parents[1] / "recordings" / "proofs"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1)
@click.option("--record", is_flag=True, help="Keep the exchanges of proofs that hold, as recordings.")
@click.option("--customer", default="1", show_default=True, help="Id of the customer who orders.")
def main(names: tuple[str, ...], record: bool, customer: str) -> None:
    """Make the proofs (all, or NAMES) on the OroCommerce of ORO_BASE_URL.

    \b
    ORO_BASE_URL ORO_CLIENT_ID ORO_CLIENT_SECRET     an application that may do everything
    PROOF_CLIENT_ID PROOF_CLIENT_SECRET              one whose role has no rights on returns

    Needs the bundle, the units each and case, and a customer. It writes products, an order, returns and credit memos
    under keys of its own, so a test shop is the place for it. 90-switched-off is made only when it is named.
    """
    environ = os.environ
    missing = [name for name in ("ORO_BASE_URL", "ORO_CLIENT_ID", "ORO_CLIENT_SECRET") if not environ.get(name)]
    if missing:
        raise click.UsageError(f"Set {', '.join(missing)}.")
    place = Place(
        environ["ORO_BASE_URL"].rstrip("/"),
        (environ["ORO_CLIENT_ID"], environ["ORO_CLIENT_SECRET"]),
        run=f"P{int(time.time())}",
    )
    if "PROOF_CLIENT_ID" in environ:
        place.without_rights = (environ["PROOF_CLIENT_ID"], environ["PROOF_CLIENT_SECRET"])
    furnish(place, customer)
    shared = Names(place)
    table = Table("proof", "holds", "shows")
    failed = 0
    for name in names or [each for each in SCRIPTS if each not in BY_HAND]:
        shows, script = SCRIPTS[name]
        made = Proof(place, shared)
        try:
            script(made)
        except AssertionError as error:
            failed += 1
            table.add_row(name, "[red]no[/]", str(error) or repr(error))
            continue
        table.add_row(name, "[green]yes[/]", shows)
        if record:
            _keep(name, shows, made)
    Console().print(table)
    if not names:
        print(json.dumps(_times(place)))
    sys.exit(1 if failed else 0)


def _keep(name: str, shows: str, made: Proof) -> None:
    HERE.mkdir(parents=True, exist_ok=True)
    content = {"name": name, "what_it_shows": shows, "exchanges": made.exchanges, "counted": made.counted}
    (HERE / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _times(place: Place, rounds: int = 15) -> dict[str, Any]:
    """Milliseconds (medians) of one all-in-one POST and one plain read of an order, one after the other."""
    writes, reads = [], []
    for number in range(rounds):
        new = Goods(place, f"T{number}")
        document = new.document(order_id=None, lines=(new.line(order_line_id=None),))
        writes.append(_timed(place, "POST", CREDITS, new.body(new.posting(), document)))
        reads.append(_timed(place, "GET", "orders?page[size]=1&include=lineItems&fields[orders]=identifier,lineItems"))
    write, read = statistics.median(writes), statistics.median(reads)
    return {"all_in_one_ms": round(write), "order_read_ms": round(read), "ratio": round(write / read, 2)}


def _timed(place: Place, method: str, path: str, body: Any = None) -> float:
    begun = time.perf_counter()
    answer = place.send(method, path, body)
    assert answer.ok, answer.text
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
