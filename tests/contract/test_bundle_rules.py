"""Rules of contracts/bundle.md that go further than its recordings."""

from __future__ import annotations

from typing import Any

import pytest

from sidecar.sandbox.oro.bundle import OF_BUNDLE
from tests.contract.bundle_words import posting, replay, return_document, with_movement
from tests.contract.conftest import Caller
from tests.contract.recorded import differences, load

ATTRIBUTES = {
    "orderreturns": "externalId orderIdentifier status warehouseCode trackingNumber carrier reasonSummary syncState "
    "reviewReason syncedAt sourceUpdatedAt revision createdAt updatedAt",
    "orderreturnlineitems": "lineKey productSku productUnitCode requestedQuantity receivedQuantity acceptedQuantity "
    "creditedQuantity restockedQuantity grade disposition reasonCode reviewReason",
    "orderreturncredits": "postingKey currency netValue taxValue totalValue status digest createdAt",
    "orderreturncreditlines": "productSku description quantity productUnitCode netValue taxValue value",
    # createdAt is in the recordings only
    "orderreturnstockmovements": "postingKey quantity createdAt",
}


@pytest.mark.parametrize("type_", ATTRIBUTES)
def test_fields_are_those_of_the_contract(type_: str) -> None:
    assert sorted(OF_BUNDLE[type_].attributes) == sorted(ATTRIBUTES[type_].split())


@pytest.fixture
def return_id(bundle: Caller) -> str:
    lines = [{"lineKey": "R-1/1", "productSku": "A", "acceptedQuantity": "1"}]
    answer = bundle.send("POST", "orderreturns", return_document("R-1", lines))
    id_: str = answer.json()["data"]["id"]
    return id_


def first_error(answer: Any) -> tuple[int, str, str | None]:
    error = answer.json()["errors"][0]
    return answer.status_code, error["title"], error.get("source", {}).get("pointer")


def test_the_comparison_notices() -> None:
    """The replay proves something only if the comparison can fail."""
    recorded = {
        "data": {"type": "orders", "id": "1", "attributes": {"discount": 0, "updatedAt": "2026-11-23T07:50:41Z"}}
    }

    def changed(**attributes: Any) -> dict[str, Any]:
        return {"data": {**recorded["data"], "attributes": {**recorded["data"]["attributes"], **attributes}}}

    assert not list(differences(recorded, changed(updatedAt="2026-01-01T00:00:00Z")))
    for wrong in ({"discount": "0"}, {"discount": 1}, {"extra": None}, {"updatedAt": "yesterday"}):
        assert list(differences(recorded, changed(**wrong))), wrong


def test_line_key_of_another_return(bundle: Caller, return_id: str) -> None:
    """Guard 1, which [06] lacked: by key, by bare id, and as `meta.update`."""
    line_id = bundle.shop.tables["orderreturns"].rows[return_id].relationships["lineItems"][0]
    by_key = return_document("R-2", [{"lineKey": "R-1/1"}])
    assert first_error(bundle.send("POST", "orderreturns", by_key)) == (
        409,
        "line key constraint",
        "/included/0/attributes/lineKey",
    )
    by_id = return_document("R-2", None)
    by_id["data"]["relationships"]["lineItems"] = {"data": [{"type": "orderreturnlineitems", "id": line_id}]}
    assert bundle.send("POST", "orderreturns", by_id).status_code == 409
    by_id["included"] = [{"type": "orderreturnlineitems", "id": line_id, "meta": {"update": True}, "attributes": {}}]
    assert bundle.send("POST", "orderreturns", by_id).status_code == 409
    assert [found["externalId"] for found in bundle.shop.books()["returns"]] == ["R-1"]


def test_stale_document_beside_a_posting(bundle: Caller) -> None:
    """Guard 2 inside `included`; a document of the same moment is no older one."""
    recording = load("bundle", "48")
    document = recording["request"]["body"]["included"][0]
    document["attributes"]["sourceUpdatedAt"] = "2026-11-23T10:05:00Z"
    assert replay(bundle, recording).status_code == 201

    assert first_error(replay(bundle, recording)) == (409, "conflict constraint", None)

    document["attributes"]["sourceUpdatedAt"] = "2026-11-23T10:04:59Z"
    pointer = "/included/0/attributes/sourceUpdatedAt"
    assert first_error(replay(bundle, recording)) == (409, "stale document constraint", pointer)
    assert bundle.shop.counters()["refused_writes"] == {"conflict constraint": 1, "stale document constraint": 1}


