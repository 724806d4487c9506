"""The questions asked of 100,000 returns go through an index; measured in tests/benchmarks/ledger_at_100k.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from sidecar.ledger import (
    causes,
    flags,
    inbox,
    orders_read,
    postings,
    requests,
    return_plans,
    returns,
    standing,
    today,
    words,
    work,
)
from sidecar.ledger.causes import CauseFilter
from sidecar.ledger.engine import Ledger
from tests.ledger.builders import DAY, KEY, NOW, RETAILER, RETURN, a_return, draft, incoming, posting

QUESTIONS: dict[str, Callable[[Connection], Any]] = {
    "one return": lambda conn: returns.get(conn, RETAILER, RETURN),
    "returns of an order": lambda conn: returns.of_orders(conn, [KEY, "so-1"]),
    "returns by pk": lambda conn: returns.by_pks(conn, [1, 2]),
    "newest returns": lambda conn: returns.search(conn),
    "a later page of returns": lambda conn: returns.search(conn, cursor=f"{NOW.isoformat()}|5"),
    "returns in review": lambda conn: returns.search(conn, state="review"),
    "returns a person looks for": lambda conn: returns.look_up(conn, RETAILER, "GLOVE"),
    "graded returns": lambda conn: returns.search(conn, milestone="graded"),
    "a list of one order": lambda conn: returns.search(conn, order_identifier="SO-10012"),
    "lines": lambda conn: return_plans.lines_of(conn, [1, 2]),
    "snapshots": lambda conn: inbox.snapshots_of(conn, [1, 2]),
    "storing a message": lambda conn: inbox.store(conn, incoming("new", source="pull")),
    "recognising a message": lambda conn: inbox.recognised(conn, [inbox.Mark(RETAILER, RETURN, "A")], speaking=True),
    "what is unsettled": lambda conn: inbox.unsettled_returns(conn, NOW),
    "postings of returns": lambda conn: postings.of_returns(conn, [1, 2]),
    "postings of a period": lambda conn: postings.listed(conn, (NOW, ""), NOW + DAY, 10),
    "open causes": lambda conn: causes.search(conn, CauseFilter()),
    "flags of a cause": lambda conn: causes.flags_of(conn, "unit_ambiguous", "scan_units:GLOVE", CauseFilter()),
    "words that wait": lambda conn: causes.waiting_words(conn, "grades"),
    "how many used a word": lambda conn: words.usage(conn, [("grades", "a")], NOW),
    "who used a word": lambda conn: words.using(conn, [("grades", "a")], NOW, 10),
    "the order of a plan": lambda conn: orders_read.many(conn, [("so-1", "d"), ("so-2", "e")]),
    "orders of a SKU": lambda conn: orders_read.of_sku(conn, "GLOVE"),
    "who stands still": lambda conn: standing.at_milestone(conn, "received", NOW),
    "how fast a warehouse grades": lambda conn: standing.grading_times(conn, ["main"], NOW),
    "who is flagged as silent": lambda conn: flags.of_subject(conn, "stale_return", "silence"),
    "unfinished postings": lambda conn: postings.unfinished(conn, NOW + DAY),
    "due work": lambda conn: work.take_due(conn, NOW, 50, 60, "j"),
    "work of a page": lambda conn: work.load(conn, [1, 2]),
    "jobs": lambda conn: work.queued_jobs(conn),
    "flags of returns": lambda conn: flags.of_returns(conn, [1, 2]),
    "the desk": lambda conn: flags.search(conn),
    "open flags": lambda conn: flags.search(conn, state="open"),
    "open flags of finance": lambda conn: flags.search(conn, owner="finance", state="open"),
    "flags of one return": lambda conn: flags.search(conn, return_id=RETURN),
    "who waits for a mapping": lambda conn: flags.live_with_mapping(conn, "scan_units"),
    "clearing a flag": lambda conn: flags.clear_for_returns(conn, [1], ["outcome_unknown"], "", NOW),
    "ending a request": lambda conn: requests.finish(conn, [requests.Ended(1, 1, "done", "")], NOW),
    "open flags by owner": lambda conn: today.open_flags(conn, NOW),
    "credit of a period": lambda conn: today.credited(conn, NOW - DAY, NOW),
    "credit since a moment": lambda conn: today.credited(conn, NOW - DAY),
    "snapshots by hour": lambda conn: today.snapshots_by_hour(conn, NOW - DAY),
    "postings by hour": lambda conn: today.postings_by_hour(conn, NOW - DAY),
    "the last posting": lambda conn: today.last_confirmed(conn),
    "what waits": lambda conn: today.waiting(conn, NOW),
    "sums of all postings": lambda conn: postings.totals(conn),
    "messages by source": lambda conn: inbox.counts(conn),
    "returns by state": lambda conn: returns.counts(conn),
}


@contextmanager
def overheard(conn: Connection) -> Iterator[list[tuple[str, Any]]]:
    said: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if re.match(r"\s*(SELECT|UPDATE|WITH)", statement):
            said.append((statement, parameters))

    event.listen(conn, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(conn, "before_cursor_execute", listen)


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    """A little of everything. SQLite plans for large tables as long as nobody counted the rows (no ANALYZE)."""
    with ledger.begin() as conn:
        for n in range(20):
            pk = a_return(conn, str(n), f"SO-{n}")
            flags.reconcile(conn, pk, str(n), f"SO-{n}", [draft()], NOW)
            work.make_due(conn, [pk], NOW, pull=False, reason="", correlation_id="")
        inbox.store(conn, incoming())
        postings.insert_planned(conn, [posting(1)])
    return ledger


# What is added up over everything is read from an index that holds it; in SQLite's words: COVERING.
HELD = {
    "credit of a period": "ix_postings_figures",
    "postings by hour": "ix_postings_figures",
    "the last posting": "ix_postings_figures",
    "sums of all postings": "ix_postings_figures",
    "open flags by owner": "ix_flags_figures",
    "messages by source": "ix_inbox_figures",
    "returns by state": "ix_returns_figures",
}


@pytest.mark.parametrize("question", HELD)
def test_sums_are_held_by_an_index(full: Ledger, question: str) -> None:
    if full.dialect != "sqlite":
        return
    with full.begin() as conn:
        with overheard(conn) as said:
            QUESTIONS[question](conn)
        plans = [
            row[3]
            for statement, parameters in said
            for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert any(f"COVERING INDEX {HELD[question]}" in step for step in plans), "\n".join(plans)


@pytest.mark.parametrize("question", QUESTIONS)
def test_is_answered_through_an_index(full: Ledger, question: str) -> None:
    with full.begin() as conn:
        with overheard(conn) as said:
            QUESTIONS[question](conn)
        assert said
        for statement, parameters in said:
            if full.dialect == "sqlite":
                plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
                scans = [step for step in plan if re.match(r"SCAN (?!\()", step) and "INDEX" not in step]
            else:
                conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
                plan = [row[0] for row in conn.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
                scans = [step for step in plan if "Seq Scan" in step]
            assert not scans, "\n".join([statement, *plan])
