"""The list of changed returns is walked whole, and no faster than the settings allow."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from sidecar.sandbox.zigzag import Fault
from sidecar.zigzag import paging
from sidecar.zigzag.client import ZigZagError
from tests.zigzag.calling import START, failing, put
from tests.zigzag.samples import body

# --- the list
# -----------------------------------------------------------------------------------------------------


def test_250_changed_returns_are_three_pages_oldest_change_first(client, house):
    put(house, 250)
    pages = list(client.changed_since(START))
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [each["returnId"] for page in pages for each in page] == [f"R{number}" for number in range(250)]
    assert client.calls == {"token": 1, "return": 0, "returns": 3}
    assert "Steve" not in str(pages)


def test_only_what_changed_since_is_listed(client, house):
    put(house, 10)
    berlin = (START + timedelta(minutes=7)).astimezone()
    assert [each["returnId"] for page in client.changed_since(berlin) for each in page] == ["R7", "R8", "R9"]


def test_nothing_changed_is_no_page(client):
    assert list(client.changed_since(START)) == []
    assert client.calls["returns"] == 1


def test_a_time_without_a_zone_is_refused(client):
    with pytest.raises(ValueError):
        client.changed_since(datetime(2026, 11, 1))  # noqa: DTZ001 - that is the point


def test_a_page_is_asked_for_when_the_one_before_was_taken(client, house):
    put(house, 5)
    pages = client.changed_since(START, page_size=2)
    assert len(next(pages)) == 2
    assert client.calls["returns"] == 1


def test_a_page_in_another_order_is_still_all_of_it(client, house):
    put(house, 6)
    house.faults.add(Fault("shuffle", where="returns", times=None))
    found = [each["returnId"] for page in client.changed_since(START, page_size=2) for each in page]
    assert found == ["R1", "R0", "R3", "R2", "R5", "R4"]


def test_a_return_that_changes_during_the_walk_makes_nobody_slip_through(client, house):
    put(house, 6)
    pages = client.changed_since(START, page_size=2)
    found = [each["returnId"] for each in next(pages)]
    house.put(body(returnId="R0", orderStatus="Graded"), START + timedelta(days=1))
    found += [each["returnId"] for page in pages for each in page]
    assert set(found) == {f"R{number}" for number in range(6)}
    assert found.count("R0") == 2


def test_a_walk_that_fails_on_its_way_raises_after_the_pages_it_gave(client, house):
    put(house, 6)
    pages = client.changed_since(START, page_size=2)
    next(pages)
    house.faults.add(Fault("status", where="returns", status=500, times=3))
    assert failing(lambda: next(pages)).kind == "unreachable"


def test_a_list_that_never_moves_on_is_not_walked_for_ever(client, house, monkeypatch):
    put(house, 6)
    real = house.page
    monkeypatch.setattr(house, "page", lambda retailer, since, page, size: real(retailer, since, 1, size))
    error = failing(lambda: list(client.changed_since(START, page_size=2)))
    assert error.detail == "page 2 is page 1 again"


def test_a_list_without_end_raises_rather_than_stopping_quietly(client, house, monkeypatch):
    put(house, 6)
    monkeypatch.setattr(paging, "MAX_PAGES", 2)
    assert "does not end" in failing(lambda: list(client.changed_since(START, page_size=2))).detail


@pytest.mark.parametrize("answer", ["x", {"data": "x"}, {"data": [1]}, {}, {"data": None}])
def test_a_list_that_is_no_list_is_an_unexpected_answer(answer):
    with pytest.raises(ZigZagError):
        paging.Page.of(answer, 100)


def test_without_a_total_an_empty_page_ends_the_walk():
    pages = {1: [{"returnId": "1"}], 2: [{"returnId": "2"}], 3: []}
    asked: list[int] = []

    def page(number: int) -> paging.Page:
        asked.append(number)
        return paging.Page.of({"data": pages[number]}, 1)

    assert [each[0]["returnId"] for each in paging.walk(page)] == ["1", "2"]
    assert asked == [1, 2, 3]


# --- how fast
# -----------------------------------------------------------------------------------------------------


def test_the_rate_is_capped_for_all_threads_together(client_of, house, clock):
    put(house, 1)
    client = client_of(rate_per_second=10, concurrency=1)
    started = clock.now
    for _ in range(30):
        client.get_return("R0")
    # 31 requests with the token: the first at once, one every 0.1 s after it.
    assert clock.now - started == pytest.approx(3.0)


def test_no_more_requests_run_at_a_time_than_the_setting_allows(client_of, house, monkeypatch):
    put(house, 1)
    client = client_of(concurrency=3)
    client.check()
    lock, running, most, one_too_many = threading.Lock(), [0], [0], threading.Event()
    real = house.answer

    def answer(return_id: str) -> bytes | None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] > 3:
                one_too_many.set()
        one_too_many.wait(0.05)
        with lock:
            running[0] -= 1
        return real(return_id)

    monkeypatch.setattr(house, "answer", answer)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: client.get_return("R0"), range(12)))
    assert most[0] == 3
