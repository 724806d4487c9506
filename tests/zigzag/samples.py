"""The snapshot of the contract, to be varied."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sidecar.returns.model import Snapshot
from sidecar.zigzag import snapshot

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "productSku": "NPC093284",
        "productTitle": "Test Product",
        "grade": "A",
        "quantity": "1",
        "returnReason": "Too small",
        "currency": "GBP",
        "itemCost": "10.00",
        "returnOption": "1",
        "notes": "",
        "notesContent": "",
        **changes,
    }


def body(**changes: Any) -> dict[str, Any]:
    return {
        "retailerCode": "GL123",
        "orderNumber": "SO-10012",
        "returnId": "413413515",
        "source": "portal",
        "externalReference": "M100000384",
        "country": "GB",
        "customerName": "Steve",
        "salutation": "Mr",
        "customerType": 0,
        "carrier": "DPD",
        "carrierService": "1",
        "shippingCost": "10.00",
        "returnCost": "10.00",
        "returnCostCurrency": "GBP",
        "voucherValue": "0.00",
        "warehouse": "Daventry",
        "warehouseReference": "GB0064",
        "trackingId": "TRACKING",
        "dateTimeStatusChange": "11-11-2012T10:05:19Z",
        "lastTrackingStatus": "Received",
        "orderStatus": "Requested",
        "returnOption": "1",
        "products": [row()],
        **changes,
    }


def read(**changes: Any) -> Snapshot:
    """The snapshot of the contract with changes, as it is read at NOW, UTC."""
    return snapshot.parse(body(**changes), received_at=NOW, zone=UTC, sequence=7)


def read_row(**changes: Any) -> Snapshot:
    """The same with one row changed."""
    return read(products=[row(**changes)])
