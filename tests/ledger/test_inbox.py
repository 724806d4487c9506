"""Every message is kept before anything else happens; the same one again is only counted."""

from __future__ import annotations

from sidecar.ledger import inbox, returns
from sidecar.ledger.engine import Ledger
from tests.ledger.builders import HOUR, KEY, MINUTE, NOW, RETAILER, RETURN, incoming


def test_the_first_word_about_a_return_makes_its_row(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        stored = inbox.store(conn, incoming())
        row = returns.get(conn, RETAILER, RETURN)
    assert row is not None
    assert (stored.duplicate, stored.return_pk) == (False, row.id)
    assert (row.state, row.snapshots, row.order_key, row.last_snapshot_at) == ("pending", 1, KEY, NOW)


def test_a_delivery_repeated_the_next_day_is_a_duplicate_and_counted_once_more(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        first = inbox.store(conn, incoming())
        again = inbox.store(conn, incoming(received_at=NOW + 24 * HOUR, correlation_id="c-2"))
        row = inbox.snapshots_of(conn, [again.return_pk or 0])[again.return_pk or 0][0]
        known = returns.get(conn, RETAILER, RETURN)
    assert (again.id, again.duplicate, again.return_pk) == (first.id, True, first.return_pk)
    assert (row.seen, row.last_seen_at, row.received_at) == (2, NOW + 24 * HOUR, NOW)
    assert known is not None
    assert known.snapshots == 1


def test_a_late_delivery_of_old_news_stays_a_duplicate(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        first = inbox.store(conn, incoming("A"))
        inbox.store(conn, incoming("B", at=NOW + MINUTE))
        assert inbox.store(conn, incoming("A", received_at=NOW + HOUR)) == inbox.Stored(first.id, True, first.return_pk)


def test_a_pull_that_brings_back_what_was_said_before_is_news(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        first = inbox.store(conn, incoming("A", source="pull"))
        inbox.store(conn, incoming("B", source="pull", at=NOW + MINUTE))
        back = inbox.store(conn, incoming("A", source="pull", received_at=NOW + HOUR))
        assert not back.duplicate
        assert back.id != first.id
        found = inbox.snapshots_of(conn, [first.return_pk or 0])[first.return_pk or 0]
    assert [(row.digest, row.occurrence) for row in found] == [("A", 0), ("B", 0), ("A", 1)]


def test_a_pull_that_shows_what_we_have_is_a_duplicate(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        inbox.store(conn, incoming("A"))
        assert inbox.store(conn, incoming("A", source="pull")).duplicate


def test_what_is_known_is_recognised_without_its_content(ledger: Ledger) -> None:
    a, b, other = (inbox.Mark(RETAILER, RETURN, digest) for digest in ("A", "B", "C"))
    with ledger.begin() as conn:
        first = inbox.store(conn, incoming("A"))
        second = inbox.store(conn, incoming("B", at=NOW + MINUTE))
        assert inbox.recognised(conn, [a, b, other], speaking=False) == {
            a: inbox.Stored(first.id, True, first.return_pk),
            b: inbox.Stored(second.id, True, first.return_pk),
        }
        assert inbox.recognised(conn, [a, b, other], speaking=True).keys() == {b}
        assert inbox.recognised(conn, [other], speaking=True) == inbox.recognised(conn, [], speaking=False) == {}
        back = inbox.store(conn, incoming("A", source="pull", at=NOW + HOUR))
        assert inbox.recognised(conn, [a, b], speaking=True) == {a: inbox.Stored(back.id, True, first.return_pk)}
        inbox.seen_again(conn, [first.id, second.id, second.id], NOW + HOUR)
        found = inbox.snapshots_of(conn, [first.return_pk or 0])[first.return_pk or 0]
    assert [(row.digest, row.seen) for row in found] == [("A", 2), ("B", 3), ("A", 1)]


def test_a_foreign_message_is_nothing_that_is_recognised(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        inbox.store_foreign(conn, incoming("A", retailer_code="OTHER"), "not ours")
        assert inbox.recognised(conn, [inbox.Mark("OTHER", RETURN, "A")], speaking=False) == {}


def test_the_newest_word_dates_the_return_however_late_the_older_one_arrives(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        inbox.store(conn, incoming("B", at=NOW + HOUR))
        inbox.store(conn, incoming("A", at=NOW))
        row = returns.get(conn, RETAILER, RETURN)
    assert row is not None
    assert (row.last_snapshot_at, row.snapshots) == (NOW + HOUR, 2)


def test_of_an_unreadable_body_only_its_size_its_hash_and_the_reason_are_kept(ledger: Ledger) -> None:
    said = {"source": "webhook", "digest": "d" * 64, "size": 17, "reason": "no JSON", "correlation_id": "c"}
    with ledger.begin() as conn:
        first = inbox.store_unreadable(conn, **said, received_at=NOW)
        again = inbox.store_unreadable(conn, **said, received_at=NOW + HOUR)
        other = inbox.store_unreadable(conn, **{**said, "digest": "e" * 64}, received_at=NOW)
        kept = conn.exec_driver_sql("SELECT payload, state, detail, size, seen FROM inbox ORDER BY id").all()
    assert (first.duplicate, again.duplicate, other.duplicate) == (False, True, False)
    assert first.return_pk is None
    assert [tuple(row) for row in kept] == [(None, "flagged", "no JSON", 17, 2), (None, "flagged", "no JSON", 17, 1)]


def test_another_retailers_return_is_kept_and_becomes_nobodys_work(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        stored = inbox.store_foreign(conn, incoming(retailer_code="OTHER"), "retailer 'OTHER' is not ours")
        assert stored.return_pk is None
        assert returns.get(conn, "OTHER", RETURN) is None
        assert inbox.count_unsettled(conn) == 0


def test_every_message_ends_applied_or_superseded_and_stays_so(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        old, new = (inbox.store(conn, incoming(each)) for each in "AB")
        assert inbox.count_unsettled(conn) == 2
        assert inbox.unsettled_returns(conn, NOW + MINUTE) == [old.return_pk]
        assert inbox.unsettled_returns(conn, NOW) == []
        inbox.settle(conn, applied=[new.id], superseded=[old.id])
        inbox.settle(conn, applied=[old.id], superseded=[])
        found = inbox.snapshots_of(conn, [old.return_pk or 0])[old.return_pk or 0]
        assert inbox.count_unsettled(conn) == 0
    assert [row.state for row in found] == ["superseded", "applied"]


def test_nothing_is_asked_about_no_returns(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        assert inbox.snapshots_of(conn, []) == {}
        inbox.settle(conn, [], [])
