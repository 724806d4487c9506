"""The client: one token for all, the exact headers, every call counted, and no secret in any text."""

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
    oro.answers_recorded("oro", "33", "orderreturns", method="POST")
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
    [
        (500, errors.OroUnreachable),
        (302, errors.OroUnreachable),
        (503, errors.OroThrottled),
        (429, errors.OroThrottled),
    ],
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
