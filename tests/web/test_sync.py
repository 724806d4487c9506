"""The sync button: due at once, joined when pressed twice, for returns and for whole orders."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sidecar.ledger import work
from tests.web.conftest import Door, asked, said


def test_an_unknown_return_is_asked_for(door: Door) -> None:
    answer = door.post("/v1/returns/77/sync")
    assert answer.status_code == 202
    body = answer.get_json()
    assert body["return_id"] == "77"
    asked_for = door.get(f"/v1/requests/{body['request_id']}")
    assert asked_for.status_code == 200
    assert asked_for.get_json()["state"] == "queued"
    assert isinstance(asked_for.get_json()["detail"], str)
    assert door.due() == [1]
    with door.ledger.read() as conn:
        (row,) = work.load(conn, [1])
    assert row.pull is True
    assert door.get("/v1/returns/77").status_code == 404  # nobody has told us anything about it yet


def test_pressing_again_joins_what_is_pending(door: Door) -> None:
    first = door.post("/v1/returns/77/sync").get_json()["request_id"]
    door.forward(seconds=5)
    assert door.post("/v1/returns/77/sync").get_json()["request_id"] == first


def test_it_is_due_at_once_whatever_retry_was_scheduled(door: Door) -> None:
    door.hook(said())
    with door.ledger.begin() as conn:
        work.take_due(conn, door.now, 10, 120, "job")
        for _ in range(5):
            work.retry(conn, 1, door.now + timedelta(hours=1), "OroUnreachable", "no answer", door.now)
    assert door.due() == []
    door.post("/v1/returns/413413515/sync")
    assert door.due() == [1]
    with door.ledger.read() as conn:
        (row,) = work.load(conn, [1])
    assert row.attempts == 0
    assert row.pull is True


def test_an_order_with_all_its_returns(door: Door) -> None:
    door.hook(said(returnId="1"))
    door.post("/v1/returns", json=asked(return_id="2", order_identifier="so-10012"))
    door.hook(said(returnId="3", orderNumber="SO-2"))
    answer = door.post("/v1/orders/SO-10012/sync")
    assert answer.status_code == 202
    body = answer.get_json()
    assert body["order_identifier"] == "SO-10012"
    assert sorted(body["return_ids"]) == ["1", "2"]
    for request_id in body["requests"].values():
        assert door.get(f"/v1/requests/{request_id}").get_json()["state"] == "queued"


def test_an_order_without_returns(door: Door) -> None:
    answer = door.post("/v1/orders/SO-NONE/sync")
    assert answer.status_code == 202
    assert answer.get_json()["return_ids"] == []


@pytest.mark.parametrize("word", ["a" * 101, "%20", "a%0Ab", "..", "%C2%A0"])
def test_what_cannot_be_an_id_is_refused(door: Door, word: str) -> None:
    for path in (f"/v1/returns/{word}/sync", f"/v1/orders/{word}/sync"):
        answer = door.post(path)
        assert answer.status_code == 422
        assert answer.mimetype == "application/problem+json"


def test_ids_with_slashes(door: Door) -> None:
    answer = door.post("/v1/orders/SO%2F2026%2F1/sync")
    assert answer.get_json()["order_identifier"] == "SO/2026/1"
