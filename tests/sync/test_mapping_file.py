"""Mapping files: every word exactly as written, all errors at once, and what is exported can be imported."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.returns.model import Disposition
from sidecar.sync.mapping_file import MappingFileError, parse_file, write_file
from sidecar.sync.mapping_values import (
    DEFAULTS,
    KINDS,
    MILESTONES,
    OPTIONS,
    InvalidMapping,
    UnknownKind,
    effective,
    validate_value,
)

CONTRACT = """
grades:        {A: {credit_percent: 100, disposition: restock}, C: {credit_percent: 50, disposition: scrap}}
warehouses:    {GB0064: {role: destination, oro_code: main}, DE0001: {role: hub}}
reasons:       {"12": damaged_in_transit, Too small: wrong_size}
fees:
  returnCost: {service_sku: SVC-RETURN, treatment: deduct}
  RETURN-FEE: {service_sku: SVC-RETURN, treatment: deduct}
scan_units:    {"*": primary, GLOVE: case, "GLOVE@GB0064": each}
return_options: {"2": exchange}
order_statuses: {Awaiting goods: approved}
tracking_statuses: {Put away: restocked}
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(MappingFileError) as caught:
        parse_file(text)
    return [str(problem) for problem in caught.value.problems]


def test_the_file_of_the_contract_is_read_as_it_says() -> None:
    assert parse_file(CONTRACT) == {
        "grades": {
            "A": {"credit_percent": 100, "disposition": "restock"},
            "C": {"credit_percent": 50, "disposition": "scrap"},
        },
        "warehouses": {"GB0064": {"role": "destination", "oro_code": "main"}, "DE0001": {"role": "hub"}},
        "reasons": {"12": "damaged_in_transit", "Too small": "wrong_size"},
        "fees": {
            "returnCost": {"service_sku": "SVC-RETURN", "treatment": "deduct"},
            "RETURN-FEE": {"service_sku": "SVC-RETURN", "treatment": "deduct"},
        },
        "scan_units": {"*": "primary", "GLOVE": "case", "GLOVE@GB0064": "each"},
        "return_options": {"2": "exchange"},
        "order_statuses": {"Awaiting goods": "approved"},
        "tracking_statuses": {"Put away": "restocked"},
    }


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    text = """
reasons: {12: a, 012: b, NO: c, yes: d, 1.50: e, 2026-01-01: f, 0x1F: g, 1e3: h, off: no}
"""
    assert parse_file(text)["reasons"] == {
        "12": "a",
        "012": "b",
        "NO": "c",
        "yes": "d",
        "1.50": "e",
        "2026-01-01": "f",
        "0x1F": "g",
        "1e3": "h",
        "off": "no",
    }


def test_a_percent_keeps_its_decimals() -> None:
    text = """
grades:
  E: {credit_percent: 33.3333, disposition: scrap}
  F: {credit_percent: "12.50", disposition: scrap}
"""
    grades = parse_file(text)["grades"]
    assert grades["E"]["credit_percent"] == "33.3333"
    assert grades["F"]["credit_percent"] == "12.5"


def test_every_error_is_listed_with_its_line() -> None:
    text = """grades:
  A: {credit_percent: 101, disposition: restock}
  B: {credit_percent: 100, disposition: sell}
  C: {credit_percent: 50}
warehouses:
  X: {role: moon}
colours: {red: blue}
order_statuses: {Fertig: done}
"""
    assert problems_of(text) == [
        "line 2: /grades/A/credit_percent must be a number from 0 to 100 with at most 4 decimals",
        f"line 3: /grades/B/disposition must be one of: {', '.join(Disposition)}",
        "line 4: /grades/C/disposition missing data for required field",
        "line 6: /warehouses/X/role must be one of: destination, hub",
        f"line 7: /colours is no kind; the kinds are {', '.join(KINDS)}",
        f"line 8: /order_statuses/Fertig must be one of: {', '.join(MILESTONES)}",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reasons: {a: ~}", "says nothing (~)"),
        ("reasons: {a: }", "says nothing"),
        ("reasons: {~: a}", "says nothing"),
        ("reasons: {a: [b]}", "not a list"),
        ("reasons: {a: b, a: c}", "is there twice"),
        ("grades: {A: {credit_percent: 1, credit_percent: 2, disposition: scrap}}", "is there twice"),
        ("tracking_statuses:\n  Put away: restocked\n  PUT_AWAY: graded", "stands in line 2"),
        ("reasons: {a: b}\nreasons: {c: d}", "is there twice"),
        ("x: &a [1]\ny: *a", "aliases"),
        ("reasons: {a: !!python/object/apply:os.system [ls]}", "list"),
        ("reasons: {a: !mine b}", "plain word"),
        ("- a\n- b", "must name kinds"),
        ("just text", "must name kinds"),
        ("", "must name kinds"),
        ("grades: {A", "is no YAML"),
        ("reasons: {a: b\tc}\n\tx: y", "YAML"),
        ("grades: [A]", "must be a table"),
        ("scan_units: {'@GB': each}", 'must be for "*", a SKU or SKU@WAREHOUSE'),
        ("fees: {X: {treatment: deduct}}", "service_sku is needed to deduct the fee"),
        ("grades: {' - ': {credit_percent: 1, disposition: scrap}}", "empty word"),
        ("grades: {A: {credit_percent: 100, disposition: restock, colour: red}}", "unknown field"),
        ("[" * 5000, "YAML"),
        ('reasons: {a: "\\x07"}', "control characters"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_as_a_whole(text: str, said: str) -> None:
    assert said in "\n".join(problems_of(text)) or said == "YAML"


def test_the_empty_word_is_a_return_option_and_nothing_else() -> None:
    assert parse_file('return_options: {"": store_credit}') == {"return_options": {"": "store_credit"}}
    assert "empty word" in problems_of('reasons: {"": a}')[0]


def test_an_empty_kind_names_nothing() -> None:
    assert parse_file("grades:\nreasons: {}") == {"grades": {}, "reasons": {}}


def test_what_is_exported_is_read_back_to_the_same() -> None:
    everything = effective(parse_file(CONTRACT))
    assert parse_file(write_file(everything)) == everything


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=40).filter(
    lambda word: word.strip() == word and not set(word) & set("\u2028\u2029\ufeff")
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(WORDS, WORDS, max_size=5),
    st.dictionaries(WORDS | st.just(""), st.sampled_from(OPTIONS), max_size=5),
)
def test_any_words_survive_export_and_import(reasons: dict[str, str], options: dict[str, str]) -> None:
    named = {kind: words for kind, words in (("reasons", reasons), ("return_options", options)) if words}
    assert parse_file(write_file(named)) == named


def test_a_stored_spelling_takes_the_place_of_the_default() -> None:
    merged = effective({"order_statuses": {"GRADED": "received"}})
    assert "Graded" not in merged["order_statuses"]
    assert merged["order_statuses"]["GRADED"] == "received"
    assert merged["grades"] == DEFAULTS["grades"]


def test_validate_value_knows_its_kinds() -> None:
    with pytest.raises(UnknownKind):
        validate_value("colours", "red", "blue")
    with pytest.raises(InvalidMapping):
        validate_value("grades", "A", "restock")
    with pytest.raises(InvalidMapping):
        validate_value("reasons", "A", {"a": "b"})
    assert validate_value("scan_units", "GLOVE@GB0064", "each") == "each"
