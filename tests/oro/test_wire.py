"""What the network does to a call, over real sockets: was it sent, may it have been done?"""

from __future__ import annotations

import gzip
import json
import os
import ssl
from typing import Any

import pytest
import requests
import urllib3

from sidecar.oro import errors, transport
from sidecar.oro.client import OroClient
from tests.oro.recorded import API, Oro
from tests.oro.wire import HANG_UP, HOLD, TOKEN, closed_port, http, wire

BODY: dict[str, Any] = {"data": {"type": "orderreturns"}}


def client_of(url: str) -> OroClient:
    return OroClient(url, "c", "s")


def test_nobody_listens_so_nothing_was_sent() -> None:
    with pytest.raises(errors.OroUnreachable, match="ORO_BASE_URL"):
        client_of(closed_port()).post("orderreturns", BODY)


def test_a_server_that_goes_away_between_token_and_write_was_not_reached() -> None:
    with wire([TOKEN]) as oro:
        client = client_of(oro.url)
        client.token()
    with pytest.raises(errors.OroUnreachable):
        client.post("orderreturns", BODY)


def test_a_base_url_without_scheme_is_told_as_such() -> None:
    with pytest.raises(errors.OroUnreachable, match="https://"):
        client_of("oro.example").get("orders")


def test_a_connection_dropped_after_sending_leaves_a_write_unknown_and_is_not_repeated() -> None:
    with wire([TOKEN, HANG_UP]) as oro, pytest.raises(errors.OutcomeUnknown):
        client_of(oro.url).post("orderreturns", BODY)
    assert len(oro.requests) == 2


def test_a_connection_dropped_on_a_read_did_nothing() -> None:
    with wire([TOKEN, HANG_UP]) as oro, pytest.raises(errors.OroUnreachable):
        client_of(oro.url).get("orders")


def test_an_answer_that_ends_in_the_middle() -> None:
    cut = http(201, b'{"data": {"type": "orderreturns", "id": "1"', promised=500)
    with wire([TOKEN, cut]) as oro, pytest.raises(errors.OutcomeUnknown, match="truncated"):
        client_of(oro.url).post("orderreturns", BODY)
    with wire([TOKEN, cut]) as oro, pytest.raises(errors.OroUnreachable):
        client_of(oro.url).get("orderreturns")


def test_a_body_that_reads_as_json_but_is_shorter_than_promised_is_not_trusted() -> None:
    short = http(201, b'{"data": {"type": "orderreturns", "id": "1"}}', promised=500)
    with wire([TOKEN, short]) as oro, pytest.raises(errors.OutcomeUnknown):
        client_of(oro.url).post("orderreturns", BODY)


def test_a_conflict_cut_short_does_not_say_which_one() -> None:
    cut = http(409, b'{"errors": [{"status": "409", "title": "conflict constraint"}]}', promised=500)
    with wire([TOKEN, cut]) as oro, pytest.raises(errors.OutcomeUnknown):
        client_of(oro.url).post("orderreturncredits", BODY)


def test_a_refusal_cut_short_is_still_a_refusal() -> None:
    with wire([TOKEN, http(400, b'{"err', promised=500)]) as oro, pytest.raises(errors.Refused):
        client_of(oro.url).post("orderreturns", BODY)


def test_garbage_instead_of_http() -> None:
    with wire([TOKEN, b"hello?\r\n\r\n"]) as oro, pytest.raises(errors.OutcomeUnknown):
        client_of(oro.url).post("orderreturns", BODY)


def test_no_answer_in_time_leaves_a_write_unknown_and_a_read_undone() -> None:
    for ask, error in (("post", errors.OutcomeUnknown), ("get", errors.OroUnreachable)):
        with wire([TOKEN, HOLD]) as oro:
            client = OroClient(oro.url, "c", "s", timeout=(1.0, 0.1))
            with pytest.raises(error, match="did not answer in time"):
                client.post("orderreturns", BODY) if ask == "post" else client.get("orderreturns")


def test_a_redirect_is_not_followed() -> None:
    away = http(307, headers="Location: http://127.0.0.1:1/elsewhere\r\n")
    with wire([TOKEN, away]) as oro, pytest.raises(errors.OutcomeUnknown):
        client_of(oro.url).post("orderreturns", BODY)
    with wire([away]) as oro, pytest.raises(errors.OroUnreachable, match="redirects"):
        client_of(oro.url).post("orderreturns", BODY)


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 10_000)
    big = http(200, {"data": ["x" * 20_000]})
    with wire([TOKEN, big]) as oro, pytest.raises(errors.OroUnreachable):
        client_of(oro.url).get("orders")


def test_an_answer_that_unpacks_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 100_000)
    packed = gzip.compress(json.dumps({"data": ["x" * 5_000_000]}).encode())
    bomb = http(200, packed, headers="Content-Encoding: gzip\r\n")
    with wire([TOKEN, bomb]) as oro, pytest.raises(errors.OroUnreachable):
        client_of(oro.url).get("orders")


def test_a_packed_answer_is_unpacked() -> None:
    packed = http(200, gzip.compress(b'{"data": []}'), headers="Content-Encoding: gzip\r\n")
    with wire([TOKEN, packed]) as oro:
        assert client_of(oro.url).get("orders").rows == []


def test_what_leaves_is_exactly_one_well_formed_request() -> None:
    with wire([TOKEN, http(200, {"data": {"type": "orderreturns", "id": "1"}})]) as oro:
        client_of(oro.url).post("orderreturns", {"data": {"attributes": {"carrier": "Zürich 🚚"}}})
    head, _, body = oro.requests[1].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /admin/api/orderreturns HTTP/1.1")
    assert json.loads(body) == {"data": {"attributes": {"carrier": "Zürich 🚚"}}}
    assert b"Transfer-Encoding" not in head


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_makes_its_own_connections() -> None:
    with wire([TOKEN, http(200, {"data": []}), http(200, {"data": ["child"]})]) as oro:
        client = client_of(oro.url)
        client.get("orders")
        before = client._transport._session.get_adapter(oro.url)
        read, write = os.pipe()
        child = os.fork()
        if not child:
            fresh = client._transport._session.get_adapter(oro.url) is not before
            os.write(write, b"1" if fresh and client.get("orders").rows == ["child"] else b"0")
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(read, 1) == b"1"
        os.close(read)
        os.close(write)


def test_a_certificate_that_cannot_be_verified_means_nothing_was_sent(oro: Oro) -> None:
    reason = urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed"))
    failure = requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(None, "/", reason))  # type: ignore[arg-type]
    oro.mock.post(f"{API}/orderreturns", body=failure)
    with pytest.raises(errors.OroUnreachable, match="certificate"):
        oro.client.post("orderreturns", BODY)


def test_tls_that_breaks_later_leaves_a_write_unknown(oro: Oro) -> None:
    oro.mock.post(f"{API}/orderreturns", body=requests.exceptions.SSLError("bad record mac"))
    with pytest.raises(errors.OutcomeUnknown):
        oro.client.post("orderreturns", BODY)
