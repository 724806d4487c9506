"""The stories of the month. Every figure can be checked by hand; DESIGN 4.1 to 4.5 is where the outcomes come from."""

from __future__ import annotations

from sidecar.sandbox.month.stories import Line, Result, Row, Step, Story, journey

LAMP_3 = Line("LAMP", "3", "each", "30.00", "6.00")
LAMP_2 = Line("LAMP", "2", "each", "20.00", "4.00")
LAMP_1 = Line("LAMP", "1", "each", "10.00", "2.00")
GLOVE_2 = Line("GLOVE", "2", "case", "200.00", "40.00")


def one(steps: tuple[Step, ...], result: Result) -> tuple[tuple[tuple[Step, ...], Result], ...]:
    return ((steps, result),)


def flags(*codes: str) -> frozenset[str]:
    return frozenset(codes)


def lamp(quantity: str, grade: str = "A", **more: str) -> tuple[Row, ...]:
    return (Row("LAMP", quantity, grade, **more),)


def gloves(quantity: str, grade: str = "A") -> tuple[Row, ...]:
    return (Row("GLOVE", quantity, grade),)


PLAIN = (
    Story(
        "three lamps come back whole",
        24,
        (LAMP_3,),
        one(journey(lamp("3", ""), lamp("3")), Result("30.00", "6.00", {("LAMP", "each"): "3"})),
    ),
    Story(
        "a case of 50 is asked for, 50 pieces are counted",
        24,
        (GLOVE_2,),
        one(journey(gloves("1", ""), gloves("50")), Result("100.00", "20.00", {("GLOVE", "each"): "50"})),
    ),
    Story(
        "announced by our own intake, through a hub",
        7,
        (LAMP_3,),
        one(journey(lamp("3", ""), lamp("3"), hub=True), Result("30.00", "6.00", {("LAMP", "each"): "3"})),
        through_intake=True,
    ),
    Story(
        "graded and restocked in one word",
        7,
        (LAMP_2,),
        one(
            (*journey(lamp("2", ""), lamp("2"), until="In Transit"), Step("Approved", "Restocked", lamp("2"))),
            Result("20.00", "4.00", {("LAMP", "each"): "2"}),
        ),
    ),
    Story(
        "still with the carrier",
        10,
        (LAMP_3,),
        one(journey(lamp("3", ""), (), until="In Transit"), Result()),
    ),
    Story(
        "cancelled before anything arrived",
        6,
        (LAMP_3,),
        one(
            (Step("Requested", "", lamp("3", "")), Step("Cancelled", "", lamp("3", ""))),
            Result(),
        ),
    ),
    Story(
        "copper wire by weight",
        7,
        (Line("WIRE", "2.5", "kg", "25.00", "5.00"),),
        one(
            journey((Row("WIRE", "1.5"),), (Row("WIRE", "1.5", "A"),)),
            Result("15.00", "3.00", {("WIRE", "kg"): "1.5"}),
        ),
    ),
)

