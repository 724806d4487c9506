"""The desk: flags are listed, and decided on by people."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sidecar.ledger import audit, flag_decisions, flags, returns, work
from sidecar.returns.model import Flag
from sidecar.sync import flagging
from tests.web.conftest import Door, said

HELD = Flag(
    "sku_inactive",
    "GLOVE",
    "GLOVE is disabled.",
    "Release to pay.",
    sku="GLOVE",
    amount=Decimal("100.00"),
    currency="GBP",
    holds="all",
)
WORD = Flag("grade_not_mapped", "E", "The grade E is not mapped.", "Map it.", holds="all", mapping=("grades", "E"))
SHORT = Flag("received_short", "GLOVE", "49 each are missing.", "Ask the warehouse.")


def raise_flags(door: Door, *found: Flag, return_id: str = "413413515") -> dict[str, int]:
    """Flags of one return as planning raises them; their ids by code."""
    door.hook(said(returnId=return_id))
    with door.ledger.begin() as conn:
        row = returns.get(conn, "GL123", return_id)
        assert row is not None
        flags.reconcile(conn, row.id, return_id, row.order_identifier, flagging.drafts(found, door.now), door.now)
        for due in work.load(conn, [row.id]):
            work.finish(conn, {row.id: due.generation}, door.now)
    listed = door.get(f"/v1/flags?return_id={return_id}").get_json()["flags"]
    return {each["code"]: each["id"] for each in listed}


def test_a_flag_says_what_a_person_needs(door: Door) -> None:
    flag_id = raise_flags(door, HELD)["sku_inactive"]
    flag = door.get(f"/v1/flags/{flag_id}").get_json()
    assert flag["owner"] == "operations"
    assert flag["severity"] == "warning"
    assert flag["state"] == "open"
    assert flag["message"] == "GLOVE is disabled."
    assert flag["amount"] == "100.00"
    assert flag["currency"] == "GBP"
    assert flag["return_id"] == "413413515"
    assert flag["runbook"].endswith("#sku_inactive")
    assert flag["count"] == 1


def test_lists_are_narrowed_and_paged(door: Door) -> None:
    raise_flags(door, HELD, WORD, SHORT, return_id="1")
    raise_flags(door, HELD, return_id="2")

    def listed(query: str) -> list[tuple[str, str]]:
        found, cursor = [], ""
        while True:
            page = door.get(f"/v1/flags?{query}&limit=1&cursor={cursor}").get_json()
            found += [(each["return_id"], each["code"]) for each in page["flags"]]
            cursor = page["next_cursor"] or ""
            if not cursor:
                return sorted(found)

    assert len(listed("state=&owner=&code=&severity=&return_id=")) == 4
    assert listed("code=sku_inactive") == [("1", "sku_inactive"), ("2", "sku_inactive")]
    assert listed("return_id=2") == [("2", "sku_inactive")]
    assert len(listed("owner=operations&severity=warning&state=open")) == 4
    assert listed("severity=critical") == []
    assert listed("state=resolved") == []


def test_a_cursor_of_another_list_or_a_forged_one_is_refused(door: Door) -> None:
    raise_flags(door, HELD, WORD, SHORT)
    cursor = door.get("/v1/flags?limit=1").get_json()["next_cursor"]
    assert cursor
    assert door.get(f"/v1/flags?limit=1&cursor={cursor}").status_code == 200
    for forged in (cursor[:-2] + "AA", cursor[2:], "A" * 30):
        assert door.get(f"/v1/flags?cursor={forged}").status_code == 409
    for malformed in ("%00", "é", cursor + "!", "A" * 17):
        assert door.get(f"/v1/flags?cursor={malformed}").status_code == 422
    assert door.get(f"/v1/flags?owner=cx&cursor={cursor}").status_code == 409


def test_resolving_closes_it_by_name_and_wakes_the_return(door: Door) -> None:
    flag_id = raise_flags(door, SHORT)["received_short"]
    assert door.due() == []
    assert door.post(f"/v1/flags/{flag_id}/resolve", json={}).status_code == 422
    assert door.post(f"/v1/flags/{flag_id}/resolve", json={"note": "  "}).status_code == 422
    closed = door.post(f"/v1/flags/{flag_id}/resolve", json={"note": "The carrier lost them."})
    assert closed.status_code == 200
    assert closed.get_json()["state"] == "resolved"
    assert closed.get_json()["closed_by"] == "bundle"
    assert "carrier" in closed.get_json()["closed_reason"]
    assert len(door.due()) == 1
    assert door.post(f"/v1/flags/{flag_id}/resolve", json={"note": "again"}).status_code == 409


def test_reopening_takes_it_back(door: Door) -> None:
    flag_id = raise_flags(door, SHORT)["received_short"]
    assert door.post(f"/v1/flags/{flag_id}/reopen", json={}).status_code == 409
    door.post(f"/v1/flags/{flag_id}/resolve", json={"note": "done"})
    opened = door.post(f"/v1/flags/{flag_id}/reopen", json={"note": "not done"})
    assert opened.status_code == 200
    assert opened.get_json()["state"] == "open"
    assert opened.get_json()["closed_at"] is None


def test_assigning_and_noting(door: Door) -> None:
    flag_id = raise_flags(door, SHORT)["received_short"]
    assert door.post(f"/v1/flags/{flag_id}/assign", json={}).status_code == 422
    taken = door.post(f"/v1/flags/{flag_id}/assign", json={"assignee": "Ann"})
    assert taken.get_json()["state"] == "assigned"
    assert taken.get_json()["assigned_to"] == "Ann"
    assert door.post(f"/v1/flags/{flag_id}/assign", json={"assignee": "Bob"}).get_json()["assigned_to"] == "Bob"
    noted = door.post(f"/v1/flags/{flag_id}/note", json={"note": "Called them.\nNo answer."})
    assert noted.status_code == 200
    assert noted.get_json()["state"] == "assigned"
    assert door.due() == []
    with door.ledger.read() as conn:
        written = [row.action for row in audit.search(conn, return_id="413413515", limit=100)]
    assert len([action for action in written if action.startswith("flag")]) == 3


def test_releasing_is_for_codes_a_person_may_release(door: Door) -> None:
    ids = raise_flags(door, HELD, WORD, SHORT)
    released = door.post(f"/v1/flags/{ids['sku_inactive']}/release", json={"note": "Pay it."})
    assert released.status_code == 200
    assert released.get_json()["state"] == "released"
    assert released.get_json()["closed_by"] == "bundle"
    with door.ledger.read() as conn:
        assert ("sku_inactive", "GLOVE") in flag_decisions.released_by_person(conn, [1])[1]
    assert door.due() == [1]
    refused = door.post(f"/v1/flags/{ids['grade_not_mapped']}/release", json={"note": "Pay it."})
    assert refused.status_code == 409
    assert "mapping grades" in refused.get_json(force=True)["detail"]
    assert door.post(f"/v1/flags/{ids['received_short']}/release", json={"note": "x"}).status_code == 409
    assert door.get(f"/v1/flags/{ids['received_short']}").get_json()["state"] == "open"


@pytest.mark.parametrize("verb", ["assign", "resolve", "reopen", "release", "note"])
def test_a_flag_that_is_not_there(door: Door, verb: str) -> None:
    body = {"assignee": "Ann"} if verb == "assign" else {"note": "x"}
    assert door.post(f"/v1/flags/1/{verb}", json=body).status_code == 404
    assert door.post(f"/v1/flags/{2**63 - 1}/{verb}", json=body).status_code == 404
    assert door.post(f"/v1/flags/one/{verb}", json=body).status_code == 404
    assert door.post(f"/v1/flags/1/{verb}", json={**body, "odd": 1}).status_code == 422


def test_reading_is_not_deciding(door: Door) -> None:
    flag_id = raise_flags(door, SHORT)["received_short"]
    key = door.key("read")
    assert door.get(f"/v1/flags/{flag_id}", key=key).status_code == 200
    assert door.post(f"/v1/flags/{flag_id}/note", json={"note": "x"}, key=key).status_code == 403
