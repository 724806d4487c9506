"""How long is too long: the allowance of a milestone, and what a warehouse normally needs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sidecar.returns.staleness import Allowances, Pace, in_words, not_graded, pace, stands_still

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_typical_time_is_the_one_that_nine_of_ten_returns_do_not_exceed() -> None:
    assert pace([n * DAY for n in range(1, 11)]) == Pace(9 * DAY, 10)
    assert pace([n * DAY for n in range(1, 21)]) == Pace(18 * DAY, 20)
    assert pace([20 * DAY] + 9 * [DAY]) == Pace(DAY, 10)


def test_nine_returns_tell_nothing_about_a_warehouse() -> None:
    assert pace(9 * [DAY]) is None


def test_late_is_twice_the_typical_time_but_a_day_at_least() -> None:
    assert Pace(2 * DAY, 10).late_after == 4 * DAY
    assert Pace(HOUR, 10).late_after == DAY


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (3 * DAY, "3 days"),
        (DAY, "1 day"),
        (36 * HOUR, "36 hours"),
        (HOUR, "1 hour"),
        (timedelta(minutes=5), "1 hour"),
        (timedelta(days=4, hours=5), "4 days"),
    ],
)
def test_times_are_told_in_the_unit_that_fits(time: timedelta, words: str) -> None:
    assert in_words(time) == words


def test_the_sentences_name_days_that_do_not_change_from_night_to_night() -> None:
    assert stands_still("label_created", date(2026, 11, 3), 21 * DAY) == (
        "Label created since 3 Nov 2026, longer than the 21 days allowed."
    )
    assert not_graded("GB0064", date(2026, 11, 3), Pace(36 * HOUR, 41)) == (
        "GB0064 grades nine of ten returns within 36 hours of receipt; "
        "this one came in on 3 Nov 2026 and is not graded."
    )


def test_allowances_are_shown_as_they_are_written() -> None:
    assert str(Allowances({"requested": 21 * DAY, "received": 36 * HOUR})) == "requested=21d,received=36h"
