"""The stand-in answers what a real OroCommerce with the (throwaway) bundle answered: contracts/bundle/*.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.bundle_words import departures, replay, return_document
from tests.contract.conftest import Caller
from tests.contract.recorded import COPIES, SHARED, load, recordings

Preparation = Callable[[Caller], None]


def _after(*names: str) -> Preparation:
    def prepare(caller: Caller) -> None:
        for name in names:
            assert replay(caller, load("bundle", name)).ok, name

    return prepare


def _one_line_left(caller: Caller) -> None:
    """In the recorded shop [06] had taken line 1 away, which guard 1 now refuses."""
    _after("01")(caller)
    caller.send("POST", "orderreturns", return_document("ZZ-1001", [{"lineKey": "ZZ-1001/2"}], warehouseCode="WH-EAST"))


def _newer_document(caller: Caller) -> None:
    lines = [{"lineKey": "ZZ-2001/1"}]
    body = return_document("ZZ-2001", lines, sourceUpdatedAt="2026-11-23T10:05:00Z")
    assert caller.send("POST", "orderreturns", body).status_code == 201


def _return_with_line(caller: Caller) -> None:
    body = return_document("EMP-2", [{"lineKey": "EMP-2/1"}], syncState="in_sync", warehouseCode="WH-EAST")
    assert caller.send("POST", "orderreturns", body).status_code == 201


def _levels(**quantities: str) -> Preparation:
    """Return 1 exists; levels by their number: `_levels(l1="50")`."""

    def prepare(caller: Caller) -> None:
        _after("01")(caller)
        for level, quantity in quantities.items():
            body = {"data": {"type": "inventorylevels", "id": level[1:], "attributes": {"quantity": quantity}}}
            assert caller.send("PATCH", f"inventorylevels/{level[1:]}", body).ok

    return prepare


def _both(*preparations: Preparation) -> Preparation:
    def prepare(caller: Caller) -> None:
        for preparation in preparations:
            preparation(caller)

    return prepare


REPLAYED: dict[str, Preparation] = {
    "01": _after(),
    "02": _after("01"),
    "03": _after("01"),
    "04": _after("01", "03"),
    "05": _after("01", "03"),
    "08": _after(),
    "09": _after("01"),
    "10": _after("01"),
    "11": _one_line_left,
    "12": _one_line_left,
    "13": _after("01", "03"),
    "14": _newer_document,
    "15": _after("01"),
    "16": _after("01", "20"),
    "17": _after("01", "30"),
    "18": _return_with_line,
    "19": _after(),
    "21": _after("01", "20"),
    "22": _after("01", "20"),
    "30": _levels(l1="50"),
    "31": _levels(l1="52"),
    "37": _levels(l1="50"),
    "40": _levels(),
    "41": _levels(l5="11", l6="12"),
    "42": _both(_levels(), _after("40")),
    "43": _levels(l5="11", l6="12"),
    "47": _levels(l5="11", l6="12"),
    "48": _after(),
    "49": _after(),
}
RACES = ("20", "27", "29", "33", "35", "38", "45", "58")
IN_WORDS = ("32", "46", "56-acl-sales-manager-role-fixed", "59", "71", "90")
_HOLE = "shows a hole that a guard closes; tests/contract/test_bundle_rules.py proves it closed"
_NO_REPLAY = "a replay processor is not part of the contract: the same key again is a 409"
_UNIQUE_ENTITY = "shows UniqueEntity, which the contract rules out"
_PAGES = "pages, buttons and settings of the back office, not the API"
_BATCH = "the bridge sends one POST per return, no batches"
NOT_REPLAYED = {
    **dict.fromkeys(("06", "28", "34", "44"), _HOLE),
    **dict.fromkeys(("07", "23"), _UNIQUE_ENTITY),
    **dict.fromkeys(("24", "25", "26"), _NO_REPLAY),
    **dict.fromkeys(("36", "39"), "webhooks"),
    **dict.fromkeys(("54", "55"), _BATCH),
    "51": "the command resource did not become part of the contract",
    "56": "recorded twice; the fixed one counts",
    **dict.fromkeys(("60", "61", "62", "63", "64", "65", "66", "70", "80", "81", "82"), _PAGES),
}
# Titles the contract gives where the throwaway bundle had its own.
TITLES = {"14": "stale document constraint"}


@pytest.mark.parametrize("name", REPLAYED)
def test_answers_as_recorded(bundle: Caller, name: str) -> None:
    recording = load("bundle", name)
    REPLAYED[name](bundle)
    response = _flat(recording["response"])

    answer = replay(bundle, recording)

    assert answer.status_code == response["status"], answer.text
    for header, value in response.get("headers", {}).items():
        if header == "Location":
            assert answer.headers[header].startswith(value.replace("https://oro.example", bundle.server.url)[:-1])
        else:
            assert answer.headers.get(header) == value
    if response["body"] is None:
        assert answer.content == b""
        return
    recorded = response["body"]
    if name in TITLES:
        recorded["errors"][0]["title"] = TITLES[name]
    found = departures(recorded, answer.json())
    assert not found, "\n".join(found)
    _check_levels(bundle, recording["response"])


def _flat(response: dict[str, Any]) -> dict[str, Any]:
    """Some recordings call the body `answer`."""
    return response if "body" in response else {**response, "body": response["answer"]}


def _check_levels(caller: Caller, response: dict[str, Any]) -> None:
    """The levels a recording noted beside the answer."""

    def level(number: str) -> str:
        quantity: str = caller.shop.tables["inventorylevels"].rows[number].attributes["quantity"]
        return quantity

    if "level_after" in response:
        assert level("1") == response["level_after"]
    if "level" in response:
        assert level("1") == response["level"]
    for name in ("levels", "levels_after"):
        if name in response:
            assert [level("5"), level("6")] == response[name]


@pytest.mark.parametrize("name", ["31", "41", "42", "43", "47", "49"])
def test_a_refused_posting_leaves_nothing_behind(bundle: Caller, name: str) -> None:
    REPLAYED[name](bundle)
    before = bundle.shop.books()

    assert not replay(bundle, load("bundle", name)).ok

    assert bundle.shop.books() == before


def test_absurd_movement_is_refused_with_a_pointer(bundle: Caller) -> None:
    """[32] was a 500; bundle.md: "absurd numbers must give 400 with a pointer, not 500"."""
    _levels(l1="52")(bundle)

    answer = replay(bundle, load("bundle", "32"))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"] == {"pointer": "/data/attributes/quantity"}
    assert bundle.shop.books()["levels"]["4HJ92"] == {"item": "52"}


def test_movement_beside_an_upsert_raises_the_level_each_time(bundle: Caller) -> None:
    """[46]: root created, then root updated; another key each time."""
    recording = load("bundle", "46")
    statuses = []
    for key in ("PA-k1", "PA-k2"):
        recording["request"]["body"]["included"][1]["attributes"]["postingKey"] = key
        statuses.append(replay(bundle, recording).status_code)

    recorded = recording["response"]
    assert statuses == [recorded["root_created"]["status"], recorded["root_updated"]["status"]]
    assert bundle.shop.books()["levels"]["F"] == {"item": "12"}
    assert len(bundle.shop.books()["stock_movements"]) == int(recorded["movement_rows"])


def test_role_without_rights(bundle: Caller) -> None:
    """[56]; "a role without rights gets 403 on every path" goes further than the recording, which could read."""
    recorded = load("bundle", "56-acl-sales-manager-role-fixed")["response"]["POST orderreturns"]
    _after("01")(bundle)

    bundle.shop.role = "none"

    for method, path in (("GET", "orderreturns"), ("POST", "orderreturns"), ("GET", "orderreturncredits/1")):
        answer = bundle.send(method, path, return_document("X", None) if method == "POST" else None)
        assert answer.status_code == recorded["status"]
        assert answer.json()["errors"][0]["title"] == "access denied exception"
    assert bundle.send("GET", "orders").status_code == 200

    bundle.shop.role = "read_only"
    assert bundle.send("GET", "orderreturns").status_code == 200
    assert bundle.send("POST", "orderreturns", return_document("X", None)).status_code == 403


def test_feature_switched_off(bundle: Caller) -> None:
    """[71]"""
    recorded = load("bundle", "71")["response"]
    bundle.shop.bundle_enabled = False

    listed = bundle.send("GET", "orderreturns")
    posted = bundle.send("POST", "orderreturns", return_document("X", None))

    assert [listed.status_code, listed.json()] == recorded["api list"]
    assert [posted.status_code, posted.json()] == recorded["api post"]
    assert bundle.send("GET", "orders").status_code == 200


def test_bundle_removed(bundle: Caller) -> None:
    """[90]"""
    status, text = load("bundle", "90")["response"]["GET orderreturns"]
    bundle.shop.bundle_installed = False

    answer = bundle.send("GET", "orderreturns")

    assert answer.status_code == status
    assert answer.json() == json.loads(text)


def test_every_recording_is_replayed_or_left_out_for_a_reason() -> None:
    names = {path.stem for path in recordings("bundle").glob("*.json")}
    claimed = {*REPLAYED, *RACES, *(name.split("-")[0] for name in IN_WORDS)}
    if recordings("bundle").is_relative_to(SHARED):
        assert {name.split("-")[0] for name in names} == claimed | set(NOT_REPLAYED)
    assert claimed & set(NOT_REPLAYED) == {"56"}


def test_copies_are_the_recordings() -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared recordings are not beside this checkout")
    copies = list((COPIES / "bundle").glob("*.json"))
    for copy in copies:
        assert copy.read_bytes() == (SHARED / "bundle" / copy.name).read_bytes(), copy.name
    claimed = {*REPLAYED, *RACES, *IN_WORDS}
    assert len(copies) >= len(claimed)  # the tests of the client read one more
