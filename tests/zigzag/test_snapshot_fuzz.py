"""Whatever arrives: it is read or it is Unreadable, and nobody's name is in what is kept."""

from __future__ import annotations

import json
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.zigzag import names, snapshot
from sidecar.zigzag.snapshot import Unreadable
from tests.zigzag.samples import NOW, body, row

NAME = "Stephanie-Personal-Name"
texts = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="0123456789.,-+eE: TZ", max_size=24),
    st.sampled_from(
        [
            "1",
            "-3",
            "1e999999",
            "NaN",
            "1,5",
            "\N{GLOVES}" * 200,
            "31-12-2026T23:59:59Z",
            "\ud83e",
            "\0",
            "2026-02-30",
            "9999-12-31T23:59:59-23:59",
            "0001-01-01T00:00:00+23:59",
            "..",
        ]
    ),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**12), 10**12),
    texts,
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.just(Decimal("1E+999999")),
    st.just(10**300),
)
keys = st.one_of(
    st.text(max_size=10),
    st.sampled_from([*names.RETURN_FIELDS, *names.ROW_FIELDS, "data", "customerName", "Customer Name", "SALUTATION"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=12,
)
rows = st.builds(lambda changes: row(**changes), st.dictionaries(st.sampled_from(names.ROW_FIELDS), values))
bodies = st.builds(
    lambda changes, products: body(**{"products": products, **changes}),
    st.dictionaries(st.sampled_from([*names.RETURN_FIELDS, "unknown"]), values, max_size=5),
    st.lists(rows | values, max_size=4),
)
personal_keys = st.sampled_from(["customerName", "CUSTOMERNAME", "customer_name", "salutation", "Salutation"])


@settings(max_examples=300, deadline=None)
@given(bodies, st.sampled_from([UTC, ZoneInfo("Europe/London"), ZoneInfo("Pacific/Apia")]))
def test_a_fuzzed_return_is_read_within_bounds_or_is_unreadable(payload, zone):
    try:
        found = snapshot.parse(payload, received_at=NOW, zone=zone, sequence=1)
    except Unreadable:
        return
    assert 0 < len(found.return_id) <= 100
    assert found.at.utcoffset().total_seconds() == 0
    assert (found.at - NOW).total_seconds() <= 86400
    assert found.return_cost is None or abs(found.return_cost) <= 10**12
    for each in found.rows:
        assert each.quantity is None or (isinstance(each.quantity, Fraction) and abs(each.quantity) <= 10**9)
        assert each.item_cost is None or abs(each.item_cost) <= 10**12
        assert all(isinstance(text, str) and len(text) <= 500 for text in (each.sku, each.grade, each.title))
    for problem in found.problems:
        assert "\n" not in problem
        problem.encode()


@settings(max_examples=200, deadline=None)
@given(values)
def test_any_json_at_the_door_is_unwrapped_or_unreadable_and_what_is_stored_reads_back_the_same(value):
    try:
        found = snapshot.unwrap(value)
    except Unreadable as error:
        found = list(error.readable)
    for payload in found:
        snapshot.parse(payload, received_at=NOW, zone=UTC, sequence=1)
        assert snapshot.scrub(payload) == payload


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_json_or_unreadable(raw):
    try:
        value = snapshot.loads(raw)
    except Unreadable:
        return
    assert snapshot.loads(snapshot.dumps(value)) == value


@settings(max_examples=200, deadline=None)
@given(values, st.lists(personal_keys, min_size=1, max_size=3, unique=True), st.integers(0, 6))
def test_personal_data_is_gone_at_every_depth(value, hidden_in, depth):
    hidden = {**dict.fromkeys(hidden_in, NAME), "kept": value}
    for level in range(depth):
        hidden = {"in": hidden} if level % 2 else [1, hidden]
    scrubbed = snapshot.scrub({"returnId": "1", "there": hidden, "salutation": [NAME]})
    assert NAME not in json.dumps(scrubbed, default=str)


@settings(max_examples=100, deadline=None)
@given(st.integers(-(10**9), 10**9), st.integers(0, 9))
def test_every_quantity_within_bounds_is_exact_as_text_and_as_number(digits, places):
    number = Decimal(digits).scaleb(-places)
    for written in (str(number), f"{number:f}", number):
        found = snapshot.parse(body(products=[row(quantity=written)]), received_at=NOW, zone=UTC, sequence=1)
        assert found.rows[0].quantity == Fraction(digits, 10**places)
