"""A real browser in front of the desk, and behind it the demo month with a bridge that works all the time.

Skipped where there is no Chromium; with REQUIRE_BROWSER=1 (``.ci/run``) its absence fails instead.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from sidecar.ledger import inbox
from sidecar.ledger.engine import open_ledger
from sidecar.sandbox.month import shop as demo_shop
from sidecar.sandbox.month.furnishing import seed
from sidecar.sandbox.month.player import make_month
from sidecar.sandbox.month.stories_told import STORIES
from sidecar.sandbox.stage import call
from sidecar.sync import page as bridge_page
from sidecar.sync import people
from sidecar.sync.roles import ROLES
from sidecar.web import create_app
from tests.sync.town import Town, town

SHOTS = Path(__file__).parent.parent.parent / "build" / "screenshots"
AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1.min.js"
PASSWORD = "correct horse battery"
PATIENCE = 30_000  # milliseconds; a machine may be busy with other things
COPIES = 3  # of each story of the month: all that can happen, in a fifth of the time
FLAGS_OF_CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Debian's browser, or another one that is installed."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("no Chromium: apt-get install chromium, or name it in CHROMIUM")
        pytest.skip("no Chromium: install it (Debian: chromium), or name it in CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(FLAGS_OF_CHROMIUM))
        yield opened
        opened.close()


@dataclass
class LiveDesk:
    """The desk at ``url``; ``place`` is what stands behind it."""

    url: str
    place: Town


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveDesk]:
    """The month has happened at ZigZag and is in the ledger; nobody has decided anything yet."""
    folder = tmp_path_factory.mktemp("month")
    shutil.copy(sqlite_template, folder / "ledger.db")
    url = f"sqlite:///{folder / 'ledger.db'}"
    ledger = open_ledger(url)
    london = {"ZIGZAG_PULL": "off", "RETURNS_TIMEZONE": "Europe/London"}
    with town(ledger, url, folder / "var", sells=False, **london) as place:
        place.clock.now = datetime.now(UTC)
        _month(place)
        people.add(
            ledger,
            "ann",
            ROLES,
            PASSWORD,
            actor="cli:root",
            now=place.clock(),
            full_name="Ann Archer",
            must_change=False,
        )
        with _bridge(place), _served(place) as address:
            yield LiveDesk(address, place)
    ledger.dispose()


def _month(place: Town) -> None:
    stories = tuple(replace(story, copies=min(story.copies, COPIES)) for story in STORIES)
    month = make_month(20261124, place.clock(), stories)
    call("POST", f"{place.settings.oro_base_url}/_sandbox/seed", seed(month))
    for kind, source, value in demo_shop.mapping_entries():
        place.maps(kind, source, value)
    for event in month.acts[1]:
        place.tell(event.payload)
    with place.ledger.read() as conn:
        assert inbox.count_unsettled(conn) > 100
    while due := place.due():
        bridge_page.run(place.world(), due[:50])


@contextmanager
def _bridge(place: Town) -> Iterator[None]:
    """A worker that takes whatever becomes due, as the dispatcher and the queue would have it."""
    over = threading.Event()

    def work() -> None:
        world = place.world()
        while not over.wait(0.1):
            if due := place.due():
                bridge_page.run(world, due[:50])

    thread = threading.Thread(target=work, name="bridge")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)


@contextmanager
def _served(place: Town) -> Iterator[str]:
    app = create_app(place.settings, ledger=place.ledger, clock=place.clock)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="desk")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@dataclass
class Eyes:
    """Somebody at a screen. ``complaints`` collects what the browser's console says against a page."""

    page: Page
    url: str
    complaints: list[str]

    def open(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def shot(self, name: str) -> None:
        """Keep a picture of the whole page as build output."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def sign_in(self) -> None:
        self.open("/desk")
        self.page.get_by_label("Name").fill("ann")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/desk")


@contextmanager
def eyes(browser: Browser, live: LiveDesk, **options: Any) -> Iterator[Eyes]:
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London", **options)
    context.add_init_script(path=AXE)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield Eyes(page, live.url, complaints)
    finally:
        context.close()
