"""Mappings over HTTP: exactly the values of the mapping file, any word as a source."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from sidecar.ledger import mappings as rows
from sidecar.sync import mappings as mapping_store
from tests.web.conftest import Door
from tests.web.test_flags import WORD, raise_flags

CASES = [
    ("grades", "A", {"credit_percent": 80, "disposition": "restock"}),
    ("grades", "B-", {"credit_percent": 12.5, "disposition": "quarantine"}),
    ("warehouses", "GB0064", {"role": "destination", "oro_code": "main"}),
    ("warehouses", "DE0001", {"role": "hub"}),
    ("reasons", "12", "damaged_in_transit"),
    ("reasons", "Too small / too tight?", "wrong_size"),
    ("reasons", "//", "slashes"),
    ("reasons", "größe%20#1", "wrong_size"),
    ("fees", "returnCost", {"service_sku": "SVC-RETURN", "treatment": "deduct"}),
    ("fees", "X", {"treatment": "ignore"}),
    ("scan_units", "*", "each"),
    ("scan_units", "GLOVE@GB0064", "each"),
    ("return_options", "", "store_credit"),
    ("return_options", "2", "exchange"),
    ("order_statuses", "Awaiting goods", "approved"),
    ("tracking_statuses", "Put away", "restocked"),
]


def at(kind: str, source: str) -> str:
    return f"/v1/mappings/{kind}/{quote(source, safe='')}"


@pytest.mark.parametrize(("kind", "source", "value"), CASES)
def test_what_is_put_is_got(door: Door, kind: str, source: str, value: Any) -> None:
    answer = door.call("PUT", at(kind, source), json={"value": value})
    assert answer.status_code == 200
    body = answer.get_json()
    assert (body["kind"], body["source"], body["value"], body["changed"]) == (kind, source, value, True)
    assert door.get(f"/v1/mappings/{kind}").get_json()["mappings"][source] == value
    assert door.get("/v1/mappings").get_json()["mappings"][kind][source] == value
    again = door.call("PUT", at(kind, source), json={"value": value}).get_json()
    assert again["changed"] is False
    assert again["version"] == body["version"]


@pytest.mark.parametrize(
    ("kind", "source", "value", "pointer"),
    [
        ("grades", "A", "restock", "/value"),
        ("grades", "A", {"credit_percent": 101, "disposition": "restock"}, "/value/credit_percent"),
        ("grades", "A", {"credit_percent": -1, "disposition": "restock"}, "/value/credit_percent"),
        ("grades", "A", {"credit_percent": 100, "disposition": "sell"}, "/value/disposition"),
        ("grades", "A", {"credit_percent": 100}, "/value/disposition"),
        ("grades", "A", {"credit_percent": 100, "disposition": "scrap", "x": 1}, "/value/x"),
        ("grades", "A", {"credit_percent": True, "disposition": "scrap"}, "/value/credit_percent"),
        ("warehouses", "X", {"role": "moon"}, "/value/role"),
        ("fees", "X", {"treatment": "deduct"}, "/value/service_sku"),
        ("reasons", "12", "", "/value"),
        ("reasons", "12", {"a": "b"}, "/value"),
        ("reasons", "12", None, "/value"),
        ("reasons", "12", 5, "/value"),
        ("return_options", "2", "gift", "/value"),
        ("order_statuses", "X", "done", "/value"),
        ("reasons", "", "x", "/value"),
    ],
)
def test_what_cannot_be_is_refused_by_pointer(door: Door, kind: str, source: str, value: Any, pointer: str) -> None:
    answer = door.call("PUT", at(kind, source), json={"value": value})
    assert answer.status_code == 422
    assert answer.get_json(force=True)["errors"][0]["pointer"] == pointer


def test_what_contradicts_another_mapping_is_a_conflict_and_no_malformed_value(door: Door) -> None:
    door.call("PUT", at("warehouses", "GB0064"), json={"value": {"role": "destination", "oro_code": "main"}})
    answer = door.call("PUT", at("warehouses", "Daventry"), json={"value": {"role": "hub", "oro_code": "main"}})
    assert answer.status_code == 409
    assert answer.get_json(force=True)["errors"][0]["pointer"] == "/value/role"
    assert "Daventry" not in door.get("/v1/mappings/warehouses").get_json()["mappings"]


def test_the_body_is_value_and_nothing_else(door: Door) -> None:
    assert door.call("PUT", at("reasons", "12"), json={"value": "x", "note": "y"}).status_code == 422
    assert door.call("PUT", at("reasons", "12"), json="x").status_code == 422
    assert door.call("PUT", at("reasons", "12"), json={}).status_code == 422


def test_words_that_cannot_be(door: Door) -> None:
    for source in ("a" * 256, "a%0Ab"):
        assert door.call("PUT", f"/v1/mappings/reasons/{source}", json={"value": "x"}).status_code == 422


def test_a_kind_that_is_not_there(door: Door) -> None:
    assert door.get("/v1/mappings/colours").status_code == 404
    assert door.call("PUT", "/v1/mappings/colours/red", json={"value": "x"}).status_code == 404
    assert door.call("DELETE", "/v1/mappings/colours/red").status_code == 404


def test_defaults_are_shown_and_come_back_when_theirs_is_deleted(door: Door) -> None:
    assert door.get("/v1/mappings/grades").get_json()["mappings"]["C"] == {
        "credit_percent": 50,
        "disposition": "scrap",
    }
    door.call("PUT", at("grades", "C"), json={"value": {"credit_percent": 10, "disposition": "scrap"}})
    gone = door.call("DELETE", at("grades", "c"))
    assert gone.status_code == 200
    assert gone.get_json()["value"] is None
    assert door.get("/v1/mappings/grades").get_json()["mappings"]["C"]["credit_percent"] == 50
    assert door.call("DELETE", at("grades", "C")).status_code == 404
    assert door.call("DELETE", at("reasons", "12")).status_code == 404


def test_one_word_never_has_two_meanings(door: Door) -> None:
    door.call("PUT", at("tracking_statuses", "Put away"), json={"value": "restocked"})
    answer = door.call("PUT", at("tracking_statuses", "PUT_AWAY"), json={"value": "received"})
    assert answer.get_json()["source"] == "Put away"
    shown = door.get("/v1/mappings/tracking_statuses").get_json()["mappings"]
    assert shown["Put away"] == "received"
    assert "PUT_AWAY" not in shown


def test_versions_are_kept(door: Door) -> None:
    for reason in ("a", "b"):
        door.call("PUT", at("reasons", "12"), json={"value": reason})
    door.call("DELETE", at("reasons", "12"))
    with door.ledger.read() as conn:
        history = rows.history(conn, "reasons", "12")
        assert sorted(str(row.value) for row in history) == ["None", "a", "b"]
        assert {row.changed_by for row in history} == {"bundle"}
        assert mapping_store.load(conn).version == max(row.id for row in history)


def test_a_mapping_that_arrives_wakes_what_waited_for_it(door: Door) -> None:
    raise_flags(door, WORD)
    assert door.due() == []
    other = door.call("PUT", at("grades", "F"), json={"value": {"credit_percent": 0, "disposition": "scrap"}})
    assert other.get_json()["due"] == 0
    assert door.due() == []
    arrived = door.call("PUT", at("grades", "e"), json={"value": {"credit_percent": 0, "disposition": "scrap"}})
    assert arrived.get_json()["due"] == 1
    assert door.due() == [1]
