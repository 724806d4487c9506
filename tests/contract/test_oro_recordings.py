"""The stand-in answers what a real OroCommerce 6.1 answered: contracts/oro/*.json, request by request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.conftest import Caller
from tests.contract.recorded import COPIES, SHARED, differences, lengths, load, recordings

REPLAYED = (
    *(f"{number:02}" for number in (*range(1, 30), 31, 32, 33, 35, 36, 37, 41, 43, 58, 59, 60, 61, 62, 63, 64, 65)),
    *(str(number) for number in (*range(66, 92), 107, 108, 110, 111, 113, 131)),
)
_ORDER = "orders are seeded, the stand-in creates none over the API"
_TOTALS = "discounts, taxes and totals are stored values of the seeder; the stand-in computes none"
_EDITS = "the bridge never writes onto an order (DESIGN section 3)"
_BULK = "the bridge makes no bulk calls; stock moves only through the bundle's movements"
_WEBHOOKS = "the bridge does not listen to Oro's webhooks"
_SIDE = "a resource the bridge does not use"
NOT_REPLAYED = {
    **dict.fromkeys(("30", "34", "45", "57", "100", "102", "103", "106", "119"), _ORDER),
    **dict.fromkeys(("46", "47", "48", "49", "50", "51", "52", "53", "54", "55", "56", "120", "132", "133"), _TOTALS),
    **dict.fromkeys(("109", "112", "128", "129", "130"), _EDITS),
    **dict.fromkeys(("92", "93", "94", "95", "96", "97", "98", "99", "101", "136"), _BULK),
    **dict.fromkeys(("121", "122", "123", "124", "125", "126", "127"), _WEBHOOKS),
    **dict.fromkeys(("38", "40", "42", "44", "104", "105"), "products and units are seeded"),
    **dict.fromkeys(("114", "115", "116", "117", "118", "134", "135"), _SIDE),
}

# Oro has more product fields than anybody asks for; and in the plain shape it unfolds addresses.
PARTIAL = {
    "60": frozenset({"products"}),
    "62": frozenset({"products"}),
    "63": frozenset({"products"}),
}


def _set_demo_levels(demo: Caller) -> None:
    demo.shop.tables["inventorylevels"].rows["129"].attributes["quantity"] = "107"


def _disable_and_delete(demo: Caller) -> None:
    demo.shop.tables["products"].rows["67"].attributes["status"] = "disabled"
    demo.send("DELETE", "products/68")


def _forget_po(demo: Caller) -> None:
    demo.shop.tables["orders"].rows["1"].attributes["poNumber"] = "POEXT001000"


# What had happened in the recorded shop before the request.
BEFORE: dict[str, Callable[[Caller], None]] = {
    "18": _forget_po,
    "19": _forget_po,
    "60": _disable_and_delete,
    "70": _disable_and_delete,
    "91": _set_demo_levels,
}


@pytest.mark.parametrize("name", REPLAYED)
def test_answers_as_recorded(demo: Caller, name: str) -> None:
    recording = load("oro", name)
    if name in BEFORE:
        BEFORE[name](demo)
    response = recording["response"]

    answer = demo.replay(recording)

    assert answer.status_code == response["status"], answer.text
    for header, value in response["headers"].items():
        assert answer.headers.get(header) == value, header
    if response["body"] == "":
        assert answer.content == b""
        return
    recorded, actual = _comparable(name, response["body"]), answer.json()
    partial = PARTIAL.get(name, frozenset())
    found = [*differences(recorded, _comparable(name, actual), partial), *lengths(response, actual)]
    assert not found, "\n".join(found)


def _comparable(name: str, body: Any) -> Any:
    """Leaves out what is by its nature another value each time, or unfolded by Oro alone."""
    if name in {"01", "02", "03"}:
        return {**body, "access_token": ""}
    if name in {"18", "19"}:
        return {key: value for key, value in body.items() if key not in {"billingAddress", "shippingAddress"}}
    return body


def test_every_recording_is_replayed_or_left_out_for_a_reason() -> None:
    names = {path.name.split("-")[0] for path in recordings("oro").glob("*.json")}
    if recordings("oro").is_relative_to(SHARED):
        assert names == {*REPLAYED, *NOT_REPLAYED}
    assert not set(REPLAYED) & set(NOT_REPLAYED)
    assert set(REPLAYED) <= names


def test_copies_are_the_recordings() -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared recordings are not beside this checkout")
    for copy in (COPIES / "oro").glob("*.json"):
        assert copy.read_bytes() == (SHARED / "oro" / copy.name).read_bytes(), copy.name
    # The tests of the client read more of them.
    assert {copy.name.split("-")[0] for copy in (COPIES / "oro").glob("*.json")} >= set(REPLAYED)
