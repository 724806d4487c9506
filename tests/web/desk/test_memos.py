"""The month's credit memos as a file."""

from __future__ import annotations

import csv
import io

import pytest

from tests.web.desk.conftest import TownDesk
from tests.web.desk.test_flags import one_case

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)


def test_the_memos_of_a_period_are_a_file_for_a_spreadsheet(town_desk: TownDesk) -> None:
    one_case(town_desk, 1, 2)
    ann = town_desk.signed_in("finance")
    assert "/desk/memos" in ann.get("/desk").text
    answer = ann.get("/desk/memos?from=2026-11-01&to=2026-11-30")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="memos-2026-11-01-2026-11-30.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["posting_key"], row["total"], row["state"]) for row in rows] == [
        ("GL123:R1:1", "120.00", "confirmed"),
        ("GL123:R2:1", "120.00", "confirmed"),
    ]


@pytest.mark.parametrize("period", ["", "?from=2026-11-30&to=2026-11-01", "?from=2020-01-01&to=2026-11-01", "?from=x"])
def test_a_period_that_cannot_be_is_told(town_desk: TownDesk, period: str) -> None:
    assert town_desk.signed_in("finance").get(f"/desk/memos{period}").status_code == 400
