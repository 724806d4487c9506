"""The README says what is true: its table of settings and the settings agree, both ways."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidecar.cli import cli
from sidecar.returns.crediting import minor_unit
from sidecar.sandbox.month.player import make_month
from sidecar.sandbox.verdict import _prevented
from sidecar.settings import Settings, load

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]*)`( \*secret\*)? \| (.+?) \| (.+) \|$", re.MULTILINE)
TOLD = {name: (bool(secret), default, meaning) for name, secret, default, meaning in ROW.findall(README)}
SETTINGS = {each.name.upper(): each for each in fields(Settings)}


def test_the_table_names_every_setting_once_and_no_other() -> None:
    assert [name for name, *_ in ROW.findall(README)] == list(dict.fromkeys(name for name, *_ in ROW.findall(README)))
    assert TOLD.keys() == SETTINGS.keys()


@pytest.mark.parametrize("name", SETTINGS)
def test_the_table_tells_the_default_and_whether_a_file_may_hold_it(name: str) -> None:
    secret, default, _ = TOLD[name]
    assert secret is SETTINGS[name].metadata["private"]
    assert default.strip("`").replace("-", "", 1 if default == "-" else 0) == load({}).describe()[name]


@pytest.mark.parametrize("name", re.findall(r"\]\(([^)#:]+)\)", README))
def test_what_the_readme_points_to_is_there(name: str) -> None:
    assert (ROOT / name).exists()


def test_the_example_of_the_demo_is_what_the_demo_plays() -> None:
    """Money, messages and what was prevented are the month's, and the month is its seed's."""
    seed = next(param.default for param in cli.commands["demo"].params if param.name == "seed")
    month = make_month(seed, datetime(2026, 11, 24, tzinfo=UTC))
    for currency, amount in month.expected_by_currency().items():
        money = f"{amount:,.{minor_unit(currency)}f}"
        assert re.search(rf"^ {currency} +{money} +{money}   equal$", README, re.MULTILINE), currency
    again = sum(max(0, len(event.deliveries) - 1) for act in month.acts.values() for event in act)
    assert f"{month.events:,} messages arrived, {again} of them again" in README
    for currency, amount in _prevented(month).items():
        assert f"{amount:,} {currency}" in README


def test_the_readme_names_the_test_command_that_ci_runs() -> None:
    assert "`make test`" in README
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")
