"""Mappings that cannot be meant are refused, those that are hardly meant are said; everywhere in the same words."""

from __future__ import annotations

from typing import Any

import pytest

from sidecar.returns.choices import Choice, Field, choices
from sidecar.returns.flags import MAPPED_BY, RULES
from sidecar.sync import mapping_checks, mappings
from sidecar.sync.mapping_checks import Shop
from sidecar.sync.mapping_values import KINDS, effective, validate_value
from tests.sync.town import Town, gloves_order

UNITS = {"GLOVE": frozenset({"each", "case"})}
SHOP = Shop(units_of=UNITS.get, sells=lambda sku: sku in UNITS)


def said(kind: str, source: str, value: Any) -> list[str]:
    merged = effective({kind: {source: value}})
    return [each.message for each in mapping_checks.cautions(merged, {(kind, source): value}, SHOP)]


@pytest.mark.parametrize(
    ("kind", "source", "value", "part"),
    [
        ("grades", "X", {"credit_percent": 0, "disposition": "restock"}, "credited nothing"),
        ("grades", "X", {"credit_percent": 100, "disposition": "missing"}, "did not come back"),
        ("grades", "X", {"credit_percent": "50.5", "disposition": "hold"}, "wait, credit and stock"),
        ("scan_units", "GLOVE", "box", "Oro knows GLOVE in case, each, not in box"),
        ("scan_units", "GLOVE@GB0064", "box", "Oro knows GLOVE in case, each, not in box"),
        ("scan_units", "SOCK", "case", "no order read so far sells SOCK"),
        ("scan_units", "*", "case", "every product that Oro does not know in case"),
        ("fees", "GLOVE", {"treatment": "ignore"}, "GLOVE is sold as goods"),
        ("return_options", "", "exchange", "no credit memo any more"),
        ("tracking_statuses", "Put away", "restocked", "releases credit and stock"),
        ("order_statuses", "Checked", "graded", "releases credit."),
        ("order_statuses", "Received", "requested", "the same word means received among the tracking statuses"),
    ],
)
def test_what_is_hardly_meant_is_said(kind: str, source: str, value: Any, part: str) -> None:
    assert any(part in message for message in said(kind, source, value))


@pytest.mark.parametrize(
    ("kind", "source", "value"),
    [
        ("grades", "X", {"credit_percent": 50, "disposition": "scrap"}),
        ("scan_units", "GLOVE", "case"),
        ("scan_units", "*", "primary"),
        ("fees", "RETURN-FEE", {"treatment": "ignore"}),
        ("return_options", "2", "exchange"),
        ("tracking_statuses", "On its way", "in_transit"),
        ("grades", "X", None),
    ],
)
def test_what_is_plain_is_done_without_a_word(kind: str, source: str, value: Any) -> None:
    assert said(kind, source, value) == []


def test_a_hub_may_not_be_a_destination_at_once(place: Town) -> None:
    with pytest.raises(mappings.InvalidMapping) as refused:
        mappings.change(
            place.ledger, "warehouses", "Leeds hub", {"role": "hub", "oro_code": "MAIN"}, "ann", place.clock()
        )
    assert [str(each) for each in refused.value.problems] == [
        '/role cannot be hub: "GB0064" maps the same Oro code as a destination'
    ]
    with pytest.raises(mappings.MappingFileError, match="/warehouses/Leeds hub/role cannot be hub"):
        mappings.import_file(place.ledger, "warehouses: {Leeds hub: {role: hub, oro_code: main}}", "ann", place.clock())
    place.maps("warehouses", "Leeds hub", {"role": "hub", "oro_code": "leeds"})


def test_two_names_of_one_warehouse_change_their_role_together(place: Town) -> None:
    place.maps("warehouses", "Main house", {"role": "destination", "oro_code": "main"})
    text = "warehouses: {GB0064: {role: hub, oro_code: main}, Main house: {role: hub, oro_code: main}}"
    assert mappings.import_file(place.ledger, text, "ann", place.clock()).changed == 2


@pytest.mark.parametrize("disposition", ["scrap", "quarantine"])
def test_a_grade_that_scraps_has_no_way_to_say_that_it_restocks(disposition: str) -> None:
    with pytest.raises(mappings.InvalidMapping, match="/restock"):
        validate_value("grades", "C", {"credit_percent": 50, "disposition": disposition, "restock": True})


def test_units_are_known_from_the_orders_that_were_read(place: Town) -> None:
    def change(source: str, unit: str) -> list[str]:
        done = mappings.change(place.ledger, "scan_units", source, unit, "ann", place.clock())
        return [each.message for each in done.cautions]

    assert change("GLOVE", "each") == [
        "no order read so far sells GLOVE, so whether Oro knows it in each is not known."
    ]
    gloves_order(place)
    place.says("R1", "SO-1", [{"productSku": "glove", "quantity": "1"}], status="Requested")
    place.settle()
    assert change("glove", "case") == []
    assert change("glove", "box") == ["Oro knows GLOVE in case, each, not in box: its counts will be flagged."]
    done = mappings.change(place.ledger, "fees", "Glove", {"treatment": "ignore"}, "ann", place.clock())
    assert [each.message for each in done.cautions] == [
        "Glove is sold as goods: rows of it will count as a fee, and be credited no longer."
    ]


def filled(choice: Choice) -> Any:
    """What a person would send who takes the first option of every field."""
    given = {field.name: _first(field) for field in choice.fields if not field.optional}
    if choice.value is not None:
        return {**choice.value, **given} if isinstance(choice.value, dict) else choice.value
    return given["value"] if set(given) == {"value"} else given


def _first(field: Field) -> str:
    return field.options[-1][0] if field.options else {"percent": "50"}.get(field.form, "each")


@pytest.mark.parametrize("kind", KINDS)
def test_every_choice_that_maps_sends_a_value_that_can_be_stored(kind: str) -> None:
    code = next(code for code, by in MAPPED_BY.items() if by == kind or kind == "order_statuses")
    found = choices(code, mapping=(kind, "GLOVE"), units=("each", "case"), warehouse="GB0064")
    maps = [each for each in found if each.verb == "map"]
    assert maps
    for choice in maps:
        assert choice.mapping is not None
        validate_value(*choice.mapping, filled(choice))


@pytest.mark.parametrize("code", RULES)
def test_every_flag_can_be_closed_with_a_note_and_taken_over(code: str) -> None:
    verbs = [each.verb for each in choices(code)]
    assert verbs[-3:] == ["resolve", "assign", "note"]
    assert [each.needs_note for each in choices(code)][-3:] == [True, False, True]
