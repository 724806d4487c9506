"""The guides where people need them: every flag leads to its section, nothing of a guide leads astray."""

from __future__ import annotations

import re

import pytest

from sidecar.ledger import flags
from sidecar.returns.flags import RULES
from sidecar.web.desk.guides import FOLDER, GUIDES, anchor
from tests.ledger.builders import NOW, a_return, draft
from tests.web.desk.conftest import Desk


@pytest.mark.parametrize("name", GUIDES)
def test_every_guide_is_a_page_without_dead_links(desk: Desk, name: str) -> None:
    cx = desk.signed_in("cx")
    cx.get("/desk/guides")
    assert GUIDES[name] in cx.words
    text = cx.get(f"/desk/guides/{name}").text
    assert text.count("<h1>") == 1
    for target in re.findall(r'<a href="([^"]*)"', text.partition('<article class="card guide">')[2]):
        page, _, section = target.partition("#")
        there = cx.get(page).text if page else text
        assert "There is nothing at this address" not in there
        assert not section or f'id="{section}"' in there, target


def test_the_page_of_a_flag_leads_to_its_section_of_the_runbook(desk: Desk) -> None:
    it = desk.signed_in("it")
    runbook = it.get("/desk/guides/runbook").text
    with desk.door.ledger.begin() as conn:
        pk = a_return(conn)
        for code in RULES:
            flags.raise_for_return(conn, pk, draft(code), NOW)
        rows = flags.search(conn, limit=100).rows
    assert {f'<h3 id="{row.code}">{row.code}</h3>' in runbook for row in rows} == {True}
    assert f'href="/desk/guides/runbook#{rows[0].code}"' in it.get(f"/desk/flags/{rows[0].id}").text


@pytest.mark.parametrize("name", ["install", "../README", "none", "runbook.md"])
def test_what_is_no_guide_is_not_there(desk: Desk, name: str) -> None:
    assert desk.signed_in("it").get(f"/desk/guides/{name}").status_code == 404


def test_a_section_is_named_as_on_github() -> None:
    assert anchor("A return without its order") == "a-return-without-its-order"
    assert anchor("unit_ambiguous") == "unit_ambiguous"
    assert anchor("1. The sidecar, and `what` it does") == "1-the-sidecar-and-what-it-does"


def test_guides_are_for_those_who_signed_in(desk: Desk) -> None:
    answer = desk.visitor().get("/desk/guides/runbook")
    assert answer.status_code in (302, 303)
    assert "/desk/sign-in" in answer.headers["Location"]


def test_there_is_a_page_for_every_guide_of_the_folder_that_is_for_people_at_the_desk() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} - {"install", "desk"} == set(GUIDES)
