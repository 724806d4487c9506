"""DESIGN 2: the laws, tried against orders and returns nobody thought of.

A small world is drawn: an order, and returns of it whose snapshots arrive one by one in any order. After each arrival
everything is planned; some of the postings are confirmed, some stay unknown for a while.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.returns.crediting import cumulative, line_values, minor_unit
from sidecar.returns.model import (
    Disposition,
    FeeRule,
    FeeTreatment,
    GradeRule,
    Mappings,
    Order,
    OrderLine,
    Policy,
    Posting,
    PostingState,
    ReturnPlan,
    ReturnRecord,
    Snapshot,
    SnapshotRow,
)
from tests.returns.builders import MAPPINGS, POLICY, mapped, order, plans, posted, product, returned, row, snapshot
from tests.returns.builders import line as order_line

TRIED = settings(max_examples=int(os.environ.get("LAWS_EXAMPLES", "25")))
RULES = mapped(
    grades={"M": GradeRule(Fraction(100), Disposition.MISSING), "H": GradeRule(Fraction(100), Disposition.HOLD)},
    fees={"returnCost": FeeRule("SVC", FeeTreatment.DEDUCT)},
    return_options={"2": "exchange"},
)
EXACT = replace(RULES, scan_units={"GLOVE": "each", "SOCK": "each"})
RELEASING = {"Graded", "Restocked"}
WORDS = st.sampled_from(["", "In Transit", "Received", "Graded", "Graded", "Restocked", "Restocked", "Odd word"])
STATUSES = st.sampled_from(["Requested"] * 8 + ["Closed", "Cancelled"])
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


@st.composite
def orders(draw: st.DrawFn) -> Order:
    currency = draw(CURRENCIES)
    exponent = minor_unit(currency)
    lines = []
    for number in range(draw(st.integers(1, 3))):
        sku = draw(st.sampled_from(["GLOVE", "SOCK"])) if number else "GLOVE"
        ordered = draw(st.sampled_from([20, 3, 10, 7, 1]))
        total = Decimal(draw(st.one_of(st.integers(0, 30_000), st.integers(1_000, 30_000)))).scaleb(-exponent)
        tax = Decimal(draw(st.integers(0, 5_000))).scaleb(-exponent)
        lines.append(
            order_line(
                ordered,
                draw(st.sampled_from(["each", "each", "case"])),
                str(total),
                sku=sku,
                tax=str(tax),
                line_id=str(100 + number),
                product=product(
                    sku, {"each": "1", "case": "3"}, status=draw(st.sampled_from(["enabled"] * 9 + ["disabled"]))
                ),
            )
        )
    discount = Decimal(draw(st.integers(0, 3_000))).scaleb(-exponent)
    return order(*lines, currency=currency, discount=str(discount))


@st.composite
def rows(draw: st.DrawFn, troubled: bool) -> tuple[SnapshotRow, ...]:
    """What a warehouse counts; in a troubled world also what nobody can read, map or match."""
    quantities = st.integers(1, 9)
    grades = ["A", "A", "A", "B", "C", "D"]
    if not troubled:
        counted = st.tuples(quantities, st.sampled_from(grades), st.sampled_from(["GLOVE", "GLOVE", "GLOVE", "SOCK"]))
        return tuple(row(*each) for each in draw(st.lists(counted, min_size=1, max_size=3)))
    return tuple(
        row(
            draw(st.one_of(quantities, quantities, st.sampled_from(["0", "0.5", "-1", None]))),
            draw(st.sampled_from([*grades, "E", "M", "H", ""])),
            draw(st.sampled_from(["GLOVE", "GLOVE", "sock", "XYZ"])),
            currency=draw(st.sampled_from(["", "", "", "", "CHF"])),
            return_option=draw(st.sampled_from(["", "", "", "1", "2", "9"])),
        )
        for _ in range(draw(st.integers(0, 3)))
    )


@st.composite
def snapshots(draw: st.DrawFn) -> list[Snapshot]:
    """The life of one return, which mostly gets as far as graded."""
    troubled = draw(st.booleans())
    statuses = STATUSES if troubled else st.just("Requested")
    warehouses = ["GB0064", "GB0064", "DE0001", "FR0002"] if troubled else ["GB0064"]
    cost = draw(st.sampled_from([None, "5"]))
    words = [*draw(st.lists(WORDS, max_size=3)), draw(st.sampled_from(["Graded", "Restocked", "Restocked"]))]
    return [
        snapshot(
            draw(st.integers(0, 9)) if troubled else day,
            word,
            *draw(rows(troubled)),
            status=draw(statuses),
            cost=cost,
            warehouse=draw(st.sampled_from(warehouses)),
            sequence=day,
        )
        for day, word in enumerate(words, 1)
    ]


@dataclass
class World:
    """The order, its returns, and every posting that was ever made."""

    bought: Order
    records: list[ReturnRecord]
    mappings: Mappings
    policy: Policy = POLICY

    @property
    def postings(self) -> list[Posting]:
        return [posting for record in self.records for posting in record.postings]

    def plan(self) -> tuple[ReturnPlan, ...]:
        return plans(self.bought, *self.records, mappings=self.mappings, policy=self.policy)

    def carry_out(self, answers: Sequence[ReturnPlan], state: PostingState = PostingState.CONFIRMED) -> None:
        self.records = [posted(record, answer, state) for record, answer in zip(self.records, answers, strict=True)]

    def settle(self) -> None:
        """What was unknown turns out to be done."""
        self.records = [
            replace(record, postings=tuple(replace(p, state=PostingState.CONFIRMED) for p in record.postings))
            for record in self.records
        ]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world some way into its life: snapshots arrived one by one, postings were made, confirmed or left unknown."""
    mappings = draw(st.sampled_from([RULES, EXACT, EXACT]))
    policy = replace(POLICY, stock_trigger=draw(st.sampled_from(["restocked", "graded"])))
    names = [f"R{number}" for number in range(draw(st.integers(1, 3)))]
    world = World(draw(orders()), [returned(return_id=name) for name in names], mappings, policy)
    arrivals = draw(st.permutations([(name, each) for name in names for each in draw(snapshots())]))
    for name, arrival in arrivals:
        world.records = [
            replace(record, snapshots=(*record.snapshots, replace(arrival, return_id=name)))
            if record.return_id == name
            else record
            for record in world.records
        ]
        world.carry_out(world.plan(), draw(st.sampled_from([PostingState.CONFIRMED, PostingState.UNKNOWN])))
        if draw(st.booleans()):
            world.settle()
    return world


