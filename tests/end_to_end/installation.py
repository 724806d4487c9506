"""An installation for tests: the product's own processes on this machine, with stand-ins of Oro and ZigZag beside them.

The processes are started by the words of the Procfile, or of the command line; nothing of the product is replaced.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sidecar.ledger import inbox, postings, returns, work
from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.ledger.postings import PostingRow
from sidecar.ledger.returns import ReturnRow
from sidecar.sandbox.oro import OroShop
from sidecar.sandbox.oro import serve as serve_oro
from sidecar.sandbox.stage import free_port
from sidecar.sandbox.zigzag.house import ZigZagHouse
from sidecar.sandbox.zigzag.server import serve as serve_zigzag
from sidecar.settings import Settings, load
from sidecar.sync import intake, mappings

ROOT = Path(__file__).parents[2]
RETAILER = "GL123"
WEBHOOK_KEY = "webhook-key"
API_KEY = "an-api-key-of-the-shop"
PATIENCE = 40.0  # seconds until a condition counts as never coming true; an idle machine needs a few


def procfile() -> dict[str, list[str]]:
    """The Procfile: what starts which process."""
    lines = (line.partition(":") for line in (ROOT / "Procfile").read_text().splitlines() if line.strip())
    return {name.strip(): shlex.split(command) for name, _, command in lines}


def until(true: Callable[[], Any], what: str, within: float = PATIENCE) -> Any:
    """Wait until ``true()`` is, and give back what it said. Raises AssertionError naming ``what``."""
    end = time.monotonic() + within
    while True:
        said = true()
        if said:
            return said
        if time.monotonic() > end:
            raise AssertionError(f"not within {within:.0f} s: {what}")
        time.sleep(0.1)


@dataclass
class Installation:
    """``environ`` is what every process gets; ``shop`` and ``house`` are the upstreams as they really stand."""

    var: Path
    shop: OroShop
    house: ZigZagHouse
    ledger: Ledger
    environ: dict[str, str]
    settings: Settings
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    # --- processes

    def start(self, *command: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start a process; ``python`` is ours. Its output goes to the installation's log."""
        program = sys.executable if command[0] == "python" else command[0]
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                [program, *command[1:]],
                env={**self.environ, **environ},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def start_named(self, name: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start what the Procfile calls by this name."""
        return self.start(*procfile()[name], **environ)

    def end(self, process: subprocess.Popen[bytes], within: float = 15.0) -> int:
        """Ask a process to stop and give back its exit status. Raises AssertionError when it does not."""
        process.terminate()
        try:
            return process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{process.args} did not stop within {within:.0f} s\n{self.log[-3000:]}") from None

    def kill_everything(self) -> None:
        """Kill what is left, with all that it has started."""
        for process in self.processes:
            for pid in (*session(process.pid), process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()

    @property
    def log_file(self) -> Path:
        return self.var / "processes.log"

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def until(self, true: Callable[[], Any], what: str, within: float = PATIENCE) -> Any:
        """Wait for it; the end of the log is told when it does not come true."""
        try:
            return until(true, what, within)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log[-3000:]}") from None

    # --- the door

    @property
    def url(self) -> str:
        return f"http://{self.environ['BIND']}"

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> int:
        """The status of one call to our API, with a key of every scope; 0 when nobody answers."""
        return self.ask(method, path, body, headers)[0]

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {API_KEY}", **(headers or {})}
        request = urllib.request.Request(f"{self.url}{path}", data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")
        except OSError:
            return 0, None

    def deliver(self, said: Mapping[str, Any]) -> int:
        """ZigZag's webhook: the status it is answered with, 0 for no answer."""
        return self.call("POST", "/v1/webhooks/zigzag", {"data": said}, {"X-ZigZag-Key": WEBHOOK_KEY})

    # --- the goods

    def restocked(self, *numbers: int, stored: bool = True) -> list[dict[str, Any]]:
        """Of each order two cases of 50 gloves at 100.00 with 20 % tax, 50 gloves are back on the shelf.

        So 100.00 + 20.00 are due and 50 pieces. ZigZag knows it, and with ``stored`` its message is in the inbox.
        """
        found = []
        for number in numbers:
            line = {"sku": "GLOVE", "quantity": "2", "unit": "case", "value": "100.00", "tax": "40.00"}
            self.shop.add_order(f"SO-{number}", "GBP", [line])
            for row, words in (
                ({"quantity": "1"}, {"orderStatus": "Requested", "lastTrackingStatus": ""}),
                ({"quantity": "50", "grade": "A"}, {"orderStatus": "Approved", "lastTrackingStatus": "Restocked"}),
            ):
                now = datetime.now(UTC)
                said = {
                    "retailerCode": RETAILER,
                    "orderNumber": f"SO-{number}",
                    "returnId": f"R{number}",
                    "warehouseReference": "GB0064",
                    "returnOption": "1",
                    "dateTimeStatusChange": now.isoformat(),
                    "products": [{"productSku": "GLOVE", "grade": "", **row}],
                    **words,
                }
                self.house.put(said, now)
            found.append(said)
            if stored:
                self.store(said)
        return found

    def store(self, said: Mapping[str, Any]) -> None:
        """Put ZigZag's message into the inbox, as the web process does."""
        body = json.dumps({"data": said}).encode()
        intake.store_webhook(
            self.ledger, body, settings=self.settings, now=datetime.now(UTC), correlation_id="end-to-end"
        )

    # --- what came of it

    def posting(self, number: int) -> PostingRow | None:
        """The only posting of a return, as the ledger has it."""
        with self.ledger.read() as conn:
            row = returns.get(conn, RETAILER, f"R{number}")
            posted = postings.of_returns(conn, [row.id])[row.id] if row and row.document else []
        assert len(posted) < 2
        return posted[0] if posted else None

    def memos(self, number: int) -> list[tuple[str, Decimal]]:
        found = [memo for memo in self.shop.books()["credits"] if memo["orderReturn"] == f"R{number}"]
        return [(memo["postingKey"], Decimal(memo["totalValue"])) for memo in found]

    def finished(self, numbers: Iterable[int]) -> bool:
        """Whether the ledger knows that Oro has everything, and nothing is under way."""
        with self.ledger.read() as conn:
            rows: list[ReturnRow | None] = [returns.get(conn, RETAILER, f"R{number}") for number in numbers]
            open_work = work.due_before(conn, datetime.max.replace(tzinfo=UTC))
            unsettled = inbox.count_unsettled(conn)
        return all(row is not None and row.state == "in_sync" for row in rows) and not open_work and not unsettled

    def assert_books(self, numbers: Iterable[int]) -> None:
        """Of each return exactly one memo of 120.00 and 50 pieces in Oro, and one confirmed posting here."""
        numbers = list(numbers)
        books = self.shop.books()
        ours = {f"R{number}" for number in numbers}
        memos = [memo for memo in books["credits"] if memo["orderReturn"] in ours]
        credited = sorted((memo["postingKey"], Decimal(memo["totalValue"])) for memo in memos)
        assert credited == sorted((f"{RETAILER}:R{number}:1", Decimal(120)) for number in numbers)
        moves = [move for move in books["stock_movements"] if move["orderReturn"] in ours]
        moved = sorted((move["orderReturn"], Decimal(move["quantity"])) for move in moves)
        assert moved == sorted((f"R{number}", Decimal(50)) for number in numbers)
        assert books["problems"] == []
        for number in numbers:
            posting = self.posting(number)
            assert posting is not None
            assert (posting.state, posting.total) == ("confirmed", Decimal(120))


def session(pid: int) -> list[int]:
    """The living processes of a session, forked jobs with groups of their own included (Linux)."""
    return [each for each, _, of_session in _processes() if of_session == pid]


def children(pid: int) -> list[int]:
    """The living children of a process (Linux)."""
    return [each for each, parent, _ in _processes() if parent == pid]


def _processes() -> Iterator[tuple[int, int, int]]:
    """(pid, parent, session) of everything that lives."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent, _, of_session = entry.read_text().rpartition(")")[2].split()[:4]
            if state != "Z":
                yield int(entry.parent.name), int(parent), int(of_session)


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()


@contextmanager
def installation(var: Path, database_url: str = "", redis_url: str = "", **environ: str) -> Iterator[Installation]:
    """Upstreams and settings; no process of the product runs yet. Whatever was started is killed at the end.

    ``database_url`` empty: SQLite under ``var``; ``redis_url`` empty: the embedded server.
    """
    var.mkdir(parents=True, exist_ok=True)
    shop = OroShop({"sidecar": "secret"})
    shop.add_product("GLOVE", "each", {"each": ("1", 0), "case": ("50", 0)})
    house = ZigZagHouse(retailer_code=RETAILER)
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    with serve_oro(shop) as oro, serve_zigzag(house) as zigzag:
        stated = {
            **kept,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "ORO_BASE_URL": oro.url,
            "ORO_CLIENT_ID": "sidecar",
            "ORO_CLIENT_SECRET": "secret",
            "ZIGZAG_BASE_URL": zigzag.url,
            "ZIGZAG_USERNAME": "demo",
            "ZIGZAG_PASSWORD": "demo",
            "ZIGZAG_RETAILER_CODE": RETAILER,
            "ZIGZAG_WEBHOOK_SECRET": WEBHOOK_KEY,
            "ZIGZAG_RATE_PER_SECOND": "1000",
            "SIDECAR_API_KEY": API_KEY,
            "SYNC_INTERVAL_SECONDS": "0",
            "BIND": f"127.0.0.1:{free_port()}",
            "VAR_DIR": str(var),
            "LOG_LEVEL": "INFO",
            **({"DATABASE_URL": database_url} if database_url else {}),
            **({"REDIS_URL": redis_url} if redis_url else {}),
            **environ,
        }
        settings = load(stated, need=("oro", "zigzag"))
        made = Installation(var, shop, house, open_ledger(settings.database_url), stated, settings)
        made.log_file.touch()
        try:
            yield made
        finally:
            made.kill_everything()
            made.ledger.dispose()


def map_warehouse(place: Installation) -> None:
    """What the shop's people map first: their warehouse."""
    value = {"role": "destination", "oro_code": "main"}
    mappings.change(place.ledger, "warehouses", "GB0064", value, actor="test", now=datetime.now(UTC))
