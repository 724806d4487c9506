"""What the rules and the dashboard watch is really exported, with the labels they ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import fakeredis
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from sidecar.jobs import functions
from sidecar.ledger import alerts, flags, signals
from sidecar.ledger.engine import Ledger
from sidecar.sandbox.zigzag.faults import Fault
from sidecar.sync.world import utc_now
from sidecar.web import create_app
from tests.ledger.builders import a_return, draft
from tests.sync.town import gloves_order, town

FOLDER = Path(__file__).parent.parent / "docs" / "monitoring"
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8"))
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
]


def asked_for(expression: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Every metric of an expression, with the labels that are compared and how."""
    for name, _, labels in re.findall(r"(returns_bridge_\w+)(\{([^}]*)\})?", expression):
        yield name, dict(re.findall(r'(\w+)(?:=|=~|!=)"([^"]*)"', labels))


@pytest.fixture
def exported(
    ledger: Ledger, ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[dict[str, str]]]:
    """Metric -> the labels of each of its samples, after a return failed once and was credited, by real jobs."""
    with town(ledger, ledger_url, tmp_path / "var") as place:
        gloves_order(place)
        place.says("R-1", "SO-1", [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}], tracking="Graded")
        monkeypatch.setattr(functions, "_prepared", place.world())
        with ledger.begin() as conn:
            now = utc_now()
            signals.beat(conn, "dispatcher", now)
            late = draft("credit_refused", severity="critical", due_at=now - timedelta(hours=1))
            flags.raise_for_return(conn, a_return(conn), late, now)
            alerts.add_notice(conn, key="k", channel="slack", owner="it", kind="alert", body={}, now=now)
        pages = place.due()
        place.house.faults.add(Fault("status", where="return", status=500, times=None))
        functions.run_page(pages, "job")  # fails
        place.house.faults.clear()
        functions.run_page(pages, "job")
        functions.run_poll()
        app = create_app(place.settings, ledger=ledger, redis=fakeredis.FakeRedis())
        text = app.test_client().get("/metrics").get_data(as_text=True)
    assert len(place.memos) == 1
    found: dict[str, list[dict[str, str]]] = {"up": [{"job": "returns"}]}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def test_every_metric_that_is_watched_is_exported_with_its_labels(exported: dict[str, list[dict[str, str]]]) -> None:
    for expression in EXPRESSIONS:
        for name, labels in asked_for(expression):
            assert name in exported, expression
            assert all(labels.keys() <= sample.keys() for sample in exported[name]), expression
        grouped = re.findall(r"by \(([^)]*)\)", expression)
        names = [name for name, _ in asked_for(expression)]
        for label in {each.strip() for group in grouped for each in group.split(",")}:
            assert any(label in sample for name in names for sample in exported[name]), expression


def test_every_link_that_is_watched_gives_signs_of_life(exported: dict[str, list[dict[str, str]]]) -> None:
    heard = {sample["name"] for sample in exported["returns_bridge_signal_age_seconds"]}
    watched = {
        word
        for expression in EXPRESSIONS
        for name, labels in asked_for(expression)
        if name.startswith("returns_bridge_signal")
        for word in labels.get("name", "").split("|")
        if word
    }
    assert watched == {"dispatcher", "oro", "zigzag", "pull", "webhook"}
    assert watched <= heard


def test_the_page_about_metrics_names_what_is_exported(exported: dict[str, list[dict[str, str]]]) -> None:
    table = (FOLDER / "README.md").read_text("utf-8").partition("| metric")[2]
    named = {f"returns_bridge_{name}" for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
             for name in re.findall(r"`([a-z_]+)[{`]", row)}  # fmt: skip
    assert named <= exported.keys()
    told_as_dots = {"returns_bridge_oro_tokens_total", "returns_bridge_returns_taken_total", "up"}
    others = {name for name in exported if name not in named and not name.endswith("_total")}
    assert others <= told_as_dots


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_a_rule_says_who_acts_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert "owner" in rule["labels"] or "owner" in rule["expr"]
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["description"]


def test_panels_have_their_own_place() -> None:
    taken: dict[tuple[int, int], int] = {}
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["id"]) == panel["id"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
