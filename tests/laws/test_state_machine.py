"""DESIGN 2, the laws, tried on the whole bridge: rules, ledger and use-cases against an Oro that fails in every way.

Hypothesis plays ZigZag, the shop, the people at the desk, Oro and the network, in any order it likes. After every step
the laws must hold; at the end nothing may be lost, and what happened must be reproducible from what was stored.

``LAWS_EXAMPLES=400 LAWS_STEPS=60 python -m pytest tests/laws`` tries for longer, with fresh luck each time.
"""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sidecar.returns.crediting import cumulative, line_values, minor_unit
from sidecar.returns.flags import RELEASABLE
from sidecar.returns.model import Order, Posting
from sidecar.sync import mappings, page
from sidecar.sync.asking import AnotherBody
from sidecar.sync.decisions import DecisionError
from sidecar.sync.sweep import sweep
from sidecar.zigzag import exact_json
from tests.laws.bridge import Bridge, money, opened, wholesaler

EXAMPLES = int(os.environ.get("LAWS_EXAMPLES", "0"))
STEPS = int(os.environ.get("LAWS_STEPS", "25"))

PRODUCTS: Mapping[str, Mapping[str, Fraction]] = {  # base units in one
    "GLOVE": {"each": Fraction(1), "case": Fraction(12)},
    "WIRE": {"kg": Fraction(1), "bundle": Fraction("0.3333")},
    "SETS": {"set": Fraction(1), "item": Fraction("0.1")},
    "DEAD": {"each": Fraction(1)},
}
COUNTS = {
    "GLOVE": ["1", "2", "5", "12", "12", "18", "24", "40"],
    "WIRE": ["0.125", "1", "1.5", "2", "0.3333", "0.0001"],
    "SETS": ["0.1", "1", "1.5", "2", "5", "0.25"],
    "DEAD": ["1", "2"],
    "XYZ": ["1"],
}
GRADES = ["A", "A", "A", "B", "C", "D", "E", "a", ""]
CREDITED = {"A": Fraction(1), "B": Fraction(1), "C": Fraction(1, 2), "E": Fraction(1)}  # at most, E once it is mapped
RESTOCKED = {"A", "E"}
BEFORE_RECEIPT = {"", "Label Created", "In Transit", "At Hub"}
TRACKING = ["", "In Transit", "Received", "Graded", "Graded", "Inspected", "Restocked", "Restocked", "Put away"]
STATUSES = ["Approved"] * 12 + ["Closed", "Cancelled", "Rejected", "Graded", "Sonstiges"]
WAREHOUSES = ["GB0064"] * 6 + ["DE0001", "FR0002", ""]
HOME = {"R1": "SO-1", "R2": "SO-1", "R3": "SO-2"}
RETURNS = list(HOME)
RELEASING = {"Graded", "Inspected", "Restocked"}
TITLES = {"stale": "stale document constraint", "revision": "revision conflict constraint"}
FAULTS = [
    "timeout_after",
    "timeout_before",
    "error500_before",
    "error500_after",
    "drop_before",
    "drop_after",
    "truncate",
    "conflict409",
    "unavailable503",
    "throttled429",
    "unauthorized_once",
    "forbidden403",
    *TITLES,
]
LOSSES = ["stuck", "refused"]
STEPS_OF_A_PAGE = ["claimed", "read", "planned", "committed", "sent", "answered", "confirmed", "finished"]
WORDS: list[tuple[str, str, Any]] = [
    ("grades", "E", {"credit_percent": 100, "disposition": "restock"}),
    ("grades", "E", {"credit_percent": "33.3333", "disposition": "scrap"}),
    ("warehouses", "FR0002", {"role": "destination", "oro_code": "south"}),
    ("scan_units", "GLOVE", "case"),
    ("scan_units", "GLOVE", "each"),
    ("scan_units", "WIRE@GB0064", "bundle"),
    ("scan_units", "SETS", "item"),
    ("fees", "returnCost", {"service_sku": "SVC", "treatment": "deduct"}),
    ("fees", "FEE", {"service_sku": "SVC", "treatment": "deduct"}),
    ("return_options", "2", "exchange"),
    ("return_options", "9", "refund"),
    ("tracking_statuses", "Put away", "restocked"),
    ("order_statuses", "Sonstiges", "approved"),
]
DISASTERS: list[tuple[str, str, Any]] = [
    ("grades", "E", {"credit_percent": 101, "disposition": "restock"}),
    ("grades", "E", "restock"),
    ("colours", "E", "red"),
    ("return_options", "9", "gift"),
    ("scan_units", " ", "each"),
]


