"""One flag per cause and object: it is seen again, closes by itself, and obeys the person who decides."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

import pytest

from sidecar.ledger import audit, flag_decisions, flags
from sidecar.ledger.engine import Ledger
from sidecar.ledger.flags import FlagDraft, FlagRow, Reconciled
from tests.ledger.builders import DAY, HOUR, MINUTE, NOW, ORDER, RETURN, a_return, draft


@pytest.fixture
def pk(ledger: Ledger) -> int:
    with ledger.begin() as conn:
        return a_return(conn)


def plan(
    ledger: Ledger, pk: int, *drafts: FlagDraft, now: datetime = NOW, codes: Collection[str] | None = None
) -> Reconciled:
    with ledger.begin() as conn:
        return flags.reconcile(conn, pk, RETURN, ORDER, drafts, now, codes)


def of(ledger: Ledger, pk: int) -> list[FlagRow]:
    with ledger.read() as conn:
        return flags.of_returns(conn, [pk]).get(pk, [])


def test_a_cause_opens_a_flag_that_says_everything(ledger: Ledger, pk: int) -> None:
    assert plan(ledger, pk, draft()) == Reconciled(opened=1)
    (flag,) = of(ledger, pk)
    assert (flag.state, flag.count, flag.amount, flag.urgency) == ("open", 1, Decimal("98.00"), 1)
    assert (flag.return_id, flag.order_identifier, flag.due_at) == (RETURN, ORDER, NOW + DAY)


def test_the_same_cause_again_writes_nothing(ledger: Ledger, pk: int) -> None:
    plan(ledger, pk, draft())
    before = of(ledger, pk)
    later = draft(due_at=NOW + DAY + MINUTE)
    assert plan(ledger, pk, later, now=NOW + MINUTE) == Reconciled(seen=1)
    assert of(ledger, pk) == before


def test_it_counts_again_after_an_hour_or_when_it_says_something_else(ledger: Ledger, pk: int) -> None:
    plan(ledger, pk, draft())
    plan(ledger, pk, draft(), now=NOW + HOUR)
    plan(ledger, pk, draft(message="2 cases or 2 each?"), now=NOW + HOUR)
    (flag,) = of(ledger, pk)
    assert (flag.count, flag.last_seen_at, flag.message) == (3, NOW + HOUR, "2 cases or 2 each?")
    assert (flag.first_seen_at, flag.due_at) == (NOW, NOW + DAY)


def test_a_flag_whose_cause_is_gone_closes_itself_and_says_why(ledger: Ledger, pk: int) -> None:
    plan(ledger, pk, draft(), draft(subject="BOOT"))
    assert plan(ledger, pk, draft(subject="BOOT"), now=NOW + HOUR).released == 1
    gone = next(flag for flag in of(ledger, pk) if flag.subject == "GLOVE")
    assert (gone.state, gone.closed_by, gone.closed_at) == ("released", "system", NOW + HOUR)
    assert gone.closed_reason


def test_it_opens_again_when_the_cause_returns(ledger: Ledger, pk: int) -> None:
    plan(ledger, pk, draft())
    plan(ledger, pk)
    assert plan(ledger, pk, draft(due_at=NOW + 2 * DAY), now=NOW + DAY).opened == 1
    (flag,) = of(ledger, pk)
    assert (flag.state, flag.closed_by, flag.closed_at, flag.due_at) == ("open", "", None, NOW + 2 * DAY)


def test_planning_leaves_flags_alone_that_are_raised_elsewhere(ledger: Ledger, pk: int) -> None:
    with ledger.begin() as conn:
        flags.raise_for_return(conn, pk, draft("outcome_unknown", "key"), NOW)
    plan(ledger, pk, codes=["unit_ambiguous"])
    assert [flag.state for flag in of(ledger, pk)] == ["open"]
    with ledger.begin() as conn:
        assert flags.clear_for_returns(conn, [pk], ["outcome_unknown"], "Oro has it", NOW) == 1
        assert flags.clear_for_returns(conn, [pk], ["outcome_unknown"], "Oro has it", NOW) == 0


def test_what_a_person_resolved_stays_so_until_it_says_something_else(ledger: Ledger, pk: int) -> None:
    plan(ledger, pk, draft())
    (flag,) = of(ledger, pk)
    with ledger.begin() as conn:
        flag_decisions.resolve(conn, flag.id, actor="Ann", note="counted by hand", now=NOW)
        assert flag_decisions.resolved_by_person(conn, [pk]) == {pk: {("unit_ambiguous", "GLOVE", draft().message)}}
    plan(ledger, pk, draft(), now=NOW + DAY)
    assert [each.state for each in of(ledger, pk)] == ["resolved"]
    plan(ledger, pk, draft(message="2 cases or 2 each?"), now=NOW + DAY)
    assert [each.state for each in of(ledger, pk)] == ["open"]


def test_what_a_person_released_is_remembered_until_it_is_opened_again(ledger: Ledger, pk: int) -> None:
    plan(ledger, pk, draft("sku_inactive"))
    (flag,) = of(ledger, pk)
    with ledger.begin() as conn:
        assert flag_decisions.release(conn, flag.id, actor="Ann", note="pay it", now=NOW).state == "released"
    plan(ledger, pk)
    with ledger.begin() as conn:
        assert flag_decisions.released_by_person(conn, [pk]) == {pk: {("sku_inactive", "GLOVE")}}
        assert flag_decisions.reopen(conn, flag.id, actor="Ann", note="", now=NOW).state == "open"
        assert flag_decisions.released_by_person(conn, [pk]) == {}


def test_every_decision_of_a_person_is_in_the_audit_trail(ledger: Ledger, pk: int) -> None:
    plan(ledger, pk, draft())
    (flag,) = of(ledger, pk)
    with ledger.begin() as conn:
        assert flag_decisions.assign(conn, flag.id, actor="Ann", assignee="Bob", note="", now=NOW).assigned_to == "Bob"
        flag_decisions.note(conn, flag.id, actor="Bob", note="called the warehouse", now=NOW)
        flag_decisions.resolve(conn, flag.id, actor="Bob", note="done", now=NOW + HOUR)
        trail = audit.search(conn, subject=f"flag:{flag.id}")
    assert [(row.actor, row.action) for row in reversed(trail)] == [
        ("Ann", "flag assign"),
        ("Bob", "flag note"),
        ("Bob", "flag resolve"),
    ]
    assert {row.return_id for row in trail} == {RETURN}


def test_an_assigned_flag_closes_itself_too(ledger: Ledger, pk: int) -> None:
    plan(ledger, pk, draft())
    (flag,) = of(ledger, pk)
    with ledger.begin() as conn:
        flag_decisions.assign(conn, flag.id, actor="Ann", assignee="Bob", note="", now=NOW)
    assert plan(ledger, pk).released == 1


def test_trouble_of_the_whole_system_is_one_flag_however_often_it_is_seen(ledger: Ledger) -> None:
    away = draft("oro_unreachable", "oro", owner="it", severity="critical")
    with ledger.begin() as conn:
        for minutes in range(5):
            flags.raise_system(conn, away, NOW + minutes * MINUTE)
        (flag,) = flags.search(conn, owner="it").rows
        assert (flag.return_pk, flag.count) == (None, 1)
        assert flags.clear_system(conn, "oro_unreachable", "zigzag", "other", NOW) == 0
        assert flags.clear_system(conn, "oro_unreachable", "oro", "it answers again", NOW) == 1


def test_the_desk_shows_the_most_urgent_first_and_every_flag_once(ledger: Ledger, pk: int) -> None:
    stated = [draft(subject=str(n), severity=("info", "critical", "warning")[n % 3]) for n in range(10)]
    plan(ledger, pk, *stated)
    seen: list[FlagRow] = []
    cursor = None
    with ledger.read() as conn:
        while True:
            page = flags.search(conn, cursor=cursor, limit=3)
            seen += page.rows
            cursor = page.next_cursor
            if cursor is None:
                break
        assert {row.subject for row in flags.search(conn, severity="info").rows} == {"0", "3", "6", "9"}
        assert flags.search(conn, return_id="none").rows == []
    assert [row.severity for row in seen] == ["critical"] * 3 + ["warning"] * 3 + ["info"] * 4
    assert len({row.id for row in seen}) == 10


def test_a_mapping_finds_the_returns_that_wait_for_it(ledger: Ledger, pk: int) -> None:
    plan(ledger, pk, draft())
    with ledger.begin() as conn:
        other = a_return(conn, "2")
        flags.reconcile(conn, other, "2", ORDER, [draft(subject="BOOT")], NOW)
        assert {row[0] for row in flags.live_with_mapping(conn, "scan_units")} == {pk, other}
        assert flags.live_with_mapping(conn, "grades") == []
    plan(ledger, pk)
    with ledger.read() as conn:
        assert {row[0] for row in flags.live_with_mapping(conn, "scan_units")} == {other}


def test_what_is_at_stake_is_summed_per_currency_and_only_while_open(ledger: Ledger, pk: int) -> None:
    stated = [draft(subject=str(n), amount=Decimal("0.10"), currency="GBP" if n else "JPY") for n in range(4)]
    plan(ledger, pk, *stated)
    last = of(ledger, pk)[3]
    with ledger.begin() as conn:
        flag_decisions.resolve(conn, last.id, actor="Ann", note="", now=NOW)
    with ledger.read() as conn:
        found = {(row.code, row.currency): (row.count, row.amount) for row in flags.counts(conn)}
    assert found == {("unit_ambiguous", "GBP"): (2, Decimal("0.20")), ("unit_ambiguous", "JPY"): (1, Decimal("0.10"))}
