"""Every flag leads to a section of the runbook that says all one needs, and no section is about nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sidecar.ledger import flags
from sidecar.ledger.engine import Ledger
from sidecar.returns.choices import choices
from sidecar.returns.flags import RELEASABLE, RULES
from sidecar.returns.titles import TITLES
from sidecar.web import serialise
from tests.ledger.builders import NOW, a_return, draft

DOCS = Path(__file__).parent.parent / "docs"
RUNBOOK = (DOCS / "runbook.md").read_text("utf-8")
EXAMPLES = {
    "scan_units": ("scan_units", "GLOVE"),
    "warehouses": ("warehouses", "GB0064"),
    "grades": ("grades", "E"),
    "return_options": ("return_options", "7"),
    "fees": ("fees", "returnCost"),
    "tracking_statuses": ("tracking_statuses", "Put away"),
    "reasons": ("reasons", "12"),
}
OWNERS = {"For customer service (cx)": "cx", "For finance": "finance", "For operations": "operations", "For IT": "it"}


def sections() -> dict[str, tuple[str, str]]:
    """code -> (owner whose part it stands in, text)."""
    found: dict[str, tuple[str, str]] = {}
    for part in re.split(r"^## ", RUNBOOK, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        for section in re.split(r"^### ", rest, flags=re.MULTILINE)[1:]:
            code, _, text = section.partition("\n")
            assert code not in found
            found[code] = (OWNERS[title.strip()], text)
    return found


SECTIONS = sections()


def test_every_code_has_a_section_and_every_section_a_code() -> None:
    assert SECTIONS.keys() == RULES.keys()


@pytest.mark.parametrize("code", RULES)
def test_a_section_says_who_acts_what_happened_what_is_held_what_to_do_and_how_it_ends(code: str) -> None:
    owner, text = SECTIONS[code]
    rule = RULES[code]
    assert owner == rule.owner
    assert text.strip().splitlines()[0] == f"*{TITLES[code]}{'' if TITLES[code].endswith('?') else '.'}*"
    buttons = re.findall(r"\*\*Button\.\*\* \*([^*]+)\*", text)
    offered = choices(code, mapping=EXAMPLES.get(rule.mapped_by), units=["case"])
    assert set(buttons) <= {choice.label for choice in offered}
    assert buttons or offered[0].label in ("Ask again", "Dismiss with a note")
    assert [word for word in ("Happened.", "Holds", "Do.", "Closes") if f"**{word}**" in text] == [
        "Happened.",
        "Holds",
        "Do.",
        "Closes",
    ]
    assert ("*Critical.*" in text or code == "outcome_unknown") == (
        rule.severity == "critical" or code == "outcome_unknown"
    )
    assert ("release" in text.lower()) == (code in RELEASABLE)
    if rule.mapped_by:
        assert "`mappings set " in text


def test_the_link_of_a_flag_points_to_its_section(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        for code in RULES:
            flags.raise_for_return(conn, pk, draft(code), NOW)
        rows = flags.search(conn, limit=100).rows
    assert len(rows) == len(RULES)
    for row in rows:
        file, _, anchor = serialise.flag(row)["runbook"].partition("#")
        assert (DOCS.parent / file).exists()
        assert f"\n### {anchor}\n" in RUNBOOK


def heading_anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_what_a_page_points_to_is_there(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        pointed = (DOCS / file) if file else DOCS / page
        assert pointed.exists(), target
        if anchor:
            assert anchor in heading_anchors(pointed.read_text("utf-8")), target


@pytest.mark.parametrize("owner", ["cx", "finance", "operations", "it"])
def test_the_guide_of_an_owner_names_every_flag_of_theirs_as_the_desk_does(owner: str) -> None:
    text = (DOCS / f"{owner}.md").read_text("utf-8")
    named = {
        name for row in re.findall(r"^\| (\*.*?) \|", text, re.MULTILINE) for name in re.findall(r"\*([^*]+)\*", row)
    }
    titles = {TITLES[code] for code, rule in RULES.items() if rule.owner == owner}
    assert titles <= named


@pytest.mark.parametrize("owner", ["cx", "finance", "operations", "it"])
def test_the_guide_of_an_owner_covers_day_week_month_end_and_a_missing_order(owner: str) -> None:
    text = (DOCS / f"{owner}.md").read_text("utf-8")
    for part in ("## The day", "## The week", "## The month end"):
        assert f"\n{part}\n" in text
    assert "without its order" in text
