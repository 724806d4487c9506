"""Many at the same moment, in threads and in processes: one wins, nothing is lost, nobody is locked out."""

from __future__ import annotations

import pytest

from sidecar.ledger import counters, flags, inbox, leases, postings, returns, work
from sidecar.ledger.engine import Ledger
from tests.ledger import actors
from tests.ledger.actors import at_once
from tests.ledger.builders import MINUTE, NOW, RETAILER, RETURN, a_return, posting

EIGHT = 8


@pytest.fixture(params=["threads", "processes"])
def how(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.mark.parametrize("held_before", [False, True])
def test_of_eight_who_claim_an_order_exactly_one_gets_it(
    ledger: Ledger, ledger_url: str, how: str, held_before: bool
) -> None:
    if held_before:
        with ledger.begin() as conn:
            leases.claim(conn, ["order:so-10012"], "dead", NOW, 60)
    won = [tokens for tokens in at_once(how, EIGHT, actors.claims, ledger_url) if tokens]
    assert won == [{"order:so-10012": 1 + held_before}]


def test_who_claim_many_orders_share_them_without_waiting_in_a_circle(ledger_url: str, how: str) -> None:
    won = [name for tokens in at_once(how, EIGHT, actors.claims_many, ledger_url) for name in tokens]
    assert sorted(won) == sorted(f"order:{n}" for n in range(20))


def test_one_message_delivered_eight_times_at_once_is_one_row(ledger: Ledger, ledger_url: str, how: str) -> None:
    stored = at_once(how, EIGHT, actors.stores, ledger_url)
    assert sorted(each.duplicate for each in stored) == [False] + [True] * 7
    assert len({(each.id, each.return_pk) for each in stored}) == 1
    with ledger.read() as conn:
        row = returns.get(conn, RETAILER, RETURN)
        assert row is not None
        (kept,) = inbox.snapshots_of(conn, [row.id])[row.id]
    assert (row.snapshots, kept.seen) == (1, 8)


def test_a_flag_raised_eight_times_at_once_is_one_flag_and_nobodys_error(
    ledger: Ledger, ledger_url: str, how: str
) -> None:
    """Eight webhooks of one foreign retailer at the same moment: none may be answered 500 because of the flag."""
    at_once(how, EIGHT, actors.raises, ledger_url)
    with ledger.read() as conn:
        (flag,) = flags.search(conn, code="retailer_unknown").rows
    assert (flag.subject, flag.state) == ("OTHER", "open")


def test_a_new_return_heard_of_eight_times_at_once_is_one_return(ledger_url: str, how: str) -> None:
    assert len(set(at_once(how, EIGHT, actors.ensures, ledger_url))) == 1


def test_of_eight_announcements_at_once_one_stands(ledger: Ledger, ledger_url: str, how: str) -> None:
    won = at_once(how, EIGHT, actors.announces, ledger_url)
    assert sum(won) == 1
    with ledger.read() as conn:
        row = returns.get(conn, RETAILER, RETURN)
    assert row is not None
    assert row.intake == {"n": won.index(True)}


def test_two_dispatchers_never_hand_out_the_same_return(ledger: Ledger, ledger_url: str, how: str) -> None:
    with ledger.begin() as conn:
        pks = [a_return(conn, str(n)) for n in range(200)]
        work.make_due(conn, pks, NOW, pull=False, reason="", correlation_id="")
    taken = at_once(how, 4, actors.dispatches, ledger_url)
    assert sorted(pk for each in taken for pk in each) == pks


def test_reading_first_and_writing_then_is_never_locked_out_and_loses_nothing(
    ledger: Ledger, ledger_url: str, how: str
) -> None:
    assert at_once(how, EIGHT, actors.reads_then_writes, ledger_url) == [actors.ROUNDS] * EIGHT
    with ledger.read() as conn:
        found = counters.all(conn)
    assert found == {"rounds": EIGHT * actors.ROUNDS, **{f"of-{n}": actors.ROUNDS for n in range(EIGHT)}}


def test_eight_presses_at_once_are_one_request(ledger: Ledger, ledger_url: str, how: str) -> None:
    with ledger.begin() as conn:
        a_return(conn)
    asked = at_once(how, EIGHT, actors.asks, ledger_url)
    assert len({request for request, _ in asked}) == 1
    assert sorted(joined for _, joined in asked) == [False] + [True] * 7


def test_a_posting_is_confirmed_by_exactly_one(ledger: Ledger, ledger_url: str, how: str) -> None:
    with ledger.begin() as conn:
        postings.insert_planned(conn, [posting(a_return(conn))])
    told = at_once(how, EIGHT, actors.confirms, ledger_url)
    assert sum(told) == 1
    with ledger.read() as conn:
        row = postings.get(conn, "GL123:413413515:1")
    assert row is not None
    assert row.oro_id == str(told.index(True))


def test_work_asked_for_at_once_is_all_counted(ledger: Ledger, ledger_url: str, how: str) -> None:
    with ledger.begin() as conn:
        pks = [a_return(conn, str(n)) for n in range(20)]
    at_once(how, 4, actors.makes_due, ledger_url)
    with ledger.read() as conn:
        assert {row.generation for row in work.load(conn, pks)} == {4 * actors.ROUNDS}


@pytest.mark.postgres
def test_whoever_checked_its_claim_keeps_the_order_until_it_commits(ledger: Ledger, ledger_url: str) -> None:
    """In PostgreSQL the lease is locked by the check; in SQLite the one write lock does the same."""
    name = "order:so-10012"
    with ledger.begin() as conn:
        token = leases.claim(conn, [name], "one", NOW, 60)[name]
    if ledger.dialect == "sqlite":
        return
    with ledger.begin() as conn:
        assert leases.held(conn, {name: token})
        with pytest.raises(Exception, match="lock timeout"), ledger.begin() as other:
            other.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            leases.claim(other, [name], "two", NOW + MINUTE, 60)
    with ledger.begin() as other:
        assert leases.claim(other, [name], "two", NOW + MINUTE, 60) == {name: token + 1}
