"""DESIGN 4.2: what a line is worth, how it is rounded and how it comes together, checked on recorded orders."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.returns.crediting import apportion, cumulative, line_values, minor_unit, round_half_up
from sidecar.returns.model import Order, OrderLine
from tests.returns.builders import codes, graded, line, money, order, plan, plans, posted, row, snapshot, then


def recorded(
    rows: list[tuple[str, str, str, str, str]], *, discount: str = "0", manual: str = "0", total: str | None = None
) -> Order:
    """An order of a recording: per line quantity, row discount, row after discount, including and excluding tax."""
    lines = tuple(
        OrderLine(
            id=str(index),
            sku=f"SKU-{index}",
            quantity=Fraction(quantity),
            unit="each",
            row_discount=Decimal(off),
            row_total=Decimal(after),
            row_including_tax=Decimal(including),
            row_excluding_tax=Decimal(excluding),
        )
        for index, (quantity, off, after, including, excluding) in enumerate(rows, 1)
    )
    paid = None if total is None else Decimal(total)
    return Order("26", "SO", "USD", lines, Decimal(discount), Decimal(manual), total=paid)


ORDER_48 = recorded(
    [
        ("10", "0", "100.0000", "109.5000", "100.0000"),
        ("3", "0", "9.9900", "10.9400", "9.9900"),
        ("1", "0", "20.0000", "21.9000", "20.0000"),
    ],
    manual="20.7700",
    total="134.0700",  # 12.50 of it shipping
)
ORDER_49 = recorded(
    [("15", "10", "290", "318.50", "290"), ("2", "0", "20", "21.90", "20")], discount="10", total="340.40"
)
ORDER_50 = recorded(
    [("15", "10", "290", "318.50", "290"), ("2", "0", "20", "21.90", "20"), ("3", "0", "9.99", "10.94", "9.99")],
    discount="90",
    total="271.34",
)
ORDER_51 = recorded(
    [
        ("2", "0", "190", "208.05", "190"),
        ("37", "0", "15244", "16692.18", "15244"),
        ("12", "0", "816", "893.52", "816"),
        ("17", "0", "12359", "13533.11", "12359"),
    ],
    total="31326.86",
)
ORDER_60 = recorded(
    [("2", "0", "10.50", "10.50", "10.50"), ("4", "0", "39.96", "43.76", "39.96"), ("3", "0", "21", "23", "21")],
    total="77.25",
)
ORDER_61 = recorded(
    [
        ("30", "0", "3.6000", "3.9400", "3.6000"),
        ("4", "0", "22.0000", "24.0900", "22.0000"),
        ("1", "0", "99.9900", "109.4900", "99.9900"),
        ("2.125", "0", "17.7082", "19.3800", "17.7000"),
    ],
    total="156.91",
)
ORDER_132 = recorded(
    [("15", "10", "290", "228.16", "207.50"), ("2", "0", "20", "16.43", "15.00")], discount="87.5", total="254.59"
)
ORDER_133 = recorded(
    [("15", "10", "290", "290", "263.97"), ("2", "0", "20", "20", "18.26")], discount="10", total="310"
)


@pytest.mark.parametrize(
    ("bought", "paid_for_goods", "taxes"),
    [
        pytest.param(
            ORDER_48, "121.57", ["9.50", "0.95", "1.90"], id="48: manual order discounts, 134.07 less 12.50 shipping"
        ),
        pytest.param(ORDER_49, "340.40", ["28.50", "1.90"], id="49: line promotion"),
        pytest.param(ORDER_50, "271.34", ["28.50", "1.90", "0.95"], id="50: line and order promotion"),
        pytest.param(ORDER_51, "31326.86", ["18.05", "1448.18", "77.52", "1174.11"], id="51: tax of 9.5 %"),
        pytest.param(ORDER_60, "77.25", ["0.00", "3.80", "2.00"], id="60: the order's tax is rounded once"),
        pytest.param(ORDER_61, "156.91", ["0.34", "2.09", "9.50", "1.68"], id="61: a row of 17.7082"),
        pytest.param(ORDER_132, "254.59", ["20.66", "1.43"], id="132: taxes after promotions"),
        pytest.param(ORDER_133, "310.00", ["26.03", "1.74"], id="133: prices include tax"),
    ],
)
def test_a_full_return_of_a_recorded_order_gives_back_what_was_paid_for_its_goods(
    bought: Order, paid_for_goods: str, taxes: list[str]
) -> None:
    values = line_values(bought)
    assert str(sum(value.net + value.tax for value in values.values())) == paid_for_goods
    assert [str(value.tax) for value in values.values()] == taxes
    assert not any(value.incomplete for value in values.values())
    whole = graded(*(row(str(each.quantity), "A", each.sku) for each in bought.lines))
    held = [("sku_inactive", each.sku) for each in bought.lines]  # the recordings' products are not read here
    assert money(plan(bought, replace(whole, released=frozenset(held)))) == paid_for_goods


@pytest.mark.parametrize(
    ("bought", "nets"),
    [
        (ORDER_48, ["84.02", "8.39", "16.81"]),  # 20.77 spread as 15.98, 1.60, 3.19
        (ORDER_50, ["217.50", "15.00", "7.49"]),  # 80.00 spread as 72.50, 5.00, 2.50
        (ORDER_61, ["3.60", "22.00", "99.99", "17.71"]),  # what was charged, not the 17.70 of ExcludingTax
        (ORDER_132, ["217.50", "15.00"]),
        (ORDER_133, ["263.97", "18.26"]),
    ],
)
def test_the_net_of_each_recorded_line(bought: Order, nets: list[str]) -> None:
    assert [str(value.net) for value in line_values(bought).values()] == nets


def test_a_stale_discount_never_gives_back_more_than_the_order_cost() -> None:
    """Recording 129: after an edit the total holds a discount of 90.83, orders.discount still says 90."""
    edited = recorded(
        [("15", "10", "290", "318.50", "290"), ("2", "0", "20", "21.90", "20"), ("4", "0", "13.32", "14.59", "13.32")],
        discount="90",
        total="274.16",
    )
    assert sum(value.net + value.tax for value in line_values(edited).values()) == Decimal("274.16")


def test_where_both_tax_modes_fit_the_total_decides() -> None:
    """120 with 20 of tax inside and 20 off, or 120 less 20 and 20 of tax beside it: only the total tells."""
    rows = [("1", "0", "120", "120", "100")]
    inside = line_values(recorded(rows, discount="20", total="100"))["1"]
    beside = line_values(recorded(rows, discount="20", total="120"))["1"]
    unclear = line_values(recorded(rows, discount="20", total="130"))["1"]
    assert (inside.net, inside.tax, inside.incomplete) == (Decimal("80.00"), Decimal("20.00"), False)
    assert (beside.net, beside.tax, beside.incomplete) == (Decimal("100.00"), Decimal("20.00"), False)
    assert (unclear.net + unclear.tax, unclear.incomplete) == (Decimal("100.00"), True)


def test_without_a_tax_record_the_row_itself_is_the_net() -> None:
    value = line_values(recorded([("2", "0", "50.0000", "0.0000", "0.0000")]))["1"]
    assert (str(value.net), str(value.tax), value.incomplete) == ("50.00", "0.00", False)


def test_without_price_fields_value_times_quantity_is_credited_and_flagged() -> None:
    answer = plan(order(line(4, "each", None, tax=None, price="2.50")), graded(row(2, "A")))
    assert (money(answer), codes(answer)) == ("5.00", ["price_incomplete"])


def test_without_any_price_nothing_is_credited_until_somebody_knows() -> None:
    answer = plan(order(line(4, "each", None, tax=None)), graded(row(2, "A")))
    assert (money(answer), codes(answer), answer.flags[0].holds) == ("", ["price_incomplete"], "credit")


def test_a_discount_above_the_goods_leaves_nothing_and_never_less() -> None:
    values = line_values(order(line(1, "each", "5.00"), line(1, "each", "3.00", line_id="105"), manual="20"))
    assert [value.net for value in values.values()] == [0, 0]


@pytest.mark.parametrize(
    ("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("usd", 2), ("ISK", 0)]
)
def test_the_minor_unit_of_a_currency(currency: str, decimals: int) -> None:
    assert minor_unit(currency) == decimals


@pytest.mark.parametrize(
    ("currency", "total", "memos"),
    [
        ("JPY", "1000", ["333", "334", "333"]),
        ("EUR", "10.00", ["3.33", "3.34", "3.33"]),
        ("KWD", "1.000", ["0.333", "0.334", "0.333"]),
    ],
)
def test_to_the_cent_means_the_currencys_own_cent(currency: str, total: str, memos: list[str]) -> None:
    three = order(line(3, "each", total), currency=currency)
    returns = [graded(row(1, "A"), return_id=f"R{i}", day=5 + i) for i in range(3)]
    assert [money(each) for each in plans(three, *returns)] == memos


@pytest.mark.parametrize(
    ("value", "exponent", "rounded"),
    [("0.125", 2, "0.13"), ("0.124", 2, "0.12"), ("2.5", 0, "3"), ("1.0005", 3, "1.001"), ("-0.125", 2, "-0.13")],
)
def test_halves_are_rounded_up(value: str, exponent: int, rounded: str) -> None:
    assert str(round_half_up(Fraction(value), exponent)) == rounded


def test_ties_of_the_largest_remainder_go_to_the_earlier_line() -> None:
    assert apportion(Decimal("0.01"), [Decimal("5.00"), Decimal("5.00")], 2) == [Decimal("0.01"), Decimal("0.00")]


_AMOUNTS = st.decimals(0, 100_000, places=2)


@given(st.lists(_AMOUNTS, min_size=1, max_size=8), st.fractions(0, 1))
def test_a_spread_amount_is_spread_whole_and_never_above_a_row(rows: list[Decimal], part: Fraction) -> None:
    total = round_half_up(Fraction(sum(rows)) * part, 2)
    shares = apportion(total, rows, 2)
    assert sum(shares) == total
    assert all(0 <= share <= amount for share, amount in zip(shares, rows, strict=True))


@given(
    _AMOUNTS,
    st.fractions(0, 500, max_denominator=1000),
    st.fractions(0, 500, max_denominator=1000),
    st.integers(1, 500),
    st.sampled_from([0, 2, 3]),
)
def test_cumulative_credit_never_falls_and_ends_at_the_whole(
    n: Decimal, one: Fraction, other: Fraction, ordered: int, exponent: int
) -> None:
    whole = Fraction(ordered)
    less, more = sorted((one, other))
    assert cumulative(n, less, whole, exponent) <= cumulative(n, more, whole, exponent)
    assert cumulative(n, whole, whole, exponent) == round_half_up(n, exponent)
    assert cumulative(n, whole + more, whole, exponent) == round_half_up(n, exponent)


def test_the_tax_of_a_line_comes_together_to_the_cent_like_its_net() -> None:
    three = order(line(3, "each", "10.00", tax="0.10"))
    returns = [graded(row(1, "A"), return_id=f"R{i}", day=5 + i) for i in range(3)]
    made = [each.posting for each in plans(three, *returns)]
    assert [(str(each.net), str(each.tax)) for each in made if each] == [
        ("3.33", "0.03"),
        ("3.34", "0.04"),
        ("3.33", "0.03"),
    ]


def test_half_the_credit_of_one_return_and_the_whole_of_the_next_are_rounded_together() -> None:
    """C(0.5) = 1.67; C(1.5) = 5.00; C(2) = 6.67 of 10.00 for 3."""
    three = order(line(3, "each", "10.00"))
    returns = [graded(row(1, grade), return_id=f"R{i}", day=5 + i) for i, grade in enumerate("CAC")]
    assert [money(each) for each in plans(three, *returns)] == ["1.67", "3.33", "1.67"]


@pytest.mark.parametrize(
    ("currency", "discount", "nets"),
    [
        ("JPY", "100", ["66", "67", "67"]),  # 34, 33, 33: the tie goes to the earlier line
        ("EUR", "0.02", ["99.99", "99.99", "100.00"]),
        ("KWD", "0.001", ["99.999", "100.000", "100.000"]),
    ],
)
def test_an_order_level_discount_is_spread_in_the_currencys_own_cents(
    currency: str, discount: str, nets: list[str]
) -> None:
    lines = [line(1, "each", "100", line_id=str(104 + i)) for i in range(3)]
    values = line_values(order(*lines, currency=currency, manual=discount))
    assert [str(value.net) for value in values.values()] == nets


def test_a_negative_discount_pays_nobody_more_than_the_row() -> None:
    values = line_values(order(line(1, "each", "5.00"), line(1, "each", "3.00", line_id="105"), manual="-4"))
    assert [str(value.net) for value in values.values()] == ["5.00", "3.00"]


def test_a_row_of_0_00_is_returned_for_0_00() -> None:
    """A giveaway: its goods are credited with 0.00, so that they count, and it takes nothing of a discount."""
    sold = order(line(2, "each", "0.00"), line(1, "each", "3.00", sku="SOCK", line_id="105"), manual="1")
    answer = plan(sold, graded(row(2, "A"), row(1, "A", "SOCK")))
    assert answer.posting is not None
    assert [(each.sku, str(each.net), each.quantity) for each in answer.posting.lines] == [
        ("GLOVE", "0.00", 2),
        ("SOCK", "2.00", 1),
    ]


def test_an_order_that_became_cheaper_after_the_credit_is_for_finance_and_takes_nothing_back() -> None:
    """2 of 10 were credited with 20.00; by the order of today they are worth 10.00. 3 more are worth what is left."""
    record = graded(row(2, "A"))
    done = posted(record, plan(order(line(10, "each", "100.00")), record))
    cheaper = order(line(10, "each", "50.00"))
    answer = plan(cheaper, done)
    assert (answer.posting, codes(answer), str(answer.flags[0].amount)) == (None, ["regraded_after_credit"], "10.00")
    more = plan(cheaper, then(done, snapshot(6, "Graded", row(5, "A"))))
    assert money(more) == "5.00"  # 25.00 for 5 of 10, less the 20.00
    dearer = plan(order(line(10, "each", "110.00")), done)
    assert (dearer.posting, codes(dearer)) == (None, [])
