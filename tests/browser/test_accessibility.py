"""Every page against WCAG 2.2 AA with axe, in light and dark and on a phone; and no page is wider than its screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from sidecar.ledger import flags, returns
from tests.browser.conftest import SHOTS, Eyes, LiveDesk, eyes

SCREENS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True},
}
DARK = ("today", "flags", "flag-map", "cause", "return", "mapping-kind", "users")  # every colour there is
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = {
    "light": {"runOnly": RULES},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}},  # nothing else differs
    "phone": {"runOnly": RULES, "rules": {"color-contrast": {"enabled": False}}},  # the colours are those of light
}


def pages(live: LiveDesk) -> Iterator[tuple[str, str]]:
    """(name, address) of a page of every kind."""
    with live.place.ledger.read() as conn:
        grade = flags.search(conn, code="grade_not_mapped", state="open").rows[0]
        short = flags.search(conn, code="received_short", state="open").rows[0]
        row = returns.by_pks(conn, [short.return_pk or 0])[0]
    yield "today", "/desk"
    yield "flags", "/desk/flags"
    yield "flags-none", "/desk/flags?q=nothing"
    yield "flag-map", f"/desk/flags/{grade.id}"
    yield "flag-accept", f"/desk/flags/{short.id}"
    yield "cause", f"/desk/flags/cause?code={short.code}&cause={short.cause}"
    yield "returns", "/desk/returns"
    yield "return", f"/desk/returns/{row.return_id}"
    yield "mappings", "/desk/mappings"
    yield "mapping-kind", "/desk/mappings/grades"
    yield "mapping-word", "/desk/mappings/grades/word?source=C"
    yield "what-if", "/desk/mappings/what-if?kind=grades&source=C&value.credit_percent=75&value.disposition=scrap"
    yield "users", "/desk/users"
    yield "user", "/desk/users/ann"
    yield "password", "/desk/password"
    yield "guides", "/desk/guides"
    yield "guide-finance", "/desk/guides/finance"
    yield "guide-runbook", "/desk/guides/runbook#unit_ambiguous"
    yield "error", "/desk/nothing"


@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_is_accessible_and_fits_its_screen(browser: Browser, live: LiveDesk, screen: str) -> None:
    found: list[str] = []
    report = [f"axe-core 4.14.1, {screen} screen, {RUN[screen]}"]
    with eyes(browser, live, **SCREENS[screen]) as ann:
        ann.open("/desk/sign-in")
        found += _look(ann, "sign-in", RUN[screen], report)
        ann.sign_in()
        for name, address in pages(live):
            if screen == "dark" and name not in DARK:
                continue
            ann.open(address)
            found += _look(ann, name, RUN[screen], report)
            if screen == "light" or name in ("today", "flags", "flag-map", "cause", "return"):
                ann.shot(f"{screen}-{name}")
        assert [each for each in ann.complaints if "404" not in each] == []
    SHOTS.mkdir(parents=True, exist_ok=True)
    (SHOTS.parent / f"accessibility-{screen}.txt").write_text("\n".join(report) + "\n", "utf-8")
    assert found == []


def _look(ann: Eyes, name: str, run: dict[str, Any], report: list[str]) -> list[str]:
    told = ann.page.evaluate("run => axe.run(document, {...run, resultTypes: ['violations', 'incomplete']})", run)
    wrong = [
        f"{name}: {each['id']} ({each['help']}): {[node['html'][:200] for node in each['nodes'][:3]]}"
        for each in told["violations"]
    ]
    wider = ann.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wider > 0:
        wrong.append(f"{name}: {wider} pixels wider than its screen")
    report.append(
        f"{name}: {len(told['passes'])} rules passed, {len(wrong)} not, {len(told['incomplete'])} for a person"
    )
    report += [f"  {each}" for each in wrong]
    report += [f"  to look at: {each['id']}: {each['help']}" for each in told["incomplete"]]
    return wrong
