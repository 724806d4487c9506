"""Whatever arrives at the webhook: never a 500, never a lost message, never a name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sidecar.ledger import inbox
from sidecar.ledger.engine import open_ledger
from sidecar.ledger.migrations import migrate
from sidecar.zigzag import snapshot
from tests.web.conftest import Door, opened, said, settings_of


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("fuzzed")
    url = f"sqlite:///{folder}/ledger.db"
    migrate(url)
    ledger = open_ledger(url)
    yield opened(ledger, settings_of(url, folder))
    ledger.dispose()


def kept(door: Door) -> dict[tuple[str, str], inbox.InboxRow]:
    with door.ledger.read() as conn:
        return {(row.return_id, row.digest): row for row in inbox.iter_all(conn)}


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        [
            "1",
            "01",
            "-1",
            "1,5",
            "1e9",
            "NaN",
            "∞",
            "👟",
            "\u202e",
            "a\0b",
            "\ud83d",
            "31-12-2026T10:05:19Z",
            "12-31-2026",
            "2026-02-30",
            "0000-00-00",
            "99999999999999999999",
            "'; drop table inbox; --",
            "\r\nX: y",
        ]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
FIELDS = st.sampled_from([*said(), "customerName", "carrier", "returnCost", "nobodyKnows", ""])
ROW_FIELDS = st.sampled_from(
    ["productSku", "quantity", "grade", "itemCost", "returnReason", "orderLineItemNumber", "odd"]
)
ROWS = st.lists(st.one_of(st.dictionaries(ROW_FIELDS, ODD, max_size=7), ODD), max_size=4)


@st.composite
def snapshots(draw: st.DrawFn) -> dict[str, Any]:
    """A snapshot with some fields spoilt, missing or unheard of."""
    made = said(**draw(st.dictionaries(FIELDS, ODD, max_size=6)))
    if draw(st.booleans()):
        made["products"] = draw(ROWS)
    for missing in draw(st.lists(st.sampled_from(sorted(made)), max_size=3, unique=True)):
        del made[missing]
    return made


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
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


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
)
def test_any_bytes_are_in_the_inbox(fuzzed: Door, raw: bytes) -> None:
    answer = fuzzed.hook(raw)
    assert answer.status_code == 200
    assert answer.get_json()["stored"] is True
    assert ("", hashlib.sha256(raw).hexdigest()) in kept(fuzzed)
