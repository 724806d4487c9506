"""What goes in comes out exactly, and what would not is refused before the database sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from sidecar.ledger.columns import Json, Money, NotExact, Quantity, UtcDateTime
from sidecar.ledger.engine import Ledger

DIALECTS = [sqlite.dialect(), postgresql.dialect()]
LIMIT = 10**18  # ten-thousandths of 10^14

amounts = st.integers(-LIMIT + 1, LIMIT - 1).map(lambda whole: Decimal(whole).scaleb(-4)) | st.decimals(
    min_value=-99_999_999_999_999, max_value=99_999_999_999_999, places=2
)
quantities = st.fractions(max_denominator=10**12)
moments = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def there_and_back(kind: Any, value: Any, dialect: Any) -> Any:
    stored = kind.bind_processor(dialect)(value)
    return kind.result_processor(dialect, None)(stored)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
@given(amount=amounts)
def test_every_amount_of_four_decimals_comes_back_exactly(dialect: Any, amount: Decimal) -> None:
    assert there_and_back(Money(), amount, dialect) == amount


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
@given(quantity=quantities)
def test_every_quantity_comes_back_exactly(dialect: Any, quantity: Fraction) -> None:
    assert there_and_back(Quantity(), quantity, dialect) == quantity


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
@given(moment=moments)
def test_every_moment_comes_back_as_the_same_moment_in_utc(dialect: Any, moment: datetime) -> None:
    back = there_and_back(UtcDateTime(), moment, dialect)
    assert back == moment.astimezone(UTC)
    assert back.utcoffset() == timedelta(0)


@given(one=moments, other=moments)
def test_text_of_moments_sorts_as_the_moments_do(one: datetime, other: datetime) -> None:
    store = UtcDateTime().bind_processor(DIALECTS[0])
    assert (store(one) < store(other)) == (one.astimezone(UTC) < other.astimezone(UTC))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
@given(value=json_values)
def test_every_json_value_comes_back(dialect: Any, value: Any) -> None:
    assert there_and_back(Json(), value, dialect) == value


@pytest.mark.parametrize(
    "amount",
    [1.5, 3, "1.00", Decimal("0.00001"), Decimal("1E+14"), Decimal("-1E+14"), Decimal("Infinity"),
     Decimal("1.0000000000000000000000000000001")],
)  # fmt: skip
def test_money_that_would_be_rounded_is_refused(amount: Any) -> None:
    with pytest.raises(NotExact):
        Money().bind_processor(DIALECTS[0])(amount)


@pytest.mark.parametrize("quantity", [1.5, 1, "3/2", Decimal("1.5")])
def test_a_quantity_must_be_a_fraction(quantity: Any) -> None:
    with pytest.raises(NotExact):
        Quantity().bind_processor(DIALECTS[0])(quantity)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 20),  # noqa: DTZ001 - without a zone is the point
        "2026-11-20T10:00:00Z",
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))),
    ],
)
def test_a_moment_without_a_zone_is_refused(moment: Any) -> None:
    with pytest.raises(NotExact):
        UtcDateTime().bind_processor(DIALECTS[0])(moment)


@pytest.mark.parametrize("value", [1.5, {"a": [1.0]}, {"a": Decimal(1)}, {1: "a"}, [Fraction(1)], {"a": float("nan")}])
def test_json_never_holds_a_float_or_what_it_would_change(value: Any) -> None:
    with pytest.raises(NotExact):
        Json().bind_processor(DIALECTS[0])(value)


@pytest.mark.parametrize(
    ("stored", "shown"), [(1_000_000, "100.00"), (1_250, "0.125"), (1, "0.0001"), (-5_000, "-0.50")]
)
def test_an_amount_reads_as_finance_writes_it(stored: int, shown: str) -> None:
    assert str(Money().result_processor(DIALECTS[0], None)(stored)) == shown


def test_amounts_are_summed_by_the_database_to_the_ten_thousandth(ledger: Ledger) -> None:
    table = Table("sums", MetaData(), Column("amount", Money), Column("quantity", Quantity), Column("at", UtcDateTime))
    moment = datetime(2026, 11, 20, 11, 5, 19, 123456, tzinfo=timezone(timedelta(hours=1)))
    with ledger.begin() as conn:
        table.create(conn)
        for cents in ("0.10", "0.20", "-0.0001"):
            conn.execute(insert(table), {"amount": Decimal(cents), "quantity": Fraction(1, 3), "at": moment})
        assert conn.execute(select(func.sum(table.c.amount, type_=Money))).scalar() == Decimal("0.2999")
        quantity, at = conn.execute(select(table.c.quantity, table.c.at)).first() or (None, None)
        table.drop(conn)  # the database is shared by the tests
    assert quantity == Fraction(1, 3)
    assert at == moment
    assert at is not None
    assert at.utcoffset() == timedelta(0)
