"""Inventory levels by SKU and unit: one level per product unit, whose id never changes (oro.md section 5)."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Collection
from urllib.parse import quote

from sidecar.oro.client import OroClient
from sidecar.oro.jsonapi import attribute, related, text
from sidecar.oro.multiget import askable, multi_get, query

log = logging.getLogger(__name__)

Pair = tuple[str, str]

_INCLUDE = "product,productUnitPrecision"
_FIELDS = {
    "inventorylevels": "product,productUnitPrecision",
    "products": "sku",
    "productunitprecisions": "unit",
}
_UNIT = "filter[productUnitPrecision.unit]"
_MOST = 100_000


class Levels:
    """Finds level ids and keeps them for the life of the process."""

    def __init__(self, client: OroClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[Pair, str] = {}

    def level_ids(self, pairs: Collection[Pair]) -> dict[Pair, str]:
        """Level ids by (SKU, unit code), one read for up to 100 SKUs; pairs without one level are absent.

        SKUs as the order line writes them: this filter regards case. Raises OroError.
        """
        with self._lock:
            found = {pair: self._known[pair] for pair in pairs if pair in self._known}
        missing = {pair for pair in pairs if pair not in found}
        units = sorted({unit for _, unit in missing if askable(unit)})
        if not units:
            return found
        fixed = query(_INCLUDE, _FIELDS, **{_UNIT: ",".join(quote(unit, safe="") for unit in units)})
        skus = sorted({sku for sku, _ in missing})
        read: dict[Pair, str] = {}
        seen: Counter[Pair] = Counter()
        for page in multi_get(self._client, "inventorylevels", "product.sku", skus, fixed, rows_per_key=len(units)):
            for row in page.rows:
                product = page.must_find("products", related(row, "product") or "")
                precision = page.must_find("productunitprecisions", related(row, "productUnitPrecision") or "")
                pair = (text(attribute(product, "sku")), related(precision, "unit") or "")
                read[pair] = str(row["id"])
                seen[pair] += 1
        for pair in [pair for pair, times in seen.items() if times > 1]:
            log.warning("%d levels for one product unit; none is taken", seen[pair], extra={"pair": pair})
            del read[pair]
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known |= read
        return found | {pair: read[pair] for pair in missing if pair in read}
