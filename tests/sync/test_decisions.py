"""What people decide about flags, and what it sets in motion."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sidecar.ledger import audit, flag_decisions, flags, returns, work
from sidecar.ledger.engine import Ledger
from sidecar.returns.flags import RELEASABLE, RULES
from sidecar.returns.model import Flag
from sidecar.sync import decisions, flagging
from tests.ledger.actors import at_once

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def raised(ledger: Ledger, code: str, subject: str = "GLOVE") -> int:
    """One open flag of a return at rest; its id."""
    flag = Flag(code, subject, "so it is", RULES[code].next_step)
    with ledger.begin() as conn:
        pk = returns.ensure(conn, "GL123", "1", "SO-1", NOW)
        flags.reconcile(conn, pk, "1", "SO-1", flagging.drafts([flag], NOW), NOW)
        (row,) = flags.search(conn, code=code, limit=1).rows
    return row.id


def due(ledger: Ledger) -> list[int]:
    with ledger.read() as conn:
        return work.due_now(conn, NOW)


@pytest.mark.parametrize("code", sorted(RULES))
def test_only_what_a_person_may_release_is_released(ledger: Ledger, code: str) -> None:
    flag_id = raised(ledger, code)
    if code in RELEASABLE:
        flag = decisions.release(ledger, flag_id, note="go on", actor="ann", now=NOW)
        assert (flag.state, flag.closed_by, flag.person_released) == ("released", "ann", True)
        assert due(ledger) == [1]
        return
    with pytest.raises(decisions.NotReleasable) as refused:
        decisions.release(ledger, flag_id, note="go on", actor="ann", now=NOW)
    assert refused.value.instead
    assert due(ledger) == []
    with ledger.read() as conn:
        kept = flags.get(conn, flag_id)
    assert kept is not None
    assert kept.state == "open"


def test_a_closed_flag_is_not_closed_again(ledger: Ledger) -> None:
    flag_id = raised(ledger, "sku_inactive")
    decisions.resolve(ledger, flag_id, note="scrapped", actor="ann", now=NOW)
    for verb in ("assign", "resolve", "release"):
        with pytest.raises(decisions.DecisionError, match="reopen it first"):
            decisions.decide(ledger, flag_id, verb, note="x", actor="bob", now=NOW)


def test_what_was_released_and_reopened_holds_again(ledger: Ledger) -> None:
    flag_id = raised(ledger, "sku_inactive")
    decisions.release(ledger, flag_id, note="pay", actor="ann", now=NOW)
    decisions.reopen(ledger, flag_id, actor="bob", now=NOW)
    with ledger.read() as conn:
        assert not flag_decisions.released_by_person(conn, [1]).get(1)


def test_every_decision_is_in_the_audit_trail(ledger: Ledger) -> None:
    flag_id = raised(ledger, "sku_inactive")
    decisions.assign(ledger, flag_id, assignee="bob", actor="ann", now=NOW)
    decisions.note(ledger, flag_id, text="called", actor="bob", now=NOW)
    decisions.resolve(ledger, flag_id, note="done", actor="bob", now=NOW)
    decisions.reopen(ledger, flag_id, actor="ann", now=NOW)
    decisions.release(ledger, flag_id, note="pay", actor="ann", now=NOW)
    with ledger.read() as conn:
        trail = [entry for entry in audit.search(conn, return_id="1", limit=100) if entry.action.startswith("flag")]
    assert sorted(entry.actor for entry in trail) == ["ann", "ann", "ann", "bob", "bob"]


def test_a_flag_of_the_whole_system_wakes_no_return(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        flags.raise_system(conn, flagging.sync_draft("retailer_unknown", "other", NOW, subject="X"), NOW)
        (row,) = flags.search(conn, code="retailer_unknown", limit=1).rows
    assert decisions.resolve(ledger, row.id, note="told them", actor="ann", now=NOW).state == "resolved"
    assert due(ledger) == []


def test_a_flag_that_is_not_there(ledger: Ledger) -> None:
    with pytest.raises(decisions.UnknownFlag):
        decisions.note(ledger, 1, text="x", actor="ann", now=NOW)


def test_of_a_release_and_a_close_at_the_same_moment_one_stands_and_the_other_is_told(
    ledger: Ledger, ledger_url: str
) -> None:
    """Else both would be told that it is done: one that it is paid, the other that it stays held."""
    flag_id = raised(ledger, "sku_inactive")

    def decides(own: Ledger, n: int) -> str:
        verb = "release" if n % 2 else "resolve"
        try:
            return decisions.decide(own, flag_id, verb, actor=f"person-{n}", now=NOW, note="seen").state
        except decisions.DecisionError:
            return ""

    (done,) = [state for state in at_once("threads", 8, decides, ledger_url) if state]
    with ledger.read() as conn:
        assert flags.must_get(conn, flag_id).state == done
        assert len(audit.search(conn, subject=f"flag:{flag_id}")) == 1