def _weights(postings: Sequence[Posting], line: OrderLine) -> Fraction:
    return sum((each.weight for p in postings for each in p.lines if each.order_line_id == line.id), Fraction(0))


def _quantities(postings: Sequence[Posting], line: OrderLine) -> Fraction:
    return sum((each.quantity for p in postings for each in p.lines if each.order_line_id == line.id), Fraction(0))


def _stock(postings: Sequence[Posting], line: OrderLine) -> Fraction:
    return sum((move.quantity for p in postings for move in p.stock if move.order_line_id == line.id), Fraction(0))


@given(worlds())
@TRIED
def test_per_order_line_credited_is_at_most_accepted_is_at_most_ordered(world: World) -> None:
    answers = world.plan()
    for line in world.bought.lines:
        papers = [each for answer in answers for each in answer.document.lines if each.order_line_id == line.id]
        assert all(0 <= each.credited <= each.accepted for each in papers)
        assert all(0 <= each.restocked <= each.accepted for each in papers)
        assert sum(each.accepted for each in papers) <= line.quantity
        assert _weights(world.postings, line) <= _quantities(world.postings, line) <= line.quantity
        rate = line.product.units[line.unit].rate if line.product else Fraction(1)
        assert _stock(world.postings, line) <= line.quantity * rate


@given(worlds())
@TRIED
def test_the_credits_of_a_line_are_to_the_cent_what_their_weight_is_worth(world: World) -> None:
    exponent, values = minor_unit(world.bought.currency), line_values(world.bought)
    for line in world.bought.lines:
        weight = _weights(world.postings, line)
        credits_of_line = [each for p in world.postings for each in p.lines if each.order_line_id == line.id]
        value = values[line.id]
        assert sum(each.net for each in credits_of_line) == cumulative(value.net, weight, line.quantity, exponent)
        assert sum(each.tax for each in credits_of_line) == cumulative(value.tax, weight, line.quantity, exponent)


@given(worlds())
@TRIED
def test_the_order_in_which_returns_and_snapshots_came_does_not_matter(world: World) -> None:
    answers = {answer.return_id: answer for answer in world.plan()}
    shuffled = [replace(record, snapshots=record.snapshots[::-1]) for record in reversed(world.records)]
    again = plans(world.bought, *shuffled, mappings=world.mappings, policy=world.policy)
    assert {answer.return_id: answer for answer in again} == answers


@given(worlds())
@TRIED
def test_the_same_question_has_the_same_answer(world: World) -> None:
    assert world.plan() == world.plan()


@given(worlds())
@TRIED
def test_a_plan_that_was_carried_out_is_what_the_next_plan_says(world: World) -> None:
    """Nothing more is posted, and the documents and flags that went to Oro with the postings need no second write."""
    world.settle()
    planned = world.plan()
    world.carry_out(planned)
    again = world.plan()
    assert [answer.posting for answer in again] == [None] * len(again)
    assert [answer.document for answer in again] == [answer.document for answer in planned]
    assert [answer.flags for answer in again] == [answer.flags for answer in planned]


@given(worlds())
@TRIED
def test_no_money_and_no_stock_before_the_warehouse_has_graded(world: World) -> None:
    for record in world.records:
        if not any(each.tracking_status in RELEASING for each in record.snapshots):
            assert record.postings == ()
        if not any(each.tracking_status == "Restocked" for each in record.snapshots) and (
            world.policy.stock_trigger == "restocked"
        ):
            assert all(posting.stock == () for posting in record.postings)


