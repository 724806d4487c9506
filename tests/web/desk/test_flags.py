"""Flags at the desk: by cause, with evidence, and each decision shown in money and stock before it is made."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sidecar.ledger import audit, flags
from sidecar.web.desk import mapping_changes
from tests.sync.town import gloves_order
from tests.web.desk.conftest import TownDesk, Visitor

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
GRADED_A = [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}]


def one_case(desk: TownDesk, *numbers: int, asked: str = "", warehouse: str = "GB0064", **row: str) -> None:
    """Returns of one case of gloves each, graded A unless ``row`` says otherwise, of orders of their own."""
    for n in numbers:
        gloves_order(desk.place, f"SO-{n}")
        if asked:
            desk.place.says(f"R{n}", f"SO-{n}", [{"productSku": "GLOVE", "quantity": asked}])
        rows = [{**GRADED_A[0], **row}]
        desk.place.says(f"R{n}", f"SO-{n}", rows, tracking="Restocked", warehouseReference=warehouse)
    desk.place.settle()


def flag_id(desk: TownDesk, code: str, return_id: str = "R1") -> int:
    with desk.door.ledger.read() as conn:
        (found,) = flags.search(conn, code=code, return_id=return_id).rows
    return found.id


def cause_page(visitor: Visitor, words: str) -> str:
    """Open the cause that the list calls ``words``."""
    visitor.get("/desk/flags")
    before = visitor.text[: visitor.text.index(words)]
    address = before.rpartition('<a href="')[2].partition('"')[0].replace("&amp;", "&")
    visitor.get(address)
    return address


def test_returns_that_wait_for_one_word_are_one_line(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, 2, 3, grade="E")
    ann = town_desk.signed_in("operations")
    ann.get("/desk/flags")
    assert "1 cause " in ann.words
    assert 'Grade without a mapping: grade "E" Map the grade' in ann.words
    cause_page(ann, "Grade without a mapping")
    assert "3 returns wait for one decision" in ann.words or "3 returns, 360.00 GBP, wait for one decision" in ann.words
    for return_id in ("R1", "R2", "R3"):
        assert return_id in ann.words


def test_the_list_is_searched_by_return_order_and_sku_and_filtered_by_owner(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, 2, grade="E")
    ann = town_desk.signed_in("operations")
    for text in ("R1", "so-2", "glove"):
        assert "Grade without a mapping" in ann.get(f"/desk/flags?q={text}").text
    assert "Nothing waits here" in ann.get("/desk/flags?q=LAMP").text
    assert "Grade without a mapping" in ann.get("/desk/flags?owner=operations").text
    assert "Nothing waits here" in ann.get("/desk/flags?owner=finance").text
    assert "Nothing waits here" in ann.get("/desk/flags?assigned_to=me").text
    part = ann.get("/desk/flags?q=R1", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="found"')


def test_a_flag_shows_what_was_said_and_what_was_computed_in_words(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, grade="E")
    ann = town_desk.signed_in("operations")
    ann.get(f"/desk/flags/{flag_id(town_desk, 'grade_not_mapped')}")
    assert "What ZigZag says now" in ann.words
    assert "50 each" in ann.words
    assert "case of 50 each" in ann.words
    assert "Order SO-1, in GBP" in ann.words
    assert "2 case" in ann.words


def test_a_mapping_is_shown_in_money_and_stock_and_then_does_exactly_that(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, 2, grade="E")
    ann = town_desk.signed_in("operations")
    cause_page(ann, "Grade without a mapping")
    ann.press("Map grade E", value__credit_percent="50", value__disposition="restock")
    assert "Credit 120.00 GBP (100.00 GBP net, 20.00 GBP tax)" in ann.words
    assert "Stock +100 each GLOVE in main" in ann.words
    assert "Flags that end 2 grade not mapped" in ann.words
    assert town_desk.place.memos == []  # only shown

    ann.press("Save the mapping", note="half the price, agreed with the warehouse")
    assert "2 returns are due now" in ann.words
    stock = town_desk.place.level("GLOVE")
    town_desk.place.settle()
    assert sum(total for _, total in town_desk.place.totals) == Decimal("120.00")
    assert town_desk.place.level("GLOVE") - stock == 100
    assert "Nothing waits for this any more" in ann.get(cause_address("grade_not_mapped", "grades:e")).text
    assert "credited 60.00 GBP" in ann.words
    with town_desk.door.ledger.read() as conn:
        (row,) = audit.search(conn, subject="mapping:grades:E")
    assert (row.actor, row.detail["note"]) == ("user:operations", "half the price, agreed with the warehouse")


def cause_address(code: str, cause: str) -> str:
    return f"/desk/flags/cause?code={code}&cause={cause}"


def test_a_unit_is_settled_for_a_sku_with_one_button(town_desk: TownDesk) -> None:
    gloves_order(town_desk.place)
    town_desk.place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "1"}])
    town_desk.place.says("R1", "SO-1", [{**GRADED_A[0], "quantity": "1"}], tracking="Restocked")
    town_desk.place.settle()
    ann = town_desk.signed_in("operations")
    ann.get(f"/desk/flags/{flag_id(town_desk, 'unit_ambiguous')}")
    ann.press("Treat as case for GLOVE")
    assert "Credit 120.00 GBP" in ann.words
    assert "+50 each" in ann.words
    ann.press("Save the mapping")
    town_desk.place.settle()
    assert town_desk.place.totals == [("GL123:R1:1", Decimal("120.00"))]


def test_a_release_needs_a_reason_and_pays_what_was_held(town_desk: TownDesk) -> None:
    town_desk.place.shop.add_product("OLD", "each", {"each": ("1", 0)}, status="disabled")
    line = {"sku": "OLD", "quantity": "2", "unit": "each", "value": "10.00", "tax": "4.00"}
    town_desk.place.shop.add_order("SO-1", "GBP", [line])
    town_desk.place.says("R1", "SO-1", [{"productSku": "OLD", "quantity": "1", "grade": "A"}], tracking="Restocked")
    town_desk.place.settle()
    ann = town_desk.signed_in("operations")
    ann.get(f"/desk/flags/{flag_id(town_desk, 'sku_inactive')}")
    ann.press("Release the credit")
    assert "Credit 12.00 GBP (10.00 GBP net, 2.00 GBP tax)" in ann.words
    assert "Stock nothing moves" in ann.words
    ann.press("Release the credit", note=" ")
    assert "Say why" in ann.words
    ann.press("Release the credit", note="goods looked at")
    assert "1 flag is released" in ann.words
    town_desk.place.settle()
    assert town_desk.place.totals == [("GL123:R1:1", Decimal("12.00"))]
    with town_desk.door.ledger.read() as conn:
        trail = [row for row in audit.search(conn, return_id="R1") if row.action == "flag release"]
    assert [(row.actor, row.detail["note"]) for row in trail] == [("user:operations", "goods looked at")]


def test_a_role_decides_about_its_own_flags_only(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, grade="E")
    number = flag_id(town_desk, "grade_not_mapped")
    bob = town_desk.signed_in("cx")
    bob.get(f"/desk/flags/{number}")
    assert "Not for your roles" in bob.words
    answer = bob.send("/desk/flags/decide", verb="resolve", flag=str(number), note="x", step="do")
    assert answer.status_code == 403
    answer = bob.send("/desk/mappings/change", kind="grades", source="E", **{"value.credit_percent": "100"}, step="do")
    assert answer.status_code == 403
    bob.get(f"/desk/flags/{number}")
    bob.press("Keep the note", note="the customer called")
    assert "the customer called" in bob.words  # a note is everybody's


def test_several_flags_are_closed_together_and_only_those_that_were_shown(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, 2, asked="2")  # two cases asked for, one came
    ann = town_desk.signed_in("operations")
    address = cause_page(ann, "Less came back than was announced")
    ann.press("Accept the count", scope="all")
    assert "2 flags of one cause" in ann.words
    one_case(town_desk, 3, asked="2")
    ann.press("Accept the count", note="the rest was lost by the carrier")
    assert "2 flags are closed" in ann.words
    ann.get(address)
    assert "1 return waits" in ann.words.replace("1 return wait ", "1 return waits ")
    assert "the rest was lost by the carrier" in ann.words


def test_of_many_the_first_are_computed_at_once_and_all_when_somebody_asks(
    town_desk: TownDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping_changes, "QUICKLY", 1)
    one_case(town_desk, 1, 2, grade="E")
    ann = town_desk.signed_in("operations")
    cause_page(ann, "Grade without a mapping")
    ann.press("Map grade E", value__credit_percent="100", value__disposition="restock")
    assert "the sums above are of the first 1." in ann.words
    assert "120.00 GBP" in ann.words
    ann.press("Compute all 2")
    assert "Compute all" not in ann.words
    assert "240.00 GBP" in ann.words


def test_nothing_ticked_is_said_and_nothing_is_decided(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, 2, grade="E")
    ann = town_desk.signed_in("operations")
    cause_page(ann, "Grade without a mapping")
    answer = ann.press("Dismiss with a note")
    assert answer.status_code == 400
    assert "Tick at least one flag" in ann.words


def test_a_flag_is_given_to_somebody_and_found_under_mine(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, grade="E")
    town_desk.user("bob", "operations")
    number = flag_id(town_desk, "grade_not_mapped")
    ann = town_desk.signed_in("operations", name="ann")
    ann.get(f"/desk/flags/{number}")
    ann.press("Assign", assignee="nobody")
    assert "There is no such user" in ann.words
    ann.get(f"/desk/flags/{number}")
    ann.press("Assign", assignee="bob")
    assert "1 flag is given to bob" in ann.words
    bob = town_desk.visitor()
    bob.sign_in("bob")
    assert "Grade without a mapping" in bob.get("/desk/flags?assigned_to=me").text


def test_a_closed_flag_can_be_opened_again(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, grade="E")
    number = flag_id(town_desk, "grade_not_mapped")
    ann = town_desk.signed_in("operations")
    ann.get(f"/desk/flags/{number}")
    ann.press("Dismiss with a note")
    ann.press("Dismiss with a note", note="a mistake")
    assert "This flag is closed" in ann.words
    ann.press("Open it again")
    ann.press("Open it again")
    assert "1 flag is open again" in ann.words


@pytest.mark.parametrize(
    "path", ["/desk/flags/999999", "/desk/flags/cause?code=x&cause=y", "/desk/flags/99999999999999999999"]
)
def test_what_is_not_there_is_told(town_desk: TownDesk, path: str) -> None:
    assert town_desk.signed_in("cx").get(path).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"verb": "delete", "flag": "1"},
        {"verb": "resolve", "flag": "'; drop table flags; --"},
        {"verb": "resolve", "flag": "9" * 40},
        {"verb": "resolve", "scope": "all", "code": "\x00", "cause": "x"},
        {},
    ],
)
def test_rubbish_is_refused(town_desk: TownDesk, fields: dict[str, str]) -> None:
    ann = town_desk.signed_in("admin")
    ann.get("/desk/flags")
    assert ann.send("/desk/flags/decide", **fields).status_code == 400
