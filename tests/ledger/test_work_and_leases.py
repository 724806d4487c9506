"""Who does what, and when: due work, jobs that hold it, and claims with fencing tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from sidecar.ledger import leases, work
from sidecar.ledger.engine import Ledger
from tests.ledger.builders import DAY, HOUR, MINUTE, NOW, a_return


def due(conn: Connection, pk: int, at: datetime = NOW, **more: Any) -> work.WorkRow:
    work.make_due(conn, [pk], at, **{"pull": False, "reason": "webhook", "correlation_id": "c", **more})
    return work.load(conn, [pk])[0]


def take(conn: Connection, now: datetime = NOW, limit: int = 50, job: str = "j1") -> list[int]:
    return [row.return_pk for row in work.take_due(conn, now, limit, 60, job)]


def test_what_is_due_is_handed_to_one_job_until_its_time_is_up(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        due(conn, pk)
        assert take(conn) == [pk]
        assert take(conn, job="j2") == []
        assert take(conn, NOW + 2 * MINUTE, job="j2") == [pk]
        assert work.load(conn, [pk])[0].job_id == "j2"


def test_the_longest_waiting_goes_first_and_what_is_later_waits(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        one, two, later = (a_return(conn, str(n)) for n in range(3))
        due(conn, one, NOW)
        due(conn, two, NOW - HOUR)
        work.make_due(conn, [later], NOW, pull=False, reason="", correlation_id="", at=NOW + HOUR)
        assert work.due_now(conn, NOW) == [two, one]
        assert take(conn, limit=1) == [two]
        assert take(conn) == [one]
        assert take(conn, NOW + HOUR) == [two, one, later]


def test_work_that_is_finished_is_idle(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        row = due(conn, pk, pull=True)
        work.finish(conn, {pk: row.generation}, NOW)
        row = work.load(conn, [pk])[0]
    assert (row.due_at, row.queued_until, row.pull, row.attempts, row.done_generation) == (None, None, False, 0, 1)


def test_what_arrives_while_a_page_runs_is_not_swallowed_by_its_end(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        seen = due(conn, pk).generation
        take(conn)
        due(conn, pk, NOW + MINUTE, pull=True)
        work.finish(conn, {pk: seen}, NOW + HOUR)
        row = work.load(conn, [pk])[0]
        assert (row.due_at, row.pull) == (NOW + HOUR, True)
        assert take(conn, NOW + HOUR) == [pk]


def test_a_pull_once_asked_for_stays_asked_for_until_its_answer_is_stored(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        due(conn, pk, pull=True)
        row = due(conn, pk, pull=False)
        assert row.pull
        work.pulled(conn, {pk: row.generation - 1})
        assert work.load(conn, [pk])[0].pull
        work.pulled(conn, {pk: row.generation})
        assert not work.load(conn, [pk])[0].pull


def test_asking_again_never_makes_it_later(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        due(conn, pk)
        work.make_due(conn, [pk], NOW, pull=False, reason="", correlation_id="", at=NOW + DAY)
        assert work.load(conn, [pk])[0].due_at == NOW


def test_a_failed_attempt_is_counted_and_tried_again_later_or_at_once_when_asked(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        due(conn, pk)
        take(conn)
        work.retry(conn, pk, NOW + HOUR, "HTTP 503", "Oro is away", NOW)
        work.retry(conn, pk, NOW + HOUR, "HTTP 503", "Oro is away", NOW)
        assert (work.attempts(conn, pk), take(conn)) == (2, [])
        assert work.load(conn, [pk])[0].last_error == "Oro is away"
        work.hurry(conn, pk, NOW)
        assert (work.attempts(conn, pk), take(conn)) == (0, [pk])
        assert work.attempts(conn, 999) == 0


def test_work_of_a_lost_job_is_due_again_as_it_was(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        one, two = (a_return(conn, str(n)) for n in range(2))
        for pk, job in ((one, "lost"), (two, "alive")):
            due(conn, pk)
            take(conn, job=job)
        assert sorted(work.queued_jobs(conn)) == ["alive", "lost"]
        assert work.requeue_jobs(conn, {"lost"}, NOW) == 1
        assert take(conn, job="j3") == [one]
        assert work.attempts(conn, one) == 0


def test_work_that_was_not_tried_is_given_back_without_counting(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        one, idle = (a_return(conn, str(n)) for n in range(2))
        due(conn, one)
        work.finish(conn, {idle: due(conn, idle).generation}, NOW)
        take(conn)
        work.give_back(conn, [one, idle], NOW + MINUTE)
        work.give_back(conn, [], NOW)
        assert take(conn) == []
        assert take(conn, NOW + MINUTE) == [one]


def test_the_counts_say_what_waits_for_what(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pks = [a_return(conn, str(n)) for n in range(4)]
        work.finish(conn, {pks[0]: due(conn, pks[0]).generation}, NOW)
        due(conn, pks[1], NOW - DAY)
        take(conn)
        due(conn, pks[2], NOW - HOUR)
        work.make_due(conn, [pks[3]], NOW, pull=False, reason="", correlation_id="", at=NOW + DAY)
        assert work.counts(conn, NOW) == work.WorkCounts(1, 1, 1, 1, NOW - HOUR)
        assert work.next_due(conn) == NOW - DAY
        assert work.due_before(conn, NOW) == 2


def test_a_free_order_is_claimed_and_a_claimed_one_is_left_alone(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        mine = leases.claim(conn, ["order:b", "order:a", "order:a"], "one", NOW, 60)
        assert mine == {"order:a": 1, "order:b": 1}
        assert leases.claim(conn, ["order:a", "order:c"], "two", NOW, 60) == {"order:c": 1}
        assert leases.claim(conn, ["order:a"], "one", NOW, 60) == {}


def test_a_claim_that_ran_out_passes_on_with_a_higher_token(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        old = leases.claim(conn, ["order:a"], "one", NOW, 60)["order:a"]
        new = leases.claim(conn, ["order:a"], "two", NOW + MINUTE, 60)["order:a"]
        assert new > old
        assert (leases.held(conn, {"order:a": old}), leases.held(conn, {"order:a": new})) == (set(), {"order:a"})
        assert not leases.renew(conn, "order:a", old, NOW, 60)
        leases.release(conn, {"order:a": old})
        assert leases.held(conn, {"order:a": new, "order:b": 1}) == {"order:a"}


def test_a_claim_that_is_prolonged_or_overslept_alone_is_still_held(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        token = leases.claim(conn, ["order:a"], "one", NOW, 60)["order:a"]
        assert leases.renew(conn, "order:a", token, NOW + HOUR, 60)
        assert leases.claim(conn, ["order:a"], "two", NOW + HOUR, 60) == {}


def test_tokens_rise_also_over_a_claim_that_was_given_back(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        tokens = []
        for _ in range(3):
            claimed = leases.claim(conn, ["order:a"], "one", NOW, 60)
            tokens.append(claimed["order:a"])
            leases.release(conn, claimed)
            assert not leases.held(conn, {"order:a": tokens[-1]})
            assert not leases.renew(conn, "order:a", tokens[-1], NOW, 60)
    assert tokens == [1, 2, 3]


def test_a_claim_that_was_given_back_is_free_though_the_clock_of_its_holder_ran_ahead(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        leases.release(conn, leases.claim(conn, ["order:a"], "an hour ahead", NOW + HOUR, 60))
        assert leases.claim(conn, ["order:a"], "on time", NOW, 60) == {"order:a": 2}
