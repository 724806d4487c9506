"""Stored evidence becomes the values of the rules again, exactly."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings

from sidecar.ledger import returns
from sidecar.returns.model import Order
from sidecar.sync import records
from sidecar.sync.known import read_returns, stored_orders, with_siblings
from tests.returns.builders import line, order
from tests.returns.test_laws import orders
from tests.sync.town import Town, gloves_order

ASKED = [{"productSku": "GLOVE", "quantity": "1"}]


@given(orders())
@settings(max_examples=30, deadline=None)
def test_an_order_kept_as_evidence_is_read_back_as_it_was(bought: Order) -> None:
    assert records.read_order(records.order_evidence(bought)) == bought


def test_a_freeform_line_without_any_price_is_read_back_too() -> None:
    odd = order(line("1/3", total=None, tax=None, product=None))
    odd = replace(odd, total=Decimal("9.5000"), subtotal=None)
    found = records.read_order(records.order_evidence(odd))
    assert found == odd
    assert found.lines[0].quantity == Fraction(1, 3)


def test_an_order_is_known_with_all_its_returns_and_as_it_was_read(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.says("R2", "so-1", ASKED, status="Requested")
    place.says("R3", "SO-NONE", ASKED, status="Requested")
    place.work()
    with place.ledger.read() as conn:
        row = returns.get(conn, "GL123", "R1")
        lost = returns.get(conn, "GL123", "R3")
        assert row is not None
        assert lost is not None
        rows = with_siblings(conn, [row, lost])
        known = read_returns(conn, rows, place.settings.zigzag_timezone)
        found = stored_orders(conn, rows)
    assert {key: [known.rows[pk].return_id for pk in pks] for key, pks in known.by_order.items()} == {
        "so-1": ["R1", "R2"],
        "so-none": ["R3"],
    }
    assert found.keys() == {"so-1"}
    assert found["so-1"].order == place.world().oro.orders.read_orders(["SO-1"])["SO-1"]
