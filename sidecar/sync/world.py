"""What a use-case needs from outside: ledger, upstreams, clock, chance. Passed in, so that a test can pass its own."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from sidecar.ledger.engine import Ledger
from sidecar.oro.documents import OroDocuments
from sidecar.oro.levels import Levels
from sidecar.oro.orders import Orders
from sidecar.returns.model import Policy
from sidecar.settings import Settings
from sidecar.zigzag.client import ZigZagClient


def utc_now() -> datetime:
    return datetime.now(UTC)


def no_step(_: str) -> None:
    """The product does nothing at a step; tests stop the world here."""


@dataclass(frozen=True)
class Oro:
    """The three doors to OroCommerce, over one client."""

    orders: Orders
    levels: Levels
    documents: OroDocuments

    @property
    def calls(self) -> dict[str, int]:
        return dict(self.documents.client.calls)


@dataclass(frozen=True)
class World:
    """Everything a page job touches.

    ``holder`` names this worker in leases; ``step`` is called at each numbered step of the credit path.
    """

    settings: Settings
    ledger: Ledger
    oro: Oro
    zigzag: ZigZagClient | None  # None: ZIGZAG_PULL=off
    holder: str
    clock: Callable[[], datetime] = utc_now
    chance: Callable[[], float] = random.random
    step: Callable[[str], None] = field(default=no_step)

    @property
    def zone(self) -> tzinfo:
        return self.settings.zigzag_timezone

    @property
    def policy(self) -> Policy:
        return policy_of(self.settings)


def policy_of(settings: Settings) -> Policy:
    """The settings that the rules obey."""
    return Policy(
        retailer_code=settings.zigzag_retailer_code,
        credit_trigger=settings.credit_trigger,
        stock_trigger=settings.stock_trigger,
        credit_mode=settings.credit_mode,
        stock_unit=settings.stock_unit,
        inactive_sku=settings.inactive_sku,
    )
