"""The stand-in keeps the promises of the bundle as a real OroCommerce 6.1.9 did, answer by answer.

``recordings/proofs/`` holds what ``python -m tests.contract.proofs --record`` heard from the real one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sidecar.sandbox.oro import LineSpec, OroShop, serve
from tests.contract.proofs.place import Names, Place
from tests.contract.proofs.script import BY_HAND, SCRIPTS, Proof
from tests.contract.proofs.shop import OPENING
from tests.contract.recorded import COPIES, differences

RUN = "P1"
# What Oro's own resources show beyond the stand-in's, which knows only the fields that the bridge reads.
PARTIAL = frozenset({"inventorylevels", "products", "orders"})


def _shop() -> OroShop:
    return OroShop(clients={"sidecar": "secret"}, write_pause=0.02)


def _furnished(shop: OroShop, url: str) -> Place:
    """The shop of tests/contract/proofs/shop.py, made by the stand-in's own means."""
    gloves = shop.add_product(
        f"{RUN}-GLOVE", "each", {"each": (1, 0), "case": (50, 0)}, levels={"each": OPENING, "case": OPENING}
    )
    masks = shop.add_product(f"{RUN}-MASK", "each", {"each": (1, 0)}, levels={"each": OPENING})
    lines = [LineSpec(f"{RUN}-GLOVE", 2, "case", "100"), LineSpec(f"{RUN}-MASK", 10, "each", "2.50")]
    order = shop.add_order(f"{RUN}-SO", "USD", lines)
    return Place(
        url=url,
        credentials=("sidecar", "secret"),
        run=RUN,
        order=order.id,
        lines=order.lines,
        products=(gloves.id, masks.id),
        levels=(gloves.levels["each"], gloves.levels["case"], masks.levels["each"]),
        pairs=3,
    )


@pytest.fixture
def shop() -> OroShop:
    return _shop()


@pytest.fixture
def place(shop: OroShop) -> Iterator[Place]:
    with serve(shop) as server:
        yield _furnished(shop, server.url)


def _recorded(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((COPIES / "proofs" / f"{name}.json").read_text(encoding="utf-8"))
    return content


_RECORD = re.compile(r"(orderreturn[a-z]+):(\d+)")


def _numbered_anew(exchanges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records numbered as this proof meets them: in the recording other proofs came before it."""
    numbers: dict[tuple[str, str], str] = {}
    counts: dict[str, int] = {}
    for exchange in exchanges:
        found = set(_RECORD.findall(json.dumps(exchange)))
        for type_, number in sorted(found - numbers.keys(), key=lambda one: (one[0], int(one[1]))):
            counts[type_] = counts.get(type_, 0) + 1
            numbers[type_, number] = f"{type_}:{counts[type_]}"

    def anew(value: Any) -> Any:
        if isinstance(value, list):
            items = [anew(item) for item in value]
            links = all(isinstance(item, dict) and item.keys() == {"type", "id"} for item in items)
            return sorted(items, key=lambda link: link["id"]) if links else items  # Oro sorts no relation
        if isinstance(value, dict):
            return {name: anew(item) for name, item in value.items()}
        if isinstance(value, str):
            return _RECORD.sub(lambda found: numbers[found[1], found[2]], value)
        return value

    return [anew(each) for each in exchanges]


@pytest.mark.parametrize("name", [each for each in SCRIPTS if each not in BY_HAND and each != "16-without-rights"])
def test_the_stand_in_keeps_the_promise_as_oro_does(place: Place, name: str) -> None:
    _compare(place, name)


def test_a_role_without_rights_as_in_oro(shop: OroShop, place: Place) -> None:
    shop.role = "none"
    _compare(place, "16-without-rights")


def test_the_bundle_switched_off_as_in_oro(shop: OroShop, place: Place) -> None:
    shop.bundle_enabled = False
    _compare(place, "90-switched-off")


def _compare(place: Place, name: str) -> None:
    recorded = _recorded(name)
    shows, script = SCRIPTS[name]
    assert recorded["what_it_shows"] == shows
    made = Proof(place, Names(place))
    script(made)
    due, got = _numbered_anew(recorded["exchanges"]), _numbered_anew(made.exchanges)
    assert [each["request"]["path"] for each in got] == [each["request"]["path"] for each in due]
    departures = [
        f"{number} {one['request']['method']} {one['request']['path']}: {text}"
        for number, (one, other) in enumerate(zip(due, got, strict=True))
        for text in differences(one, other, PARTIAL)
    ]
    assert not departures, "\n".join(departures[:30])
    assert bool(recorded["counted"]) == bool(made.counted)
