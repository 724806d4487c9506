"""A day at the desk in a real browser: find what is stuck in the demo month, decide it, and watch it being paid."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import LiveDesk, eyes

DESKTOP = {"width": 1280, "height": 860}


def credited(live: LiveDesk) -> Decimal:
    return sum((total for _, total in live.place.totals), Decimal(0))


def amount(text: str) -> Decimal:
    found = re.search(r"([\d,]+\.\d\d) GBP", text)
    assert found is not None, text
    return Decimal(found[1].replace(",", ""))


def test_somebody_signs_in_maps_a_warehouse_settles_a_unit_and_reads_a_credit(browser: Browser, live: LiveDesk) -> None:
    with eyes(browser, live, viewport=DESKTOP, color_scheme="light") as ann:
        page = ann.page
        ann.open("/desk/sign-in")
        ann.shot("sign-in")
        ann.sign_in()

        # Today: something is stuck, and how much money.
        expect(page.get_by_role("heading", name="wait for somebody")).to_be_visible()
        expect(page.get_by_text("At stake:")).to_contain_text("GBP")
        ann.shot("today")

        # The flags of the month, one line for each cause.
        page.get_by_role("link", name="Flags", exact=True).click()
        expect(page.get_by_role("link", name='Warehouse without a mapping: warehouse "XX99"')).to_be_visible()
        ann.shot("flags")
        page.get_by_label("Search").fill("CUFF")  # htmx asks while one types
        expect(page.get_by_role("link", name="Counted in which unit? SKU CUFF")).to_be_visible()
        expect(page.get_by_role("link", name="XX99")).to_have_count(0)
        expect(page).to_have_url(re.compile("q=CUFF"))
        page.get_by_label("Search").fill("")

        # Map the unknown warehouse: what it held is shown, released and posted.
        page.get_by_role("link", name="XX99").click()
        expect(page.get_by_role("heading", name="Next step, for all of it")).to_be_visible()
        ann.shot("cause")
        stock = live.place.level("LAMP")
        page.get_by_label("Its code in OroCommerce").first.fill("main")
        page.get_by_role("button", name="It is a destination").click()
        expect(page.get_by_role("heading", name="What it will do")).to_be_visible()
        foreseen = page.locator("dl.foreseen")
        expect(foreseen).to_contain_text("+9 each LAMP in main")
        expect(foreseen).to_contain_text("3 warehouse not mapped")
        expect(page.locator("#what-if-card")).to_contain_text("speak this way")  # loaded after the page
        ann.shot("mapping-preview")
        page.get_by_label("Why").fill("opened this month")
        page.get_by_role("button", name="Save the mapping").click()
        expect(page.get_by_text("Nothing waits for this any more")).to_be_visible()  # the page follows by itself
        expect(page.locator("#gone + table").get_by_text("in sync")).to_have_count(3)
        assert live.place.level("LAMP") - stock == 9  # what was shown is what was raised
        ann.shot("cause-released")

        # Resolve the ambiguity of a unit, for the SKU and for good.
        ann.open("/desk/flags?q=CUFF")
        page.get_by_role("link", name="Counted in which unit? SKU CUFF").click()
        page.get_by_role("link", name=re.compile(r"^413\d+")).first.click()
        expect(page.get_by_role("heading", name="What we computed")).to_be_visible()
        expect(page.get_by_role("heading", name="What ZigZag says now")).to_be_visible()
        ann.shot("flag")
        before = credited(live)
        page.get_by_role("button", name="Treat as case for CUFF", exact=True).click()
        due = amount(page.locator("dl.foreseen").inner_text())
        ann.shot("decision")
        page.get_by_role("button", name="Save the mapping").click()
        expect(page.get_by_role("heading", name="This flag is released")).to_be_visible()
        expect(page.locator("#flag-state")).to_contain_text(re.compile(r"credited [\d.,]+ GBP"))
        assert credited(live) - before == due  # what was shown is what was paid
        ann.shot("flag-released")

        # Read the explanation of a credit.
        page.locator("#flag-state").get_by_role("link", name=re.compile(r"^413\d+")).click()
        expect(page.get_by_role("heading", name="Credit memo of")).to_be_visible()
        expect(page.locator("article.memo tbody td").first).to_have_text(
            "1 case, 100 % grade A. 1/2 (1 of 2 case) of 80.00: 40.00 net + 8.00 tax."
        )
        ann.shot("return")

        page.get_by_role("link", name="Mappings", exact=True).click()
        expect(page.get_by_role("heading", name="Words without a mapping")).to_be_visible()
        ann.shot("mappings")
        page.get_by_role("link", name="Warehouses").click()
        expect(page.get_by_text("opened this month")).to_be_visible()
        ann.shot("mapping-kind")

        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out")).to_be_visible()
        assert ann.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_works_with_the_keyboard_alone(browser: Browser, live: LiveDesk, scheme: str) -> None:
    with eyes(browser, live, viewport=DESKTOP, color_scheme=scheme) as ann:
        page = ann.page
        ann.open("/desk/sign-in")
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type("ann")
        page.keyboard.press("Tab")
        page.keyboard.type("correct horse battery")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("main :focus")).to_have_count(1)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_it_works_without_javascript(browser: Browser, live: LiveDesk) -> None:
    with eyes(browser, live, viewport=DESKTOP, java_script_enabled=False) as ann:
        ann.sign_in()
        ann.open("/desk/flags")
        ann.page.get_by_label("Owner").select_option("operations")
        ann.page.get_by_role("button", name="Filter").click()
        ann.page.get_by_role("link", name="Less came back than was announced").first.click()
        expect(ann.page.get_by_role("heading", name="Less came back than was announced")).to_be_visible()
