"""Returns at the desk: found by any number a person has in hand, with their whole story."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sidecar.ledger import requests
from sidecar.ledger.tables import requests as request_table
from tests.sync.town import gloves_order
from tests.web.desk.conftest import TownDesk

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)


def half_a_case_short(desk: TownDesk) -> None:
    """Two cases asked for; 75 gloves counted: one and a half cases of two at 200.00 with 40.00 tax."""
    gloves_order(desk.place)
    desk.place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "2"}])
    desk.place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "75", "grade": "A"}], tracking="Restocked")
    desk.place.settle()


def test_a_return_is_found_by_its_number_its_order_and_its_sku(town_desk: TownDesk) -> None:
    half_a_case_short(town_desk)
    ann = town_desk.signed_in("cx")
    assert ann.get("/desk/returns?q=R1").location == "/desk/returns/R1"
    for text in ("so-1", "glove"):
        assert ">R1</a>" in ann.get(f"/desk/returns?q={text}").text
    assert "No return found" in ann.get("/desk/returns?q=R9").text
    assert ">R1</a>" in ann.get("/desk/returns?state=in_sync&milestone=restocked").text
    assert "No return found" in ann.get("/desk/returns?state=failed").text


def test_many_returns_are_leafed_through(town_desk: TownDesk) -> None:
    for n in range(51):
        town_desk.place.says(f"R{n:02}", f"SO-{n}", [{"productSku": "GLOVE", "quantity": "1"}])
    ann = town_desk.signed_in("cx")
    first = ann.get("/desk/returns").text
    assert first.count('<th scope="row"><a') == 50
    following = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert ann.get(following).text.count('<th scope="row"><a') == 1
    assert ann.get("/desk/returns?cursor=madeup").status_code == 409


def test_lines_say_what_was_asked_counted_accepted_credited_and_restocked(town_desk: TownDesk) -> None:
    half_a_case_short(town_desk)
    ann = town_desk.signed_in("finance")
    ann.get("/desk/returns/R1")
    assert "Asked Counted Accepted Credited Restocked" in ann.words
    assert "GLOVE in case, line 1 2 1.5 1.5 1.5 1.5 75 each A: 100 %, restock" in ann.words


def test_a_credit_memo_is_explained_line_by_line(town_desk: TownDesk) -> None:
    half_a_case_short(town_desk)
    ann = town_desk.signed_in("finance")
    ann.get("/desk/returns/R1")
    assert "Credit memo of 180.00 GBP confirmed" in ann.words
    assert "75 each = 1.5 case of 50 each, 100 % grade A. 3/4 (1.5 of 2 case) of 200.00" in ann.words
    assert "150.00 GBP 30.00 GBP 180.00 GBP" in ann.words
    assert "Into stock: +75 each GLOVE" in ann.words


def test_the_story_tells_snapshots_plans_postings_flags_and_people(town_desk: TownDesk) -> None:
    half_a_case_short(town_desk)
    ann = town_desk.signed_in("operations", name="ann")
    ann.get("/desk/returns/R1")
    ann.press("Sync now")
    assert "ZigZag and OroCommerce are read again now" in ann.words
    story = ann.words[ann.words.index("What happened") :]
    for told in (
        "Asked again by ann",
        "Credit of 180.00 GBP confirmed by OroCommerce",
        "Credit of 180.00 GBP planned GL123:R1:1",
        "Planned as closed",
        "Flag: Less came back than was announced",
        "ZigZag said Approved, Restocked (restocked)",
        "ZigZag said Approved (approved)",
    ):
        assert told in story


def test_sync_now_asks_once_however_often_it_is_pressed(town_desk: TownDesk) -> None:
    half_a_case_short(town_desk)
    ann = town_desk.signed_in("cx", name="ann")
    for _ in range(3):
        ann.get("/desk/returns/R1")
        ann.press("Sync now")
    with town_desk.door.ledger.read() as conn:
        found = [requests.RequestRow(*row) for row in conn.execute(request_table.select())]
    assert [(row.target, row.actor, row.state) for row in found] == [("R1", "user:ann", "queued")]
    assert "It is being brought up to date now" in ann.words


def test_a_return_that_waits_for_its_order_says_what_failed_and_when_it_is_tried_again(town_desk: TownDesk) -> None:
    town_desk.place.says("R1", "SO-404", [{"productSku": "GLOVE", "quantity": "1"}])
    town_desk.place.work()
    ann = town_desk.signed_in("cx")
    town_desk.place.clock.now += timedelta(seconds=1)
    ann.get("/desk/returns/R1")
    assert "Order not found in Oro" in ann.words
    assert "It is looked at again in" in ann.words


def test_numbers_of_an_outside_system_are_shown_as_text_and_never_as_markup(town_desk: TownDesk) -> None:
    odd = '<script>alert("x")</script>'
    town_desk.place.says("R/1 <b>", odd, [{"productSku": odd, "quantity": "1"}])
    town_desk.place.work()
    ann = town_desk.signed_in("cx")
    for path in ("/desk/returns", "/desk/flags", "/desk/returns/R%2F1%20%3Cb%3E"):
        answer = ann.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "<b>" not in answer.text


def test_an_unknown_return_is_told(town_desk: TownDesk) -> None:
    ann = town_desk.signed_in("cx")
    assert ann.get("/desk/returns/R404").status_code == 404
    ann.get("/desk")
    assert ann.send("/desk/sync/R404").status_code == 404


def test_orders_and_memos_are_linked_into_oro_s_back_office(town_desk: TownDesk) -> None:
    half_a_case_short(town_desk)
    page = town_desk.signed_in("finance").get("/desk/returns/R1").text
    office = f"{town_desk.place.settings.oro_base_url}/admin"
    assert f'href="{office}/order/view/' in page
    assert f'href="{office}/order-return/view/{town_desk.place.in_oro("R1")["id"]}"' in page
    assert f'href="{office}/order-return/credit-memo/"' in page
