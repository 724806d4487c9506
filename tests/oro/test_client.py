"""The client: one token for all, the exact headers, and every refusal of Oro told apart by type."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses

from sidecar.oro import errors
from sidecar.oro.client import OroClient
from tests.oro.recorded import API, BASE, SECRET, TOKEN, Oro, recording, scripted_oro

LIST = {"data": []}
BODY: dict[str, Any] = {"data": {"type": "orderreturns"}}


def problem(status: int, title: str, detail: str = "", pointer: str = "") -> dict[str, Any]:
    entry: dict[str, Any] = {"status": str(status), "title": title, "detail": detail}
    if pointer:
        entry["source"] = {"pointer": pointer}
    return {"errors": [entry]}


# --- Headers and counters ------------------------------------------------------------------------------------------


def test_a_read_carries_the_headers_oro_wants_and_nothing_more(oro: Oro) -> None:
    oro.answers("orders", LIST)
    oro.client.get("orders", "page%5Bsize%5D=1")
    headers = oro.mock.calls[-1].request.headers
    assert headers["Accept"] == "application/vnd.api+json"
    assert headers["X-Include"] == "noHateoas"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert "Content-Type" not in headers
    assert "Cookie" not in headers


def test_a_write_carries_its_media_type_without_parameters(oro: Oro) -> None:
    oro.answers("orderreturns", {"data": {"type": "orderreturns", "id": "1"}}, method="POST", status=201)
    page, created = oro.client.post("orderreturns", BODY)
    assert page.row["id"] == "1"
    assert created
    assert oro.mock.calls[-1].request.headers["Content-Type"] == "application/vnd.api+json"


def test_cookies_of_an_answer_do_not_come_back(oro: Oro) -> None:
    for _ in range(2):
        oro.answers("orders", LIST, headers={"Set-Cookie": "csrf=1; Path=/"})
        oro.client.get("orders")
    assert "Cookie" not in oro.mock.calls[-1].request.headers


def test_a_netrc_does_not_replace_our_token(oro: Oro, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine oro.example login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    oro.answers("orders", LIST)
    oro.client.get("orders")
    assert oro.mock.calls[-1].request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_calls_are_counted_as_they_leave(oro: Oro) -> None:
    oro.answers("orders", LIST)
    oro.answers("orderreturns", problem(400, "form constraint"), method="POST", status=400)
    oro.client.get("orders")
    oro.client.get("orders")
    with pytest.raises(errors.Refused):
        oro.client.post("orderreturns", BODY)
    assert oro.client.calls == {"reads": 2, "writes": 1, "tokens": 1}


def test_numbers_with_a_point_arrive_as_decimals(oro: Oro) -> None:
    oro.answers("orders", raw=b'{"data": {"attributes": {"quantity": 2.125, "rate": 0.123456789}}}')
    attributes = oro.client.get("orders").row["attributes"]
    assert attributes["quantity"] == Decimal("2.125")
    assert attributes["rate"] == Decimal("0.123456789")


# --- Tokens --------------------------------------------------------------------------------------------------------


def test_the_recorded_token_answer_is_understood() -> None:
    with scripted_oro(tokens=False) as oro:
        answer = recording("oro", "01")["response"]
        oro.mock.post(f"{BASE}/oauth2-token", json=answer["body"], status=200)
        oro.client.token()
        sent = oro.mock.calls[0].request
        assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert sent.body == f"grant_type=client_credentials&client_id=the-client&client_secret={SECRET}".encode()


@pytest.mark.parametrize("number", ["04", "05", "06", "08", "09"])
def test_every_recorded_refusal_of_a_token_is_credentials_refused(number: str) -> None:
    with scripted_oro(tokens=False) as oro:
        answer = recording("oro", number)["response"]
        oro.mock.post(f"{BASE}/oauth2-token", json=answer["body"], status=answer["status"])
        with pytest.raises(errors.CredentialsRefused) as caught:
            oro.client.post("orderreturns", BODY)
        assert caught.value.status == answer["status"]
        assert "ORO_CLIENT_SECRET" in caught.value.detail
        assert oro.client.calls["writes"] == 0


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, errors.OroUnreachable), (302, errors.OroUnreachable), (503, errors.OroThrottled), (429, errors.OroThrottled)],
)
def test_without_a_token_a_write_was_certainly_not_sent(status: int, kind: type[errors.OroError]) -> None:
    with scripted_oro(tokens=False) as oro:
        oro.mock.post(f"{BASE}/oauth2-token", status=status, headers={"Retry-After": "7"})
        with pytest.raises(kind):
            oro.client.post("orderreturns", BODY)
        assert oro.client.calls["writes"] == 0


def test_a_token_answer_that_holds_no_token_is_no_token() -> None:
    with scripted_oro(tokens=False) as oro:
        oro.mock.post(f"{BASE}/oauth2-token", json={"access_token": None})
        with pytest.raises(errors.OroUnreachable):
            oro.client.token()


def test_a_token_is_renewed_before_it_ends() -> None:
    now = [1000.0]
    with responses.RequestsMock() as mock:
        client = OroClient(BASE, "c", SECRET, clock=lambda: now[0])
        for token in ("one", "two"):
            mock.post(f"{BASE}/oauth2-token", json={"expires_in": 3600, "access_token": token})
        mock.get(f"{API}/orders", json=LIST)
        client.get("orders")
        now[0] += 3600 - 61
        client.get("orders")
        assert client.calls["tokens"] == 1
        now[0] += 2
        client.get("orders")
        assert client.calls["tokens"] == 2
        assert mock.calls[-1].request.headers["Authorization"] == "Bearer two"


def test_threads_that_need_a_token_together_share_one_call() -> None:
    started = threading.Barrier(8)
    with scripted_oro() as oro:
        oro.answers("orders", LIST)

        def read(_: int) -> None:
            started.wait()
            oro.client.get("orders")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(read, range(8)))
        assert oro.client.calls == {"reads": 8, "writes": 0, "tokens": 1}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_token_is_replaced_and_the_call_repeated_once(method: str) -> None:
    with scripted_oro(tokens=False) as oro:
        oro.gives_tokens("old", "new")
        oro.answers_recorded("oro", "10", "orderreturns", method=method)
        oro.answers("orderreturns", {"data": []}, method=method)
        if method == "GET":
            oro.client.get("orderreturns")
        else:
            oro.client.post("orderreturns", BODY)
        assert oro.mock.calls[-1].request.headers["Authorization"] == "Bearer new"
        assert oro.client.calls["tokens"] == 2


def test_a_token_refused_twice_is_credentials_refused(oro: Oro) -> None:
    oro.gives_tokens("second")
    oro.answers_recorded("oro", "12", "orderreturns", method="POST")
    with pytest.raises(errors.CredentialsRefused):
        oro.client.post("orderreturns", BODY)
    assert oro.client.calls == {"reads": 0, "writes": 2, "tokens": 2}


# --- Every refusal told apart --------------------------------------------------------------------------------------


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
    if "status" not in answer:
        pytest.skip("the recording holds several exchanges")
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
    [("120", 120), ("999999999999", 3600), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("soon", None), ("-1", None), ("", None)],
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


@pytest.mark.parametrize("raw", [b"", b"<html>", b'{"data": {"id"', b"null", b"[]", b'{"meta": 1}', b'{"data": NaN}', b"\xff"])
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


# --- Secrets -------------------------------------------------------------------------------------------------------


def test_no_secret_and_no_token_shows_in_texts_and_logs(oro: Oro, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    oro.answers("orders", status=500)
    with pytest.raises(errors.OroError) as caught:
        oro.client.get("orders")
    oro.mock.get(f"{API}/products", body=requests.ConnectionError(f"Bearer {TOKEN} {SECRET}"))
    with pytest.raises(errors.OroUnreachable) as lost:
        oro.client.get("products")
    texts = [repr(oro.client), str(caught.value), repr(lost.value), str(lost.value), caplog.text]
    texts.append(repr(vars(oro.client)["_tokens"]))
    assert not [text for text in texts if SECRET in text or TOKEN in text]
    assert lost.value.__suppress_context__