def test_revision_counts_updates_and_lines_bump_the_header(bundle: Caller, return_id: str) -> None:
    shop = bundle.shop
    header = shop.tables["orderreturns"].rows[return_id].attributes
    header["updatedAt"] = "2020-01-01T00:00:00Z"

    lines = [{"lineKey": "R-1/1", "productSku": "A", "acceptedQuantity": "1"}]
    bundle.send("POST", "orderreturns", return_document("R-1", lines))
    assert (header["revision"], header["updatedAt"]) == (1, "2020-01-01T00:00:00Z")

    lines[0]["acceptedQuantity"] = "0.5"
    bundle.send("POST", "orderreturns", return_document("R-1", lines))
    assert header["revision"] == 2
    assert header["updatedAt"] > "2020-01-01T00:00:00Z"


@pytest.mark.parametrize("type_", ["orderreturncredits", "orderreturncreditlines", "orderreturnstockmovements"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_posting_is_immutable(bundle: Caller, return_id: str, type_: str, method: str) -> None:
    """Guard 5; [16]."""
    body = with_movement(posting("K-1", return_id), "K-1/1", "1", "5", return_id)
    assert bundle.send("POST", "orderreturncredits", body).status_code == 201

    answer = bundle.send(method, f"{type_}/1", {"data": {"type": type_, "id": "1"}})

    assert (answer.status_code, answer.content, answer.headers["Allow"]) == (405, b"", "OPTIONS, GET")


def test_nothing_is_added_to_a_posted_credit(bundle: Caller, return_id: str) -> None:
    """Guard 5; [59] shows the holes."""
    credit = bundle.send("POST", "orderreturncredits", posting("K-1", return_id)).json()["data"]["id"]
    before = bundle.shop.books()
    to_credit = {"credit": {"data": {"type": "orderreturncredits", "id": credit}}}
    line = {"type": "orderreturncreditlines", "attributes": posting("", "")["included"][0]["attributes"]}

    assert bundle.send("POST", "orderreturncreditlines", {"data": line}).status_code == 405
    smuggled = posting("K-2", return_id)
    smuggled["included"].append({**line, "id": "x", "relationships": to_credit})
    assert not bundle.send("POST", "orderreturncredits", smuggled).ok
    moved = with_movement(return_document("R-1", None), "K-1/9", "1", "5", "return")
    moved["included"][0]["relationships"].update(to_credit)
    assert not bundle.send("POST", "orderreturns", moved).ok
    for method in ("POST", "PATCH", "DELETE"):
        assert bundle.send(method, f"orderreturncredits/{credit}/relationships/lines", {"data": []}).status_code == 405
    assert bundle.send("DELETE", f"orderreturns/{return_id}").status_code == 405
    assert bundle.shop.books() == before


def test_postings_cannot_be_upserted(bundle: Caller, return_id: str) -> None:
    body = posting("K-1", return_id)
    body["data"]["meta"] = {"upsert": ["postingKey"]}
    assert first_error(bundle.send("POST", "orderreturncredits", body)) == (400, "value constraint", "/meta/upsert")


@pytest.mark.parametrize("value", [None, "", "many", True, {}, "NaN", "1e400", "1000000000000000", "0.12345"])
@pytest.mark.parametrize("name", ["netValue", "taxValue", "totalValue"])
def test_null_and_absurd_amounts(bundle: Caller, return_id: str, name: str, value: Any) -> None:
    answer = bundle.send("POST", "orderreturncredits", posting("K-1", return_id, **{name: value}))
    assert answer.status_code == 400
    assert f"/data/attributes/{name}" in [error["source"]["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("value", [None, "", "many", "-1", "10000000000", "0.12345678901"])
def test_null_and_absurd_quantities(bundle: Caller, return_id: str, value: Any) -> None:
    body = return_document("R-2", [{"lineKey": "R-2/1", "acceptedQuantity": value}])
    status, _, pointer = first_error(bundle.send("POST", "orderreturns", body))
    assert (status, pointer) == (400, "/included/0/attributes/acceptedQuantity")


def test_fees_may_make_lines_and_net_negative_but_never_the_memo(bundle: Caller, return_id: str) -> None:
    goods = {"productSku": "A", "quantity": "1", "netValue": "10", "taxValue": "2", "value": "12"}
    fee = {"productSku": "FEE", "quantity": "1", "netValue": "-11", "taxValue": "0", "value": "-11"}
    memo = {"netValue": "-1", "taxValue": "2", "totalValue": "1"}

    assert bundle.send("POST", "orderreturncredits", posting("K-1", return_id, [goods, fee], **memo)).status_code == 201
    below = posting("K-2", return_id, [fee], netValue="-11", taxValue="0", totalValue="-11")
    assert first_error(bundle.send("POST", "orderreturncredits", below)) == (
        400,
        "positive or zero constraint",
        "/data/attributes/totalValue",
    )
    assert bundle.shop.books()["problems"] == []


@pytest.mark.parametrize(
    ("memo", "detail"),
    [
        ({"totalValue": "99"}, "The total must be the sum of the net value and the tax."),
        ({"netValue": "98", "totalValue": "99"}, "The lines of the credit memo sum up to 10.0000."),
    ],
)
def test_a_memo_that_does_not_add_up_is_refused(
    bundle: Caller, return_id: str, memo: dict[str, str], detail: str
) -> None:
    answer = bundle.send("POST", "orderreturncredits", posting("K-1", return_id, **memo))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["detail"] == detail


def test_the_books_notice_what_does_not_add_up(bundle: Caller, return_id: str) -> None:
    memo = bundle.send("POST", "orderreturncredits", posting("K-1", return_id)).json()["data"]["id"]
    bundle.shop.tables["orderreturncredits"].rows[memo].attributes["totalValue"] = "99.0000"
    assert bundle.shop.books()["problems"] == ["K-1: the lines do not sum to totalValue"]


def test_a_credit_needs_a_line_a_return_and_only_known_fields(bundle: Caller, return_id: str) -> None:
    empty = posting("K-1", return_id, [])
    del empty["included"]
    assert first_error(bundle.send("POST", "orderreturncredits", empty))[2] == "/data/relationships/lines/data"
    assert first_error(bundle.send("POST", "orderreturncredits", posting("K-1", "77")))[:2] == (400, "form constraint")
    unknown = bundle.send("POST", "orderreturncredits", posting("K-1", return_id, warehouseCode="W"))
    assert first_error(unknown) == (400, "extra fields constraint", None)


def test_every_problem_at_once(bundle: Caller) -> None:
    body = return_document("R-2", [{"lineKey": "R-2/1", "acceptedQuantity": "-1"}], status="bogus", syncState="synced")
    pointers = [error["source"]["pointer"] for error in bundle.send("POST", "orderreturns", body).json()["errors"]]
    assert pointers == [
        "/data/attributes/status",
        "/data/attributes/syncState",
        "/included/0/attributes/acceptedQuantity",
    ]


def test_empty_included_is_refused(bundle: Caller, return_id: str) -> None:
    """bundle.md: `lineItems: {data: []}` needs the key `included` absent."""
    body = {**return_document("R-1", []), "included": []}
    assert bundle.send("POST", "orderreturns", body).status_code == 400
    del body["included"]
    assert bundle.send("POST", "orderreturns", body).status_code == 200
    assert bundle.shop.books()["returns"][0]["lines"] == []


def test_postings_are_read_by_their_keys(bundle: Caller, return_id: str) -> None:
    for number in (1, 2):
        body = with_movement(posting(f"K-{number}", return_id), f"K-{number}/1", "1", "5", return_id)
        bundle.send("POST", "orderreturncredits", body)

    memos = bundle.send(
        "GET", "orderreturncredits?filter[postingKey]=K-2,K-1,K-9&include=lines,stockMovements,orderReturn&page[size]=9"
    ).json()
    assert [item["attributes"]["postingKey"] for item in memos["data"]] == ["K-1", "K-2"]
    kinds = sorted(item["type"] for item in memos["included"])
    assert kinds == ["orderreturncreditlines"] * 2 + ["orderreturns"] + ["orderreturnstockmovements"] * 2
    assert len(bundle.send("GET", f"orderreturncredits?filter[orderReturn]={return_id}").json()["data"]) == 2
    movements = bundle.send("GET", "orderreturnstockmovements?filter[postingKey]=K-1/1,K-2/1").json()
    assert len(movements["data"]) == 2


def test_returns_are_found_by_key_order_and_state(bundle: Caller) -> None:
    for key, status, state in (("R-1", "graded", "in_sync"), ("R-2", "closed", "review")):
        body = return_document(key, None, status=status, syncState=state, orderIdentifier="EXT001000")
        bundle.send("POST", "orderreturns", body)

    def found(text: str) -> list[str]:
        data = bundle.send("GET", f"orderreturns?{text}").json()["data"]
        return [item["attributes"]["externalId"] for item in data]

    assert found("filter[externalId]=R-2,R-1") == ["R-1", "R-2"]
    assert found("filter[orderIdentifier]=EXT001000") == ["R-1", "R-2"]
    assert found("filter[status]=closed") == ["R-2"]
    assert found("filter[syncState]=in_sync") == ["R-1"]


def test_deleting_the_order_leaves_the_return(bundle: Caller, return_id: str) -> None:
    """bundle.md, hygiene: `order` null, `orderIdentifier` kept."""
    assert bundle.send("DELETE", "orders/1").status_code == 204
    answer = bundle.send("GET", f"orderreturns/{return_id}").json()
    assert answer["data"]["relationships"]["order"]["data"] is None
