"""The whole bridge in one process: a real ledger, the use-cases, the Oro stand-in, a ZigZag and a clock we turn.

It keeps a journal of everything that happened to it from outside, so that the same can happen to another one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from sqlalchemy import select

from sidecar.ledger import flags, inbox, postings, return_plans, returns, work
from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.ledger.flags import FlagRow
from sidecar.ledger.inbox import InboxRow
from sidecar.ledger.return_plans import LineRow
from sidecar.ledger.returns import ReturnRow
from sidecar.ledger.tables import metadata
from sidecar.oro.client import OroClient
from sidecar.oro.documents import OroDocuments
from sidecar.oro.levels import Levels
from sidecar.oro.orders import Orders
from sidecar.returns.model import Order, Posting
from sidecar.sandbox.oro.shop import OroShop
from sidecar.settings import Settings, load
from sidecar.sync import decisions, intake, mappings, page, records
from sidecar.sync.world import Oro, World
from tests.laws.wire import Returns, Wire
from tests.support.memory import folder
from tests.sync.town import Clock, Killed, MortalLedger

MONDAY = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
RETAILER = "GL123"
Row = Mapping[str, str]


@dataclass
class Bridge:
    """One installation. ``opened`` makes it; ``close`` takes it away."""

    shop: OroShop
    wire: Wire
    ledger: Ledger
    settings: Settings
    place: ExitStack
    clock: Clock
    house: dict[str, dict[str, Any]] = field(default_factory=dict)  # what ZigZag says newest, by return
    workers: int = 0

    def close(self) -> None:
        self.ledger.dispose()
        self.place.close()

    # --- what happens to it

    def deliver(self, said: Mapping[str, Any], by: str = "webhook") -> None:
        """A snapshot arrives: by webhook, in a list of a pull, or in a file."""
        now = self.clock()
        if by == "webhook":
            raw = json.dumps({"data": said}).encode()
            intake.store_webhook(self.ledger, raw, settings=self.settings, now=now, correlation_id="law")
        elif by == "poll":
            intake.store_page(self.ledger, [dict(said)], settings=self.settings, now=now)
        else:
            raise ValueError(by)

    def announce(self, return_id: str, order: str, lines: Iterable[Mapping[str, str]]) -> None:
        body = {"return_id": return_id, "order_identifier": order, "lines": [dict(line) for line in lines]}
        intake.take_in(self.ledger, body, retailer_code=RETAILER, actor="shop", now=self.clock())

    def maps(self, kind: str, source: str, value: Any) -> None:
        mappings.change(self.ledger, kind, source, value, actor="ann", now=self.clock())

    def decides(self, flag_id: int, verb: str) -> None:
        decisions.decide(self.ledger, flag_id, verb, actor="ann", now=self.clock(), note="because")

    # --- what it does

    def world(self, step: Callable[[str], None] | None = None) -> World:
        """A worker of its own: own client, own name in leases."""
        self.workers += 1
        client = OroClient("http://oro.test", "sidecar", "secret", session=self.wire.session())
        made = World(
            settings=self.settings,
            ledger=self.ledger,
            oro=Oro(Orders(client), Levels(client), OroDocuments(client)),
            zigzag=Returns(self.house.get) if self.settings.zigzag_pull != "off" else None,  # type: ignore[arg-type]
            holder=f"worker-{self.workers}",
            clock=self.clock,
            chance=lambda: 0.5,
        )
        return made if step is None else replace(made, step=step)

    def due(self) -> list[int]:
        with self.ledger.read() as conn:
            return work.due_now(conn, self.clock())

    def work(self) -> page.PageReport:
        """One page with everything that is due now."""
        return page.run(self.world(), self.due())

    def die_at(self, step: str) -> None:
        """A worker begins a page and dies after ``step``, the ledger with it; its claims run out in time."""
        mortal = MortalLedger(self.ledger)

        def die(at: str) -> None:
            if at == step:
                mortal.dead = True
                raise Killed

        with suppress(Killed):
            page.run(replace(self.world(step=die), ledger=mortal), self.due())  # type: ignore[arg-type]
        self.clock.forward(seconds=self.settings.lease_seconds + 1)

    def settle(self, within: timedelta = timedelta(hours=8), limit: int = 60) -> None:
        """Nothing goes wrong any more: the clock is turned to whatever is due next, until nothing is."""
        self.shop.faults.clear()
        self.wire.delays = self.wire.refuses = 0
        self.wire.arrive()
        for _ in range(limit):
            if not self.due():
                with self.ledger.read() as conn:
                    following = work.next_due(conn)
                if following is None or following > self.clock() + within:
                    return
                self.clock.now = max(self.clock.now, following)
            self.work()
        raise AssertionError(f"not settled after {limit} pages: {self.due()}")

    def wake_everybody(self) -> None:
        with self.ledger.begin() as conn:
            everybody = [row.id for row in returns.everything(conn)]
            work.make_due(conn, everybody, self.clock(), pull=False, reason="law", correlation_id="law")

    # --- what it knows

    @property
    def returns(self) -> dict[str, ReturnRow]:
        with self.ledger.read() as conn:
            return {row.return_id: row for row in returns.everything(conn)}

    @property
    def lines(self) -> list[LineRow]:
        with self.ledger.read() as conn:
            pks = [row.id for row in returns.everything(conn)]
            return [line for lines in return_plans.lines_of(conn, pks).values() for line in lines]

    @property
    def postings(self) -> list[Posting]:
        """Everything that ever moved, or is about to, whatever its state."""
        with self.ledger.read() as conn:
            pks = [row.id for row in returns.everything(conn)]
            return [records.read_posting(row) for rows in postings.of_returns(conn, pks).values() for row in rows]

    @property
    def inbox(self) -> list[InboxRow]:
        with self.ledger.read() as conn:
            return list(inbox.iter_all(conn))

    @property
    def flags(self) -> list[FlagRow]:
        with self.ledger.read() as conn:
            return flags.search(conn, limit=10_000).rows

    def live(self) -> set[tuple[str, str, str]]:
        """(return, code, subject) of what waits for a person."""
        return {(flag.return_id, flag.code, flag.subject) for flag in self.flags if flag.state in ("open", "assigned")}

    def order(self, identifier: str) -> Order:
        return self.world().oro.orders.read_orders([identifier])[identifier]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table: what a call that was refused must leave as it was."""
        with self.ledger.read() as conn:
            return {
                table.name: sorted((tuple(row) for row in conn.execute(select(table))), key=repr)
                for table in metadata.sorted_tables
            }


