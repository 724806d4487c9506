"""What a decision is said to do is what it then does: credits, stock and flags, return by return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sidecar.ledger import flags
from sidecar.ledger.flags import LIVE
from sidecar.sync import decisions, flagging, mappings, preview
from sidecar.sync.preview import Preview
from tests.sync.town import Town, gloves_order

ASKED = [{"productSku": "GLOVE", "quantity": "1"}]


def graded(place: Town, return_id: str, order: str, quantity: str, grade: str = "A", **more: Any) -> None:
    rows = [{"productSku": "GLOVE", "quantity": quantity, "grade": grade}]
    place.says(return_id, order, rows, **{"tracking": "Restocked", **more})


def the_flag(place: Town, code: str, return_id: str = "R1") -> int:
    with place.ledger.read() as conn:
        (found,) = flags.search(conn, code=code, return_id=return_id).rows
    return found.id


def live(place: Town) -> Counter[str]:
    with place.ledger.read() as conn:
        rows = [row for state in LIVE for row in flags.search(conn, state=state, limit=500).rows]
    return Counter(f"{row.return_id} {row.code} {row.subject}" for row in rows)


def proves(place: Town, foreseen: Preview, act: Callable[[], object]) -> None:
    """Does it, lets the bridge work, and compares every number with what was foreseen."""
    memos, stock, open_before = place.memos, place.level("GLOVE"), live(place)
    known = {memo["postingKey"] for memo in memos}
    act()
    place.settle()
    new = {memo["postingKey"]: memo for memo in place.memos if memo["postingKey"] not in known}

    said = {each.memo.key: each for each in foreseen.returns if each.memo is not None}
    assert said.keys() == new.keys()
    for key, memo in new.items():
        amounts = (Decimal(memo["netValue"]), Decimal(memo["taxValue"]), Decimal(memo["totalValue"]))
        assert (said[key].credit.net, said[key].credit.tax, said[key].credit.total) == amounts
        assert said[key].currency == memo["currency"]
    assert sum((each.total for each in foreseen.credits.values()), Decimal(0)) == sum(
        (Decimal(memo["totalValue"]) for memo in new.values()), Decimal(0)
    )
    assert sum((move.quantity for move in foreseen.stock), Fraction(0)) == Fraction(place.level("GLOVE") - stock)

    closed, opened = open_before - live(place), live(place) - open_before
    assert Counter(f"{r.return_id} {f.code} {f.subject}" for r in foreseen.returns for f in r.closes) == closed
    assert Counter(f"{r.return_id} {f.code} {f.subject}" for r in foreseen.returns for f in r.opens) == opened
    assert sum(foreseen.closes.values()) == closed.total()
    for each in foreseen.returns:
        assert place.in_oro(each.return_id)["status"] == each.status[1]
        assert place.in_oro(each.return_id)["syncState"] == each.state[1]


def of_mapping(place: Town, kind: str, source: str, value: Any, **more: Any) -> Preview:
    return preview.of_mapping(place.ledger, place.settings, kind, source, value, **more)


def of_decision(place: Town, verb: str, *flag_ids: int) -> Preview:
    return preview.of_decision(place.ledger, place.settings, flag_ids, verb)


def test_a_grade_that_is_mapped_pays_what_waited_for_it(place: Town) -> None:
    for number, quantity in enumerate(("50", "75", "100"), 1):
        gloves_order(place, f"SO-{number}")
        graded(place, f"R{number}", f"SO-{number}", quantity, "E")
    gloves_order(place, "SO-9")
    graded(place, "R9", "SO-9", "50", "F")
    place.settle()
    value = {"credit_percent": 25, "disposition": "restock"}
    foreseen = of_mapping(place, "grades", "e", value)
    assert (foreseen.looked_at, foreseen.concerned, foreseen.changed) == (3, 3, 3)
    assert foreseen.credits["GBP"].total == Decimal("135.00")  # a quarter of 1, 1.5 and 2 cases of 120.00
    assert [(each.sku, each.unit, each.warehouse, each.quantity) for each in foreseen.stock] == [
        ("GLOVE", "each", "main", 225)
    ]
    assert foreseen.closes == {"grade_not_mapped": 3}
    assert foreseen.moves
    proves(place, foreseen, lambda: place.maps("grades", "e", value))


def test_a_unit_for_one_sku_decides_what_other_returns_of_the_order_get(place: Town) -> None:
    gloves_order(place)
    place.says("R1", "SO-1", ASKED, status="Requested")
    place.says("R2", "SO-1", ASKED, status="Requested")
    graded(place, "R1", "SO-1", "1")
    graded(place, "R2", "SO-1", "1")
    place.settle()
    for unit, total in (("case", "240.00"), ("each", "4.80")):
        foreseen = of_mapping(place, "scan_units", "GLOVE", unit)
        assert foreseen.credits["GBP"].total == Decimal(total)
    proves(place, foreseen, lambda: place.maps("scan_units", "GLOVE", "each"))
    assert sorted(total for _, total in place.totals) == [Decimal("2.40"), Decimal("2.40")]


def test_a_sibling_that_was_not_waiting_shows_what_it_loses(place: Town) -> None:
    """R2 came first and waits for its grade; R1 holds the surplus of what is left until then."""
    gloves_order(place)
    graded(place, "R2", "SO-1", "75", "E")
    graded(place, "R1", "SO-1", "75", "C", tracking="Received")
    place.settle()
    foreseen = of_mapping(place, "grades", "E", {"credit_percent": 100, "disposition": "restock"})
    proves(place, foreseen, lambda: place.maps("grades", "E", {"credit_percent": 100, "disposition": "restock"}))


def test_a_warehouse_that_is_mapped_moves_stock_and_no_credit(place: Town) -> None:
    gloves_order(place)
    graded(place, "R1", "SO-1", "50", warehouseReference="GB9999")
    place.settle()
    value = {"role": "destination", "oro_code": "north"}
    foreseen = of_mapping(place, "warehouses", "GB9999", value)
    assert foreseen.credits == {}
    assert [(each.warehouse, each.quantity) for each in foreseen.stock] == [("north", 50)]
    proves(place, foreseen, lambda: place.maps("warehouses", "GB9999", value))


def test_goods_on_no_line_that_turn_out_to_be_a_fee(place: Town) -> None:
    gloves_order(place)
    rows = [
        {"productSku": "GLOVE", "quantity": "50", "grade": "E"},
        {"productSku": "RETURN-FEE", "quantity": "1", "itemCost": "5.00", "currency": "GBP"},
    ]
    place.says("R1", "SO-1", rows, tracking="Restocked")
    place.settle()
    value = {"service_sku": "SVC", "treatment": "deduct"}
    foreseen = of_mapping(place, "fees", "RETURN-FEE", value)
    assert foreseen.closes == {"sku_not_on_order": 1}
    proves(place, foreseen, lambda: place.maps("fees", "RETURN-FEE", value))
    both = of_mapping(place, "grades", "E", {"credit_percent": 100, "disposition": "scrap"})
    assert both.credits["GBP"].total == Decimal("115.00")
    proves(place, both, lambda: place.maps("grades", "E", {"credit_percent": 100, "disposition": "scrap"}))


def inactive(place: Town) -> int:
    gloves_order(place)
    graded(place, "R1", "SO-1", "50")
    (product,) = (each for each in place.shop.tables["products"] if each.attributes["sku"] == "GLOVE")
    product.attributes["status"] = "disabled"
    place.settle()
    return the_flag(place, "sku_inactive")


def test_a_release_pays_and_moves_no_stock(place: Town) -> None:
    flag = inactive(place)
    foreseen = of_decision(place, "release", flag)
    assert foreseen.credits["GBP"].total == Decimal("120.00")
    assert foreseen.stock == ()
    assert foreseen.closes == {"sku_inactive": 1}
    proves(
        place,
        foreseen,
        lambda: decisions.release(place.ledger, flag, note="checked", actor="ann", now=place.clock()),
    )


def test_a_resolved_flag_lets_the_return_close_and_pays_nothing(place: Town) -> None:
    flag = inactive(place)
    foreseen = of_decision(place, "resolve", flag)
    assert (foreseen.credits, foreseen.moves) == ({}, False)
    proves(
        place,
        foreseen,
        lambda: decisions.resolve(place.ledger, flag, note="goods sent back", actor="ann", now=place.clock()),
    )
    again = of_decision(place, "reopen", flag)
    assert again.opens == {"sku_inactive": 1}


def test_a_posting_of_unknown_outcome_goes_out_again_as_it_is(place: Town) -> None:
    gloves_order(place)
    graded(place, "R1", "SO-1", "50")
    place.shop.faults.add("drop_before", on="POST", contains='"GL123:R1:1"', count=1)
    place.work()
    flag = the_flag(place, "outcome_unknown")
    foreseen = of_decision(place, "release", flag)
    assert [(each.posting_key, each.total.total, each.currency) for each in foreseen.resends] == [
        ("GL123:R1:1", Decimal("120.00"), "GBP")
    ]
    assert foreseen.closes == {"outcome_unknown": 1}
    assert foreseen.credits == {}
    decisions.release(place.ledger, flag, note="mended", actor="ann", now=place.clock())
    place.settle()
    assert place.totals == [("GL123:R1:1", Decimal("120.00"))]


def test_a_mapping_file_is_foreseen_as_one_change(place: Town) -> None:
    gloves_order(place)
    graded(place, "R1", "SO-1", "50", "E", warehouseReference="GB9999")
    place.settle()
    text = "grades: {E: {credit_percent: 50, disposition: restock}}\nwarehouses: {GB9999: {role: destination}}"
    foreseen = preview.of_file(place.ledger, place.settings, text)
    assert foreseen.credits["GBP"].total == Decimal("60.00")
    proves(place, foreseen, lambda: mappings.import_file(place.ledger, text, "ann", place.clock()))


def test_a_preview_writes_nothing_and_asks_nobody(place: Town) -> None:
    flag = inactive(place)
    calls, before = place.shop.counters()["requests"], live(place)
    of_decision(place, "release", flag)
    of_mapping(place, "grades", "A", {"credit_percent": 10, "disposition": "scrap"})
    assert place.shop.counters()["requests"] == calls
    assert (live(place), place.due()) == (before, [])
    with place.ledger.read() as conn:
        assert "E" not in mappings.load(conn).grades


def test_more_than_it_may_look_at_is_said(place: Town) -> None:
    for number in range(3):
        gloves_order(place, f"SO-{number}")
        graded(place, f"R{number}", f"SO-{number}", "50", "E")
    place.settle()
    foreseen = of_mapping(place, "grades", "E", {"credit_percent": 100, "disposition": "scrap"}, limit=2)
    assert (foreseen.looked_at, foreseen.concerned, foreseen.complete) == (2, 3, False)
    assert foreseen.credits["GBP"].total == Decimal("240.00")


def test_a_return_whose_order_was_never_read_is_counted_apart(place: Town) -> None:
    place.says("R1", "SO-1", ASKED, status="Requested")
    with place.ledger.begin() as conn:
        draft = flagging.sync_draft("attempts_exhausted", "No.", place.clock())
        flags.raise_for_return(conn, 1, draft, place.clock())
    foreseen = of_decision(place, "release", the_flag(place, "attempts_exhausted"))
    assert (foreseen.unread, foreseen.changed, foreseen.closes) == (1, 0, {"attempts_exhausted": 1})


def test_what_could_not_be_decided_cannot_be_foreseen(place: Town) -> None:
    flag = inactive(place)
    with pytest.raises(decisions.DecisionError):
        of_decision(place, "reopen", flag)
    with pytest.raises(decisions.DecisionError):
        of_decision(place, "release", flag, flag + 100)
    with pytest.raises(mappings.InvalidMapping):
        of_mapping(place, "grades", "E", {"credit_percent": 500, "disposition": "scrap"})
    with pytest.raises(mappings.NotStored):
        of_mapping(place, "grades", "E", None)
