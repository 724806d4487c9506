"""What a log line holds, what it never holds, and that it follows the work into threads."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sidecar import logs
from sidecar.settings import Secret


class Lines(io.StringIO):
    """What was written; may say that it is a terminal."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal

    @property
    def last(self) -> dict[str, Any]:
        found = json.loads(self.getvalue().splitlines()[-1])
        assert isinstance(found, dict)
        return found


class Terminal(Lines):
    terminal = True


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    logs.configure("WARNING")
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def lines() -> Lines:
    stream = Lines()
    logs.configure("INFO", hide=[Secret("hunter-2-hunter-2"), Secret("abc")], stream=stream)
    return stream


log = logging.getLogger("sidecar.test")


def test_a_line_is_one_json_object_with_time_in_utc(lines: Lines) -> None:
    log.info("page %s done", 7, extra={"taken": 50})
    found = lines.last
    assert found.pop("time").endswith("Z")
    assert found == {"level": "info", "logger": "sidecar.test", "event": "page 7 done", "taken": 50}


def test_what_is_bound_stands_in_every_line_inside_and_in_none_after(lines: Lines) -> None:
    with logs.bind(correlation_id="c1", order=None):
        with logs.bind(return_id="413413515"):
            log.info("stored")
            assert lines.last["correlation_id"] == "c1"
            assert lines.last["return_id"] == "413413515"
            assert "order" not in lines.last
        log.info("answered")
        assert "return_id" not in lines.last
    assert logs.current() == {}


def test_what_is_bound_is_let_go_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), logs.bind(job="j1"):
        _ = 1 / 0
    assert logs.current() == {}


def test_what_is_bound_goes_into_the_threads_of_a_pool() -> None:
    def seen(number: int) -> tuple[int, object]:
        return number, logs.current().get("job")

    with logs.bind(job="j1"), ThreadPoolExecutor(4) as pool:
        assert list(pool.map(logs.carry(seen), range(20))) == [(number, "j1") for number in range(20)]


def test_an_error_brings_its_type_and_trace(lines: Lines) -> None:
    try:
        raise RuntimeError("Oro said no")
    except RuntimeError:
        log.exception("write failed")
    assert lines.last["error"] == "RuntimeError: Oro said no"
    assert "Traceback" in lines.last["trace"]


def test_a_field_named_like_one_of_ours_is_kept_beside_it(lines: Lines) -> None:
    log.info("x", extra={"event": "their event"})
    assert lines.last["event"] == "x"
    assert lines.last["event_"] == "their event"


@pytest.mark.parametrize(
    "text",
    [
        "signing in with hunter-2-hunter-2 failed",
        "Authorization: Bearer abcdefgh.ijklmnop",
        "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl back",
        "postgresql+psycopg://bridge:abcdefgh.ijklmnop@db/ledger is gone",
        '{"username": "u", "password": "abcdefgh.ijklmnop"}',
        "client_id=x&client_secret=abcdefgh.ijklmnop&y=1",
        '{"customerName": "abcdefgh.ijklmnop"}',
    ],
)
def test_a_secret_in_a_text_is_taken_out(lines: Lines, text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("%s", text, extra={"detail": text, "headers": {"x": [text]}})
    written = lines.getvalue()
    assert logs.MASK in written
    for secret in ("hunter-2", "abcdefgh", "eyJ"):
        assert secret not in written


def test_a_field_named_like_a_secret_is_taken_out(lines: Lines) -> None:
    body = {"username": "u", "Password": "abc", "access_token": "abc", "customer_name": "Steve"}
    with logs.bind(api_key="abc", zigzag_password="abc"):
        log.info("signed in", extra={"body": body, "Authorization": "abc"})
    assert lines.last["body"] == {
        "username": "u",
        "Password": "***",
        "access_token": "***",
        "customer_name": "***",
    }
    assert "abc" not in lines.getvalue()


def test_an_address_with_a_port_is_not_taken_for_a_password(lines: Lines) -> None:
    log.info("http://127.0.0.1:8000/v1/returns?mail=a@b")
    assert lines.last["event"] == "http://127.0.0.1:8000/v1/returns?mail=a@b"


def test_a_body_of_a_megabyte_does_not_fill_the_log(lines: Lines) -> None:
    log.info("bad answer", extra={"body": "x" * 1_000_000})
    assert len(lines.getvalue()) < 10_000
    assert lines.last["body"].endswith("(1000000 characters)")


def test_a_person_at_a_terminal_gets_one_plain_line() -> None:
    stream = Terminal()
    logs.configure("INFO", stream=stream)
    with logs.bind(return_id="7"):
        log.warning("odd\n\x1b[2Jword", extra={"sku": "GLÖVE"})
    (line,) = stream.getvalue().splitlines()
    assert line.endswith(r"warning  odd\n\x1b[2Jword return_id=7 sku=GLÖVE")


def test_configuring_twice_writes_once(lines: Lines) -> None:
    logs.configure("WARNING", stream=lines)
    log.info("not this")
    log.warning("this")
    assert len(lines.getvalue().splitlines()) == 1


def test_the_libraries_are_quiet(lines: Lines) -> None:
    logging.getLogger("urllib3.connectionpool").info("Starting new connection")
    assert lines.getvalue() == ""


def test_correlation_ids_differ() -> None:
    assert logs.new_correlation_id() != logs.new_correlation_id()