def opened(template: Path, shop: OroShop, *, now: datetime = MONDAY, **environ: str) -> Bridge:
    """An installation beside ``shop``, with an empty ledger copied from ``template``."""
    stack = ExitStack()
    place = stack.enter_context(folder())
    shutil.copy(template, place / "ledger.db")
    settings = load(
        {
            "ORO_BASE_URL": "http://oro.test",
            "ORO_CLIENT_ID": "sidecar",
            "ORO_CLIENT_SECRET": "secret",
            "ZIGZAG_USERNAME": "demo",
            "ZIGZAG_PASSWORD": "demo",
            "ZIGZAG_RETAILER_CODE": RETAILER,
            "ZIGZAG_WEBHOOK_SECRET": "webhook-secret",
            "ZIGZAG_PULL": "off",
            "ORO_CONCURRENCY": "1",  # which write meets a fault must not be chance
            "DATABASE_URL": f"sqlite:///{place}/ledger.db",
            "VAR_DIR": str(place),
            **environ,
        },
        need=("oro", "zigzag"),
    )
    made = Bridge(shop, Wire(shop), open_ledger(settings.database_url), settings, stack, Clock(now))
    made.maps("warehouses", "GB0064", {"role": "destination", "oro_code": "main"})
    made.maps("warehouses", "DE0001", {"role": "hub"})
    return made


def wholesaler(currency: str = "GBP") -> OroShop:
    """Gloves by the piece and the case, wire by weight, sets whose smallest unit is a part, and dead stock."""
    shop = OroShop({"sidecar": "secret"})
    shop.add_product("GLOVE", "each", {"each": ("1", 0), "case": ("12", 0)})
    shop.add_product("WIRE", "kg", {"kg": ("1", 3), "bundle": ("0.3333", 0)})
    shop.add_product("SETS", "set", {"set": ("1", 1), "item": ("0.1", 0)})
    shop.add_product("DEAD", "each", {"each": ("1", 0)}, status="disabled")
    return shop


def money(units: int, currency_decimals: int) -> str:
    """A number of the currency's smallest amounts: 1234 is 12.34 EUR, 1234 JPY or 1.234 KWD."""
    return str(Decimal(units).scaleb(-currency_decimals))


def quantities(lines: Iterable[LineRow], name: str) -> Fraction:
    return sum((getattr(line, name) for line in lines), Fraction(0))
