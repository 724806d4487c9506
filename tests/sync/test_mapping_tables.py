"""Mappings as the desk shows them: what waits first, then what is in effect, and what a word meant before."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sidecar.sync import mapping_tables, mappings
from tests.sync.town import Town, gloves_order


def graded(place: Town, return_id: str, order: str, grade: str) -> None:
    gloves_order(place, order)
    rows = [{"productSku": "GLOVE", "quantity": "50", "grade": grade, "returnReason": "Too small"}]
    place.says(return_id, order, rows, tracking="Graded")


def test_words_without_a_mapping_come_first_with_what_waits_for_them(place: Town) -> None:
    graded(place, "R1", "SO-1", "E")
    graded(place, "R2", "SO-2", "e")
    graded(place, "R3", "SO-3", "F")
    place.settle()
    found = mapping_tables.table(place.ledger, "grades")
    assert [(each.source, each.returns, each.amounts) for each in found.waiting] == [
        ("E", 2, {"GBP": Decimal("240.00")}),
        ("F", 1, {"GBP": Decimal("120.00")}),
    ]
    assert (found.waiting[0].code, found.waiting[0].holds) == ("grade_not_mapped", "all")
    assert {each.kind for each in mapping_tables.waiting(place.ledger)} == {"grades", "reasons"}


def test_what_is_in_effect_says_who_set_it_and_how_many_returns_used_it(place: Town) -> None:
    graded(place, "R1", "SO-1", "A")
    place.settle()
    place.maps("grades", "a", {"credit_percent": "90.5", "disposition": "restock"})
    entries = {each.source: each for each in mapping_tables.table(place.ledger, "grades").entries}
    assert (entries["a"].value, entries["a"].changed_by, entries["a"].used) == (
        {"credit_percent": Decimal("90.5"), "disposition": "restock"},
        "test",
        1,
    )
    assert (entries["B"].changed_by, entries["B"].version, entries["B"].used) == ("default", None, 0)
    assert "A" not in entries
    (units,) = mapping_tables.table(place.ledger, "scan_units").entries
    assert (units.source, units.used) == ("*", None)


def test_the_history_of_a_word_is_told_in_any_spelling_the_newest_first(place: Town) -> None:
    now = place.clock()
    mappings.change(
        place.ledger, "grades", "E", {"credit_percent": 10, "disposition": "scrap"}, "ann", now, "first try"
    )
    mappings.change(place.ledger, "grades", "e", {"credit_percent": 20, "disposition": "scrap"}, "bob", now)
    mappings.change(place.ledger, "grades", "E", None, "cid", now)
    told = mapping_tables.history(place.ledger, "grades", " e")
    assert [(each.changed_by, each.value and each.value["credit_percent"], each.note) for each in told] == [
        ("cid", None, ""),
        ("bob", 20, ""),
        ("ann", 10, "first try"),
    ]
    assert mapping_tables.history(place.ledger, "grades", "Q") == ()
    assert mapping_tables.default_of("grades", "c") == {"credit_percent": 50, "disposition": "scrap"}
    assert mapping_tables.default_of("grades", "E") is None


def test_an_unknown_kind_is_refused(place: Town) -> None:
    with pytest.raises(mappings.UnknownKind):
        mapping_tables.table(place.ledger, "colours")
    with pytest.raises(mappings.UnknownKind):
        mapping_tables.history(place.ledger, "colours", "red")
