"""The client against ZigZag's stand-in over real HTTP: it asks little, repeats little and says exactly what
failed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sidecar.sandbox.zigzag import Fault, ZigZagHouse, serve
from sidecar.zigzag import transport
from tests.zigzag.calling import PASSWORD, START, failing, put
from tests.zigzag.samples import body

# --- single returns
# -----------------------------------------------------------------------------------------------


def test_a_return_is_read_without_the_customers_name(client, house):
    house.put(body(), START)
    found = client.get_return("413413515")
    assert found["orderNumber"] == "SO-10012"
    assert "customerName" not in found
    assert "salutation" not in found


def test_an_unknown_return_is_none(client):
    assert client.get_return("nobody") is None


@pytest.mark.parametrize("return_id", ["a/b", "a?b=1", "50%", "r\u00fcck #1", "../Account"])
def test_an_id_never_leaves_its_place_in_the_path(client, house, return_id):
    house.put(body(returnId=return_id), START)
    assert client.get_return(return_id)["returnId"] == return_id


@pytest.mark.parametrize("return_id", ["", "..", "a\nb", " x"])
def test_an_id_that_no_return_can_have_is_not_asked_for(client, return_id):
    with pytest.raises(ValueError):
        client.get_return(return_id)
    assert client.calls["return"] == 0


def test_another_return_than_the_one_asked_for_is_no_answer(client, house, monkeypatch):
    house.put(body(returnId="1"), START)
    monkeypatch.setattr(house, "answer", lambda _: b'{"returnId": "2"}')
    assert failing(lambda: client.get_return("1")).kind == "unexpected_answer"


# --- the token
# ----------------------------------------------------------------------------------------------------


def test_sixteen_threads_share_one_token(client, house):
    put(house, 16)
    house.faults.add(Fault("slow", where="token", seconds=0.05))
    together = threading.Barrier(16)

    def ask(number: int) -> str:
        together.wait()
        return client.get_return(f"R{number}")["returnId"]

    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(ask, range(16)))
    assert found == {f"R{number}" for number in range(16)}
    assert client.calls == {"token": 1, "return": 16, "returns": 0}


def test_sixteen_threads_share_the_news_that_the_password_is_wrong(client_of, house):
    client = client_of(password="wrong")
    with ThreadPoolExecutor(16) as pool:
        errors = list(pool.map(lambda _: failing(lambda: client.get_return("R1")), range(16)))
    assert {error.kind for error in errors} == {"credentials_refused"}
    assert client.calls == {"token": 1, "return": 0, "returns": 0}


def test_a_wrong_password_is_tried_again_after_half_a_minute(client_of, clock):
    client = client_of(password="wrong")
    failing(lambda: client.get_return("R1"))
    clock.now += 31
    assert failing(lambda: client.get_return("R1")).permanent is False
    assert client.calls["token"] == 2


def test_a_refused_token_is_replaced_and_the_request_repeated_exactly_once(client, house):
    put(house, 1)
    client.get_return("R0")
    house.expire_tokens()
    assert client.get_return("R0")["returnId"] == "R0"
    assert client.calls == {"token": 2, "return": 3, "returns": 0}


def test_a_token_that_is_refused_while_fresh_ends_the_request(client, house):
    house.faults.add(Fault("expire_tokens", where="return", times=None))
    error = failing(lambda: client.get_return("R0"))
    assert (error.kind, error.status, error.permanent) == ("credentials_refused", 401, False)
    assert client.calls == {"token": 2, "return": 2, "returns": 0}


@pytest.mark.parametrize(("lifetime", "kept"), [(1800, 1500), (600, 540), (86400, 1500)])
def test_a_token_is_kept_25_minutes_or_until_a_minute_before_its_end(client_of, clock, lifetime, kept):
    house = ZigZagHouse(username="shop", password=PASSWORD, token_seconds=lifetime, clock=clock)
    with serve(house) as handle:
        client = client_of(base_url=handle.url)
        client.get_return("R0")
        clock.now += kept - 1
        client.get_return("R0")
        assert client.calls["token"] == 1
        clock.now += 1
        client.get_return("R0")
        assert client.calls["token"] == 2


def test_a_token_that_seems_over_already_is_used_all_the_same(client_of, house, clock):
    put(house, 1)
    fast = client_of(wall=lambda: clock.now + 7200)
    fast.get_return("R0")
    fast.get_return("R0")
    assert fast.calls["token"] == 1


def test_the_token_path_may_be_a_full_url(client_of, zigzag):
    client = client_of(token_path=f"{zigzag.url}/Return/api/v1/Account/Token")
    client.check()
    assert client.calls["token"] == 1


def test_check_fetches_a_token_whatever_is_held(client, house):
    client.check()
    client.check()
    assert client.calls["token"] == 2
    house.faults.add(Fault("drop", where="token", times=3))
    assert failing(client.check).kind == "unreachable"


def test_password_and_token_show_in_no_repr(client):
    client.check()
    assert PASSWORD not in repr(client)
    assert "shop" not in repr(client)
    assert client._access.get() not in f"{client._access!r}"


# --- failures
# -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [Fault("status", where="return", status=status) for status in (500, 502, 503, 504)]
    + [Fault("drop", where="return"), Fault("truncate", where="return")],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
def test_a_hiccup_is_repeated_in_place(client, house, clock, fault):
    put(house, 1)
    house.faults.add(fault)
    assert client.get_return("R0")["returnId"] == "R0"
    assert client.calls["return"] == 2
    assert clock.slept == [0.25]


def test_a_server_that_stays_broken_is_given_up_after_two_repeats_within_two_seconds(client_of, house, clock):
    client = client_of(chance=lambda: 1.0)
    house.faults.add(Fault("status", where="return", status=500, times=None))
    error = failing(lambda: client.get_return("R0"))
    assert (error.kind, error.status, error.permanent) == ("unreachable", 500, False)
    assert client.calls["return"] == 3
    assert sum(clock.slept) <= 2


def test_a_closed_port_is_unreachable(client_of):
    with serve(ZigZagHouse()) as handle:
        gone = handle.url
    error = failing(lambda: client_of(base_url=gone).get_return("R0"))
    assert (error.kind, error.status) == ("unreachable", None)


def test_a_server_that_does_not_answer_in_time_is_not_waited_for_again(client_of, house, clock):
    client = client_of(timeout=(1, 0.1))
    house.faults.add(Fault("stall", where="return", seconds=20))
    assert failing(lambda: client.get_return("R0")).kind == "unreachable"
    assert client.calls["return"] == 1


def test_too_many_requests_are_never_repeated_in_place_and_silence_everybody(client, house, clock):
    put(house, 1)
    house.faults.add(Fault("status", where="return", status=429, retry_after="40"))
    error = failing(lambda: client.get_return("R0"))
    assert (error.kind, error.status, error.retry_after) == ("throttled", 429, 40)
    again = failing(lambda: client.get_return("R0"))
    assert (again.kind, again.status) == ("throttled", None)
    assert client.calls["return"] == 1
    clock.now += 41
    assert client.get_return("R0")["returnId"] == "R0"


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        (None, 5),
        ("0", 0),
        ("99999999999999", 3600),
        ("soon", 5),
        ("-3", 5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2185 07:28:00 GMT", 3600),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date_and_bounded(client, house, stated, seconds):
    house.faults.add(Fault("status", where="return", status=429, retry_after=stated))
    assert failing(lambda: client.get_return("R0")).retry_after == seconds


def test_a_broken_server_that_names_its_time_is_not_asked_sooner(client, house):
    house.faults.add(Fault("status", where="return", status=503, retry_after="120"))
    error = failing(lambda: client.get_return("R0"))
    assert (error.kind, error.status, error.retry_after) == ("unreachable", 503, 120)
    assert client.calls["return"] == 1


@pytest.mark.parametrize(
    ("status", "kind", "permanent"),
    [
        (400, "unexpected_answer", True),
        (405, "unexpected_answer", True),
        (403, "credentials_refused", False),
        (302, "unexpected_answer", True),
        (408, "unexpected_answer", False),
        (501, "unreachable", False),
    ],
)
def test_each_refusal_is_told_apart(client, house, status, kind, permanent):
    house.faults.add(Fault("status", where="return", status=status, times=None))
    error = failing(lambda: client.get_return("R0"))
    assert (error.kind, error.status, error.permanent) == (kind, status, permanent)
    assert error.detail == "Something went wrong."
    assert client.calls["return"] == 1


def test_a_redirect_is_not_followed(client, house, zigzag):
    put(house, 1)
    elsewhere = f"{zigzag.url}/Return/api/v1/Returns/R0?retailerCode=GL123"
    house.faults.add(Fault("status", where="return", status=302, location=elsewhere))
    error = failing(lambda: client.get_return("R0"))
    assert (error.kind, error.status) == ("unexpected_answer", 302)
    assert client.calls["return"] == house.counters["return"] == 1


def test_garbage_is_an_unexpected_answer(client, house):
    house.faults.add(Fault("garbage", where="return"))
    assert failing(lambda: client.get_return("R0")).kind == "unexpected_answer"
    house.faults.add(Fault("garbage", where="token"))
    assert failing(client.check).kind == "unexpected_answer"


def test_an_answer_without_end_is_not_read_to_its_end(client, house, monkeypatch):
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 100_000)
    house.faults.add(Fault("oversize", where="return"))
    error = failing(lambda: client.get_return("R0"))
    assert (error.kind, error.detail) == ("unexpected_answer", "more than 100000 bytes")
