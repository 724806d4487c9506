"""Products with their units, by Oro id, kept for a few minutes and shared by all pages of a process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from fractions import Fraction

from sidecar.oro.client import OroClient
from sidecar.oro.jsonapi import Page, Row, all_related, attribute, exact, optional, related, text
from sidecar.oro.multiget import multi_get, query
from sidecar.returns.model import Product, ProductUnit

FIELDS = {
    "products": "sku,status,productType,primaryUnitPrecision,unitPrecisions",
    "productunitprecisions": "conversionRate,precision,unit",
}
_FIXED = query("unitPrecisions", FIELDS)
_MOST = 20_000


class Products:
    """``ttl`` in seconds is how old a product's status may be when a return is planned with it."""

    def __init__(self, client: OroClient, *, ttl: int = 300, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._ttl = ttl
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Product]] = {}

    def read(self, ids: Iterable[str]) -> dict[str, Product]:
        """Products by id; those Oro does not show (deleted, no right) are absent. Raises OroError."""
        wanted = dict.fromkeys(ids)
        now = self._clock()
        with self._lock:
            found = {id_: hit[1] for id_ in wanted if (hit := self._known.get(id_)) is not None and hit[0] > now}
        missing = [id_ for id_ in wanted if id_ not in found]
        for page in multi_get(self._client, "products", "id", missing, _FIXED):
            for row in page.rows:
                product = product_of(page, row)
                self.remember(product)
                found[product.id] = product
        return found

    def remember(self, product: Product) -> None:
        """Keep a product that was just read."""
        until = self._clock() + self._ttl
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[product.id] = (until, product)


def product_of(page: Page, row: Row) -> Product:
    """A product with its unit precisions, which must be included. Raises AnswerLacks [61, 70]."""
    units: dict[str, ProductUnit] = {}
    primary_id = related(row, "primaryUnitPrecision")
    primary = ""
    for precision_id in all_related(row, "unitPrecisions"):
        precision = page.must_find("productunitprecisions", precision_id)
        code = related(precision, "unit")
        rate = exact(attribute(precision, "conversionRate"))
        decimals = attribute(precision, "precision")
        if precision_id == primary_id:
            primary, rate = code or "", rate or Fraction(1)
        if code and rate is not None and rate > 0:
            units[code] = ProductUnit(code, rate, decimals if isinstance(decimals, int) else 0)
    return Product(
        id=str(row["id"]),
        sku=text(attribute(row, "sku")),
        status=text(attribute(row, "status")),
        primary_unit=primary,
        units=units,
        type=text(optional(row, "productType")) or "simple",
    )
