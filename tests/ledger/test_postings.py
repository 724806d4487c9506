"""Money moves at most once: a posting is immutable, fenced, and final once Oro has it."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from sidecar.ledger import leases, orders_read, postings
from sidecar.ledger.engine import Ledger
from tests.ledger.builders import DAY, HOUR, KEY, MINUTE, NOW, RETURN, a_return, posting

LEASE = f"order:{KEY}"
SENT = "GL123:413413515:1"
OTHER = {
    "key": "'other'", "return_pk": "return_pk + 1", "order_key": "'so-1'", "n": "9", "kind": "'stock'",
    "status": "'draft'", "currency": "'EUR'", "net": "net + 1", "tax": "tax + 1", "total": "total + 1",
    "digest": "'other'", "body": "'{}'", "evidence": "'{}'",
}  # fmt: skip


@pytest.fixture
def planned(ledger: Ledger) -> int:
    """A posting committed before any call, and the fencing token of its order's claim."""
    with ledger.begin() as conn:
        postings.insert_planned(conn, [posting(a_return(conn))])
        return leases.claim(conn, [LEASE], "one", NOW, 60)[LEASE]


def _kept(ledger: Ledger) -> postings.PostingRow:
    with ledger.read() as conn:
        row = postings.get(conn, SENT)
    assert row is not None
    return row


def test_a_posting_comes_back_as_it_was_committed(ledger: Ledger, planned: int) -> None:
    row = _kept(ledger)
    assert row == posting(row.return_pk)
    with ledger.read() as conn:
        assert postings.of_returns(conn, [row.return_pk, 999]) == {row.return_pk: [row]}
        assert postings.of_returns(conn, []) == {}
        assert postings.get(conn, "none") is None


def test_neither_the_key_nor_the_number_of_a_posting_is_ever_used_twice(ledger: Ledger, planned: int) -> None:
    pk = _kept(ledger).return_pk
    for again in (posting(pk, n=2, key=SENT), posting(pk, n=1, key="other")):
        with pytest.raises(IntegrityError), ledger.begin() as conn:
            postings.insert_planned(conn, [again])


def test_it_is_sent_under_the_claim_and_confirmed_once(ledger: Ledger, planned: int) -> None:
    with ledger.begin() as conn:
        assert postings.mark_sent(conn, {SENT: planned}, NOW + MINUTE)
        assert postings.mark_confirmed(conn, {SENT: "17"}, NOW + HOUR)
        assert not postings.mark_confirmed(conn, {SENT: "18"}, NOW + DAY)
    row = _kept(ledger)
    assert (row.state, row.oro_id, row.confirmed_at, row.attempts) == ("confirmed", "17", NOW + HOUR, 1)
    assert (row.token, row.sent_at) == (planned, NOW + MINUTE)


def test_who_lost_the_claim_cannot_send(ledger: Ledger, planned: int) -> None:
    with ledger.begin() as conn:
        successor = leases.claim(conn, [LEASE], "two", NOW + DAY, 60)[LEASE]
        assert not postings.mark_sent(conn, {SENT: planned}, NOW + DAY)
    assert (_kept(ledger).state, _kept(ledger).attempts) == ("planned", 0)
    with ledger.begin() as conn:
        assert postings.mark_sent(conn, {SENT: successor}, NOW + DAY)


def test_who_gave_the_claim_back_cannot_send(ledger: Ledger, planned: int) -> None:
    with ledger.begin() as conn:
        leases.release(conn, {LEASE: planned})
        assert not postings.mark_sent(conn, {SENT: planned}, NOW)


def test_the_claim_of_another_order_is_no_claim(ledger: Ledger, planned: int) -> None:
    with ledger.begin() as conn:
        other = leases.claim(conn, ["order:so-1"], "one", NOW, 60)["order:so-1"]
        conn.execute(text("DELETE FROM leases WHERE name = :name"), {"name": LEASE})
        assert not postings.mark_sent(conn, {SENT: other}, NOW)


def test_of_a_page_those_go_whose_claim_still_holds(ledger: Ledger, planned: int) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn, "2", "SO-1")
        postings.insert_planned(conn, [posting(pk, key="GL123:2:1", order_key="so-1")])
        gone = leases.claim(conn, ["order:so-1"], "one", NOW, 60)["order:so-1"]
        leases.claim(conn, ["order:so-1"], "two", NOW + DAY, 60)
        assert postings.mark_sent(conn, {SENT: planned, "GL123:2:1": gone}, NOW) == {SENT}
        assert postings.mark_sent(conn, {}, NOW) == set()
        other = postings.get(conn, "GL123:2:1")
    assert other is not None
    assert (other.state, other.token) == ("planned", None)


def test_an_unknown_or_refused_call_is_sent_again_under_the_same_key(ledger: Ledger, planned: int) -> None:
    with ledger.begin() as conn:
        assert postings.mark_sent(conn, {SENT: planned}, NOW)
        row = postings.mark_unknown(conn, SENT, "timed out", NOW)
        assert row is not None
        assert (row.state, row.detail) == ("unknown", "timed out")
        assert postings.mark_sent(conn, {SENT: planned}, NOW)
        postings.mark_refused(conn, SENT, "no such unit", NOW)
        assert postings.mark_sent(conn, {SENT: planned}, NOW)
    assert (_kept(ledger).attempts, _kept(ledger).state) == (3, "sent")


