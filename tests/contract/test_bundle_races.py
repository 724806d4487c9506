"""Simultaneous writes, as raced against a real Oro: bundle recordings 20, 27, 29, 33, 35, 38, 45, 58.

`write_pause` stands for the 100 ms a real Oro needs between reading and its flush, so that the writes do meet.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from tests.contract.bundle_words import contract_request, departures, posting, return_document, with_movement
from tests.contract.conftest import Caller
from tests.contract.recorded import load

PAIRS = 5
Call = tuple[str, str, dict[str, Any]]


@pytest.fixture(autouse=True)
def slow_writes(bundle: Caller) -> None:
    bundle.shop.write_pause = 0.05


def at_once(caller: Caller, calls: Sequence[Call]) -> list[Any]:
    """All calls start together; the answers in the order of the calls."""
    caller.sign_in()
    gate = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(number: int, call: Call) -> None:
        gate.wait(timeout=10)
        answers[number] = caller.send(*call)

    threads = [threading.Thread(target=run, args=(n, call), daemon=True) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert None not in answers
    return answers


def statuses(answers: Sequence[Any]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def _make_return(caller: Caller, key: str = "R-1") -> str:
    answer = caller.send("POST", "orderreturns", return_document(key, [{"lineKey": f"{key}/1"}]))
    id_: str = answer.json()["data"]["id"]
    return id_


def test_one_posting_key_twice(bundle: Caller) -> None:
    """[20]: always one 201 and one 409."""
    recording = load("bundle", "20")
    assert recording["response"]["pairs"] == {"(201, 409)": 20}
    _make_return(bundle)
    for number in range(PAIRS):
        body = contract_request(recording)["request"]["body"]
        body["data"]["attributes"]["postingKey"] = f"RACE-{number}"
        answers = at_once(bundle, [("POST", "orderreturncredits", body)] * 2)
        assert statuses(answers) == [201, 409]
        for answer in answers:
            sample = recording["response"]["samples"][str(answer.status_code)]["body"]
            # The sample of the winner names the first key.
            assert number > 0 or not departures(sample, answer.json())
    assert bundle.shop.counters()["created"]["orderreturncredits"] == PAIRS


def test_first_upsert_of_one_return_twice(bundle: Caller) -> None:
    """[27]: without UniqueEntity one 201 and one clean 409 `conflict constraint`."""
    recording = load("bundle", "27")
    body = contract_request(recording)["request"]["body"]
    for number in range(PAIRS):
        body["data"]["attributes"]["externalId"] = f"NU-R{number}"
        body["included"][0]["attributes"]["lineKey"] = f"NU-R{number}/1"
        answers = at_once(bundle, [("POST", "orderreturns", body)] * 2)
        assert statuses(answers) == [201, 409]
        loser = next(answer for answer in answers if answer.status_code == 409)
        assert loser.json() == recording["response"]["samples"]["409"]["body"]


def test_two_updates_of_one_return_never_mix_lines(bundle: Caller) -> None:
    """[29]: one 200, one 409, two lines left; the contract gives the 409 a title of its own."""
    recorded = load("bundle", "29")["response"]["loser"]["body"]
    recorded["errors"][0]["title"] = "revision conflict constraint"
    _make_return(bundle, "CW-1")
    for number in range(PAIRS):
        calls: list[Call] = []
        for letter in "ab":
            lines = [{"lineKey": "CW-1/1"}, {"lineKey": f"CW-1/{number}{letter}"}]
            calls.append(("POST", "orderreturns", return_document("CW-1", lines)))
        answers = at_once(bundle, calls)
        assert statuses(answers) == [200, 409]
        loser = next(answer for answer in answers if answer.status_code == 409)
        assert loser.json() == recorded
        assert len(bundle.shop.books()["returns"][0]["lines"]) == 2


def test_parallel_increments_are_all_counted(bundle: Caller) -> None:
    """[33]: 20 at once on a level of 100 make 120."""
    return_id = _make_return(bundle)
    bundle.shop.tables["inventorylevels"].rows["2"].attributes["quantity"] = "100"
    calls = [("POST", "orderreturnstockmovements", _movement(f"ST-p{n}", "2", return_id)) for n in range(20)]

    answers = at_once(bundle, calls)

    assert Counter(answer.status_code for answer in answers) == {201: 20}
    assert bundle.shop.books()["levels"]["6VC22"] == {"item": "120"}


def test_one_movement_key_twice(bundle: Caller) -> None:
    """[35]: the level rises once."""
    return_id = _make_return(bundle)
    for number in range(PAIRS):
        call = ("POST", "orderreturnstockmovements", _movement(f"ST-same{number}", "4", return_id))
        assert statuses(at_once(bundle, [call] * 2)) == [201, 409]
    assert bundle.shop.books()["levels"]["A"] == {"item": str(10 + PAIRS)}


def test_increments_beside_an_absolute_patch(bundle: Caller) -> None:
    """[38]: the end is 1000 plus those increments that came after the PATCH."""
    return_id = _make_return(bundle)
    patch = {"data": {"type": "inventorylevels", "id": "3", "attributes": {"quantity": 1000}}}
    calls: list[Call] = [("PATCH", "inventorylevels/3", patch)]
    calls += [("POST", "orderreturnstockmovements", _movement(f"ST-a{n}", "3", return_id)) for n in range(20)]

    answers = at_once(bundle, calls)

    assert Counter(answer.status_code for answer in answers) == {201: 20, 200: 1}
    assert 1000 <= int(bundle.shop.books()["levels"]["8TF72"]["item"]) <= 1020


def test_opposite_orders_do_not_deadlock(bundle: Caller) -> None:
    """[45]: levels are locked in id order, both postings succeed."""
    assert load("bundle", "45")["response"] == {"(201, 201)": 30}
    return_id = _make_return(bundle)
    for number in range(PAIRS):
        calls: list[Call] = []
        for letter, levels in (("a", ("7", "8")), ("b", ("8", "7"))):
            body = posting(f"DL-{number}{letter}", return_id)
            for position, level in enumerate(levels):
                body = with_movement(body, f"DL-{number}{letter}/{position}", "1", level, return_id)
            calls.append(("POST", "orderreturncredits", body))
        assert statuses(at_once(bundle, calls)) == [201, 201]
    assert bundle.shop.books()["problems"] == []


def test_two_postings_on_one_return(bundle: Caller) -> None:
    """[58]: different keys, the same return in `included`: one is refused, and stock counts only what was accepted."""
    recording = load("bundle", "58")
    recorded = recording["response"]["loser"]
    recorded["errors"][0]["title"] = "revision conflict constraint"
    _make_return(bundle, "INC-R1")
    accepted = 0
    for number in range(PAIRS):
        calls: list[Call] = []
        for letter in "ab":
            body = contract_request(recording)["request"]["body"]
            body["data"]["attributes"]["postingKey"] = f"INC-{number}{letter}"
            for position, movement in enumerate(body["included"][-2:]):
                movement["attributes"]["postingKey"] = f"INC-{number}{letter}/{position}"
            calls.append(("POST", "orderreturncredits", body))
        answers = at_once(bundle, calls)
        assert statuses(answers) == [201, 409]
        assert next(answer for answer in answers if answer.status_code == 409).json() == recorded
        accepted += 1
    levels = bundle.shop.books()["levels"]
    assert (levels["B"]["item"], levels["C"]["item"]) == (str(10 + accepted), str(10 + 2 * accepted))


def _movement(key: str, level: str, return_id: str) -> dict[str, Any]:
    return {
        "data": {
            "type": "orderreturnstockmovements",
            "attributes": {"postingKey": key, "quantity": "1"},
            "relationships": {
                "inventoryLevel": {"data": {"type": "inventorylevels", "id": level}},
                "orderReturn": {"data": {"type": "orderreturns", "id": return_id}},
            },
        }
    }
