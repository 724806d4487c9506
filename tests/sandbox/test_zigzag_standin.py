"""ZigZag's stand-in obeys the contract, and its sender repeats exactly what ZigZag repeats."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from sidecar.sandbox.zigzag import Handle, Sender, ZigZagHouse, serve
from sidecar.zigzag.webhook_auth import Verifier

START = datetime(2026, 11, 1, tzinfo=UTC)
API = "/Return/api/v1"


@pytest.fixture
def zigzag() -> Iterator[Handle]:
    with serve(ZigZagHouse(username="shop", password="pw")) as handle:
        yield handle


def ask(handle: Handle, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(handle.url).netloc, timeout=5)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, json.loads(content)


def signed_in(handle: Handle) -> str:
    return ask(handle, "POST", f"{API}/Account/Token", {"username": "shop", "password": "pw"})[1]["data"]


def test_a_token_is_given_for_the_right_password_only(zigzag):
    assert signed_in(zigzag).count(".") == 2
    assert ask(zigzag, "POST", f"{API}/Account/Token", {"username": "shop", "password": "no"})[0] == 401
    assert ask(zigzag, "POST", f"{API}/Account/Token", [])[0] == 400
    assert ask(zigzag, "GET", f"{API}/Returns/1?retailerCode=GL123", token="made-up")[0] == 401


def test_a_token_ends_after_its_time():
    now = [1_800_000_000.0]
    house = ZigZagHouse(token_seconds=1800, clock=lambda: now[0])
    token = house.sign_in("demo", "demo")
    assert house.accepts(f"Bearer {token}")
    now[0] += 1800
    assert not house.accepts(f"Bearer {token}")


def test_a_return_is_answered_as_it_stands_and_an_unknown_one_is_404(zigzag):
    zigzag.house.put({"returnId": "1", "orderStatus": "Requested"}, START)
    zigzag.house.put({"returnId": "1", "orderStatus": "Graded"}, START + timedelta(days=2))
    zigzag.house.put({"returnId": "1", "orderStatus": "Approved"}, START + timedelta(days=1))
    token = signed_in(zigzag)
    answer = ask(zigzag, "GET", f"{API}/Returns/1?retailerCode=GL123", token=token)
    assert answer == (200, {"data": {"returnId": "1", "orderStatus": "Graded"}})
    assert ask(zigzag, "GET", f"{API}/Returns/2?retailerCode=GL123", token=token)[0] == 404
    assert [each["orderStatus"] for _, each in zigzag.house.history("1")] == [
        "Requested",
        "Graded",
        "Approved",
    ]


def test_the_list_is_of_one_retailer_since_a_moment_oldest_change_first(zigzag):
    for number, retailer in enumerate(["GL123", "OTHER", "GL123", "GL123"]):
        zigzag.house.put({"returnId": str(number), "retailerCode": retailer}, START + timedelta(hours=number))
    zigzag.house.put({"returnId": "2", "retailerCode": "GL123"}, START + timedelta(hours=9))
    path = f"{API}/Returns?retailerCode=GL123&changedSince=2026-11-01T00:00:01Z&page={{}}&pageSize=1"
    token = signed_in(zigzag)
    pages = [ask(zigzag, "GET", path.format(page), token=token)[1] for page in (1, 2, 3)]
    assert [[each["returnId"] for each in page["data"]] for page in pages] == [["3"], ["2"], []]
    assert (pages[0]["page"], pages[0]["pageSize"], pages[0]["totalCount"]) == (1, 1, 2)


def test_another_process_can_seed_break_and_count_it(zigzag):
    seeds = [{"snapshot": {"returnId": "a/1"}, "changed_at": "2026-11-01T00:00:00Z"}]
    assert ask(zigzag, "POST", "/_sandbox/snapshots", seeds) == (200, {"returns": 1})
    assert ask(zigzag, "GET", "/_sandbox/returns/a%2F1")[1][0]["snapshot"] == {"returnId": "a/1"}
    assert ask(zigzag, "POST", "/_sandbox/faults", {"kind": "status", "where": "return", "status": 502})[0] == 200
    token = signed_in(zigzag)
    statuses = [ask(zigzag, "GET", f"{API}/Returns/a%2F1?retailerCode=GL123", token=token)[0] for _ in range(2)]
    assert statuses == [502, 200]
    counters = ask(zigzag, "GET", "/_sandbox/counters")[1]
    assert counters == {
        "token": 1,
        "token 200": 1,
        "return": 2,
        "return 502": 1,
        "return 200": 1,
        "fault status": 1,
    }
    assert ask(zigzag, "POST", "/_sandbox/faults", {"kind": "earthquake"})[0] == 400
    assert ask(zigzag, "POST", "/_sandbox/reset")[0] == 200
    assert ask(zigzag, "GET", "/_sandbox/counters")[1] == {}


# --- the sender
# ---------------------------------------------------------------------------------------------------


def sender_to(*answers: int | None) -> tuple[Sender, list[bytes]]:
    told: list[bytes] = []
    remaining = list(answers)

    def post(body: bytes, _: object) -> int | None:
        told.append(body)
        return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    return Sender("http://sidecar.invalid/hook", "s3cret", post=post), told


@pytest.mark.parametrize("answer", [400, 401, 403, 405, 408, 500, 502, None])
def test_what_failed_is_repeated_a_day_later(answer):
    sender, told = sender_to(answer, 200)
    delivery = sender.send({"returnId": "1"}, START)
    assert sender.advance(START + timedelta(hours=23)) == 0
    assert sender.advance(START + timedelta(hours=24)) == 1
    assert delivery.state == "delivered"
    assert delivery.statuses == [answer, 200]
    assert told[0] == told[1] == b'{"data": {"returnId": "1"}}'


@pytest.mark.parametrize("answer", [404, 409, 410, 413, 422, 429, 503, 504, 302])
def test_what_is_answered_otherwise_is_lost(answer):
    sender, told = sender_to(answer)
    assert sender.send({"returnId": "1"}, START).state == "lost"
    assert sender.advance(START + timedelta(days=30)) == 0
    assert len(told) == len(sender.lost) == 1


def test_a_receiver_that_is_down_for_a_week_loses_the_message():
    sender, told = sender_to(500)
    delivery = sender.send({"returnId": "1"}, START)
    assert sender.advance(START + timedelta(days=30)) == 7
    assert (delivery.state, len(told), sender.expired) == ("expired", 8, [delivery])


def test_days_pass_until_nothing_waits_and_a_receiver_has_each_day_to_come_back():
    """One message is stored on the third day; another is answered as ZigZag never repeats."""
    sender, told = sender_to(500, 503, None, 200)
    days: list[int] = []
    stored, lost = sender.send({"returnId": "1"}, START), sender.send({"returnId": "2"}, START)
    assert sender.let_days_pass(lambda: days.append(len(told))) == 2
    assert (stored.statuses, lost.statuses) == ([500, None, 200], [503])
    assert (stored.state, sender.lost, sender.waiting) == ("delivered", [lost], [])
    assert days == [2, 3], "asked before each day's repeats"


def test_days_pass_for_a_week_and_no_longer():
    sender, _ = sender_to(500)
    delivery = sender.send({"returnId": "1"}, START)
    assert sender.let_days_pass() == 7
    assert (sender.waiting, sender.expired) == ([], [delivery])


def test_repeats_come_after_newer_states():
    sender, told = sender_to(500, 200)
    sender.send({"state": "old"}, START)
    sender.send({"state": "new"}, START + timedelta(hours=1))
    sender.advance(START + timedelta(days=1))
    assert [json.loads(each)["data"]["state"] for each in told] == ["old", "new", "old"]


@pytest.mark.parametrize(
    ("auth", "secret"),
    [("header:X-ZigZag-Key", "gehüîm"), ("basic", "zig:gehüîm"), ("hmac-sha256:X-Signature", "gehüîm")],
)
def test_the_sender_proves_itself_over_real_http(auth, secret):
    verifier = Verifier.from_setting(auth, secret)
    opened: list[bool] = []

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            opened.append(verifier.verify(dict(self.headers.items()), body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    sender = Sender(f"http://127.0.0.1:{server.server_port}/v1/webhooks/zigzag", secret, auth=auth)
    try:
        assert [sender.send({"returnId": "1"}, START).state for _ in range(2)] == ["delivered", "delivered"]
    finally:
        sender.close()
        server.shutdown()
        thread.join()
        server.server_close()
    assert opened == [True, True]
    assert sender.send({"returnId": "1"}, START).statuses == [None]
    sender.close()


def test_a_signature_is_the_lower_case_hex_of_the_raw_body():
    sender = Sender("http://sidecar.invalid/", "k", auth="hmac-sha256:X-S", post=lambda *_: 200)
    assert sender.credential(b"x") == {"X-S": hmac.new(b"k", b"x", hashlib.sha256).hexdigest()}