@dataclass
class Said:
    """One snapshot, as it was sent; ``delivered`` counts how often."""

    payload: dict[str, Any]
    delivered: int = 0


@dataclass
class Facts:
    """What a test knows of its own doing, apart from the bridge."""

    orders: dict[str, Order] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    mapped: list[tuple[str, str, Any]] = field(default_factory=list)
    silent: bool = False  # something changed of which nobody is told: a product was switched, a word changed its sense


@st.composite
def order_lines(draw: st.DrawFn, decimals: int) -> list[dict[str, Any]]:
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        sku = draw(st.sampled_from(["GLOVE", "GLOVE", "GLOVE", "GLOVE", "WIRE", "WIRE", "SETS", "SETS", "DEAD"]))
        lines.append(
            {
                "sku": sku,
                "quantity": draw(st.sampled_from(["3", "2", "10", "40", "1"])),
                "unit": draw(st.sampled_from(list(PRODUCTS[sku]))),
                "value": money(draw(st.one_of(st.integers(100, 9_999), st.integers(0, 9))), decimals),
                "tax": money(draw(st.sampled_from([0, 0, 7, 1_999])), decimals),
            }
        )
    return lines


@st.composite
def rows(draw: st.DrawFn, skus: list[str], graded: bool) -> list[dict[str, Any]]:
    made = []
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3, 0]))):
        sku = draw(st.sampled_from([*skus * 4, "XYZ", "FEE"]))
        made.append(
            {
                "productSku": draw(st.sampled_from([sku, sku, sku.lower()])),
                "quantity": draw(st.sampled_from([*COUNTS.get(sku, ["1"]), "1", "1"])),
                "grade": draw(st.sampled_from(GRADES)) if graded else "",
                "itemCost": "1.5",
                "currency": draw(st.sampled_from(["", "", "", "", "", "CHF"])),
                "returnOption": draw(st.sampled_from(["", "", "", "1", "2", "9"])),
            }
        )
    return made


@st.composite
def good_rows(draw: st.DrawFn, skus: list[str]) -> list[dict[str, Any]]:
    """What a warehouse counts that has no trouble with it: 1 to 3 rows, each in a grade."""
    return [
        {
            "productSku": sku,
            "quantity": draw(st.sampled_from(COUNTS[sku])),
            "grade": draw(st.sampled_from(["A", "A", "A", "B", "C", "D", "E"])),
            "returnOption": "1",
        }
        for sku in draw(st.lists(st.sampled_from(skus), min_size=1, max_size=3))
    ]


