"""Bad input all the way through: what no contract foresees is stored, planned as far as can be, and stops no page."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given

from sidecar.ledger import inbox
from sidecar.sync import intake
from tests.laws.bridge import Bridge, opened, wholesaler
from tests.support.spoilt import snapshots, spoilt
from tests.web.conftest import NOW, said


@pytest.fixture(scope="module")
def bridge(sqlite_template: Path) -> Iterator[Bridge]:
    """One installation for all that arrives; the warehouse has graded the goods, so every row may earn money."""
    shop = wholesaler()
    shop.add_order(
        "SO-10012", "GBP", [{"sku": "GLOVE", "quantity": "1000", "unit": "each", "value": "2.00", "tax": "400"}]
    )
    made = opened(sqlite_template, shop, now=NOW)
    logging.disable(logging.WARNING)
    yield made
    logging.disable(logging.NOTSET)
    made.close()


GRADED = {"orderStatus": "Graded", "lastTrackingStatus": "Restocked"}


@given(snapshots())
@example(said(**GRADED, products=[{"productSku": "GLOVE", "quantity": "1e9", "grade": "A"}]))
@example(said(**GRADED, products=[{"productSku": "GLOVE", "quantity": "0." + "3" * 30, "grade": "A"}]))
@example(said(**GRADED, products=[{"productSku": "\N{ATHLETIC SHOE}", "quantity": "1", "grade": "\N{ATHLETIC SHOE}"}]))
@example(said(**GRADED, returnCost="1e12", products=[{"productSku": "GLOVE", "quantity": "1", "grade": "A"}]))
@example(said(**GRADED, returnCost="-0.005", products=[{"productSku": "GLOVE", "quantity": "1", "grade": "A"}]))
@example(said(**GRADED, returnId="r/1?x=#%", orderNumber="SO-10012,SO-2"))
@example(said(**GRADED, returnId="x" * 100, trackingId="y" * 10_000, carrier="\N{ATHLETIC SHOE}" * 300))
@example(said(**GRADED, dateTimeStatusChange="0001-01-01T00:00:00+14:00"))
@example(said(**GRADED, warehouseReference={"a": [1]}, returnOption=[], products="none"))
@spoilt(60)
def test_whatever_arrives_is_planned_and_ends_applied_superseded_or_flagged(
    bridge: Bridge, made: dict[str, Any]
) -> None:
    bridge.clock.forward(minutes=1)
    raw = json.dumps({"data": {**made}}).encode()
    intake.store_webhook(bridge.ledger, raw, settings=bridge.settings, now=bridge.clock(), correlation_id="bad")
    report = bridge.work()
    assert report.failures == []
    with bridge.ledger.read() as conn:
        assert inbox.count_unsettled(conn) == 0
    assert bridge.shop.books()["problems"] == []
