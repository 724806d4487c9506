"""Every page of the desk with 100,000 returns in the ledger: how long the server takes to answer it."""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from sidecar.ledger import flags
from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.ledger.migrations import migrate
from sidecar.settings import load
from sidecar.sync import passwords, people
from sidecar.sync.roles import ROLES
from sidecar.web import create_app
from tests.benchmarks import large_ledger
from tests.benchmarks.figures import Figure

SERVER_TIME = 0.5  # seconds (issue: the desk, point 8)
TIMES = 5
_GRADE = {"kind": "grades", "source": "E", "value.credit_percent": "50", "value.disposition": "scrap"}


def figures(count: int, file: Path | None = None) -> list[Figure]:
    """One line a page. ``file`` keeps the ledger, or names one that an earlier run kept."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = file or Path(folder) / "large.db"
        fresh = not path.exists()
        url = f"sqlite:///{path}"
        migrate(url)
        ledger = open_ledger(url)
        if fresh:
            large_ledger.fill(ledger, datetime.now(UTC), count)
        found = [*_measured(ledger, url, folder, count)]
        ledger.dispose()
    return found


def _measured(ledger: Ledger, url: str, folder: str, count: int) -> Iterator[Figure]:
    settings = load({"DATABASE_URL": url, "ZIGZAG_RETAILER_CODE": large_ledger.RETAILER, "VAR_DIR": folder})
    app = create_app(settings, ledger=ledger)
    client = app.test_client()
    token = _signed_in(ledger, client)
    for name, path, form in _pages(ledger, count):
        yield _page(client, name, path, {**form, "csrf": token} if form else None)


def _page(client: FlaskClient, name: str, path: str, form: Mapping[str, str] | None) -> Figure:
    spent = []
    for _ in range(TIMES):
        wall, own = time.perf_counter(), time.process_time()
        answer = client.post(path, data=form) if form else client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        spent.append((time.perf_counter() - wall, time.process_time() - own))
    wall, own = (statistics.median(each) for each in zip(*spent, strict=True))
    return Figure("pages", f"{name}: processor, of {wall * 1e3:.0f} ms", own * 1e3, " ms", 0, SERVER_TIME * 1e3)


def _signed_in(ledger: Ledger, client: FlaskClient) -> str:
    """The token that the forms of this visitor carry."""
    name, password = f"bench{time.time_ns()}", passwords.generated()
    people.add(ledger, name, ROLES, password, actor="bench", now=datetime.now(UTC), must_change=False)
    before = _token(client.get("/desk/sign-in").text)
    assert client.post("/desk/sign-in", data={"csrf": before, "name": name, "password": password}).status_code == 303
    return _token(client.get("/desk/password").text)


def _token(text: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', text)
    assert found is not None
    return found[1]


def _pages(ledger: Ledger, count: int) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(name, address, form to send)."""
    with ledger.read() as conn:
        flag = flags.search(conn, state="open", code="grade_not_mapped", limit=1).rows[0]
        short = flags.search(conn, state="open", code="received_short", limit=1).rows[0]
    n = count // 2
    addresses: dict[str, str] = {
        "today": "/desk",
        "flags": "/desk/flags",
        "flags of an owner": "/desk/flags?owner=finance",
        "flags by return": f"/desk/flags?q=R{n}",
        "flags by SKU": "/desk/flags?q=SKU-7",
        "flags that ended": "/desk/flags?state=released",
        "a cause": f"/desk/flags/cause?code={flag.code}&cause={flag.cause}",
        "a flag": f"/desk/flags/{short.id}",
        "returns": "/desk/returns",
        "returns in review": "/desk/returns?state=review",
        "returns by SKU": "/desk/returns?q=SKU-7",
        "returns by order": f"/desk/returns?q=SO-{n // 2}",
        "a return": f"/desk/returns/R{n}",
        "mappings": "/desk/mappings",
        "grades": "/desk/mappings/grades",
        "a word": "/desk/mappings/grades/word?source=A",
        "what if": "/desk/mappings/what-if?" + "&".join(f"{name}={text}" for name, text in _GRADE.items()),
        "users": "/desk/users",
    }
    nothing: dict[str, Any] = {}
    for name, address in addresses.items():
        yield name, address, nothing
    decision = {"verb": "resolve", "scope": "all", "code": short.code, "cause": short.cause, "from": "cause"}
    yield "a decision shown", "/desk/flags/decide", decision
    word = {**_GRADE, "source": str(flag.mapping_source)}
    yield "a mapping shown", "/desk/mappings/change", word
