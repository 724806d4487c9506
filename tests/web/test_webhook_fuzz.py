"""Whatever arrives at the webhook: never a 500, never a lost message, never a name."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sidecar.ledger import inbox
from sidecar.ledger.engine import open_ledger
from sidecar.zigzag import snapshot
from tests.support.memory import folder
from tests.support.spoilt import snapshots, spoilt
from tests.web.conftest import Door, opened, said, settings_of


@pytest.fixture(scope="module")
def fuzzed(sqlite_template: Path) -> Iterator[Door]:
    _KEPT.clear()
    with folder() as place:
        shutil.copy(sqlite_template, place / "ledger.db")
        ledger = open_ledger(f"sqlite:///{place}/ledger.db")
        yield opened(ledger, settings_of(f"sqlite:///{place}/ledger.db", place))
        ledger.dispose()


_KEPT: dict[int, inbox.InboxRow] = {}  # by id: a message that is stored stays as it is


def kept(door: Door) -> dict[tuple[str, str], inbox.InboxRow]:
    with door.ledger.read() as conn:
        _KEPT.update({row.id: row for row in inbox.iter_all(conn, after=max(_KEPT, default=0))})
    return {(row.return_id, row.digest): row for row in _KEPT.values()}


@spoilt(150)
@given(snapshots(), st.sampled_from(["data", "bare", "list"]))
@example(said(returnId="\ud800"), "data")
@example(said(returnId=10**400), "bare")
@example(said(dateTimeStatusChange="9999-12-31T23:59:59-12:00"), "data")
@example(said(products=[{"productSku": "X", "quantity": "1e999999999"}]), "data")
def test_a_spoilt_snapshot_is_in_the_inbox(fuzzed: Door, made: dict[str, Any], shape: str) -> None:
    body: Any = {"data": made} if shape == "data" else [made] if shape == "list" else made
    raw = json.dumps(body).encode()
    answer = fuzzed.hook(raw)
    assert answer.status_code == 200
    assert answer.get_json()["stored"] is True
    rows = kept(fuzzed)
    try:
        payloads = snapshot.unwrap(snapshot.loads(raw))
    except snapshot.Unreadable:
        assert ("", hashlib.sha256(raw).hexdigest()) in rows
    else:
        for payload in payloads:
            row = rows[snapshot.identify(payload)[1], snapshot.digest(payload)]
            assert "Steve" not in (row.payload or "")
            assert snapshot.loads(row.payload or "") == snapshot.scrub(payload)
    assert fuzzed.hook(raw).get_json()["duplicate"] is True


@spoilt(80)
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
)
def test_any_bytes_are_in_the_inbox(fuzzed: Door, raw: bytes) -> None:
    answer = fuzzed.hook(raw)
    assert answer.status_code == 200
    assert answer.get_json()["stored"] is True
    assert ("", hashlib.sha256(raw).hexdigest()) in kept(fuzzed)
