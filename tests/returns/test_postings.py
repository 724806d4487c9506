"""The digest that proves two postings equal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from sidecar.returns.model import CreditLine, Posting, PostingState, StockMove
from sidecar.returns.postings import posting_digest

LINE = CreditLine(
    "GLOVE", "Glove", Fraction(1), "case", Decimal("100.00"), Decimal("20.00"), "104", "R1/1", "65", Fraction(1)
)
MOVE = StockMove("GLOVE", "each", Fraction(50), "129", "R1/1", "104")
POSTING = Posting("GL123:R1:1", "R1", 1, "GBP", (LINE,), (MOVE,))


@pytest.mark.parametrize(
    "other",
    [
        replace(POSTING, key="GL123:R1:2"),
        replace(POSTING, currency="EUR"),
        replace(POSTING, status="draft"),
        replace(POSTING, lines=(replace(LINE, net=Decimal("100.01")),)),
        replace(POSTING, lines=(replace(LINE, tax=Decimal("19.99")),)),
        replace(POSTING, lines=(replace(LINE, quantity=Fraction(2)),)),
        replace(POSTING, lines=(replace(LINE, line_key="R1/2"),)),
        replace(POSTING, lines=(LINE, LINE)),
        replace(POSTING, stock=(replace(MOVE, quantity=Fraction(49)),)),
        replace(POSTING, stock=(replace(MOVE, level_id="130"),)),
        replace(POSTING, stock=()),
    ],
)
def test_the_digest_covers_key_currency_status_every_line_amount_and_move(other: Posting) -> None:
    assert posting_digest(other) != posting_digest(POSTING)


def test_the_digest_looks_at_values_not_at_how_they_are_written_nor_at_the_state() -> None:
    same = replace(POSTING, state=PostingState.CONFIRMED, lines=(replace(LINE, net=Decimal("100.0000")),))
    assert posting_digest(same) == posting_digest(POSTING)
    assert len(posting_digest(POSTING)) == 64