def test_a_confirmed_posting_stays_confirmed_whatever_is_heard_later(ledger: Ledger, planned: int) -> None:
    with ledger.begin() as conn:
        postings.mark_confirmed(conn, {SENT: "17"}, NOW)
    before = _kept(ledger)
    with ledger.begin() as conn:
        assert not postings.mark_sent(conn, {SENT: planned}, NOW)
        postings.mark_unknown(conn, SENT, "late", NOW)
        postings.mark_refused(conn, SENT, "late", NOW)
    assert _kept(ledger) == before


@pytest.mark.parametrize("column", sorted(OTHER))
def test_what_a_posting_says_cannot_be_changed_even_by_hand(ledger: Ledger, planned: int, column: str) -> None:
    before = _kept(ledger)
    with pytest.raises(DBAPIError, match="a posting does not change"), ledger.begin() as conn:
        conn.execute(text(f"UPDATE postings SET {column} = {OTHER[column]}"))
    assert _kept(ledger) == before


@pytest.mark.parametrize("change", ["state = 'planned'", "oro_id = '18'", "detail = 'x'", "confirmed_at = NULL"])
def test_a_confirmed_posting_cannot_be_changed_even_by_hand(ledger: Ledger, planned: int, change: str) -> None:
    with ledger.begin() as conn:
        postings.mark_confirmed(conn, {SENT: "17"}, NOW)
    with pytest.raises(DBAPIError, match="a posting does not change"), ledger.begin() as conn:
        conn.execute(text(f"UPDATE postings SET {change}"))


def test_a_posting_cannot_be_deleted_or_replaced(ledger: Ledger, planned: int) -> None:
    statements = ["DELETE FROM postings"]
    if ledger.dialect == "sqlite":
        statements.append("REPLACE INTO postings SELECT * FROM postings")
    for statement in statements:
        with pytest.raises(DBAPIError, match="never deleted"), ledger.begin() as conn:
            conn.execute(text(statement))


def test_totals_are_exact_by_currency_state_and_kind(ledger: Ledger) -> None:
    money: list[dict[str, Any]] = [
        {"n": 1}, {"n": 2, "net": Decimal("0.10"), "tax": Decimal("0.005"), "total": Decimal("0.105")},
        {"n": 3, "currency": "JPY", "net": Decimal(500), "tax": Decimal(0), "total": Decimal(500)},
        {"n": 4, "created_at": NOW + DAY},
    ]  # fmt: skip
    with ledger.begin() as conn:
        pk = a_return(conn)
        for each in money:
            postings.insert_planned(conn, [posting(pk, **each)])
        found = postings.totals(conn, NOW, NOW + DAY)
        everything = postings.totals(conn)
    assert [(t.currency, t.state, t.kind, t.count, t.total) for t in found] == [
        ("GBP", "planned", "credit", 2, Decimal("120.105")),
        ("JPY", "planned", "credit", 1, Decimal(500)),
    ]
    assert everything[0].count == 3


def test_what_is_not_confirmed_is_found_again_after_a_while(ledger: Ledger, planned: int) -> None:
    with ledger.begin() as conn:
        assert postings.unfinished(conn, NOW) == []
        assert [row.key for row in postings.unfinished(conn, NOW + MINUTE)] == [SENT]
        postings.mark_confirmed(conn, {SENT: "17"}, NOW)
        assert postings.unfinished(conn, NOW + MINUTE) == []


def test_an_order_as_read_is_kept_once_per_content(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        for digest, at in (("a", NOW), ("a", NOW + HOUR), ("b", NOW + DAY)):
            orders_read.remember(conn, [(KEY, digest, {"total": "100.00", "read": digest})], at)
        assert conn.execute(text("SELECT count(*) FROM orders_read")).scalar() == 2
        assert orders_read.get(conn, KEY, "a") == {"total": "100.00", "read": "a"}
        assert orders_read.get(conn, KEY, "c") is None


def test_the_file_itself_refuses_to_change_a_confirmed_posting(sqlite_template: Path, tmp_path: Path) -> None:
    file = tmp_path / "raw.db"
    file.write_bytes(sqlite_template.read_bytes())
    with sqlite3.connect(file) as raw:
        names = [row[1] for row in raw.execute("PRAGMA table_info(postings)")]
        values = {**dict.fromkeys(names, 0), "key": SENT, "state": "confirmed", "detail": RETURN}
        raw.execute(f"INSERT INTO postings VALUES ({','.join('?' * len(names))})", [values[name] for name in names])
        raw.commit()
        for statement in (
            "UPDATE postings SET total = 1",
            "UPDATE postings SET state = 'sent'",
            "DELETE FROM postings",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                raw.execute(statement)
    raw.close()
