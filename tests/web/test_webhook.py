"""ZigZag's door: stored first, answered fast, and no message lost whatever it looks like."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest

from sidecar.ledger import flags, inbox, returns
from sidecar.ledger.engine import Ledger
from tests.web.conftest import SECRET, Door, opened, said, settings_of


def in_inbox(door: Door) -> list[inbox.InboxRow]:
    with door.ledger.read() as conn:
        return list(inbox.iter_all(conn))


def open_flags(door: Door, code: str) -> list[flags.FlagRow]:
    with door.ledger.read() as conn:
        return list(flags.search(conn, code=code, state="open", limit=100).rows)


def test_a_delivery_is_stored_and_its_return_is_due(door: Door) -> None:
    answer = door.hook(said())
    assert answer.status_code == 200
    assert answer.get_json() == {"stored": True, "duplicate": False}
    (row,) = in_inbox(door)
    assert (row.source, row.return_id, row.order_identifier, row.state) == ("webhook", "413413515", "SO-10012", "new")
    assert door.due() == [1]


def test_personal_data_is_dropped_at_every_depth(door: Door) -> None:
    door.hook(said(address={"customer_name": "Steve", "town": "Leeds"}))
    (row,) = in_inbox(door)
    kept = json.loads(row.payload or "")
    assert "Steve" not in (row.payload or "")
    assert kept["address"] == {"town": "Leeds"}
    assert "salutation" not in kept


def test_the_same_snapshot_again_is_a_duplicate_whatever_its_spelling(door: Door) -> None:
    first = door.hook(said())
    shuffled = dict(reversed(said(customerName="Bob").items()))
    second = door.hook(json.dumps({"data": shuffled}, indent=3).encode())
    assert first.get_json()["duplicate"] is False
    assert second.get_json() == {"stored": True, "duplicate": True}
    (row,) = in_inbox(door)
    assert row.seen == 2


def test_several_returns_in_one_body(door: Door) -> None:
    answer = door.hook(json.dumps([said(returnId="1"), said(returnId="2")]).encode())
    assert answer.get_json() == {"stored": True, "duplicate": False}
    assert {row.return_id for row in in_inbox(door)} == {"1", "2"}
    assert len(door.due()) == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b"12",
        b'{"data": {"orderNumber": "SO-1"}}',
        b"[" * 5000,
    ],
)
def test_what_cannot_be_read_is_stored_flagged_and_answered(door: Door, raw: bytes) -> None:
    answer = door.hook(raw)
    assert answer.status_code == 200
    assert answer.get_json() == {"stored": True, "duplicate": False}
    (row,) = in_inbox(door)
    assert (row.return_id, row.state, row.payload) == ("", "flagged", None)
    assert row.digest == hashlib.sha256(raw).hexdigest()
    assert row.size == len(raw)
    (flag,) = open_flags(door, "payload_unreadable")
    assert flag.owner == "cx"
    assert door.due() == []
    assert door.hook(raw).get_json()["duplicate"] is True


def test_a_bad_neighbour_loses_nobody_else(door: Door) -> None:
    answer = door.hook(json.dumps({"data": [said(), {"orderNumber": "no id"}]}).encode())
    assert answer.get_json() == {"stored": True, "duplicate": False}
    assert {row.return_id for row in in_inbox(door)} == {"413413515", ""}
    assert len(open_flags(door, "payload_unreadable")) == 1
    assert len(door.due()) == 1


def test_another_retailers_snapshot_is_kept_flagged_and_nobodys_work(door: Door) -> None:
    answer = door.hook(said(retailerCode="OTHER"))
    assert answer.get_json() == {"stored": True, "duplicate": False}
    (row,) = in_inbox(door)
    assert row.retailer_code == "OTHER"
    assert row.payload is not None
    assert row.state == "flagged"
    (flag,) = open_flags(door, "retailer_unknown")
    assert flag.owner == "it"
    assert door.due() == []
    assert door.get("/v1/returns/413413515").status_code == 404
    assert door.get("/v1/returns").get_json()["returns"] == []
    assert door.hook(said(retailerCode="OTHER")).get_json()["duplicate"] is True


def test_our_own_code_may_be_spelled_otherwise_or_left_out(door: Door) -> None:
    bare = said(returnId="2")
    del bare["retailerCode"]
    door.hook(said(retailerCode="gl123"))
    door.hook(bare)
    with door.ledger.read() as conn:
        assert returns.get(conn, "GL123", "413413515") is not None
        assert returns.get(conn, "GL123", "2") is not None


def test_without_the_credential_nothing_is_stored(door: Door) -> None:
    for secret in (None, "", "wrong", SECRET + "x", SECRET.upper()):
        answer = door.hook(said(), secret=secret)
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        assert "WWW-Authenticate" in answer.headers
    assert in_inbox(door) == []


def test_an_api_key_is_no_credential_of_the_webhook(door: Door) -> None:
    assert door.post("/v1/webhooks/zigzag", json=said()).status_code == 401


def test_without_a_secret_set_nobody_is_let_in(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    door = opened(ledger, settings_of(ledger_url, tmp_path, ZIGZAG_WEBHOOK_SECRET=""))
    for secret in (None, "", "None"):
        assert door.hook(said(), secret=secret).status_code == 401


def test_basic(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    settings = settings_of(ledger_url, tmp_path, ZIGZAG_WEBHOOK_AUTH="basic", ZIGZAG_WEBHOOK_SECRET="zigzag:s3cret")
    door = opened(ledger, settings)

    def knock(credential: str) -> int:
        sent = base64.b64encode(credential.encode()).decode()
        return door.call(
            "POST", "/v1/webhooks/zigzag", key=None, headers={"Authorization": f"Basic {sent}"}, json=said()
        ).status_code

    assert knock("zigzag:s3cret") == 200
    assert knock("zigzag:wrong") == 401


def test_hmac_of_the_raw_body(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    settings = settings_of(ledger_url, tmp_path, ZIGZAG_WEBHOOK_AUTH="hmac-sha256:X-Signature")
    door = opened(ledger, settings)
    raw = json.dumps(said()).encode()
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()

    def knock(body: bytes) -> int:
        return door.call(
            "POST", "/v1/webhooks/zigzag", key=None, headers={"X-Signature": signature}, data=body
        ).status_code

    assert knock(raw) == 200
    assert knock(raw + b" ") == 401


def test_only_from_allowed_networks(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    door = opened(ledger, settings_of(ledger_url, tmp_path, ZIGZAG_WEBHOOK_NETWORKS="203.0.113.0/24,2001:db8::/32"))

    def knock(address: str) -> int:
        return door.hook(said(), environ_base={"REMOTE_ADDR": address}).status_code

    assert knock("203.0.113.7") == 200
    assert knock("::ffff:203.0.113.7") == 200
    assert knock("2001:db8::1") == 200
    assert knock("198.51.100.1") == 401
    assert knock("") == 401
    assert (
        door.hook(
            said(),
            environ_base={"REMOTE_ADDR": "198.51.100.1"},
        ).status_code
        == 401
    )


def test_behind_a_proxy_the_sender_counts_only_when_the_proxy_is_trusted(
    ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    environ = {"ZIGZAG_WEBHOOK_NETWORKS": "203.0.113.0/24"}
    for trusted, status in (("0", 401), ("1", 200)):
        door = opened(ledger, settings_of(ledger_url, tmp_path, TRUSTED_PROXIES=trusted, **environ))
        answer = door.call(
            "POST",
            "/v1/webhooks/zigzag",
            key=None,
            headers={"X-ZigZag-Key": SECRET, "X-Forwarded-For": "203.0.113.9"},
            json=said(),
            environ_base={"REMOTE_ADDR": "10.0.0.1"},
        )
        assert answer.status_code == status


def test_the_correlation_id_travels_into_the_inbox(door: Door) -> None:
    door.call(
        "POST",
        "/v1/webhooks/zigzag",
        key=None,
        headers={"X-ZigZag-Key": SECRET, "X-Correlation-ID": "delivery-7"},
        json=said(),
    )
    (row,) = in_inbox(door)
    assert row.correlation_id == "delivery-7"