class Lawful(RuleBasedStateMachine):
    """One bridge and everything that may happen to it."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.facts = Facts()
        self.bridge: Bridge | None = None
        self.looked_at: tuple[int, int] = (0, 0)

    @initialize(
        data=st.data(),
        currencies=st.lists(st.sampled_from(["EUR", "JPY", "KWD"]), min_size=2, max_size=2),
        stock_trigger=st.sampled_from(["restocked", "graded"]),
        credit_trigger=st.sampled_from(["graded", "graded", "restocked"]),
        credit_mode=st.sampled_from(["issue", "issue", "draft"]),
        stock_unit=st.sampled_from(["primary", "primary", "order_line"]),
        inactive=st.sampled_from(["hold", "hold", "credit"]),
        pull=st.sampled_from(["off", "single"]),
        scan_by_piece=st.sampled_from([True, True, False]),
    )
    def a_shop_opens(
        self,
        data: st.DataObject,
        currencies: list[str],
        stock_trigger: str,
        credit_trigger: str,
        credit_mode: str,
        stock_unit: str,
        inactive: str,
        pull: str,
        scan_by_piece: bool,
    ) -> None:
        self.bridge = opened(
            self.template,
            wholesaler(),
            STOCK_TRIGGER=stock_trigger,
            CREDIT_TRIGGER=credit_trigger,
            CREDIT_MODE=credit_mode,
            STOCK_UNIT=stock_unit,
            INACTIVE_SKU=inactive,
            ZIGZAG_PULL=pull,
        )
        for number, currency in enumerate(currencies, 1):
            identifier, decimals = f"SO-{number}", minor_unit(currency)
            lines = data.draw(order_lines(decimals), label=identifier)
            off = money(data.draw(st.sampled_from([0, 0, 3, 101])), decimals)
            self.bridge.shop.add_order(identifier, currency, lines, total_discounts=off)
            self.facts.orders[identifier] = self.bridge.order(identifier)
        if scan_by_piece:
            self._map("scan_units", "GLOVE", "each")

    def _map(self, kind: str, source: str, value: Any) -> None:
        self.world.maps(kind, source, value)
        # A word that had another meaning held nothing: what it changes is seen when its returns are looked at next.
        self.facts.silent |= any(known[:2] == (kind, source) and known[2] != value for known in self.facts.mapped)
        self.facts.mapped.append((kind, source, value))

    @property
    def world(self) -> Bridge:
        assert self.bridge is not None
        return self.bridge

    # --- what ZigZag and the shop do

    @rule(
        data=st.data(),
        return_id=st.sampled_from(RETURNS),
        tracking=st.sampled_from(TRACKING),
        status=st.sampled_from(STATUSES),
        warehouse=st.sampled_from(WAREHOUSES),
        cost=st.sampled_from([None, None, None, "1", "500"]),
        wrong_order=st.sampled_from([False] * 9 + [True]),
        ahead=st.sampled_from([0] * 9 + [600]),  # minutes by which the sender's clock is fast
        told=st.sampled_from(["webhook", "webhook", "webhook", "poll", ""]),
        worked=st.booleans(),
    )
    def zigzag_says(
        self,
        data: st.DataObject,
        return_id: str,
        tracking: str,
        status: str,
        warehouse: str,
        cost: str | None,
        wrong_order: bool,
        ahead: int,
        told: str,
        worked: bool,
    ) -> None:
        identifier = HOME[return_id]
        if wrong_order:
            identifier = data.draw(st.sampled_from(["SO-1", "SO-2", "SO-404", "so-1", ""]), label="order")
        skus = [line.sku for line in self.facts.orders.get(identifier, self.facts.orders["SO-1"]).lines]
        products = data.draw(rows(skus, tracking not in BEFORE_RECEIPT), label="rows")
        said = self._says(return_id, identifier, status, tracking, products, warehouse, cost, ahead)
        if told:
            self._deliver(said, told)
            if worked:
                self.the_bridge_works()

    def _says(
        self,
        return_id: str,
        identifier: str,
        status: str,
        tracking: str,
        products: list[dict[str, Any]],
        warehouse: str = "GB0064",
        cost: str | None = None,
        ahead: int = 0,
    ) -> Said:
        self.world.clock.forward(minutes=1)
        said = Said(
            {
                "retailerCode": "GL123",
                "orderNumber": identifier,
                "returnId": return_id,
                "orderStatus": status,
                "lastTrackingStatus": tracking,
                "warehouseReference": warehouse,
                "dateTimeStatusChange": (self.world.clock() + timedelta(minutes=ahead)).isoformat(),
                "returnCost": cost,
                "returnOption": "1",
                "products": products,
            }
        )
        self.facts.said.append(said)
        newest = self.world.house.get(return_id)
        if newest is None or newest["dateTimeStatusChange"] < said.payload["dateTimeStatusChange"]:
            self.world.house[return_id] = said.payload
        return said

    @rule(
        data=st.data(),
        return_id=st.sampled_from(RETURNS),
        word=st.sampled_from(["Graded", "Restocked", "Restocked"]),
        cost=st.sampled_from([None, None, "1", "500"]),
        worked=st.sampled_from([True, True, False]),
    )
    def goods_are_graded(self, data: st.DataObject, return_id: str, word: str, cost: str | None, worked: bool) -> None:
        """The main job; said again of the same return it is a regrade, or more that was found."""
        order = self.facts.orders[HOME[return_id]]
        products = data.draw(good_rows([line.sku for line in order.lines]), label="rows")
        self._deliver(self._says(return_id, order.identifier, "Approved", word, products, cost=cost), "webhook")
        if worked:
            self.the_bridge_works()

    @rule(data=st.data(), return_id=st.sampled_from(RETURNS))
    def goods_are_asked_for_and_counted(self, data: st.DataObject, return_id: str) -> None:
        """A return without trouble, from the request to the shelf."""
        order = self.facts.orders[HOME[return_id]]
        products = data.draw(good_rows([line.sku for line in order.lines]), label="rows")
        asked = [{"productSku": row["productSku"], "quantity": "1"} for row in products]
        for tracking, rows_now in (("", asked), ("Received", products), ("Restocked", products)):
            self._deliver(self._says(return_id, order.identifier, "Approved", tracking, rows_now), "webhook")
            if tracking:
                self.the_bridge_works()

    def _deliver(self, said: Said, by: str) -> None:
        self.world.deliver(said.payload, by)
        said.delivered += 1

    @rule(data=st.data(), by=st.sampled_from(["webhook", "poll"]))
    def a_message_arrives_late_or_again(self, data: st.DataObject, by: str) -> None:
        if self.facts.said:
            self._deliver(data.draw(st.sampled_from(self.facts.said), label="message"), by)

    @rule(return_id=st.sampled_from(["R1", "R3"]), sku=st.sampled_from(["GLOVE", "WIRE"]), quantity=st.integers(1, 3))
    def the_shop_announces(self, return_id: str, sku: str, quantity: int) -> None:
        order = HOME[return_id]
        before = self.world.everything()
        try:
            self.world.announce(return_id, order, [{"sku": sku, "quantity": str(quantity)}])
        except AnotherBody:
            assert self.world.everything() == before

    # --- what people do

    @rule(word=st.sampled_from([*WORDS, *DISASTERS]))
    def somebody_maps(self, word: tuple[str, str, Any]) -> None:
        if word not in DISASTERS:
            self._map(*word)
            return
        before = self.world.everything()
        with pytest.raises((mappings.InvalidMapping, mappings.UnknownKind)):
            self.world.maps(*word)
        assert self.world.everything() == before

    @rule(data=st.data(), verb=st.sampled_from(["assign", "resolve", "release", "reopen"]))
    def somebody_decides(self, data: st.DataObject, verb: str) -> None:
        flags = [flag for flag in self.world.flags if flag.return_id]
        if not flags:
            return
        flag = data.draw(st.sampled_from(sorted(flags, key=lambda each: each.id)), label="flag")
        before = self.world.everything()
        try:
            self.world.decides(flag.id, verb)
        except DecisionError:
            assert self.world.everything() == before
        else:
            assert verb != "release" or flag.code in RELEASABLE

    # --- what the world does to the bridge

    @rule(
        kind=st.sampled_from([*FAULTS, *LOSSES * 3]),
        reads=st.sampled_from([False] * 4 + [True]),
        count=st.integers(1, 2),
    )
    def something_is_about_to_go_wrong(self, kind: str, reads: bool, count: int) -> None:
        if kind == "stuck":
            self.world.wire.delays += count
        elif kind == "refused":
            self.world.wire.refuses += count
        elif kind in TITLES:
            self.world.shop.faults.add("conflict409", on="POST", count=count, title=TITLES[kind], detail="No.")
        else:
            self.world.shop.faults.add(kind, on="read" if reads else "write", count=count)

    @rule()
    def what_was_stuck_arrives(self) -> None:
        self.world.wire.arrive()

    @rule(enabled=st.booleans())
    def a_product_is_switched(self, enabled: bool) -> None:
        """Sold out for good, or back in the range."""
        with self.world.shop.lock:
            glove = self.world.shop.tables["products"].one("sku", "GLOVE")
            assert glove is not None
            glove.attributes["status"] = "enabled" if enabled else "disabled"
        self.facts.silent = True

    @rule(step=st.sampled_from(STEPS_OF_A_PAGE))
    def the_worker_dies(self, step: str) -> None:
        self.world.die_at(step)

    @rule(data=st.data(), step=st.sampled_from(STEPS_OF_A_PAGE))
    def a_message_arrives_while_a_page_runs(self, data: st.DataObject, step: str) -> None:
        said = data.draw(st.sampled_from(self.facts.said), label="message") if self.facts.said else None

        def arrives(at: str) -> None:
            nonlocal said
            if said is not None and at == step:
                arrived, said = said, None
                self._deliver(arrived, "webhook")

        page.run(self.world.world(step=arrives), self.world.due())

    @rule()
    def the_bridge_works(self) -> None:
        self.world.work()

    @rule(minutes=st.sampled_from([1, 20, 120]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.forward(minutes=minutes)
        self.world.work()

    # --- the laws

    @invariant()
    def the_laws_hold(self) -> None:
        if self.bridge is None:
            return
        postings = self.world.postings
        self._never_more_than_was_sold(postings)
        self._to_the_cent(postings)
        for posting in postings:
            self._only_what_the_warehouse_released(posting)
        self._never_more_than_was_counted(postings)
        self._oro_agrees(postings)

    def _never_more_than_was_sold(self, postings: list[Posting]) -> None:
        """credited <= accepted <= ordered, per order line over all returns, in exact fractions."""
        accepted: dict[str, Fraction] = defaultdict(Fraction)
        restocked: dict[str, Fraction] = defaultdict(Fraction)
        for line in self.world.lines:
            if line.order_line_id is None:
                continue
            accepted[line.order_line_id] += line.accepted
            restocked[line.order_line_id] += line.restocked
            assert 0 <= line.credited <= line.accepted
            assert 0 <= line.restocked <= line.accepted
        weight: dict[str, Fraction] = defaultdict(Fraction)
        quantity: dict[str, Fraction] = defaultdict(Fraction)
        for posting in postings:
            for credit in posting.lines:
                if credit.order_line_id is not None:
                    weight[credit.order_line_id] += credit.weight
                    quantity[credit.order_line_id] += credit.quantity
        for order in self.facts.orders.values():
            for sold in order.lines:
                assert weight[sold.id] <= quantity[sold.id] <= accepted[sold.id] <= sold.quantity
                assert restocked[sold.id] <= accepted[sold.id]

    def _to_the_cent(self, postings: list[Posting]) -> None:
        """What a line was credited is what its weight is worth of what was paid; nothing is below 0.00."""
        for order in self.facts.orders.values():
            exponent, values = minor_unit(order.currency), line_values(order)
            for sold in order.lines:
                paid = [credit for each in postings for credit in each.lines if credit.order_line_id == sold.id]
                weight, value = sum((credit.weight for credit in paid), Fraction(0)), values[sold.id]
                assert sum(each.net for each in paid) == cumulative(value.net, weight, sold.quantity, exponent)
                assert sum(each.tax for each in paid) == cumulative(value.tax, weight, sold.quantity, exponent)
        for posting in postings:
            cent = Decimal(1).scaleb(-minor_unit(posting.currency))
            assert posting.total >= 0
            assert all(line.net % cent == 0 and line.tax % cent == 0 for line in posting.lines)

    def _only_what_the_warehouse_released(self, posting: Posting) -> None:
        said = self._heard_of(posting.return_id)
        words = {each["orderStatus"] for each in said} | {each["lastTrackingStatus"] for each in said}
        mapped = {source for kind, source, _ in self.facts.mapped if kind == "tracking_statuses"}
        assert words & (RELEASING | mapped)
        if posting.stock:
            warehouses = {source for kind, source, _ in self.facts.mapped if kind == "warehouses"} | {"GB0064"}
            assert {each["warehouseReference"] for each in said} & warehouses

    def _heard_of(self, return_id: str) -> list[dict[str, Any]]:
        return [exact_json.loads(row.payload) for row in self.world.inbox if row.return_id == return_id and row.payload]

    def _never_more_than_was_counted(self, postings: list[Posting]) -> None:
        """By no reading of any snapshot after receipt was there more; what was only asked for earns nothing."""
        for return_id in {posting.return_id for posting in postings}:
            credited: dict[str, Fraction] = defaultdict(Fraction)
            stocked: dict[str, Fraction] = defaultdict(Fraction)
            for posting in postings:
                if posting.return_id != return_id:
                    continue
                for line in posting.lines:
                    if line.order_line_id is not None:
                        credited[line.sku] += line.weight * PRODUCTS[line.sku][line.unit]
                for move in posting.stock:
                    stocked[move.sku] += move.quantity * PRODUCTS[move.sku][move.unit]
            for sku in {*credited, *stocked}:
                counts = [self._counted(each, sku) for each in self._heard_of(return_id)]
                assert credited[sku] <= max(worth for worth, _ in counts)
                assert stocked[sku] <= max(goods for _, goods in counts)

    def _counted(self, said: dict[str, Any], sku: str) -> tuple[Fraction, Fraction]:
        """(what a snapshot can pay for, what it can put into stock) at the very most, in base units."""
        if said["lastTrackingStatus"] in BEFORE_RECEIPT and said["orderStatus"] != "Graded":
            return Fraction(0), Fraction(0)
        units = {"GLOVE": 12}.get(sku, 1)  # of the scan units that are ever mapped, the largest
        worth = goods = Fraction(0)
        for row in said["products"]:
            if row["productSku"].upper() == sku:
                count = Fraction(str(row["quantity"])) * units
                worth += count * CREDITED.get(row["grade"].upper(), Fraction(0))
                goods += count if row["grade"].upper() in RESTOCKED else 0
        return worth, goods

    def _oro_agrees(self, postings: list[Posting]) -> None:
        """Each key at most once, in the order's currency, every line summed up; nothing there that is not here."""
        books = self.world.shop.books()
        assert books["problems"] == []
        known = {posting.key: posting for posting in postings}
        keys = [memo["postingKey"] for memo in books["credits"]]
        moves = [move["postingKey"] for move in books["stock_movements"]]
        assert len(set(keys)) == len(keys)
        assert len(set(moves)) == len(moves)
        assert {key.rpartition("/")[0] for key in moves} | set(keys) <= known.keys()
        for memo in books["credits"]:
            posting = known[memo["postingKey"]]
            assert memo["currency"] == posting.currency == self.facts.orders[memo["order"]].currency
            assert Decimal(memo["totalValue"]) == posting.total
        for posting in postings:
            if posting.state == "confirmed":
                assert posting.key in keys or all(f"{posting.key}/{i}" in moves for i, _ in enumerate(posting.stock, 1))

    # --- the end

    def teardown(self) -> None:
        if self.bridge is None:
            return
        try:
            self._in_the_end()
        finally:
            self.bridge.close()

    def _in_the_end(self) -> None:
        """Oro and the network are well again: everything that waited is done, and done once."""
        bridge = self.world
        bridge.shop.faults.clear()
        bridge.shop.add_order("SO-404", "EUR", [{"sku": "GLOVE", "quantity": "1", "unit": "case", "value": "12"}])
        self.facts.orders["SO-404"] = bridge.order("SO-404")
        bridge.settle()
        if self.facts.silent:
            bridge.wake_everybody()
            bridge.settle()
        sweep(bridge.world())  # a document that was stuck on its way may have arrived after a newer one
        bridge.settle()
        event(f"postings: {min(len(bridge.postings), 4)}")
        for flag in bridge.flags:
            event(f"flag {flag.code}")
        self.the_laws_hold()
        assert {row.state for row in bridge.inbox} <= {"applied", "superseded", "flagged"}
        assert all(posting.state == "confirmed" for posting in bridge.postings)
        for row in bridge.returns.values():
            assert row.planned_digest == row.document_digest
            assert row.state in ("in_sync", "review")
        assert sweep(bridge.world()).drifted == 0
        in_oro = {each["externalId"]: each["status"] for each in bridge.shop.books()["returns"]}
        assert in_oro == {row.return_id: row.status for row in bridge.returns.values()}
        self._nothing_more_to_do()

    def _nothing_more_to_do(self) -> None:
        """Looking at everything once more changes nothing, neither here nor in Oro."""
        bridge = self.world
        lines, flags, writes = bridge.lines, bridge.live(), bridge.shop.counters()["writes"]
        bridge.wake_everybody()
        bridge.settle()
        assert bridge.shop.counters().get("writes", 0) == writes
        assert bridge.lines == lines
        assert bridge.live() == flags


def tried(examples: int, steps: int) -> settings:
    return settings(
        max_examples=EXAMPLES or examples,
        stateful_step_count=STEPS if EXAMPLES else steps,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


def test_the_laws_hold_whatever_happens(sqlite_template: Path) -> None:
    machine = type("LawfulHere", (Lawful,), {"template": sqlite_template})
    logging.disable(logging.CRITICAL)  # thousands of failures that were asked for
    try:
        run_state_machine_as_test(machine, settings=tried(examples=15, steps=20))
    finally:
        logging.disable(logging.NOTSET)
