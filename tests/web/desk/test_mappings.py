"""Mappings at the desk: what waits comes first, and a change is shown against the returns before it is saved."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from sidecar.ledger import mappings as rows
from tests.web.desk.conftest import TownDesk
from tests.web.desk.test_flags import one_case

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)


def test_words_without_a_mapping_come_first_with_the_returns_and_money_that_wait(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, 2, grade="E")
    one_case(town_desk, 3, warehouse="XX0001")
    ann = town_desk.signed_in("operations")
    ann.get("/desk/mappings")
    waiting = ann.words[ann.words.index("Words without a mapping") : ann.words.index("All kinds")]
    assert waiting.index('"E" Grades 2') < waiting.index('"XX0001" Warehouses 1')
    assert "stock" in waiting
    ann.get("/desk/mappings/grades")
    assert '"E" 2' in ann.words
    assert "A 100 %, restock 1 built in" in ann.words


def test_a_new_word_is_mapped_with_its_history_kept(town_desk: TownDesk) -> None:
    ann = town_desk.signed_in("finance", name="ann")
    ann.get("/desk/mappings/fees")
    ann.press("Look what it will do", source="RETURN-FEE", value__treatment="deduct")
    assert "Service sku is needed to deduct the fee." in ann.words
    ann.get("/desk/mappings/fees")
    ann.press("Look what it will do", source="RETURN-FEE", value__treatment="deduct", value__service_sku="SVC")
    assert "Nothing moves: no credit, no stock, no flag." in ann.words
    ann.press("Save the mapping", note="as agreed")
    assert '"RETURN-FEE" is mapped. No return waits for it.' in ann.words
    ann.get("/desk/mappings/fees/word?source=return-fee")
    assert "deduct, SVC ann" in ann.words.replace("SVC, deduct", "deduct, SVC")
    assert "as agreed" in ann.words
    ann.press("Take it back")
    assert "without its mapping?" in ann.words
    ann.press("Take it back")
    assert '"RETURN-FEE" is taken back.' in ann.words
    assert "taken back" in ann.get("/desk/mappings/fees/word?source=RETURN-FEE").text


def test_a_change_shows_what_open_and_posted_returns_would_have_been(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, grade="C")  # C pays half: 60.00 of 120.00
    town_desk.place.says("R2", "SO-1", [{"productSku": "GLOVE", "quantity": "50", "grade": "C"}], tracking="Received")
    town_desk.place.settle()
    ann = town_desk.signed_in("finance")
    ann.get("/desk/mappings/grades/word?source=C")
    ann.press("Look what it will do", value__credit_percent="75", value__disposition="scrap")
    address = ann.text.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    ann.get(address, headers={"HX-Request": "true"})
    assert "2 returns speak this way" in ann.words
    assert "1 stays as it is" in ann.words
    assert "+30.00 GBP would have been credited" in ann.words
    assert "60.00 GBP 90.00 GBP" in ann.words


def test_what_cannot_be_meant_is_asked_about_before_it_is_saved(town_desk: TownDesk) -> None:
    ann = town_desk.signed_in("operations")
    ann.get("/desk/mappings/grades")
    ann.press("Look what it will do", source="M", value__credit_percent="100", value__disposition="missing")
    assert "Is this meant?" in ann.words
    ann.press("Save the mapping")
    with town_desk.door.ledger.read() as conn:
        assert rows.current(conn)["grades"]["M"] == {"credit_percent": 100, "disposition": "missing"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"value__credit_percent": "101", "value__disposition": "scrap"}, "must be a number from 0 to 100"),
        ({"value__credit_percent": "1e2", "value__disposition": "scrap"}, "must be a number from 0 to 100"),
        ({"value__credit_percent": "50", "value__disposition": "burn"}, "must be one of"),
        ({"value__credit_percent": "50", "value__disposition": "scrap", "value__more": "1"}, "unknown field"),
        ({}, "missing"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_field(
    town_desk: TownDesk, fields: dict[str, str], words: str
) -> None:
    ann = town_desk.signed_in("operations")
    ann.get("/desk/mappings/grades")
    answer = ann.press("Look what it will do", source="E", **fields)
    assert answer.status_code == 422
    assert words in ann.words.lower()
    assert "Save the mapping" not in ann.words


def test_a_role_sets_its_own_kinds_only(town_desk: TownDesk) -> None:
    bob = town_desk.signed_in("cx")
    assert "Look what it will do" not in bob.get("/desk/mappings/fees").text
    answer = bob.send("/desk/mappings/change", kind="fees", source="X", **{"value.treatment": "ignore"}, step="do")
    assert answer.status_code == 403
    assert bob.send("/desk/mappings/import", text="reasons: {a: b}").status_code == 403
    bob.get("/desk/mappings/reasons")
    bob.press("Look what it will do", source="Too small", value="wrong_size")
    bob.press("Save the mapping")
    assert '"Too small" is mapped' in bob.words


def test_a_file_is_shown_first_and_then_imported(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, grade="E")
    ann = town_desk.signed_in("admin")
    ann.get("/desk/mappings")
    file = (io.BytesIO(b"grades: {E: {credit_percent: 100, disposition: restock}, A: {credit_percent: 100, "
                       b"disposition: restock}}\n"), "mappings.yaml")  # fmt: skip
    ann.press("Look what it will do", file=file)
    assert "1 mapping changes" in ann.words
    assert "Credit 120.00 GBP" in ann.words
    assert town_desk.place.totals == []
    ann.press("Import it", text=ann.text.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0])
    assert "1 mapping is changed. 1 were so already. 1 return is due now." in ann.words
    town_desk.place.settle()
    assert town_desk.place.totals == [("GL123:R1:1", Decimal("120.00"))]


def test_a_file_with_an_error_is_refused_whole_and_every_error_is_named(town_desk: TownDesk) -> None:
    ann = town_desk.signed_in("admin")
    ann.get("/desk/mappings")
    answer = ann.press(
        "Look what it will do", text="reasons: {a: b}\ngrades: {E: {credit_percent: 200}}\nodd: {a: b}\n"
    )
    assert answer.status_code == 422
    assert "Nothing was changed." in ann.words
    assert "line 2" in ann.words
    assert "line 3" in ann.words
    with town_desk.door.ledger.read() as conn:
        assert "reasons" not in rows.current(conn)


def test_what_is_exported_is_what_an_import_would_find_so_already(town_desk: TownDesk) -> None:
    ann = town_desk.signed_in("admin")
    exported = ann.get("/desk/mappings/export")
    assert exported.headers["Content-Disposition"] == 'attachment; filename="mappings.yaml"'
    ann.get("/desk/mappings")
    ann.press("Look what it will do", text=exported.text)
    assert "0 mappings change" in ann.words


@pytest.mark.parametrize("path", ["/desk/mappings/colours", "/desk/mappings/grades/word?source=never"])
def test_what_is_not_there_is_told(town_desk: TownDesk, path: str) -> None:
    assert town_desk.signed_in("cx").get(path).status_code == 404
