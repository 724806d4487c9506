"""What a stand-in has that Oro has not: faults, counters, books, seeding over HTTP, a process of its own."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from sidecar.sandbox.oro import Fault, OroShop, create_app, serve
from sidecar.sandbox.oro.faults import KINDS
from tests.contract.bundle_words import posting, return_document
from tests.contract.conftest import TIMEOUT, Caller
from tests.contract.recorded import ROOT

UNDONE = {
    "timeout_before": requests.exceptions.ConnectionError,
    "drop_before": requests.exceptions.ConnectionError,
    "error500_before": 500,
    "unavailable503": 503,
    "throttled429": 429,
    "conflict409": 409,
    "forbidden403": 403,
    "unauthorized_once": 401,
    "switched_off": 404,
    "api_off": 404,
}
DONE = {
    "timeout_after": requests.exceptions.ConnectionError,
    "drop_after": requests.exceptions.ConnectionError,
    "truncate": requests.exceptions.ChunkedEncodingError,
    "error500_after": 500,
    "slow": 201,
}


def outcome(call: Callable[[], requests.Response]) -> int | type[Exception]:
    try:
        return call().status_code
    except requests.exceptions.RequestException as failed:
        return type(failed)


@pytest.fixture
def return_id(bundle: Caller) -> str:
    answer = bundle.send("POST", "orderreturns", return_document("R-1", None))
    id_: str = answer.json()["data"]["id"]
    return id_


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_fault_strikes_before_or_after_the_deed(bundle: Caller, return_id: str, kind: str) -> None:
    bundle.shop.faults.add(kind, on="POST orderreturncredits", seconds=0.05)
    due = {**UNDONE, **DONE}[kind]

    seen = outcome(lambda: bundle.send("POST", "orderreturncredits", posting("K-1", return_id)))

    assert seen == due
    assert bundle.shop.counters()["created"]["orderreturncredits"] == (1 if kind in DONE else 0)
    # Reads are not concerned; a token that was taken away is the client's to renew.
    bundle.sign_in()
    assert bundle.send("GET", "orders").status_code == 200


def test_the_nth_write_only(bundle: Caller, return_id: str) -> None:
    bundle.shop.faults.add("error500_after", on="write", nth=2, count=1)
    statuses = [bundle.send("POST", "orderreturncredits", posting(f"K-{n}", return_id)).status_code for n in range(3)]
    assert statuses == [201, 500, 201]
    assert bundle.shop.counters()["created"]["orderreturncredits"] == 3


def test_a_seeded_probability_strikes_the_same_every_time(bundle: Caller, return_id: str) -> None:
    def run() -> list[int]:
        bundle.shop.faults.clear()
        bundle.shop.faults.add(Fault("503", on="read", probability=0.5, seed=7))
        return [bundle.send("GET", "orders").status_code for _ in range(20)]

    first = run()
    assert set(first) == {200, 503}
    assert run() == first


def test_contains_picks_one_return(bundle: Caller) -> None:
    bundle.shop.faults.add("throttled429", on="write", contains="R-2", count=None, retry_after=7)
    answers = [bundle.send("POST", "orderreturns", return_document(key, None)) for key in ("R-1", "R-2")]
    assert [answer.status_code for answer in answers] == [201, 429]
    assert answers[1].headers["Retry-After"] == "7"
    assert answers[1].headers["Content-Type"] == "text/html"


def test_unauthorized_once_spoils_the_token(bundle: Caller) -> None:
    assert bundle.send("GET", "orders").status_code == 200
    bundle.shop.faults.add("unauthorized_once")
    assert [bundle.send("GET", "orders").status_code for _ in range(2)] == [401, 401]
    bundle.sign_in()
    assert bundle.send("GET", "orders").status_code == 200


def test_api_switched_off(bundle: Caller) -> None:
    """oro.md: 404 everywhere, token call 401."""
    assert bundle.send("GET", "orders").status_code == 200
    bundle.shop.api_enabled = False
    assert bundle.send("GET", "orders").status_code == 404
    refused = requests.post(
        f"{bundle.server.url}/oauth2-token", data={"grant_type": "client_credentials"}, timeout=TIMEOUT
    )
    assert refused.status_code == 401


def test_a_held_answer_ends_when_the_stand_in_closes(bundle: Caller, return_id: str) -> None:
    bundle.shop.faults.add("timeout_before", on="write", seconds=600)
    started = time.monotonic()
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(
            f"{bundle.server.url}/admin/api/orderreturns",
            data="{}",
            headers={"Authorization": f"Bearer {bundle.bearer}"},
            timeout=0.2,
        )
    bundle.server.close()
    assert time.monotonic() - started < 10


def test_an_outage_ends_with_the_same_shop_at_the_same_address(bundle: Caller, return_id: str) -> None:
    bundle.server.close()
    assert outcome(lambda: bundle.send("GET", "orders")) is requests.exceptions.ConnectionError
    with serve(bundle.shop, port=bundle.server.port):
        assert bundle.send("GET", f"orderreturns/{return_id}").status_code == 200


def test_long_url_is_refused_with_html(bundle: Caller) -> None:
    """oro.md section 2: 7.8 kB pass, 9.3 kB do not."""
    assert bundle.send("GET", "orders?filter[identifier]=" + "A" * 7700).status_code == 200
    refused = bundle.send("GET", "orders?filter[identifier]=" + "A" * 9200)
    assert (refused.status_code, refused.headers["Content-Type"]) == (414, "text/html")


def test_control_paths(bundle: Caller) -> None:
    def call(method: str, path: str, body: Any = None) -> Any:
        url = f"{bundle.server.url}/_sandbox/{path}"
        return requests.request(method, url, json=body, timeout=TIMEOUT)

    product = {"sku": "Z", "primary_unit": "kg", "units": {"kg": [1, 3], "bag": ["0.5", 0]}, "levels": {"kg": "2.5"}}
    order = {
        "identifier": "SO-9",
        "currency": "JPY",
        "lines": [{"sku": "Z", "quantity": 3, "unit": "bag", "value": 100}],
    }
    made = call("POST", "seed", {"products": [product], "orders": [order]}).json()
    assert made["products"]["Z"]["levels"].keys() == {"kg", "bag"}
    assert len(made["orders"]["SO-9"]["lines"]) == 1
    assert call("GET", "books").json()["levels"]["Z"] == {"kg": "2.5", "bag": "0"}

    assert call("POST", "faults", {"kind": "503", "on": "read", "retry_after": 3}).status_code == 200
    assert bundle.send("GET", "orders").status_code == 503
    assert call("GET", "faults").json()["faults"][0]["hits"] == 1
    assert call("DELETE", "faults").json() == {"faults": []}

    assert call("POST", "settings", {"bundle_enabled": False}).json()["bundle_enabled"] is False
    assert bundle.send("GET", "orderreturns").status_code == 404
    counters = call("GET", "counters").json()
    assert (counters["reads"], counters["tokens"], counters["requests"]["GET orders"]) == (2, 1, 1)

    for path, body in (("seed", {"orders": [order]}), ("faults", {"kind": "nonsense"}), ("settings", {"x": 1})):
        assert call("POST", path, body).status_code == 400
    assert call("GET", "nothing").status_code == 404


def test_the_flask_app_is_the_same_shop() -> None:
    shop = OroShop()
    shop.add_product("A")
    client = create_app(shop).test_client()
    form = {"grant_type": "client_credentials", "client_id": "sidecar", "client_secret": "secret"}
    token = client.post("/oauth2-token", data=form).get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.api+json", "X-Include": "noHateoas"}

    answer = client.get("/admin/api/products?filter[sku]=A&fields[products]=sku", headers=headers)

    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    assert answer.get_json() == {"data": [{"type": "products", "id": "1", "attributes": {"sku": "A"}}]}


def test_seeding_refuses_what_cannot_be(caller: Caller) -> None:
    caller.shop.add_product("A", "each", {"each": (1, 0), "case": (50, 0)})
    with pytest.raises(ValueError, match="exists"):
        caller.shop.add_product("A")
    with pytest.raises(ValueError, match="primary unit"):
        caller.shop.add_product("B", "each", {"case": (1, 0)})
    with pytest.raises(ValueError, match="unknown line field"):
        caller.shop.add_order("SO", "USD", [{"sku": "A", "quantity": 1, "unit": "each", "value": 1, "price": 2}])


def test_order_level_discounts_are_as_a_client_reads_them(caller: Caller) -> None:
    """oro.md section 4: subtotal - discount - totalDiscountsAmount + tax = total."""
    caller.shop.add_product("A")
    line = {"sku": "A", "quantity": 3, "unit": "each", "value": 10, "tax": "2.85", "discount": 3}
    made = caller.shop.add_order("SO", "USD", [line], discount=5, total_discounts="1.50")
    attributes = caller.send("GET", f"orders/{made.id}").json()["data"]["attributes"]
    assert (attributes["discount"], attributes["totalDiscountsAmount"]) == (5, "1.5000")
    assert (attributes["subtotalValue"], attributes["totalValue"]) == ("30.0000", "26.3500")
    item = caller.send("GET", f"orderlineitems/{made.lines[0]}").json()["data"]["attributes"]
    assert item["rowTotalDiscountAmount"] == "3.0000"
    assert item["rowTotalAfterDiscount"] == item["rowTotalAfterDiscountExcludingTax"] == "27.0000"
    assert item["rowTotalAfterDiscountIncludingTax"] == "29.8500"


def test_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    seed = tmp_path / "shop.json"
    seed.write_text(json.dumps({"products": [{"sku": "A", "levels": {"each": 4}}]}), encoding="utf-8")
    command = [sys.executable, "-m", "sidecar.sandbox.oro", "--port", "0", "--seed-file", str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], 30)
            assert ready, "no URL within 30 s"
            url = process.stdout.readline().strip()
            books = requests.get(f"{url}/_sandbox/books", timeout=TIMEOUT).json()
            assert books["levels"] == {"A": {"each": "4"}}
        finally:
            process.terminate()
            assert process.wait(timeout=10) == 0
