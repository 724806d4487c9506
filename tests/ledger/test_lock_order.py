"""In PostgreSQL everybody takes rows in one order: who has to wait for a row holds none that another may wait for.

Each test holds the row that comes first and looks which of the others are still free while somebody waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Connection, event, select
from sqlalchemy.exc import DBAPIError

from sidecar.ledger import counters, engine, flags, inbox, mappings, requests, work
from sidecar.ledger.engine import Ledger
from sidecar.ledger.tables import flags as flag_rows
from sidecar.ledger.tables import inbox as inbox_rows
from sidecar.ledger.tables import returns as return_rows
from sidecar.ledger.tables import work as work_rows
from tests.ledger.actors import stopped
from tests.ledger.builders import HOUR, NOW, a_return, draft, incoming

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)]


def free(conn: Connection, key: Column[Any]) -> list[Any]:
    return list(conn.scalars(select(key).order_by(key).with_for_update(skip_locked=True)))


def hold(conn: Connection, key: Column[Any], value: Any) -> None:
    conn.execute(select(key).where(key == value).with_for_update())


def crowd(conn: Connection, count: int = 5) -> tuple[list[int], list[int]]:
    """(returns, their messages), of which the last was written first, as a table that was updated often stands."""
    stored = inbox.store_all(conn, [incoming(return_id=str(n)) for n in range(count)], NOW)
    pks = [each.return_pk or 0 for each in stored]
    work.make_due(conn, pks, NOW, pull=False, reason="", correlation_id="")
    for pk in pks:
        flags.raise_for_return(conn, pk, draft(), NOW)
    for table in ("inbox", "work", "flags"):
        key = "return_pk" if table == "work" else "id"
        conn.exec_driver_sql(f"CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM {table}")
        conn.exec_driver_sql(f"DELETE FROM {table}")
        conn.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM kept ORDER BY {key} DESC")
        conn.exec_driver_sql("DROP TABLE kept")
    return pks, [each.id for each in stored]


def _held_jobs(conn: Connection, pks: list[int]) -> None:
    work.take_due(conn, NOW, 100, 60, "job")


MANY: dict[str, tuple[Column[Any], Callable[[Connection, list[int], list[int]], Any]]] = {
    "messages settled": (inbox_rows.c.id, lambda conn, pks, ids: inbox.settle(conn, ids[:2], ids[2:])),
    "messages counted": (inbox_rows.c.id, lambda conn, pks, ids: inbox.seen_again(conn, reversed(ids), NOW)),
    "work given back": (work_rows.c.return_pk, lambda conn, pks, ids: work.give_back(conn, pks[::-1], NOW)),
    "work of lost jobs": (work_rows.c.return_pk, lambda conn, pks, ids: work.requeue_jobs(conn, ["job"], NOW)),
    "work asked for": (
        work_rows.c.return_pk,
        lambda conn, pks, ids: work.make_due(conn, pks[::-1], NOW, pull=False, reason="", correlation_id=""),
    ),
    "work finished": (work_rows.c.return_pk, lambda conn, pks, ids: work.finish(conn, dict.fromkeys(pks, 1), NOW)),
    "flags closed": (
        flag_rows.c.id,
        lambda conn, pks, ids: flags.clear_for_returns(conn, pks[::-1], ["unit_ambiguous"], "", NOW),
    ),
}


@pytest.mark.parametrize("what", MANY)
def test_many_rows_are_taken_in_the_order_of_their_keys(ledger: Ledger, what: str) -> None:
    key, act = MANY[what]
    with ledger.begin() as conn:
        pks, ids = crowd(conn)
        _held_jobs(conn, pks)
    with ledger.begin() as conn:
        first, *others = conn.scalars(select(key).order_by(key))
        hold(conn, key, first)
        with stopped(ledger, conn, lambda other: act(other, pks, ids)) as answers:
            assert free(conn, key) == [first, *others]
    assert not isinstance(answers[0], Exception)


def test_an_intake_that_waits_for_a_return_holds_no_message_of_another(ledger: Ledger) -> None:
    """A list of ZigZag repeats what is known of return 0 and has news of return 1; a page commits both meanwhile."""
    with ledger.begin() as conn:
        pks, ids = crowd(conn, 2)
    news = [incoming(return_id="0"), incoming("B", return_id="1", at=NOW + HOUR)]
    with ledger.begin() as conn:
        hold(conn, return_rows.c.id, pks[1])
        with stopped(ledger, conn, lambda other: inbox.store_all(other, news, NOW)) as answers:
            inbox.settle(conn, ids, [])  # as the page does after it has taken the returns
    assert [each.duplicate for each in answers[0]] == [True, False]


def test_who_asks_while_the_pending_request_ends_gets_a_new_one(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        pk = a_return(conn)
        first, _ = requests.open_or_join(conn, "return", "413413515", pk, "ann", NOW)
    ends = [requests.Ended(pk, None, "done", "in Oro")]

    def end_it(conn: Connection, *_: Any) -> None:
        if ends:
            with ledger.begin() as other:
                requests.finish(other, [ends.pop()], NOW)

    with ledger.begin() as conn:
        event.listen(conn, "after_cursor_execute", lambda *said: "INSERT" in said[2] and end_it(said[0]))
        second, joined = requests.open_or_join(conn, "return", "413413515", pk, "bob", NOW)
    assert (second != first, joined) == (True, False)


def test_changes_of_mappings_are_seen_in_the_order_of_their_versions(ledger: Ledger) -> None:
    """Else whoever compiled version 2 before version 1 was committed would never look for version 1."""

    def change(conn: Connection) -> int:
        mappings.one_at_a_time(conn)
        return mappings.put(conn, "reasons", "13", "damaged", "bob", NOW)

    with ledger.begin() as conn:
        mappings.one_at_a_time(conn)
        first = mappings.put(conn, "reasons", "12", "damaged", "ann", NOW)
        with stopped(ledger, conn, change) as answers:
            pass
    assert answers == [first + 1]


def test_a_page_that_commits_waits_for_whoever_changes_mappings_and_not_for_another_page(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        mappings.one_at_a_time(conn)
        version = mappings.put(conn, "reasons", "12", "damaged", "ann", NOW)
        with stopped(ledger, conn, mappings.standing_version) as answers:
            pass
    assert answers == [version]
    with ledger.begin() as one, ledger.begin() as other:
        assert mappings.standing_version(one) == mappings.standing_version(other) == version


def test_rows_of_a_transaction_whose_process_stands_still_are_free_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's machine that loses power would else hold them until the server notices, after two hours."""
    monkeypatch.setattr(engine, "IDLE_LIMIT", "100ms")
    with pytest.raises(DBAPIError), ledger.begin() as still:
        counters.add(still, {"rounds": 1})
        with ledger.begin() as conn:  # waits
            counters.add(conn, {"rounds": 1})
        counters.add(still, {"rounds": 1})
    with ledger.read() as conn:
        assert counters.all(conn) == {"rounds": 1}
