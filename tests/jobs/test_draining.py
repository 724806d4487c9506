"""A page job goes on with what comes due, so that many pages share one fork; and ends early when it is told to."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sidecar.jobs import functions
from sidecar.ledger import counters, returns, work
from sidecar.ledger.engine import Ledger
from sidecar.settings import load
from sidecar.sync import page
from sidecar.sync.world import World, utc_now

Run = Callable[[World, Sequence[int]], page.PageReport]


@pytest.fixture
def pks(ledger: Ledger, ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Three returns that are due; a page is one of them."""
    environ = {
        "ORO_BASE_URL": "http://127.0.0.1:9",
        "ORO_CLIENT_ID": "sidecar",
        "ORO_CLIENT_SECRET": "secret",
        "ZIGZAG_BASE_URL": "http://127.0.0.1:9",
        "ZIGZAG_USERNAME": "demo",
        "ZIGZAG_PASSWORD": "demo",
        "ZIGZAG_RETAILER_CODE": "GL123",
        "DATABASE_URL": ledger_url,
        "VAR_DIR": str(tmp_path),
        "PAGE_SIZE": "1",
    }
    monkeypatch.setattr(functions, "_prepared", None)
    monkeypatch.setattr(functions, "_ending", False)
    monkeypatch.setattr(functions, "LINGER_SECONDS", 0.05)
    monkeypatch.setattr(functions, "LOOK_EVERY", 0.01)
    functions.prepare(load(environ, need=("oro", "zigzag")))
    with ledger.begin() as conn:
        made = [returns.ensure(conn, "GL123", f"R{n}", "SO-1", utc_now()) for n in range(3)]
        work.make_due(conn, made, utc_now(), pull=False, reason="test", correlation_id="test")
    yield made
    assert functions._prepared is not None
    functions._prepared.ledger.dispose()


def _taken(ledger: Ledger) -> int:
    with ledger.read() as conn:
        return counters.all(conn)["returns_taken"]


def _page_that(ledger: Ledger, then: Callable[[], None]) -> Run:
    """A page that finishes its returns, and ``then`` something happens."""

    def run(_: World, some: Sequence[int]) -> page.PageReport:
        with ledger.begin() as conn:
            work.finish(conn, {row.return_pk: row.generation for row in work.load(conn, some)}, utc_now())
        then()
        return page.PageReport(taken=len(some))

    return run


def test_what_is_due_is_taken_page_after_page(ledger: Ledger, pks: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "run", _page_that(ledger, lambda: None))
    functions.run_page(pks[:1], "a-job")
    assert _taken(ledger) == 3


def test_a_return_that_comes_due_a_moment_later_finds_the_job_still_there(
    ledger: Ledger, pks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = iter([True])

    def comes_late() -> None:
        if next(late, False):
            with ledger.begin() as conn:
                work.make_due(conn, [pks[0]], utc_now(), pull=False, reason="webhook", correlation_id="late")

    monkeypatch.setattr(page, "run", _page_that(ledger, comes_late))
    functions.run_page(pks[:1], "a-job")
    assert _taken(ledger) == 4


def test_a_job_whose_worker_is_stopping_finishes_its_page_and_takes_no_other(
    ledger: Ledger, pks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = _page_that(ledger, lambda: functions.end_with_this_page(signal.SIGUSR1, None))
    monkeypatch.setattr(page, "run", stopping)
    functions.run_page(pks[:1], "a-job")
    assert _taken(ledger) == 1
    with ledger.read() as conn:
        assert work.due_now(conn, utc_now()) == pks[1:]
