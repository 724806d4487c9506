"""Why a flag stands, as a person is told: ZigZag's words, Oro's order, our arithmetic, and what can be decided."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from sidecar.ledger import flags
from sidecar.returns.choices import Choice
from sidecar.sync import decisions, evidence, flagging
from sidecar.sync.evidence import Evidence
from tests.sync.town import Town, gloves_order

ASKED = [{"productSku": "GLOVE", "quantity": "1"}]
ONE = [{"productSku": "GLOVE", "quantity": "1", "grade": "A"}]


def of(place: Town, code: str, return_id: str = "R1") -> Evidence:
    with place.ledger.read() as conn:
        (flag,) = flags.search(conn, code=code, return_id=return_id).rows
    found = evidence.of_flag(place.ledger, flag.id, place.settings)
    assert found is not None
    return found


def labels(found: Evidence) -> list[str]:
    return [choice.label for choice in found.choices]


def choice(found: Evidence, label: str) -> Choice:
    return next(each for each in found.choices if each.label == label)


def ambiguous(place: Town) -> Evidence:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.says("R1", "SO-1", ONE, tracking="Graded")
    place.settle()
    return of(place, "unit_ambiguous")


def test_a_count_in_no_unit_shows_both_readings_and_a_button_for_each(place: Town) -> None:
    found = ambiguous(place)
    assert found.title == "Counted in which unit?"
    assert found.about == "SKU GLOVE"
    assert found.said is not None
    assert [(each.row.sku, each.row.quantity, each.row.grade, each.concerns) for each in found.said.rows] == [
        ("GLOVE", Fraction(1), "A", True)
    ]
    assert (found.said.milestone, found.said.source) == ("graded", "webhook")
    assert found.order is not None
    (line,) = found.order.lines
    assert (line.line.unit, line.line.quantity, line.left, line.value.net) == ("case", 2, 2, Decimal("200.00"))
    asked, counted = line.sentences
    assert asked == "1 case asked for."
    assert counted == (
        "1 counted, and the unit is not said. Either 1 each = 0.02 case, or 1 case = 50 each: "
        "1 case was asked for, so both can be true."
    )
    assert labels(found)[:4] == [
        "Treat as case for GLOVE",
        "Treat as each for GLOVE",
        "Treat as case for GLOVE at GB0064 only",
        "Treat as each for GLOVE at GB0064 only",
    ]
    treat = choice(found, "Treat as case for GLOVE")
    assert (treat.verb, treat.mapping, treat.value) == ("map", ("scan_units", "GLOVE"), "case")


def test_what_other_returns_of_the_order_took_is_named(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "75", "grade": "A"}], tracking="Graded")
    place.settle()
    place.says("R2", "SO-1", [{"productSku": "GLOVE", "quantity": "75", "grade": "A"}], tracking="Graded")
    place.settle()
    found = of(place, "received_over", "R2")
    assert found.order is not None
    (line,) = found.order.lines
    assert [(each.return_id, each.accepted, each.credited) for each in line.taken] == [
        ("R1", Fraction(3, 2), Fraction(3, 2))
    ]
    assert line.left == Fraction(1, 2)
    assert line.sentences == (
        "25 each = 0.5 case of 50 each counted (in the unit of the first credit memo). Grade A: 100 % credit, restock.",
        "50 each more than is left of the order; not credited.",
    )
    assert labels(found)[:2] == ["Ask again", "Accept: not credited"]


def test_an_unmapped_grade_shows_what_waits_and_concerns_only_its_rows(place: Town) -> None:
    gloves_order(place)
    counted = [
        {"productSku": "GLOVE", "quantity": "50", "grade": "A"},
        {"productSku": "GLOVE", "quantity": "50", "grade": "E"},
    ]
    place.says("R1", "SO-1", counted, tracking="Graded")
    place.settle()
    found = of(place, "grade_not_mapped")
    assert found.said is not None
    assert [each.concerns for each in found.said.rows] == [False, True]
    assert found.order is not None
    assert 'Grade "E" has no mapping: neither its credit nor its stock is decided.' in found.order.lines[0].sentences[1]
    first = found.choices[0]
    assert (first.verb, first.mapping, [field.name for field in first.fields]) == (
        "map",
        ("grades", "E"),
        ["credit_percent", "disposition"],
    )
    assert found.computed == ("120.00 GBP was credited before.",)


def test_goods_that_are_on_no_line_and_fees_are_told_beside_the_lines(place: Town) -> None:
    gloves_order(place)
    rows = [{"productSku": "SOCK", "quantity": "2", "grade": "A"}]
    place.says("R1", "SO-1", rows, tracking="Graded", returnCost="4.50", returnCostCurrencyCode="GBP")
    place.settle()
    found = of(place, "sku_not_on_order")
    assert (found.choices[0].label, found.choices[0].mapping) == ("SOCK is a fee", ("fees", "SOCK"))
    assert found.computed == (
        "2 of SOCK counted; no line of the order. Grade A: 100 % credit, restock.",
        "Fee returnCost: 4.50 GBP, no mapping.",
    )


def test_of_an_order_that_oro_does_not_know_only_zigzag_speaks(place: Town) -> None:
    place.says("R1", "SO-NONE", ONE, tracking="Graded")
    place.work()
    found = of(place, "order_not_found")
    assert found.order is None
    assert found.said is not None
    assert "Ask again" in labels(found)


def test_a_later_notice_without_products_does_not_hide_what_was_counted(place: Town) -> None:
    ambiguous(place)
    place.says("R1", "SO-1", [], status="Closed")
    place.settle()
    found = of(place, "unit_ambiguous")
    assert found.said is not None
    assert found.counted is not None
    assert (found.said.rows, len(found.counted.rows)) == ((), 1)


def test_what_was_decided_about_the_flag_is_part_of_it(place: Town) -> None:
    found = ambiguous(place)
    decisions.note(place.ledger, found.flag.id, text="asked Leeds", actor="ann", now=place.clock())
    again = of(place, "unit_ambiguous")
    assert [(row.actor, row.detail["note"]) for row in again.trail] == [("ann", "asked Leeds")]


def test_a_flag_of_the_whole_system_has_no_return_and_can_be_taken_over(place: Town) -> None:
    with place.ledger.begin() as conn:
        flags.raise_system(conn, flagging.sync_draft("oro_unreachable", "Oro is gone.", place.clock()), place.clock())
        (flag,) = flags.search(conn).rows
    found = evidence.of_flag(place.ledger, flag.id, place.settings)
    assert found is not None
    assert (found.the_return, found.said, found.order) == (None, None, None)
    assert labels(found) == ["Dismiss with a note", "Take it over", "Add a note"]
    assert evidence.of_flag(place.ledger, flag.id + 1, place.settings) is None
