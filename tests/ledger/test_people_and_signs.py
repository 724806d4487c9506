"""Mappings, keys, requests and the audit trail of people; signs of life and counters of the machines."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sidecar.ledger import audit, counters, keys, mappings, requests, signals, work
from sidecar.ledger.engine import Ledger
from tests.ledger.builders import DAY, HOUR, MINUTE, NOW, RETURN, a_return


def test_a_mapping_has_versions_and_its_newest_counts(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        assert (mappings.version(conn), mappings.current(conn)) == (0, {})
        first = mappings.put(conn, "reasons", "12", "damaged", "Ann", NOW)
        second = mappings.put(conn, "reasons", "12", "wrong_size", "Bob", NOW + HOUR, note="typo")
        mappings.put(conn, "grades", "A", {"credit_percent": "100", "disposition": "restock"}, "Ann", NOW)
        assert mappings.version(conn) > second > first
        assert mappings.current(conn)["reasons"] == {"12": "wrong_size"}
        assert [(row.value, row.changed_by) for row in mappings.history(conn, "reasons", "12")] == [
            ("damaged", "Ann"),
            ("wrong_size", "Bob"),
        ]


def test_a_deleted_mapping_leaves_its_history_and_the_audit_trail(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        mappings.put(conn, "reasons", "12", "damaged", "Ann", NOW)
        mappings.delete(conn, "reasons", "12", "Bob", NOW)
        assert mappings.current(conn) == {}
        assert [row.value for row in mappings.history(conn, "reasons", "12")] == ["damaged", None]
        trail = audit.search(conn, subject="mapping:reasons:12")
    assert [(row.actor, row.action) for row in trail] == [("Bob", "mapping deleted"), ("Ann", "mapping set")]


def test_a_key_is_shown_once_and_only_its_hash_is_kept(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk, clear = keys.create(conn, "bundle", ["sync", "read", "sync"], "Ann", NOW)
        kept = " ".join(map(str, conn.execute(text("SELECT * FROM api_keys")).one()))
        trail = str(audit.search(conn))
        found = keys.find(conn, clear)
        assert keys.find(conn, clear + "x") is None
    assert clear.startswith("zz_")
    assert clear not in kept + trail
    assert found is not None
    assert (found.id, found.name, set(found.scopes)) == (pk, "bundle", {"sync", "read"})


def test_a_revoked_key_opens_nothing_and_frees_its_name(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        _, clear = keys.create(conn, "bundle", ["read"], "Ann", NOW)
        with pytest.raises(keys.NameTaken):
            keys.create(conn, "bundle", ["read"], "Ann", NOW)
        assert keys.revoke(conn, "bundle", "Ann", NOW)
        assert not keys.revoke(conn, "bundle", "Ann", NOW)
        assert keys.find(conn, clear) is None
        _, other = keys.create(conn, "bundle", ["desk"], "Ann", NOW)
        assert keys.find(conn, other) is not None
        assert [key.revoked_at for key in keys.list_keys(conn)] == [NOW, None]


def test_the_use_of_a_key_is_noted_at_most_once_a_minute(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk, _ = keys.create(conn, "bundle", ["read"], "Ann", NOW)
        for seconds, noted in ((0, NOW), (30, NOW), (120, NOW + 2 * MINUTE)):
            keys.used(conn, pk, NOW + seconds * MINUTE / 60)
            assert keys.list_keys(conn)[0].last_used_at == noted


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'Eve'", "DELETE FROM audit"])
def test_the_audit_trail_is_only_ever_added_to(ledger: Ledger, statement: str) -> None:
    with ledger.begin() as conn:
        audit.write(conn, at=NOW, actor="Ann", action="released", subject="flag:1", return_id=RETURN, detail={"n": "1"})
    with pytest.raises(DBAPIError, match="append-only"), ledger.begin() as conn:
        conn.execute(text(statement))
    with ledger.read() as conn:
        (row,) = audit.search(conn, return_id=RETURN)
    assert (row.at, row.actor, row.detail) == (NOW, "Ann", {"n": "1"})


def test_a_second_press_joins_the_request_that_is_pending(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        first, joined = requests.open_or_join(conn, "return", RETURN, pk, "Ann", NOW)
        assert not joined
        requests.running(conn, [pk])
        assert requests.open_or_join(conn, "return", RETURN, pk, "Bob", NOW) == (first, True)
        requests.finish(conn, [requests.Ended(pk, None, "done", "in Oro")], NOW + HOUR)
        row = requests.get(conn, first)
        assert row is not None
        assert (row.state, row.detail, row.finished_at, row.actor) == ("done", "in Oro", NOW + HOUR, "Ann")
        assert requests.open_or_join(conn, "return", RETURN, pk, "Bob", NOW)[1] is False


def test_a_page_that_began_before_the_press_does_not_answer_it(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        work.make_due(conn, [pk], NOW, pull=False, reason="", correlation_id="")
        running = work.load(conn, [pk])[0].generation
        asked, _ = requests.open_or_join(conn, "return", RETURN, pk, "Ann", NOW)
        work.make_due(conn, [pk], NOW, pull=True, reason="", correlation_id="")
        requests.finish(conn, [requests.Ended(pk, running, "done", "")], NOW)
        row = requests.get(conn, asked)
        assert row is not None
        assert row.state == "queued"
        requests.finish(conn, [requests.Ended(pk, running + 1, "done", "")], NOW)
        row = requests.get(conn, asked)
        assert row is not None
        assert row.state == "done"
        assert requests.get(conn, "none") is None


def test_a_signal_remembers_since_when_it_is_good_or_bad(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        for hours, ok in ((0, True), (1, True), (2, False), (3, False)):
            signals.beat(conn, "oro", NOW + hours * HOUR, ok=ok, detail=str(hours), value={"n": hours})
        found = signals.get(conn, "oro")
        assert signals.get(conn, "zigzag") is None
    assert found is not None
    assert (found.ok, found.since, found.at, found.value) == (False, NOW + 2 * HOUR, NOW + 3 * HOUR, {"n": 3})


def test_a_cursor_is_kept_and_is_no_sign_of_life(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        assert signals.cursor_get(conn, "pull") is None
        signals.cursor_set(conn, "pull", "2026-11-20", NOW)
        signals.cursor_set(conn, "pull", "2026-11-21", NOW + DAY)
        signals.beat(conn, "dispatcher", NOW)
        assert signals.cursor_get(conn, "pull") == "2026-11-21"
        assert set(signals.all(conn)) == {"dispatcher"}
        assert set(signals.all(conn, signals.CURSOR)) == {"cursor:pull"}


def test_counters_only_add_up(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        for _ in range(3):
            counters.add(conn, {"oro_writes": 2, "oro_reads": 0, "worker_cpu_us": 4_000_000_000})
        counters.add(conn, {})
        assert counters.all(conn) == {"oro_writes": 6, "worker_cpu_us": 12_000_000_000}
