"""Writing a return, and reading back what was written; an answer that speaks of something else is not believed."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sidecar.oro import errors
from sidecar.oro.documents import OroDocuments
from sidecar.returns.model import Posting
from tests.oro.goods import AT, DIGEST, credit_line, document, line, move, posting
from tests.oro.recorded import API, Oro, body_of

PAID = posting((credit_line(),), (move(),))
SHELVED = posting(stock=(move(), move(2, "130")))


def ids(type_: str, *values: str) -> dict[str, Any]:
    return {"data": [{"type": type_, "id": value} for value in values]}


def to(type_: str, value: str | None) -> dict[str, Any]:
    return {"data": {"type": type_, "id": value} if value else None}


def memo(**changes: Any) -> dict[str, Any]:
    attributes = {"postingKey": PAID.key, "currency": "GBP", "totalValue": "120.0000", "digest": DIGEST} | changes
    return {
        "type": "orderreturncredits",
        "id": "17",
        "attributes": attributes,
        "relationships": {
            "orderReturn": to("orderreturns", "5"),
            "lines": ids("orderreturncreditlines", "1"),
            "stockMovements": ids("orderreturnstockmovements", "9"),
        },
    }


def movement(id_: str, key: str, quantity: str = "50", level: str = "129") -> dict[str, Any]:
    return {
        "type": "orderreturnstockmovements",
        "id": id_,
        "attributes": {"postingKey": key, "quantity": quantity},
        "relationships": {"inventoryLevel": to("inventorylevels", level), "orderReturn": to("orderreturns", "5")},
    }


def a_return(external_id: str = "R1", **changes: Any) -> dict[str, Any]:
    return {"type": "orderreturns", "id": "5", "attributes": {"externalId": external_id} | changes}


def write(oro: Oro, with_: Posting | None) -> Any:
    return OroDocuments(oro.client).write(document(line()), with_, DIGEST if with_ else "", AT)


# --- Writing -------------------------------------------------------------------------------------------------------


def test_a_document_is_one_post_to_the_return(oro: Oro) -> None:
    oro.answers("orderreturns", {"data": a_return()}, method="POST", status=201)
    written = write(oro, None)
    assert (written.return_id, written.posting_id, written.created) == ("5", None, True)
    assert [(method, resource) for method, resource, _ in oro.asked] == [("POST", "orderreturns")]


def test_a_credit_is_one_post_to_the_memo(oro: Oro) -> None:
    oro.answers("orderreturncredits", {"data": memo()}, method="POST", status=201)
    written = write(oro, PAID)
    assert (written.return_id, written.credit_id, written.posting_id, written.movement_ids) == ("5", "17", "17", ("9",))
    assert [(method, resource) for method, resource, _ in oro.asked] == [("POST", "orderreturncredits")]


def test_stock_alone_is_known_by_its_first_movement(oro: Oro) -> None:
    answer = {"data": a_return(), "included": [movement("31", f"{SHELVED.key}/2"), movement("30", f"{SHELVED.key}/1")]}
    oro.answers("orderreturns", answer, method="POST", status=200)
    written = write(oro, SHELVED)
    assert (written.movement_ids, written.posting_id, written.created) == (("30", "31"), "30", False)


@pytest.mark.parametrize(
    "changes",
    [{"postingKey": "other"}, {"digest": "e" * 64}, {"digest": None}, {"totalValue": "119.9900"}, {"currency": "EUR"}],
)
def test_a_memo_that_is_not_ours_leaves_the_outcome_unknown(oro: Oro, changes: dict[str, Any]) -> None:
    oro.answers("orderreturncredits", {"data": memo(**changes)}, method="POST", status=200)
    with pytest.raises(errors.OutcomeUnknown, match="answer shows another"):
        write(oro, PAID)


@pytest.mark.parametrize("missing", ["digest", "totalValue", "postingKey"])
def test_a_memo_without_its_proof_leaves_the_outcome_unknown(oro: Oro, missing: str) -> None:
    row = memo()
    del row["attributes"][missing]
    oro.answers("orderreturncredits", {"data": row}, method="POST", status=201)
    with pytest.raises(errors.OutcomeUnknown, match=f"orderreturncredits.{missing}"):
        write(oro, PAID)


@pytest.mark.parametrize("data", [None, [], "x", {"type": "orderreturncredits"}, {"id": 1, "attributes": []}])
def test_an_answer_in_another_shape_leaves_the_outcome_unknown(oro: Oro, data: Any) -> None:
    for resource, with_ in (("orderreturncredits", PAID), ("orderreturns", None)):
        oro.answers(resource, {"data": data}, method="POST", status=201)
        with pytest.raises(errors.OutcomeUnknown):
            write(oro, with_)


@pytest.mark.parametrize(
    "included",
    [
        [],
        [movement("30", f"{SHELVED.key}/1")],
        [movement("30", f"{SHELVED.key}/1"), movement("31", "other/2")],
    ],
)
def test_movements_that_do_not_show_leave_the_outcome_unknown(oro: Oro, included: list[Any]) -> None:
    oro.answers("orderreturns", {"data": a_return(), "included": included}, method="POST", status=201)
    with pytest.raises(errors.OutcomeUnknown, match="stock movements"):
        write(oro, SHELVED)


def test_a_key_that_is_taken_is_said_to_be_taken(oro: Oro) -> None:
    oro.answers_recorded("bundle", "22", "orderreturncredits", method="POST")
    with pytest.raises(errors.AlreadyPosted):
        write(oro, PAID)


def test_without_a_posting_the_key_that_is_taken_is_the_returns_and_a_retry_finds_it(oro: Oro) -> None:
    oro.answers_recorded("bundle", "15", "orderreturns", method="POST")
    with pytest.raises(errors.RevisionConflict):
        write(oro, None)


def test_what_cannot_be_stored_exactly_is_not_sent(oro: Oro) -> None:
    with pytest.raises(ValueError, match="cannot be moved"):
        write(oro, posting(stock=(move(Fraction(1, 3)),)))
    assert oro.asked == []


# --- Reading postings ----------------------------------------------------------------------------------------------


def test_memos_and_stock_postings_are_found_by_their_keys_in_two_reads(oro: Oro) -> None:
    key = "GL123:R2:1"
    oro.answers("orderreturncredits", {"data": [memo()], "included": [a_return()]})
    oro.answers("orderreturnstockmovements", {"data": [movement("30", f"{key}/1")], "included": [a_return("R2")]})
    found = OroDocuments(oro.client).read_postings({PAID.key: True, key: False, "GL123:R3:1": True})
    assert set(found) == {PAID.key, key}
    paid, shelved = found[PAID.key], found[key]
    assert (paid.oro_id, paid.digest, paid.total, paid.currency) == ("17", DIGEST, Decimal(120), "GBP")
    assert paid.return_external_id == "R1"
    assert (shelved.oro_id, shelved.digest, shelved.return_external_id) == ("30", None, "R2")
    asked = [query["filter[postingKey]"] for _, _, query in oro.asked]
    assert asked == [f"{PAID.key},GL123:R3:1", f"{key}/1"]


def test_a_found_posting_is_ours_or_another(oro: Oro) -> None:
    oro.answers("orderreturncredits", {"data": [memo()], "included": [a_return()]})
    found = OroDocuments(oro.client).read_postings({PAID.key: True})[PAID.key]
    assert found.is_same(PAID, DIGEST)
    assert not found.is_same(PAID, "e" * 64)


@pytest.mark.parametrize(
    ("quantity", "level", "owner", "same"),
    [
        ("50", "129", "R1", True),
        ("50.0000000000", "129", "R1", True),
        ("49", "129", "R1", False),
        ("50", "130", "R1", False),
        ("50", "129", "R2", False),
    ],
)
def test_a_found_movement_is_compared_by_what_it_moved(
    oro: Oro, quantity: str, level: str, owner: str, same: bool
) -> None:
    row = movement("30", f"{SHELVED.key}/1", quantity, level)
    oro.answers("orderreturnstockmovements", {"data": [row], "included": [a_return(owner)]})
    found = OroDocuments(oro.client).read_postings({SHELVED.key: False})[SHELVED.key]
    assert found.is_same(SHELVED, DIGEST) is same


def test_no_keys_no_call(oro: Oro) -> None:
    assert OroDocuments(oro.client).read_postings({}) == {}
    assert oro.asked == []


def test_a_memo_without_a_digest_in_a_bundle_that_sends_none_is_refused(oro: Oro) -> None:
    row = memo()
    del row["attributes"]["digest"]
    oro.answers("orderreturncredits", {"data": [row], "included": [a_return()]})
    with pytest.raises(errors.AnswerLacks, match="digest"):
        OroDocuments(oro.client).read_postings({PAID.key: True})


# --- Reading returns -----------------------------------------------------------------------------------------------


def test_the_recorded_return_is_read_with_its_lines(oro: Oro) -> None:
    body = body_of("bundle", "04")
    for each in body["included"]:
        each["attributes"]["creditedQuantity"] = "0"  # the throwaway bundle had no such field
    oro.answers("orderreturns", body)
    found = OroDocuments(oro.client).read_returns(["ZZ-1001", "ZZ-9"])["ZZ-1001"]
    assert (found.id, found.status, found.sync_state, found.review_reason) == ("1", "inspected", "synced", "")
    assert found.updated_at is not None
    assert found.updated_at.isoformat() == "2026-11-23T07:54:55+00:00"
    assert [(each.line_key, each.accepted, each.requested) for each in found.lines] == [
        ("ZZ-1001/1", 1, 1),
        ("ZZ-1001/3", 0, 2),
    ]


def test_a_hundred_returns_are_one_read(oro: Oro) -> None:
    oro.answers("orderreturns", {"data": []})
    assert OroDocuments(oro.client).read_returns([str(413413515 + i) for i in range(100)]) == {}
    assert len(oro.asked) == 1


# --- Doctor --------------------------------------------------------------------------------------------------------


BLANK = {"errors": [{"status": "400", "title": "not blank constraint", "source": {"pointer": "/data/attributes/x"}}]}
WRITTEN = ("orderreturns", "orderreturncredits", "orderreturnstockmovements")


def test_doctor_finds_everything_in_order(oro: Oro) -> None:
    for resource in ("orders", "products", "inventorylevels", *WRITTEN):
        oro.answers(resource, {"data": []})
    for resource in WRITTEN:
        oro.answers(resource, BLANK, method="POST", status=400)
    found = OroDocuments(oro.client).check()
    assert found[0].subject == "token"
    assert all(finding.ok and not finding.remedy for finding in found)
    assert [finding.subject for finding in found if finding.detail == "can be read and created"] == list(WRITTEN)
    posts = [call.request for call in oro.mock.calls if call.request.method == "POST" and API in call.request.url]
    sent = [json.loads(request.body) for request in posts]
    assert sent == [{"data": {"type": resource}} for resource in WRITTEN]  # nothing could come of it


def test_doctor_is_told_of_a_bundle_that_takes_a_record_without_content(oro: Oro) -> None:
    for resource in ("orders", "products", "inventorylevels", *WRITTEN):
        oro.answers(resource, {"data": []})
    for resource in WRITTEN:
        oro.answers(resource, {"data": {"type": resource, "id": "1"}}, method="POST", status=201)
    assert [finding.subject for finding in OroDocuments(oro.client).check() if not finding.ok] == list(WRITTEN)


def test_doctor_says_which_switch_is_off(oro: Oro) -> None:
    off = {"errors": [{"status": "404", "title": "not found http exception"}]}
    for resource in ("orders", "products", "inventorylevels"):
        oro.answers(resource, {"data": []})
    oro.answers("orderreturns", off, status=404)
    oro.answers("orderreturncredits", off, status=404)
    denied = {"errors": [{"status": "403", "title": "access denied exception"}]}
    oro.answers("orderreturnstockmovements", denied, status=403)
    remedies = {finding.subject: finding.remedy for finding in OroDocuments(oro.client).check() if not finding.ok}
    assert "returns bundle" in remedies["orderreturns"]
    assert "the right to view orderreturnstockmovements" in remedies["orderreturnstockmovements"]
    assert set(remedies) == {"orderreturns", "orderreturncredits", "orderreturnstockmovements"}