COUNTS = (
    Story(
        "two cases asked for, 75 pieces counted",
        12,
        (GLOVE_2,),
        one(
            journey(gloves("2", ""), gloves("75")),
            Result("150.00", "30.00", {("GLOVE", "each"): "75"}, flags("received_short")),
        ),
    ),
    Story(
        "one case asked for, 60 pieces counted",
        10,
        (GLOVE_2,),
        one(
            journey(gloves("1", ""), gloves("60")),
            Result("120.00", "24.00", {("GLOVE", "each"): "60"}, flags("received_over_request")),
        ),
    ),
    Story(
        "two cases bought, 130 pieces counted",
        10,
        (GLOVE_2,),
        one(
            journey(gloves("2", ""), gloves("130")),
            Result("200.00", "40.00", {("GLOVE", "each"): "100"}, flags("received_over")),
        ),
    ),
    Story(
        "one case or one piece? a person says: cases",
        7,
        (Line("CUFF", "2", "case", "80.00", "16.00"),),
        one(
            journey((Row("CUFF", "1"),), (Row("CUFF", "1", "A"),)),
            Result("40.00", "8.00", {("CUFF", "each"): "20"}),
        ),
    ),
    Story(
        "a case with five broken pieces",
        18,
        (GLOVE_2,),
        one(
            journey(gloves("1", ""), (*gloves("45"), *gloves("5", "C"))),
            Result("95.00", "19.00", {("GLOVE", "each"): "45"}),
        ),
    ),
    Story(
        "broken beyond credit",
        7,
        (LAMP_2,),
        one(journey(lamp("2", ""), lamp("2", "D"), until="Graded"), Result()),
    ),
    Story(
        "good, but kept in quarantine",
        10,
        (LAMP_1,),
        one(journey(lamp("1", ""), lamp("1", "B")), Result("10.00", "2.00")),
    ),
    Story(
        "a scan unit the product does not have",
        4,
        (Line("VALVE", "1", "case", "50.00", "10.00"),),
        one(
            journey((Row("VALVE", "1"),), (Row("VALVE", "10", "A"),), until="Graded"),
            Result(flags=flags("unit_not_resolved")),
        ),
    ),
    Story(
        "one plate of a dinner set",
        4,
        (Line("DINNERSET", "1", "set", "90.00", "18.00"),),
        one(
            journey((Row("DINNERSET", "1"),), (Row("DINNERSET", "1", "A"),), until="Graded"),
            Result(flags=flags("unit_not_divisible")),
        ),
    ),
    Story(
        "a pallet in three returns",
        5,
        (Line("GLOVE", "1", "pallet", "900.00", "180.00"),),
        tuple(
            (
                journey(gloves(asked, ""), gloves(counted)),
                Result(net, tax, {("GLOVE", "each"): counted}),
            )
            for asked, counted, net, tax in (
                ("0.333", "333", "299.70", "59.94"),
                ("0.333", "333", "299.70", "59.94"),
                ("0.334", "334", "300.60", "60.12"),
            )
        ),
    ),
    Story(
        "three for 9.99 after discount, one by one",
        5,
        (Line("LAMP", "3", "each", "9.99"),),
        tuple((journey(lamp("1", ""), lamp("1")), Result("3.33", "0", {("LAMP", "each"): "1"})) for _ in range(3)),
        currency="EUR",
    ),
)

MONEY = (
    Story(
        "a return fee taken off",
        10,
        (LAMP_3,),
        one(
            journey(
                (*lamp("3", ""), Row("RETURN-FEE", "1", cost="5.00")), (*lamp("3"), Row("RETURN-FEE", "1", cost="5.00"))
            ),
            Result("25.00", "6.00", {("LAMP", "each"): "3"}),
        ),
    ),
    Story(
        "a fee larger than the credit",
        5,
        (LAMP_1,),
        one(
            journey(
                (*lamp("1", ""), Row("RETURN-FEE", "1", cost="20.00")),
                (*lamp("1"), Row("RETURN-FEE", "1", cost="20.00")),
            ),
            Result("-2.00", "2.00", {("LAMP", "each"): "1"}, flags("fee_exceeds_credit"), memos=1),
        ),
    ),
    Story(
        "a fee nobody has mapped",
        7,
        (LAMP_3,),
        one(
            journey(lamp("3", ""), lamp("3"), fee="4.95"),
            Result("30.00", "6.00", {("LAMP", "each"): "3"}, flags("fee_not_mapped")),
        ),
    ),
    Story(
        "a fee finance wants to see",
        5,
        (LAMP_3,),
        one(
            journey((*lamp("3", ""), Row("RESTOCK-FEE", "1")), (*lamp("3"), Row("RESTOCK-FEE", "1"))),
            Result("30.00", "6.00", {("LAMP", "each"): "3"}, flags("fee_needs_review")),
        ),
    ),
    Story(
        "12.00 off the whole order",
        6,
        (LAMP_2, Line("GLOVE", "1", "case", "100.00", "20.00")),
        one(journey(lamp("1", ""), lamp("1")), Result("9.00", "2.00", {("LAMP", "each"): "1"})),
        order_discount="12.00",
    ),
    Story(
        "a third of 1000 yen",
        6,
        (Line("LAMP", "3", "each", "1000", "100"),),
        one(journey(lamp("1", ""), lamp("1")), Result("333", "33", {("LAMP", "each"): "1"})),
        currency="JPY",
    ),
    Story(
        "a third of ten dinars",
        6,
        (Line("LAMP", "3", "each", "10.000"),),
        one(journey(lamp("1", ""), lamp("1")), Result("3.333", "0", {("LAMP", "each"): "1"})),
        currency="KWD",
    ),
    Story(
        "priced in another currency than the order",
        5,
        (LAMP_1,),
        one(
            journey(lamp("1", "", currency="USD"), lamp("1", currency="USD"), until="Graded"),
            Result(flags=flags("currency_mismatch")),
        ),
    ),
    Story(
        "graded better the second time",
        5,
        (LAMP_1,),
        one(
            (
                *journey(lamp("1", ""), lamp("1", "C"), until="Graded"),
                Step("Approved", "Graded", lamp("1", "B"), act=2),
            ),
            Result("10.00", "2.00", memos=2),
        ),
    ),
    Story(
        "graded worse after the credit",
        5,
        (LAMP_1,),
        one(
            (
                *journey(lamp("1", ""), lamp("1", "B"), until="Graded"),
                Step("Approved", "Graded", lamp("1", "D"), act=2),
            ),
            Result("10.00", "2.00", {}, flags("regraded_after_credit")),
        ),
    ),
    Story(
        "cancelled after the credit",
        5,
        (LAMP_1,),
        one(
            (*journey(lamp("1", ""), lamp("1", "B"), until="Graded"), Step("Cancelled", "", lamp("1", "B"), act=2)),
            Result("10.00", "2.00", {}, flags("cancelled_after_credit")),
        ),
    ),
)