@given(worlds())
@TRIED
def test_a_memo_is_in_the_orders_currency_its_lines_sum_up_and_it_is_never_below_zero(world: World) -> None:
    unit = Decimal(1).scaleb(-minor_unit(world.bought.currency))
    for posting in world.postings:
        assert posting.currency == world.bought.currency
        assert posting.total >= 0
        assert posting.total == sum(line.value for line in posting.lines)
        assert all(line.net >= 0 and line.tax >= 0 for line in posting.lines if line.order_line_id)
        assert all(line.net % unit == 0 and line.tax % unit == 0 for line in posting.lines)
        assert all(move.quantity > 0 for move in posting.stock)


@given(worlds())
@TRIED
def test_a_fee_is_taken_once_and_no_key_is_used_twice(world: World) -> None:
    keys = [posting.key for posting in world.postings]
    assert len(keys) == len(set(keys))
    for record in world.records:
        assert sum(posting.fee for posting in record.postings) <= 5
        assert [posting.n for posting in record.postings] == list(range(1, len(record.postings) + 1))


@given(worlds())
@TRIED
def test_dismissing_a_flag_never_pays(world: World) -> None:
    before = world.plan()
    world.records = [
        replace(record, dismissed=frozenset((flag.code, flag.subject, flag.message) for flag in answer.flags))
        for record, answer in zip(world.records, before, strict=True)
    ]
    after = world.plan()
    assert [answer.posting for answer in after] == [answer.posting for answer in before]
    assert [answer.flags for answer in after] == [answer.flags for answer in before]
    assert all(answer.state == "in_sync" for answer in after)


@given(worlds())
@TRIED
def test_while_one_posting_is_unfinished_there_is_no_other(world: World) -> None:
    for record, answer in zip(world.records, world.plan(), strict=True):
        if any(posting.state is not PostingState.CONFIRMED for posting in record.postings):
            assert answer.posting is None


@given(worlds(), st.integers(0, 100))
@TRIED
def test_a_grade_mapped_anew_does_not_reprice_a_return_that_was_posted(world: World, percent: int) -> None:
    world.settle()
    world.carry_out(world.plan())
    known = {grade: GradeRule(Fraction(percent), Disposition.SCRAP) for grade in RULES.grades}
    world.mappings = replace(world.mappings, grades=known)
    for record, answer in zip(world.records, world.plan(), strict=True):
        priced = {each.grade for one in record.snapshots for each in one.rows} <= {*record.pins.grades, ""}
        if record.postings and priced:
            assert answer.posting is None


@given(worlds())
@TRIED
def test_an_order_that_became_smaller_or_cheaper_takes_no_money_back_and_gives_none_twice(world: World) -> None:
    world.settle()
    world.bought = replace(
        world.bought,
        lines=tuple(
            replace(
                each,
                quantity=each.quantity / 2,
                row_total=(each.row_total or Decimal(0)) / 2,
                row_including_tax=Decimal(0),
                row_excluding_tax=Decimal(0),
            )
            for each in world.bought.lines
        ),
    )
    before = {
        line.id: sum((c.net for p in world.postings for c in p.lines if c.order_line_id == line.id), Decimal(0))
        for line in world.bought.lines
    }
    world.carry_out(world.plan())
    values = line_values(world.bought)
    for line in world.bought.lines:
        after = sum((c.net for p in world.postings for c in p.lines if c.order_line_id == line.id), Decimal(0))
        assert before[line.id] <= after <= max(before[line.id], values[line.id].net)


@given(st.integers(1, 40), st.lists(st.integers(0, 40), min_size=1, max_size=6), CURRENCIES, st.integers(0, 99_999))
@TRIED
def test_any_split_of_a_line_into_returns_is_together_worth_the_line(
    ordered: int, parts: list[int], currency: str, units: int
) -> None:
    exponent = minor_unit(currency)
    total = Decimal(units).scaleb(-exponent)
    bought = order(order_line(ordered, "each", str(total)), currency=currency)
    records = [
        returned(snapshot(day, "Graded", row(part, "A")), return_id=f"R{day}") for day, part in enumerate(parts, 1)
    ]
    answers = plans(bought, *records)
    credited = sum((answer.posting.total for answer in answers if answer.posting), Decimal(0))
    assert credited == cumulative(total, Fraction(sum(parts)), Fraction(ordered), exponent)
    assert any(flag.code == "received_over" for answer in answers for flag in answer.flags) == (sum(parts) > ordered)


@given(worlds())
@TRIED
def test_a_return_closes_silently_only_when_all_of_its_counted_goods_were_credited_at_their_grade(world: World) -> None:
    world.settle()
    world.carry_out(world.plan())
    for answer in world.plan():
        if answer.document.status != "closed" or answer.milestone.word == "closed" or answer.flags:
            continue
        for paper in answer.document.lines:
            assert paper.accepted == paper.received
            assert (paper.credited == paper.accepted) or any(not part.credit_percent for part in paper.parts)


def test_the_default_mappings_are_what_the_design_says() -> None:
    assert {grade: (int(rule.credit_percent), str(rule.disposition)) for grade, rule in MAPPINGS.grades.items()} == {
        "A": (100, "restock"),
        "B": (100, "quarantine"),
        "C": (50, "scrap"),
        "D": (0, "scrap"),
    }
