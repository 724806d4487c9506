"""Every refusal of Oro told apart by type: what was certainly not done, and what nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from sidecar.oro import errors
from tests.oro.recorded import Oro, recording

BODY: dict[str, Any] = {"data": {"type": "orderreturns"}}


def problem(status: int, title: str, detail: str = "", pointer: str = "") -> dict[str, Any]:
    entry: dict[str, Any] = {"status": str(status), "title": title, "detail": detail}
    if pointer:
        entry["source"] = {"pointer": pointer}
    return {"errors": [entry]}


@pytest.mark.parametrize(
    ("kind", "number", "resource", "error"),
    [
        ("oro", "13", "ordersreturns", errors.SwitchedOff),
        ("oro", "14", "orders/999999", errors.NotFound),
        ("oro", "15", "orders/abc", errors.Refused),
        ("oro", "17", "orders", errors.Refused),
        ("oro", "22", "orders", errors.Refused),
        ("oro", "24", "orders", errors.Refused),
        ("oro", "25", "orders", errors.Refused),
        ("oro", "29", "orders", errors.Refused),
        ("oro", "37", "orders/1", errors.Refused),
    ],
)
def test_recorded_refusals_of_reads(
    oro: Oro, kind: str, number: str, resource: str, error: type[errors.OroError]
) -> None:
    oro.answers_recorded(kind, number, resource)
    with pytest.raises(error) as caught:
        oro.client.get(resource)
    assert type(caught.value) is error
    assert caught.value.status == recording(kind, number)["response"]["status"]
    assert caught.value.permanent is (error is not errors.SwitchedOff)


@pytest.mark.parametrize(
    ("kind", "number", "error"),
    [
        ("oro", "20", errors.Refused),  # 415, a bare list
        ("oro", "23", errors.Refused),
        ("oro", "30", errors.Refused),
        ("oro", "33", errors.Refused),
        ("oro", "35", errors.Refused),  # 405, empty
        ("bundle", "08", errors.Refused),
        ("bundle", "13", errors.ForeignLine),
        ("bundle", "15", errors.AlreadyPosted),
        ("bundle", "22", errors.AlreadyPosted),
        ("bundle", "42", errors.AlreadyPosted),
        ("bundle", "49", errors.Refused),
    ],
)
def test_recorded_refusals_of_writes(oro: Oro, kind: str, number: str, error: type[errors.OroError]) -> None:
    answer = recording(kind, number)["response"]
    oro.answers_recorded(kind, number, "orderreturns", method="POST")
    with pytest.raises(error) as caught:
        oro.client.post("orderreturns", BODY)
    assert type(caught.value) is error
    assert caught.value.status == answer["status"]


@pytest.mark.parametrize(
    ("title", "error"),
    [
        ("conflict constraint", errors.AlreadyPosted),
        ("stale document constraint", errors.StaleDocument),
        ("revision conflict constraint", errors.RevisionConflict),
        ("line key constraint", errors.ForeignLine),
        ("immutable posting constraint", errors.Refused),
    ],
)
def test_conflicts_are_told_apart_by_their_title(oro: Oro, title: str, error: type[errors.OroError]) -> None:
    oro.answers("orderreturns", problem(409, title), method="POST", status=409)
    with pytest.raises(error) as caught:
        oro.client.post("orderreturns", BODY)
    assert type(caught.value) is error


def test_all_that_oro_finds_wrong_is_told_with_its_place(oro: Oro) -> None:
    oro.answers_recorded("oro", "30", "orderreturns", method="POST")
    with pytest.raises(errors.Refused) as caught:
        oro.client.post("orderreturns", BODY)
    error = caught.value
    assert (error.status, error.title, error.pointer) == (400, "not blank constraint", "/data/attributes/currency")
    assert len(error.said) == 6
    assert "The quantity should be greater than 0. (/included/0/attributes/quantity)" in str(error)


def test_a_role_without_the_right_is_forbidden(oro: Oro) -> None:
    refusal = problem(403, "access denied exception", "No access to this type of entities.")
    oro.answers("orderreturns", refusal, method="POST", status=403)
    with pytest.raises(errors.Forbidden, match="No access to this type"):
        oro.client.post("orderreturns", BODY)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_bundle_switched_off_is_not_a_missing_return(oro: Oro, method: str) -> None:
    body = {"errors": [{"status": "404", "title": "not found http exception"}]}  # bundle recording 71
    oro.answers("orderreturns", body, method=method, status=404)
    with pytest.raises(errors.SwitchedOff):
        oro.client.get("orderreturns") if method == "GET" else oro.client.post("orderreturns", BODY)


def test_an_address_too_long_is_refused_in_html(oro: Oro) -> None:
    oro.answers("orders", raw=b"<html>414</html>", status=414, content_type="text/html")
    with pytest.raises(errors.UrlTooLong) as caught:
        oro.client.get("orders")
    assert str(caught.value) == "HTTP 414 address too long"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_too_many_requests_did_nothing_and_says_how_long(oro: Oro, method: str) -> None:
    oro.answers("orderreturns", method=method, status=429, headers={"Retry-After": "12"})
    with pytest.raises(errors.OroThrottled) as caught:
        oro.client.get("orderreturns") if method == "GET" else oro.client.post("orderreturns", BODY)
    assert caught.value.retry_after == 12


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("120", 120),
        ("999999999999", 3600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("soon", None),
        ("-1", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_bounded(oro: Oro, given: str, understood: int | None) -> None:
    oro.answers("orders", status=503, headers={"Retry-After": given})
    with pytest.raises(errors.OroThrottled) as caught:
        oro.client.get("orders")
    assert caught.value.retry_after == understood


@pytest.mark.parametrize("status", [500, 502, 503, 504, 507, 408, 301, 302, 202, 204])
def test_of_a_write_answered_oddly_nobody_knows_the_outcome(oro: Oro, status: int) -> None:
    oro.answers("orderreturns", {"data": {}}, method="POST", status=status, headers={"Retry-After": "3"})
    with pytest.raises(errors.OutcomeUnknown) as caught:
        oro.client.post("orderreturns", BODY)
    assert (caught.value.status, caught.value.retry_after) == (status, 3)
    assert oro.client.calls["writes"] == 1


def test_a_deadlock_reported_by_oro_leaves_the_outcome_unknown(oro: Oro) -> None:
    body = recording("bundle", "44")["response"]["body"]
    oro.answers("orderreturncredits", body, method="POST", status=500)
    with pytest.raises(errors.OutcomeUnknown, match="deadlock exception"):
        oro.client.post("orderreturncredits", BODY)


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b'{"data": {"id"', b"null", b"[]", b'{"meta": 1}', b'{"data": NaN}', b"\xff"]
)
def test_a_good_status_with_a_body_that_makes_no_sense(oro: Oro, raw: bytes) -> None:
    oro.answers("orders", raw=raw)
    with pytest.raises(errors.OroUnreachable):
        oro.client.get("orders")
    oro.answers("orderreturns", raw=raw, method="POST", status=201)
    with pytest.raises(errors.OutcomeUnknown):
        oro.client.post("orderreturns", BODY)


def test_a_conflict_that_does_not_say_which_leaves_the_outcome_unknown(oro: Oro) -> None:
    oro.answers("orderreturncredits", raw=b'{"errors": [{"ti', method="POST", status=409)
    with pytest.raises(errors.OutcomeUnknown):
        oro.client.post("orderreturncredits", BODY)


def test_json_nested_without_end_is_no_answer(oro: Oro) -> None:
    oro.answers("orders", raw=b'{"data":' + b"[" * 100_000)
    with pytest.raises(errors.OroUnreachable):
        oro.client.get("orders")
