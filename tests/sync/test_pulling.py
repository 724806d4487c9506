"""What a page does with ZigZag's answers, and without them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidecar.ledger import requests
from sidecar.ledger.engine import Ledger
from sidecar.sync import asking
from tests.sync.town import gloves_order, town


@pytest.mark.parametrize(
    ("pull", "why"),
    [
        ("full", "ZigZag does not know this return."),
        ("off", "Nothing is known of this return, and ZIGZAG_PULL=off: it cannot be asked for."),
    ],
)
def test_a_mistyped_return_id_fails_its_request_and_makes_no_return_in_oro(
    ledger: Ledger, ledger_url: str, tmp_path: Path, pull: str, why: str
) -> None:
    with town(ledger, ledger_url, tmp_path / "var", ZIGZAG_PULL=pull) as place:
        asked = asking.request_sync(ledger, "TYPO", retailer_code="GL123", actor="cx", now=place.clock())
        place.settle()
        assert place.shop.books()["returns"] == []
        with ledger.read() as conn:
            request = requests.get(conn, asked)
        assert request is not None
        assert (request.state, request.detail) == ("failed", why)


def test_without_a_pull_what_webhooks_told_is_the_evidence(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    with town(ledger, ledger_url, tmp_path / "var", ZIGZAG_PULL="off") as place:
        gloves_order(place)
        place.says("R1", "SO-1", [{"productSku": "GLOVE", "quantity": "50", "grade": "A"}], tracking="Graded")
        place.settle()
        assert [str(total) for _, total in place.totals] == ["120.0000"]
