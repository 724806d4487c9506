"""Whom a mapping speaks of: open returns it will count for, posted ones it can no longer change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sidecar.sync import what_if
from sidecar.sync.what_if import WhatIf
from tests.sync.town import Town, gloves_order


def graded(place: Town, return_id: str, order: str, quantity: str, grade: str, **more: Any) -> None:
    gloves_order(place, order)
    rows = [{"productSku": "GLOVE", "quantity": quantity, "grade": grade}]
    place.says(return_id, order, rows, **{"tracking": "Graded", **more})
    place.settle()


def of(place: Town, kind: str, source: str, value: Any, **more: Any) -> WhatIf:
    return what_if.of_mapping(place.ledger, place.settings, kind, source, value, now=place.clock(), **more)


def test_what_was_posted_stays_and_is_shown_with_what_it_would_have_been(place: Town) -> None:
    graded(place, "R1", "SO-1", "50", "C")
    graded(place, "R2", "SO-2", "50", "A")
    found = of(place, "grades", "C", {"credit_percent": 75, "disposition": "scrap"})
    assert (found.concerned, found.looked_at, found.changed, found.staying) == (1, 1, 0, 1)
    (posted,) = found.stays
    assert (posted.return_id, posted.posted.total, posted.would_be.total) == ("R1", Decimal("60.00"), Decimal("90.00"))
    assert found.beyond["GBP"].total == Decimal("30.00")
    assert found.credits == {}


def test_what_is_open_will_differ_and_what_is_only_on_its_way_does_not_yet(place: Town) -> None:
    graded(place, "R1", "SO-1", "50", "E")
    graded(place, "R2", "SO-2", "50", "E", tracking="Received")
    found = of(place, "grades", "E", {"credit_percent": 50, "disposition": "scrap"})
    assert (found.concerned, found.open, found.staying) == (2, 2, 0)
    assert found.credits["GBP"].total == Decimal("60.00")
    by_return = {each.return_id: each for each in found.changes}
    assert by_return["R1"].credit.total == Decimal("60.00")
    assert by_return["R2"].credit.total == 0
    assert [flag.code for flag in by_return["R2"].closes] == ["grade_not_mapped"]


def test_what_has_ended_without_credit_stays_so_too(place: Town) -> None:
    graded(place, "R1", "SO-1", "50", "D", tracking="Restocked")
    assert place.in_oro("R1")["status"] == "closed"
    found = of(place, "grades", "D", {"credit_percent": 50, "disposition": "scrap"})
    assert (found.credits, found.changed) == ({}, 0)
    assert [(each.posted.total, each.would_be.total) for each in found.stays] == [(Decimal(0), Decimal("60.00"))]


def test_stock_that_would_have_moved_is_shown_too(place: Town) -> None:
    place.maps("warehouses", "GB0064", {"role": "hub"})
    graded(place, "R1", "SO-1", "50", "A", tracking="Restocked")
    found = of(place, "warehouses", "GB0064", {"role": "destination", "oro_code": "main"})
    assert [(each.return_id, each.stock[0].quantity) for each in found.stays] == [("R1", 50)]


def test_closed_returns_count_for_ninety_days_and_open_ones_always(place: Town) -> None:
    graded(place, "R1", "SO-1", "50", "C", tracking="Restocked")
    graded(place, "R2", "SO-2", "50", "C", tracking="Received")
    place.clock.forward(days=91)
    found = of(place, "grades", "C", {"credit_percent": 75, "disposition": "scrap"})
    assert (found.concerned, found.open, found.stays) == (1, 1, ())


def test_a_scan_unit_for_all_skus_speaks_of_every_return(place: Town) -> None:
    graded(place, "R1", "SO-1", "50", "A")
    found = of(place, "scan_units", "*", "case")
    assert (found.concerned, found.staying) == (1, 1)
    assert found.stays[0].would_be.total == Decimal("240.00")


def test_it_says_how_many_it_looked_at_and_the_open_ones_come_first(place: Town) -> None:
    graded(place, "R1", "SO-1", "50", "E")
    graded(place, "R2", "SO-2", "50", "E")
    graded(place, "R3", "SO-3", "50", "E", status="Cancelled", tracking="")
    found = of(place, "grades", "E", {"credit_percent": 50, "disposition": "scrap"}, limit=2)
    assert (found.concerned, found.looked_at, found.complete) == (3, 2, False)
    assert {each.return_id for each in found.changes} == {"R1", "R2"}


def test_a_mapping_file_is_asked_about_as_one_change(place: Town) -> None:
    graded(place, "R1", "SO-1", "50", "C", warehouseReference="GB7777")
    text = "grades: {C: {credit_percent: 75, disposition: scrap}}\nwarehouses: {GB7777: {role: hub}}"
    found = what_if.of_file(place.ledger, place.settings, text, now=place.clock())
    assert (found.concerned, found.staying) == (1, 1)
    same = what_if.of_file(place.ledger, place.settings, "grades: {}", now=place.clock())
    assert (same.concerned, same.changes) == (0, ())
