"""Which returns a mapping speaks of is known by the words they used."""

from __future__ import annotations

import pytest

from sidecar.returns.vocabulary import looked_up_by, words_of
from tests.returns.builders import row, snapshot

SAID = snapshot(
    1,
    "Put_Away",
    row(1, "a -", "glove", reason_id="12", reason="Too small"),
    status="Graded",
    cost="5",
    option="2",
)


def test_a_snapshot_uses_its_status_words_grades_warehouse_reasons_option_and_skus() -> None:
    assert words_of([SAID]) == {
        ("order_statuses", "graded"),
        ("tracking_statuses", "putaway"),
        ("grades", "a"),
        ("warehouses", "GB0064"),
        ("reasons", "12"),
        ("reasons", "Too small"),
        ("return_options", "2"),
        ("fees", "RETURNCOST"),
        ("skus", "GLOVE"),
    }


def test_the_empty_return_option_is_a_word_and_no_other_empty_word_is() -> None:
    assert words_of([snapshot(1, "", row(1, sku="GLOVE"), status="", warehouse="")]) == {
        ("return_options", ""),
        ("skus", "GLOVE"),
    }


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("grades", "A-"),
        ("tracking_statuses", "put away"),
        ("scan_units", "Glove"),
        ("scan_units", "GLOVE@GB0064"),
        ("fees", "returncost"),
        ("fees", "glove"),
        ("return_options", "2"),
        ("warehouses", "GB0064"),
    ],
)
def test_a_mapping_finds_the_returns_that_used_its_word(kind: str, source: str) -> None:
    assert looked_up_by(kind, source) in words_of([SAID])


def test_the_scan_unit_of_all_skus_speaks_of_every_return() -> None:
    assert looked_up_by("scan_units", "*") is None
