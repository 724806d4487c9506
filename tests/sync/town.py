"""A small town for tests of the use-cases: an Oro and a ZigZag over real HTTP, a real ledger, a clock we turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from sidecar.ledger import work
from sidecar.ledger.engine import Ledger
from sidecar.oro.client import OroClient
from sidecar.oro.documents import OroDocuments
from sidecar.oro.levels import Levels
from sidecar.oro.orders import Orders
from sidecar.sandbox.oro.server import serve as serve_oro
from sidecar.sandbox.oro.shop import OroShop
from sidecar.sandbox.zigzag.house import ZigZagHouse
from sidecar.sandbox.zigzag.server import serve as serve_zigzag
from sidecar.settings import Settings, load
from sidecar.sync import intake, mappings, page
from sidecar.sync.build import build_oro, build_zigzag
from sidecar.sync.world import Oro, World

BEGIN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process died here."""


class Clock:
    """Time that moves when we say so."""

    def __init__(self, now: datetime = BEGIN) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class MortalLedger:
    """The ledger of a process that may be dead: a dead process commits nothing."""

    def __init__(self, real: Ledger) -> None:
        self._real = real
        self.dead = False

    @contextmanager
    def begin(self) -> Iterator[Any]:
        if self.dead:
            raise Killed
        with self._real.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Any]:
        if self.dead:
            raise Killed
        with self._real.read() as conn:
            yield conn


@dataclass
class Town:
    shop: OroShop
    house: ZigZagHouse
    ledger: Ledger
    settings: Settings
    clock: Clock = field(default_factory=Clock)
    holders: int = 0

    def world(self, step: Callable[[str], None] | None = None) -> World:
        """A worker of its own: own clients, own name in leases."""
        self.holders += 1
        world = World(
            settings=self.settings,
            ledger=self.ledger,
            oro=build_oro(self.settings),
            zigzag=build_zigzag(self.settings),
            holder=f"worker-{self.holders}",
            clock=self.clock,
            chance=lambda: 0.5,
        )
        return world if step is None else replace(world, step=step)

    # --- what happens at ZigZag

    def says(
        self,
        return_id: str,
        order: str,
        rows: list[Mapping[str, Any]],
        *,
        status: str = "Approved",
        tracking: str = "",
        told: bool = True,
        **more: Any,
    ) -> dict[str, Any]:
        """ZigZag's record changes a minute later; with ``told`` its webhook arrives too."""
        self.clock.forward(minutes=1)
        said = {
            "retailerCode": "GL123",
            "orderNumber": order,
            "returnId": return_id,
            "orderStatus": status,
            "lastTrackingStatus": tracking,
            "warehouseReference": "GB0064",
            "returnOption": "1",
            "dateTimeStatusChange": self.clock().isoformat().replace("+00:00", "Z"),
            "products": [{"quantity": "1", "grade": "", **row} for row in rows],
            **more,
        }
        self.house.put(said, self.clock())
        if told:
            self.tell(said)
        return said

    def tell(self, said: Mapping[str, Any]) -> None:
        import json

        intake.store_webhook(
            self.ledger,
            json.dumps({"data": said}).encode(),
            settings=self.settings,
            now=self.clock(),
            correlation_id="test",
        )

    def maps(self, kind: str, source: str, value: Any) -> None:
        mappings.change(self.ledger, kind, source, value, actor="test", now=self.clock())

    # --- what the bridge does

    def due(self) -> list[int]:
        with self.ledger.read() as conn:
            return work.due_now(conn, self.clock())

    def work(self, world: World | None = None) -> page.PageReport:
        """One page with everything that is due now."""
        return page.run(world or self.world(), self.due())

    def settle(self, worker: Callable[[], World] | None = None, limit: int = 40) -> None:
        """Turn the clock to whatever is due next, until nothing is due within two hours; each page by a new worker."""
        for _ in range(limit):
            if not self.due():
                with self.ledger.read() as conn:
                    following = work.next_due(conn)
                if following is None or following > self.clock() + timedelta(hours=2):
                    return
                self.clock.now = max(self.clock.now, following)
            self.work(worker() if worker else None)
        raise AssertionError(f"not settled after {limit} pages: {self.due()}")

    # --- what stands in Oro

    @property
    def memos(self) -> list[dict[str, Any]]:
        return list(self.shop.books()["credits"])

    @property
    def totals(self) -> list[tuple[str, Decimal]]:
        return [(memo["postingKey"], Decimal(memo["totalValue"])) for memo in self.memos]

    def in_oro(self, return_id: str) -> dict[str, Any]:
        return next(each for each in self.shop.books()["returns"] if each["externalId"] == return_id)

    def level(self, sku: str, unit: str = "each") -> Decimal:
        return Decimal(self.shop.books()["levels"][sku][unit])


