"""The demo's own honesty: what it waits for, what it does not hide, how it ends when it is told to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.progress import Progress

from sidecar.ledger.inbox import Identity
from sidecar.sandbox import demo
from sidecar.sandbox.month.player import Month, make_month
from sidecar.sandbox.month.stories_told import STORIES
from sidecar.sandbox.stage import Stage, StageError, call
from sidecar.sandbox.verdict import Verdict, _lost, _minor, judge
from sidecar.sandbox.zigzag.sender import Sender

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EMPTY_BOOKS = {"problems": [], "credits": [], "stock_movements": [], "writes": 0, "reads": 0}


class House(ThreadingHTTPServer):
    """Door, Oro and ZigZag in one; the door answers webhooks with ``answers``, then with 200."""

    daemon_threads = True

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.stored: list[Any] = []
        super().__init__(("127.0.0.1", 0), Visit)
        self.address = f"127.0.0.1:{self.server_address[1]}"


class Visit(BaseHTTPRequestHandler):
    server: House

    def do_GET(self) -> None:
        self.answer(200)

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.path.startswith("/v1/webhooks/"):
            return self.answer(200)
        status = self.server.answers.pop() if self.server.answers else 200
        if status == 200:
            self.server.stored.append(said["data"]["returnId"])
        return self.answer(status)

    def answer(self, status: int) -> None:
        body = json.dumps(EMPTY_BOOKS).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def stage_in(house: House, var: Path) -> Stage:
    stage = Stage(var, bind=house.address)
    stage.oro.url = stage.zigzag.url = stage.url
    return stage


def play(stage: Stage, month: Month) -> Sender:
    sender = Sender(f"{stage.url}/v1/webhooks/zigzag", "key")
    demo._act(stage, month, 1, sender, Progress(disable=True), "the month")
    sender.close()
    return sender


def test_a_message_that_could_not_be_stored_comes_again_before_anybody_judges(house: House, tmp_path: Path) -> None:
    """A busy ledger answers 500, which ZigZag repeats a day later: on a loaded machine the demo once called it lost."""
    month = make_month(1, NOW, STORIES[:1])
    deliveries = sum(len(event.deliveries) for event in month.acts[1])
    house.answers = [500, 500, 500]
    sender = play(stage_in(house, tmp_path), month)
    assert len(house.stored) == deliveries
    assert sender.counters["attempts"] == deliveries + 3
    assert (sender.waiting, sender.lost, sender.expired) == ([], [], [])


def test_a_message_that_zigzag_never_repeats_is_not_hidden(house: House, tmp_path: Path, sqlite_template: Path) -> None:
    house.answers = [503]
    stage = stage_in(house, tmp_path)
    sender = play(stage, make_month(1, NOW, STORIES[:1]))
    shutil.copy(sqlite_template, tmp_path / "sidecar.db")
    verdict = judge(stage, Month(), [*sender.lost, *sender.expired], 1.0)
    assert verdict.problems == ["a message was lost, ZigZag being answered 503"]
    assert not verdict.balanced


def test_messages_that_came_again_are_counted_once_each_and_one_stored_twice_is_told() -> None:
    """What ZigZag's list repeats is no message that arrived; a message of three deliveries came again twice."""
    month = make_month(1, NOW, STORIES[:1])
    events = [event for event in month.acts[1] if event.deliveries]
    inbox = [
        Identity(event.return_id, event.at.replace(microsecond=0), "applied", "webhook", len(event.deliveries) + 7)
        for event in events
    ]
    found = Verdict()
    _lost(found, month, inbox)
    assert (found.duplicates, found.problems) == (sum(len(event.deliveries) - 1 for event in events), [])
    found = Verdict()
    _lost(found, month, [*inbox[1:], replace(inbox[1], state="superseded")])
    assert (found.lost_events, len(found.problems)) == (1, 2)
    assert found.problems[0].endswith("is not in the inbox")
    assert "is stored 2 times" in found.problems[1]


def test_amounts_are_shown_with_the_decimals_of_their_currency() -> None:
    """Yen have none, dinars three; a tenth of a cent, which must not be, is not rounded out of sight."""
    stated = {"JPY": "2196.0000", "KWD": "19.998", "GBP": "20404.0", "EUR": "49.951", "USD": "0"}
    shown = {currency: str(amount) for currency, amount in _minor({k: Decimal(v) for k, v in stated.items()}).items()}
    assert shown == {"JPY": "2196", "KWD": "19.998", "GBP": "20404.00", "EUR": "49.951", "USD": "0.00"}


def test_a_folder_that_no_demo_wrote_is_not_emptied(tmp_path: Path) -> None:
    """``--var ~`` would else be somebody's last demo."""
    (tmp_path / "thesis.txt").write_text("ten years")
    with pytest.raises(StageError, match="holds something that no demo wrote"):
        Stage(tmp_path).start()
    assert (tmp_path / "thesis.txt").read_text() == "ten years"
    with pytest.raises(StageError, match=r"/proc/demo cannot be made"):
        Stage(Path("/proc/demo")).start()


def test_the_last_demo_of_a_folder_goes(tmp_path: Path) -> None:
    for name in ("demo.log", "sidecar.db"):
        (tmp_path / name).touch()
    Stage(tmp_path)._empty()
    assert list(tmp_path.iterdir()) == []


def test_a_stand_in_that_is_away_is_said_in_words() -> None:
    with pytest.raises(StageError, match=r"GET http://127.0.0.1:1/: no answer \(.*refused"):
        call("GET", "http://127.0.0.1:1/")


def test_whoever_presses_ctrl_c_twice_still_leaves_nothing_running() -> None:
    """The stop takes some seconds; interrupted in the middle it would leave the stand-ins behind."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    stopped = []
    with pytest.raises(KeyboardInterrupt), demo._interruptible():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            stopped.append("everything")
    assert stopped == ["everything"]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
