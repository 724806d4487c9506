"""The door: an app on a real ledger, with a clock that only moves when told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import fakeredis
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from sidecar.ledger import keys, work
from sidecar.ledger.engine import Ledger
from sidecar.returns.model import Order
from sidecar.settings import Settings, load
from sidecar.web import create_app

KEY = "the-key-of-the-bundle"
SECRET = "the-secret-of-the-webhook"
NOW = datetime(2026, 11, 20, 10, 5, 19, tzinfo=UTC)


@dataclass
class Door:
    """What a test knocks at. ``orders`` is what Oro knows; ``trouble`` is raised instead of reading it."""

    app: Flask
    ledger: Ledger
    settings: Settings
    now: datetime = NOW
    orders: dict[str, Order] = field(default_factory=dict)
    trouble: Exception | None = None
    redis: Any = None

    def clock(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)

    def read_orders(self, identifiers: Any) -> dict[str, Order]:
        if self.trouble is not None:
            raise self.trouble
        return {each: self.orders[each] for each in identifiers if each in self.orders}

    def call(self, method: str, path: str, *, key: str | None = KEY, **request: Any) -> TestResponse:
        headers = dict(request.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return self.app.test_client().open(path, method=method, headers=headers, **request)

    def get(self, path: str, **request: Any) -> TestResponse:
        return self.call("GET", path, **request)

    def post(self, path: str, **request: Any) -> TestResponse:
        return self.call("POST", path, **request)

    def hook(self, body: Any, *, secret: str | None = SECRET, **request: Any) -> TestResponse:
        """A delivery of ZigZag; ``body`` is bytes or a snapshot."""
        headers = {} if secret is None else {"X-ZigZag-Key": secret}
        sent = {"data": body} if isinstance(body, bytes) else {"json": {"data": body}}
        return self.call("POST", "/v1/webhooks/zigzag", key=None, headers=headers, **sent, **request)

    def key(self, *scopes: str) -> str:
        """A fresh key with these scopes only."""
        with self.ledger.begin() as conn:
            _, clear = keys.create(conn, "-".join(scopes) or "none", scopes, "test", self.now)
        return clear

    def due(self) -> list[int]:
        """The returns that are due now."""
        with self.ledger.read() as conn:
            return sorted(work.due_now(conn, self.now))


def said(**more: Any) -> dict[str, Any]:
    """A snapshot in the words of contracts/zigzag.md."""
    return {
        "retailerCode": "GL123",
        "orderNumber": "SO-10012",
        "returnId": "413413515",
        "customerName": "Steve",
        "salutation": "Mr",
        "warehouseReference": "GB0064",
        "trackingId": "TRACKING",
        "dateTimeStatusChange": "2026-11-20T10:05:19Z",
        "lastTrackingStatus": "Received",
        "orderStatus": "Approved",
        "returnOption": "1",
        "products": [{"productSku": "GLOVE", "grade": "A", "quantity": "50", "itemCost": "2.00", "currency": "GBP"}],
        **more,
    }


def asked(**more: Any) -> dict[str, Any]:
    """A return as a shop announces it."""
    return {
        "return_id": "413413515",
        "order_identifier": "SO-10012",
        "lines": [{"sku": "GLOVE", "quantity": "1", "unit": "case", "reason": "12"}],
        **more,
    }


def settings_of(ledger_url: str, var: Path, **environ: str) -> Settings:
    return load(
        {
            "ZIGZAG_RETAILER_CODE": "GL123",
            "ZIGZAG_WEBHOOK_SECRET": SECRET,
            "SIDECAR_API_KEY": KEY,
            "DATABASE_URL": ledger_url,
            "VAR_DIR": str(var),
            **environ,
        }
    )


def opened(ledger: Ledger, settings: Settings) -> Door:
    redis = fakeredis.FakeRedis()
    door = Door(Flask("none"), ledger, settings, redis=redis)
    door.app = create_app(settings, ledger=ledger, redis=redis, read_orders=door.read_orders, clock=door.clock)
    door.app.testing = False  # errors are answered, as in production
    return door


@pytest.fixture
def door(ledger: Ledger, ledger_url: str, tmp_path: Path) -> Door:
    return opened(ledger, settings_of(ledger_url, tmp_path / "var"))


def decimals(value: Any) -> Decimal:
    assert isinstance(value, str)
    return Decimal(value)
