"""What is known of a return, what was planned for it, and what Oro has confirmed."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from sidecar.ledger import inbox, postings, return_plans, returns
from sidecar.ledger.engine import Ledger
from sidecar.returns.lookups import order_key
from tests.ledger.builders import DAY, HOUR, KEY, MINUTE, NOW, RETAILER, RETURN, a_return, incoming, line, plan, posting


def _row(conn: object, pk: int) -> returns.ReturnRow:
    return returns.by_pks(conn, [pk])[0]  # type: ignore[arg-type]


def test_a_return_is_made_once_and_learns_its_order_when_somebody_names_it(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = returns.ensure(conn, RETAILER, RETURN, "", NOW)
        assert returns.of_orders(conn, [KEY, ""]) == []
        assert returns.ensure(conn, RETAILER, RETURN, "SO-10012", NOW + HOUR) == pk
        assert [row.id for row in returns.of_orders(conn, [order_key(" so-10012 ")])] == [pk]
        assert _row(conn, pk).first_seen_at == NOW


def test_the_newest_word_on_the_order_counts_in_whatever_order_the_words_come(ledger: Ledger) -> None:
    """Also when the newest message of all names no order."""
    words = [("SO-1", NOW), ("SO-2", NOW + HOUR), ("", NOW + DAY)]
    with ledger.begin() as conn:
        for n, arrivals in enumerate(itertools.permutations(words)):
            for order, at in arrivals:
                inbox.store(conn, incoming(f"{n}{order}", return_id=str(n), order_identifier=order, at=at))
            row = returns.get(conn, RETAILER, str(n))
            assert row is not None
            assert (row.order_identifier, row.order_key, row.last_snapshot_at) == ("SO-2", "so-2", NOW + DAY), arrivals


def test_a_newer_word_corrects_the_order_until_money_was_posted_for_this_return(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        inbox.store(conn, incoming("1", return_id="other", order_identifier="SO-9"))
        other = returns.get(conn, RETAILER, "other")
        assert other is not None
        postings.insert_planned(conn, [posting(other.id, key="other", order_key="so-9")])
        for n, order in enumerate(("SO-1", "SO-2", "SO-3"), 1):
            inbox.store(conn, incoming(str(n), order_identifier=order, at=NOW + n * HOUR))
            row = returns.get(conn, RETAILER, RETURN)
            assert row is not None
            assert row.order_identifier == ("SO-2" if order == "SO-3" else order)
            if order == "SO-2":
                postings.insert_planned(conn, [posting(row.id, order_key="so-2")])


def test_a_plan_is_kept_with_its_lines_exactly(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        assert return_plans.save_plans(conn, {pk: plan()}, previous={pk: _row(conn, pk)}, now=NOW + HOUR) == {pk}
        row, (kept,) = _row(conn, pk), return_plans.lines_of(conn, [pk])[pk]
    assert (row.milestone, row.owed, row.changed_at, row.revision) == ("graded", Decimal("12.50"), NOW + HOUR, 1)
    assert (kept.received, kept.accepted, kept.restocked) == (Fraction(3, 2), Fraction(3, 2), Fraction(0))
    assert (kept.line_key, kept.held_by, kept.parts[0]["counted"]) == ("413413515/1", ["unit_ambiguous"], "75")


def test_a_plan_that_says_the_same_writes_nothing(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        return_plans.save_plans(conn, {pk: plan()}, previous={pk: _row(conn, pk)}, now=NOW)
        before = _row(conn, pk)
        assert not return_plans.save_plans(conn, {pk: plan()}, previous={pk: before}, now=NOW + DAY)
        assert _row(conn, pk) == before


def test_a_line_that_left_the_return_keeps_its_number_and_may_come_back(ledger: Ledger) -> None:
    both, first, back = (line(1), line(2)), (line(1),), (line(1), line(2, received=Fraction(9)))
    with ledger.begin() as conn:
        pk = a_return(conn)
        for stated in (both, first):
            return_plans.save_plans(conn, {pk: plan(*stated)}, previous={pk: _row(conn, pk)}, now=NOW)
        assert [each.n for each in return_plans.lines_of(conn, [pk])[pk]] == [1]
        assert return_plans.line_numbers(conn, [pk]) == {pk: {"line:104": 1, "line:105": 2}}
        return_plans.save_plans(conn, {pk: plan(*back)}, previous={pk: _row(conn, pk)}, now=NOW)
        assert [(each.n, each.received) for each in return_plans.lines_of(conn, [pk])[pk]][1] == (2, Fraction(9))


def test_what_oro_confirmed_stands_until_oro_no_longer_shows_it(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        returns.mark_synced(conn, [returns.SyncedRow(pk, "doc-1", NOW, "in_sync")], NOW + HOUR)
        row = _row(conn, pk)
        assert (row.document_digest, row.source_updated_at, row.state, row.synced_at) == (
            "doc-1",
            NOW,
            "in_sync",
            NOW + HOUR,
        )
        returns.advance_source(conn, pk, NOW + DAY)
        returns.forget_written(conn, pk)
        returns.set_state(conn, pk, "failed", NOW + DAY)
        row = _row(conn, pk)
    assert (row.document_digest, row.source_updated_at, row.state) == ("", NOW + DAY, "failed")


def test_of_two_announcements_the_first_stands(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        assert returns.set_intake(conn, pk, {"lines": []}, "one", NOW)
        assert not returns.set_intake(conn, pk, {"lines": [1]}, "two", NOW)
        assert (_row(conn, pk).intake, _row(conn, pk).intake_digest) == ({"lines": []}, "one")


def test_the_list_shows_every_return_once_the_one_changed_last_first(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pks = [returns.ensure(conn, RETAILER, str(n), f"SO-{n % 2}", NOW + (n // 3) * MINUTE) for n in range(10)]
        for pk in pks[:4]:
            returns.set_state(conn, pk, "review", NOW)
        seen, cursor = [], None
        while True:
            page = returns.search(conn, cursor=cursor, limit=3)
            seen += [row.id for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
        changed = {row.id: row.changed_at for row in returns.by_pks(conn, pks)}
        in_review = {row.id for row in returns.search(conn, state="review").rows}
        of_order = {row.id for row in returns.search(conn, order_identifier="so-1").rows}
        late = {row.id for row in returns.search(conn, changed_since=NOW + 3 * MINUTE).rows}
        assert returns.search(conn, milestone="graded").rows == []
    assert seen == sorted(pks, key=lambda pk: (changed[pk], pk), reverse=True)
    assert (in_review, of_order, late) == (set(pks[:4]), set(pks[1::2]), {pks[9]})


def test_a_list_that_ends_with_a_full_page_has_no_next_one(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        for n in range(3):
            a_return(conn, str(n))
        assert returns.search(conn, limit=3).next_cursor is None


def test_a_walk_over_all_returns_meets_each_once(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pks = [a_return(conn, str(n)) for n in range(5)]
        assert [row.id for row in returns.everything(conn)] == pks
        assert [row.id for row in returns.after(conn, pks[1], 2)] == pks[2:4]
        assert [row.id for row in returns.changed_since(conn, NOW, pks[2], 9)] == pks[3:]
        assert returns.changed_since(conn, NOW + HOUR, 0, 9) == []
        assert returns.counts(conn) == [("pending", "unknown", 5)]


def test_a_plan_row_says_what_changed_and_nothing_else(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        return_plans.save_plans(conn, {pk: plan()}, previous={pk: _row(conn, pk)}, now=NOW)
        lines = return_plans.lines_of(conn, [pk])
        assert return_plans.save_plans(
            conn, {pk: replace(plan(), state="review")}, previous={pk: _row(conn, pk)}, now=NOW
        )
        assert (_row(conn, pk).state, return_plans.lines_of(conn, [pk])) == ("review", lines)