WORDS = (
    Story(
        "an order Oro does not know",
        6,
        (LAMP_1,),
        one(journey(lamp("1", ""), lamp("1")), Result(flags=flags("order_not_found"))),
        known_to_oro=False,
    ),
    Story(
        "something that was never ordered",
        6,
        (LAMP_3,),
        one(
            journey((*lamp("3", ""), Row("STRANGE", "1")), (*lamp("3"), Row("STRANGE", "1", "A"))),
            Result("30.00", "6.00", {("LAMP", "each"): "3"}, flags("sku_not_on_order")),
        ),
    ),
    Story(
        "more asked for than was bought",
        6,
        (LAMP_3,),
        one(
            journey(lamp("5", ""), (), until="In Transit"),
            Result(flags=flags("quantity_exceeds_order")),
        ),
    ),
    Story(
        "a product no longer sold waits for a person",
        5,
        (Line("OLDLAMP", "2", "each", "20.00", "4.00"),),
        one(
            journey((Row("OLDLAMP", "2"),), (Row("OLDLAMP", "2", "A"),)),
            Result(flags=flags("sku_inactive")),
        ),
    ),
    Story(
        "a product no longer sold, released",
        5,
        (Line("OLDLAMP", "2", "each", "20.00", "4.00"),),
        one(
            journey((Row("OLDLAMP", "2"),), (Row("OLDLAMP", "2", "A"),)),
            Result("20.00", "4.00"),
        ),
        release="sku_inactive",
    ),
    Story(
        "an exchange is no credit",
        6,
        (LAMP_1,),
        one(
            journey(lamp("1", "", option="2"), lamp("1", option="2"), until="Graded"),
            Result(flags=flags("exchange_requested")),
        ),
    ),
    Story(
        "a return option nobody knows",
        5,
        (LAMP_1,),
        one(
            journey(lamp("1", "", option="7"), lamp("1", option="7"), until="Graded"),
            Result(flags=flags("option_not_mapped")),
        ),
    ),
    Story(
        "a grade that is mapped in the course of the month",
        6,
        (LAMP_3,),
        one(
            journey(lamp("3", ""), (*lamp("2"), *lamp("1", "E"))),
            Result("22.50", "4.50", {("LAMP", "each"): "2"}, memos=2),
        ),
    ),
    Story(
        "a grade nobody has mapped",
        3,
        (LAMP_3,),
        one(
            journey(lamp("3", ""), (*lamp("2"), *lamp("1", "Z"))),
            Result("20.00", "4.00", {("LAMP", "each"): "2"}, flags("grade_not_mapped")),
        ),
    ),
    Story(
        "a warehouse that is mapped in the course of the month",
        6,
        (LAMP_3,),
        one(
            journey(lamp("3", ""), lamp("3"), warehouse="XX99"),
            Result("30.00", "6.00", {("LAMP", "each"): "3"}),
        ),
    ),
    Story(
        "a reason nobody has mapped holds nothing",
        12,
        (LAMP_3,),
        one(
            journey(lamp("3", "", reason="Weird"), lamp("3", reason="Weird")),
            Result("30.00", "6.00", {("LAMP", "each"): "3"}, flags("reason_not_mapped")),
        ),
    ),
    Story(
        "a status word nobody has mapped",
        5,
        (LAMP_3,),
        one(
            (*journey(lamp("3", ""), (), until="In Transit"), Step("Approved", "Lost in space", lamp("3", ""))),
            Result(flags=flags("status_not_mapped")),
        ),
    ),
)

STORIES: tuple[Story, ...] = (*PLAIN, *COUNTS, *MONEY, *WORDS)
