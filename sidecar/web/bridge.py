"""What every request needs: settings, ledger, queue, clock; kept on the app, asked for by ``bridge()``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from flask import Flask, current_app

from sidecar.ledger.engine import Ledger
from sidecar.returns.model import Order
from sidecar.settings import Settings

ReadOrders = Callable[[Sequence[str]], Mapping[str, Order]]
_NAME = "returns_bridge"


@dataclass
class Bridge:
    """``redis`` only has to answer ``ping``; ``read_orders`` raises OroError when Oro cannot be read."""

    settings: Settings
    ledger: Ledger
    clock: Callable[[], datetime]
    redis: Any = None
    read_orders: ReadOrders | None = None
    kept: dict[str, Any] = field(default_factory=dict)  # per process: verifier, key cache, OpenAPI document

    @property
    def retailer_code(self) -> str:
        return self.settings.zigzag_retailer_code


def attach(app: Flask, bridge: Bridge) -> None:
    app.extensions[_NAME] = bridge


def bridge() -> Bridge:
    """The bridge of the app that answers this request."""
    return cast(Bridge, current_app.extensions[_NAME])
