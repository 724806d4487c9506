"""Snapshots as no contract foresees them: text for numbers, day-first dates, emoji, fields missing or unheard of."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.web.conftest import said


def spoilt(examples: int) -> settings:
    """So many examples, always the same; ``FUZZ_CASES`` in the environment tries more, with fresh luck."""
    more = int(os.environ.get("FUZZ_CASES", "0"))
    return settings(
        max_examples=max(more, examples),
        deadline=None,
        derandomize=not more,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        [
            "1",
            "01",
            "-1",
            "1,5",
            "1e9",
            "NaN",
            "∞",
            "👟",
            "\u202e",
            "a\0b",
            "\ud83d",
            "31-12-2026T10:05:19Z",
            "12-31-2026",
            "2026-02-30",
            "0000-00-00",
            "99999999999999999999",
            "'; drop table inbox; --",
            "\r\nX: y",
        ]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
FIELDS = st.sampled_from([*said(), "customerName", "carrier", "returnCost", "nobodyKnows", ""])
ROW_FIELDS = st.sampled_from(
    ["productSku", "quantity", "grade", "itemCost", "returnReason", "orderLineItemNumber", "odd"]
)
ROWS = st.lists(st.one_of(st.dictionaries(ROW_FIELDS, ODD, max_size=7), ODD), max_size=4)


@st.composite
def snapshots(draw: st.DrawFn) -> dict[str, Any]:
    """A snapshot with some fields spoilt, missing or unheard of."""
    made = said(**draw(st.dictionaries(FIELDS, ODD, max_size=6)))
    if draw(st.booleans()):
        made["products"] = draw(ROWS)
    for missing in draw(st.lists(st.sampled_from(sorted(made)), max_size=3, unique=True)):
        del made[missing]
    return made
