"""ZigZag may call its fields something else; a setting says so."""

from __future__ import annotations

from datetime import UTC

import pytest

from sidecar.zigzag import names, snapshot
from sidecar.zigzag.names import Aliases
from tests.zigzag.samples import NOW, body, row


def parse(payload, aliases):
    return snapshot.parse(payload, received_at=NOW, zone=UTC, sequence=1, aliases=aliases)


def test_the_case_of_a_name_does_not_matter():
    payload = {"ReturnID": "7", "order_number": "SO-1", "Products": [{"PRODUCTSKU": "A", "Quantity": 2}]}
    found = parse(payload, Aliases())
    assert (found.return_id, found.order_number, found.rows[0].sku, found.rows[0].quantity) == (
        "7",
        "SO-1",
        "A",
        2,
    )


def test_an_alias_of_the_setting_is_read_like_the_field():
    aliases = Aliases({"returnId": "rmaNumber", "productSku": ["itemCode", "sku"], "products": "items"})
    payload = {"rmaNumber": "7", "orderNumber": "SO-1", "items": [{"sku": "A", "quantity": 2}]}
    found = parse(payload, aliases)
    assert (found.return_id, found.rows[0].sku) == ("7", "A")
    assert snapshot.unwrap({"data": payload}, aliases=aliases) == [payload]


@pytest.mark.parametrize("turned", [False, True])
def test_the_contracts_own_name_wins_whatever_the_order(turned):
    aliases = Aliases({"grade": ["condition", "state"]})
    stated = {"GRADE": "second", "state": "last", "condition": "third", **row(grade="first")}
    product = dict(reversed(list(stated.items()))) if turned else stated
    assert parse(body(products=[product]), aliases).rows[0].grade == "first"


def test_an_alias_of_an_unknown_field_or_of_two_fields_is_refused():
    with pytest.raises(ValueError, match="no field of a return"):
        Aliases({"colour": "color"})
    with pytest.raises(ValueError, match="both"):
        Aliases({"grade": "x", "quantity": "x"})
    with pytest.raises(ValueError, match="must be a name"):
        Aliases({"grade": ["--"]})


def test_the_aliases_of_the_process_hold_where_none_are_named():
    try:
        names.use({"returnId": "rma"})
        assert snapshot.identify({"rma": "9"}) == ("", "9", "")
    finally:
        names.use(None)