def over_client(world: World, **options: Any) -> World:
    """The same worker with a client of Oro's of its own: a ``timeout``, a ``session``."""
    settings = world.settings
    client = OroClient(settings.oro_base_url, settings.oro_client_id, settings.oro_client_secret.reveal(), **options)
    return replace(world, oro=Oro(orders=Orders(client), levels=Levels(client), documents=OroDocuments(client)))


class Wire(requests.Session):
    """A wire to Oro on which writes go astray.

    ``loses`` so many writes: the request is under way and nobody knows for how long, and the sender gives up.
    ``repeats`` so many: it arrives twice, and the sender hears only the second answer.
    """

    def __init__(self, *, loses: int = 0, repeats: int = 0) -> None:
        super().__init__()
        self.loses, self.repeats = loses, repeats
        self.under_way: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if request.method == "POST" and "/api/" in str(request.url):
            if self.loses:
                self.loses -= 1
                self.under_way.append(request)
                raise requests.ReadTimeout
            if self.repeats:
                self.repeats -= 1
                super().send(request, **{**options, "stream": False})
        return super().send(request, **options)

    def arrive(self) -> list[int]:
        """What was lost arrives now; the status of each answer, which nobody hears."""
        arrived = [super(Wire, self).send(request, timeout=10) for request in self.under_way]
        self.under_way.clear()
        return [answer.status_code for answer in arrived]


def hurried(world: World, seconds: float) -> World:
    """A worker that waits only so long for an answer of Oro's."""
    return over_client(world, timeout=(3.0, seconds))


@contextmanager
def town(ledger: Ledger, ledger_url: str, var: Path, *, sells: bool = True, **environ: str) -> Iterator[Town]:
    """A wholesaler that sells gloves by the case of 50 and lamps by the piece; without ``sells`` nothing yet."""
    shop = OroShop({"sidecar": "secret"})
    if sells:
        shop.add_product("GLOVE", "each", {"each": ("1", 0), "case": ("50", 0)})
        shop.add_product("LAMP", "each", {"each": ("1", 0)})
    house = ZigZagHouse()
    with serve_oro(shop, "127.0.0.1", 0) as oro, serve_zigzag(house) as zigzag:
        settings = load(
            {
                "ORO_BASE_URL": oro.url,
                "ORO_CLIENT_ID": "sidecar",
                "ORO_CLIENT_SECRET": "secret",
                "ZIGZAG_BASE_URL": zigzag.url,
                "ZIGZAG_USERNAME": "demo",
                "ZIGZAG_PASSWORD": "demo",
                "ZIGZAG_RETAILER_CODE": "GL123",
                "ZIGZAG_WEBHOOK_SECRET": "webhook-secret",
                "ZIGZAG_RATE_PER_SECOND": "1000",
                "DATABASE_URL": ledger_url,
                "VAR_DIR": str(var),
                **environ,
            },
            need=("oro", "zigzag"),
        )
        place = Town(shop, house, ledger, settings)
        place.maps("warehouses", "GB0064", {"role": "destination", "oro_code": "main"})
        yield place


def gloves_order(place: Town, identifier: str = "SO-1") -> None:
    """Two cases of 50 gloves at 100.00, 20 % tax."""
    place.shop.add_order(
        identifier,
        "GBP",
        [{"sku": "GLOVE", "quantity": "2", "unit": "case", "value": "100.00", "tax": "40.00"}],
    )
