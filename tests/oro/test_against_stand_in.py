"""The whole path over real HTTP against the stand-in of Oro: each answer told apart, and never a second effect."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sidecar.oro import errors
from sidecar.oro.client import OroClient
from sidecar.oro.documents import OroDocuments
from sidecar.oro.levels import Levels
from sidecar.oro.orders import Orders
from sidecar.returns.model import Document, Posting
from sidecar.sandbox.oro import LineSpec, OroServer, OroShop, serve
from tests.oro.goods import AT, DIGEST, credit_line, document, line, move, posting

UNITS = {"each": (1, 0), "case": (50, 0)}


@pytest.fixture
def shop() -> OroShop:
    made = OroShop()
    made.add_product("GLOVE", "each", UNITS, levels={"each": 100})
    made.add_product("DEAD", status="disabled")
    made.add_order(
        "SO-1",
        "GBP",
        [
            LineSpec("GLOVE", 2, "case", "100.00", tax="40.00", discount="10.00"),
            LineSpec("DEAD", "2.5", "each", "1.00"),
        ],
        discount="10.00",
    )
    return made


@pytest.fixture
def server(shop: OroShop) -> Iterator[OroServer]:
    with serve(shop) as running:
        yield running


@pytest.fixture
def client(server: OroServer) -> OroClient:
    return OroClient(server.url, "sidecar", "secret", timeout=(1.0, 0.3))


@pytest.fixture
def documents(client: OroClient) -> OroDocuments:
    return OroDocuments(client)


def return_of(shop: OroShop, return_id: str = "R1", **changes: Any) -> Document:
    """A return of one case of SO-1."""
    order = next(row for row in shop.tables["orders"])
    line_id = order.relationships["lineItems"][0]
    product = shop.tables["products"].one("sku", "GLOVE")
    assert product is not None
    one = line(1, return_id, order_line_id=line_id, product_id=product.id)
    return document(one, return_id=return_id, order_id=order.id, **changes)


def paid(client: OroClient, return_id: str = "R1", n: int = 1) -> Posting:
    """One case credited, fifty pieces back on the shelf."""
    level = Levels(client).level_ids([("GLOVE", "each")])["GLOVE", "each"]
    stock = move(50, level)
    return posting((credit_line(line_key=f"{return_id}/1"),), (stock,), n, return_id)


def shelf(shop: OroShop) -> Decimal:
    return Decimal(shop.books()["levels"]["GLOVE"]["each"])


# --- Reading -------------------------------------------------------------------------------------------------------


def test_an_order_is_read_with_units_amounts_and_inactive_products(client: OroClient) -> None:
    order = Orders(client).read_orders(["so-1"])["so-1"]
    gloves, dead = order.lines
    assert (order.identifier, order.discount, gloves.quantity, gloves.unit) == ("SO-1", 10, 2, "case")
    assert (gloves.row_total, gloves.row_discount) == (190, 10)
    assert (gloves.row_including_tax, gloves.row_excluding_tax) == (230, 190)
    assert gloves.product is not None
    assert dead.product is not None
    assert gloves.product.units["case"].rate == 50
    assert (dead.quantity, dead.product.status) == (Fraction(5, 2), "disabled")
    assert client.calls == {"reads": 1, "writes": 0, "tokens": 1}


@pytest.mark.parametrize("size", [1, 25, 26, 50])
def test_a_page_of_returns_costs_at_most_three_reads_with_levels(shop: OroShop, client: OroClient, size: int) -> None:
    for i in range(30):
        shop.add_product(f"P{i}", "each", UNITS)
    for i in range(size):
        shop.add_order(f"T-{i}", "EUR", [LineSpec(f"P{(i + k) % 30}", 3, "case", "9.99") for k in range(4)])
    names = [f"T-{i}" for i in range(size)]
    orders = Orders(client).read_orders(names)
    assert set(orders) == set(names)
    assert all(each.product is not None for order in orders.values() for each in order.lines)
    needs = {(each.sku, unit) for order in orders.values() for each in order.lines for unit in ("each", "case")}
    assert len(Levels(client).level_ids(needs)) == len(needs)
    assert client.calls["reads"] <= 3


# --- Writing -------------------------------------------------------------------------------------------------------


def test_a_return_is_created_then_updated_with_the_same_ids(shop: OroShop, documents: OroDocuments) -> None:
    first = documents.write(return_of(shop), None, "", AT)
    again = documents.write(return_of(shop, status="closed"), None, "", AT)
    assert (first.created, again.created) == (True, False)
    assert first.return_id == again.return_id
    remote = documents.read_returns(["R1"])["R1"]
    assert (remote.status, remote.sync_state, remote.revision) == ("closed", "in_sync", 1)
    assert [(each.line_key, each.accepted) for each in remote.lines] == [("R1/1", 1)]


def test_a_line_that_is_gone_from_the_document_is_gone_from_oro(shop: OroShop, documents: OroDocuments) -> None:
    documents.write(return_of(shop), None, "", AT)
    documents.write(replace(return_of(shop), lines=()), None, "", AT)
    assert documents.read_returns(["R1"])["R1"].lines == ()


def test_credit_stock_and_return_are_one_call(shop: OroShop, client: OroClient, documents: OroDocuments) -> None:
    due = paid(client)
    written = documents.write(return_of(shop), due, DIGEST, AT)
    found = documents.read_postings({due.key: True})[due.key]
    assert (found.oro_id, found.digest, found.total) == (written.posting_id, DIGEST, 120)
    assert found.return_external_id == "R1"
    assert shelf(shop) == 150
    assert client.calls["writes"] == 1
    assert shop.books()["problems"] == []


def test_stock_alone_makes_no_memo(shop: OroShop, client: OroClient, documents: OroDocuments) -> None:
    due = replace(paid(client), lines=())
    written = documents.write(return_of(shop), due, DIGEST, AT)
    found = documents.read_postings({due.key: False})[due.key]
    assert found.oro_id == written.posting_id
    assert found.is_same(due, DIGEST)
    assert shelf(shop) == 150
    assert shop.books()["credits"] == []


def test_the_same_posting_again_is_already_posted(shop: OroShop, client: OroClient, documents: OroDocuments) -> None:
    for due in (paid(client), replace(paid(client, n=2), lines=())):
        documents.write(return_of(shop), due, DIGEST, AT)
        before = shelf(shop)
        with pytest.raises(errors.AlreadyPosted):
            documents.write(return_of(shop), due, DIGEST, AT)
        assert shelf(shop) == before


def test_an_older_document_is_stale(shop: OroShop, documents: OroDocuments) -> None:
    documents.write(return_of(shop), None, "", AT)
    with pytest.raises(errors.StaleDocument):
        documents.write(return_of(shop, source_updated_at=AT - timedelta(minutes=4)), None, "", AT)


def test_a_line_of_another_return_is_refused(shop: OroShop, documents: OroDocuments) -> None:
    documents.write(return_of(shop), None, "", AT)
    with pytest.raises(errors.ForeignLine):
        documents.write(replace(return_of(shop), return_id="R2"), None, "", AT)


def test_simultaneous_documents_of_one_return_never_mix(shop: OroShop, documents: OroDocuments) -> None:
    documents.write(return_of(shop), None, "", AT)
    shop.write_pause = 0.05

    def write(status: str) -> str:
        try:
            documents.write(return_of(shop, status=status), None, "", AT)
        except errors.RevisionConflict:
            return "conflict"
        return "written"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, ["received", "graded"])) == ["conflict", "written"]


def test_simultaneous_first_documents_ask_for_a_retry(shop: OroShop, documents: OroDocuments) -> None:
    shop.write_pause = 0.05

    def write(status: str) -> str:
        try:
            documents.write(return_of(shop, status=status), None, "", AT)
        except errors.RevisionConflict:
            return "conflict"
        return "written"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, ["received", "graded"])) == ["conflict", "written"]


def test_what_oro_finds_wrong_is_refused_and_nothing_stays(
    shop: OroShop, client: OroClient, documents: OroDocuments
) -> None:
    wrong = replace(paid(client), currency="POUND")
    with pytest.raises(errors.Refused) as caught:
        documents.write(return_of(shop), wrong, DIGEST, AT)
    assert caught.value.permanent
    assert caught.value.pointer == "/data/attributes/currency"
    assert documents.read_returns(["R1"]) == {}
    assert shelf(shop) == 100


# --- Faults --------------------------------------------------------------------------------------------------------

FAULTS = [
    ("timeout_before", errors.OutcomeUnknown, False),
    ("timeout_after", errors.OutcomeUnknown, True),
    ("error500_before", errors.OutcomeUnknown, False),
    ("error500_after", errors.OutcomeUnknown, True),
    ("drop_before", errors.OutcomeUnknown, False),
    ("drop_after", errors.OutcomeUnknown, True),
    ("truncate", errors.OutcomeUnknown, True),
    ("unavailable503", errors.OutcomeUnknown, False),
    ("throttled429", errors.OroThrottled, False),
    ("forbidden403", errors.Forbidden, False),
    ("switched_off", errors.SwitchedOff, False),
    ("conflict409", errors.AlreadyPosted, False),
]


@pytest.mark.parametrize("credit", [True, False], ids=["credit", "stock"])
@pytest.mark.parametrize(("kind", "error", "done"), FAULTS)
def test_whatever_happens_to_a_write_the_same_posting_gets_in_exactly_once(
    shop: OroShop,
    client: OroClient,
    documents: OroDocuments,
    kind: str,
    error: type[errors.OroError],
    done: bool,
    credit: bool,
) -> None:
    due = paid(client) if credit else replace(paid(client), lines=())
    shop.faults.add(kind, on="POST", seconds=0.6, count=1)
    with pytest.raises(error) as caught:
        documents.write(return_of(shop), due, DIGEST, AT)
    assert type(caught.value) is error
    shop.faults.clear()
    found = documents.read_postings({due.key: credit})
    assert (due.key in found) is done
    if done:
        assert found[due.key].is_same(due, DIGEST)
        with pytest.raises(errors.AlreadyPosted):
            documents.write(return_of(shop), due, DIGEST, AT)
    else:
        documents.write(return_of(shop), due, DIGEST, AT)
    assert shelf(shop) == 150
    assert len(shop.books()["credits"]) == int(credit)
    assert shop.books()["problems"] == []


def test_a_token_that_died_early_costs_one_more_try(shop: OroShop, client: OroClient, documents: OroDocuments) -> None:
    due = paid(client)
    shop.faults.add("unauthorized_once", on="POST")
    documents.write(return_of(shop), due, DIGEST, AT)
    assert client.calls["writes"] == 2
    assert shelf(shop) == 150


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("timeout_before", errors.OroUnreachable),
        ("error500_after", errors.OroUnreachable),
        ("drop_after", errors.OroUnreachable),
        ("truncate", errors.OroUnreachable),
        ("unavailable503", errors.OroThrottled),
        ("throttled429", errors.OroThrottled),
        ("forbidden403", errors.Forbidden),
        ("api_off", errors.SwitchedOff),
    ],
)
def test_whatever_happens_to_a_read_nothing_is_known_less_wrongly(
    shop: OroShop, client: OroClient, kind: str, error: type[errors.OroError]
) -> None:
    client.token()
    shop.faults.add(kind, on="GET", seconds=0.6, count=1)
    with pytest.raises(error) as caught:
        Orders(client).read_orders(["SO-1"])
    assert type(caught.value) is error


# --- Settings ------------------------------------------------------------------------------------------------------


def test_a_wrong_secret_is_refused_before_anything_is_sent(server: OroServer) -> None:
    wrong = OroClient(server.url, "sidecar", "wrong")
    with pytest.raises(errors.CredentialsRefused):
        Orders(wrong).read_orders(["SO-1"])
    assert wrong.calls == {"reads": 0, "writes": 0, "tokens": 1}


def test_the_bundle_switched_off_is_told_from_the_api_switched_off(
    shop: OroShop, server: OroServer, documents: OroDocuments
) -> None:
    assert all(finding.ok for finding in documents.check())
    shop.bundle_enabled = False
    with pytest.raises(errors.SwitchedOff):
        documents.write(return_of(shop), None, "", AT)
    failed = {finding.subject for finding in documents.check() if not finding.ok}
    assert failed == {"orderreturns", "orderreturncredits", "orderreturnstockmovements"}
    shop.api_enabled = False
    remedies = {finding.subject: finding.remedy for finding in documents.check() if not finding.ok}
    assert "Web API" in remedies["orders"]
    fresh = OroClient(server.url, "sidecar", "secret")
    assert [finding.ok for finding in OroDocuments(fresh).check()] == [False]


def test_a_role_without_rights_is_forbidden(shop: OroShop, documents: OroDocuments) -> None:
    shop.role = "read_only"
    with pytest.raises(errors.Forbidden):
        documents.write(return_of(shop), None, "", AT)
