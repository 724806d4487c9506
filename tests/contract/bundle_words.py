"""The throwaway bundle's words turned into the contract's (contracts/bundle.md: "where a rule goes further, the rule
counts")."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.contract.conftest import Caller
from tests.contract.recorded import differences

WORDS = {"inspected": "graded", "credited": "closed", "synced": "in_sync"}
# Fields the contract added after the recordings were made.
ADDED = {
    "orderreturns": {"revision", "trackingNumber", "carrier", "reasonSummary", "credits"},
    "orderreturnlineitems": {"creditedQuantity", "disposition", "reviewReason"},
    "orderreturncredits": {"netValue", "taxValue", "status", "digest", "order"},
    "orderreturncreditlines": {"netValue", "taxValue", "description", "productUnitCode", "product"},
    "orderreturnstockmovements": set(),
}
# Fields only the throwaway bundle had.
DROPPED = {
    "orderreturncredits": {"updatedAt"},
    "orderreturnstockmovements": {"updatedAt", "productSku", "productUnitCode", "warehouseCode"},
}


def resources(body: Any) -> Iterator[dict[str, Any]]:
    """Every resource object of a document."""
    if isinstance(body, dict):
        data = body.get("data")
        yield from data if isinstance(data, list) else [data] if isinstance(data, dict) else []
        yield from body.get("included", ())


def in_contract_words(body: Any) -> Any:
    """A recorded request or answer as the contract words it."""
    body = copy.deepcopy(body)
    for resource in resources(body):
        attributes = resource.get("attributes", {})
        for name in ("status", "syncState"):
            if attributes.get(name) in WORDS:
                attributes[name] = WORDS[attributes[name]]
        for name in DROPPED.get(resource["type"], ()):
            attributes.pop(name, None)
    return body


def contract_request(recording: dict[str, Any]) -> dict[str, Any]:
    """The recording with a request the contract's bundle accepts: a credit carries net, tax, status and digest."""
    recording = {
        **recording,
        "request": {**recording["request"], "body": in_contract_words(recording["request"]["body"])},
    }
    for resource in resources(recording["request"]["body"]):
        attributes = resource.setdefault("attributes", {})
        if resource["type"] == "orderreturncredits" and "postingKey" in attributes:
            total = attributes["totalValue"]
            attributes.update(netValue=total, taxValue="0", status="issued", digest="digest of the lines")
        elif resource["type"] == "orderreturncreditlines":
            attributes.update(netValue=attributes["value"] or "0", taxValue="0")
    _balance(recording["request"]["body"])
    return recording


def _balance(body: Any) -> None:
    """The first line takes what the recorded lines lack: the throwaway bundle did not compare them with the total."""
    lines = [each["attributes"] for each in resources(body) if each["type"] == "orderreturncreditlines"]
    memo = next((each["attributes"] for each in resources(body) if "totalValue" in each["attributes"]), None)
    if memo is not None and lines and all(line["value"] for line in lines):
        rest = sum((Decimal(str(line["value"])) for line in lines[1:]), Decimal(0))
        lines[0]["value"] = lines[0]["netValue"] = str(Decimal(str(memo["totalValue"])) - rest)


def with_own_ids(body: Any) -> Any:
    """Ids of the bundle's records replaced by the order in which they appear: they are sequence numbers."""
    seen: dict[tuple[str, str], str] = {}

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("type") in ADDED and "id" in value:
            key = (value["type"], value["id"])
            value = {**value, "id": seen.setdefault(key, f"#{len(seen) + 1}")}
            # An includeId may be a real id ([05]).
            value.pop("meta", None)
        return {name: walk(item) for name, item in value.items()}

    return walk(body)


def departures(recorded: Any, actual: Any) -> list[str]:
    """Differences that the contract's additions do not explain."""
    additions = {name for names in ADDED.values() for name in names}
    trimmed = copy.deepcopy(actual)
    for resource in resources(trimmed):
        recorded_like = next((item for item in resources(recorded) if item["type"] == resource["type"]), {})
        for part in ("attributes", "relationships"):
            for name in ADDED.get(resource["type"], ()):
                if name not in recorded_like.get(part, {}):
                    resource.get(part, {}).pop(name, None)
    found = differences(with_own_ids(in_contract_words(recorded)), with_own_ids(trimmed))
    return [text for text in found if not (text.endswith("not recorded") and text.split(":")[0] in additions)]


def replay(caller: Caller, recording: dict[str, Any]) -> Any:
    return caller.replay(contract_request(recording))


def return_document(key: str, lines: list[dict[str, Any]] | None, **attributes: Any) -> dict[str, Any]:
    """The body of an upsert of one return; a line is its attributes, `lineKey` among them."""
    data: dict[str, Any] = {
        "type": "orderreturns",
        "id": "return",
        "meta": {"upsert": ["externalId"]},
        "attributes": {"externalId": key, "status": "received", **attributes},
        "relationships": {"order": {"data": {"type": "orders", "id": "1"}}},
    }
    if lines is None:
        return {"data": data}
    linked = [{"type": "orderreturnlineitems", "id": line["lineKey"]} for line in lines]
    data["relationships"]["lineItems"] = {"data": linked}
    included = [
        {**link, "meta": {"upsert": ["lineKey"]}, "attributes": line} for link, line in zip(linked, lines, strict=True)
    ]
    return {"data": data, "included": included} if included else {"data": data}


def posting(key: str, return_id: str, lines: list[dict[str, Any]] | None = None, **attributes: Any) -> dict[str, Any]:
    """The body of a credit on an existing return, by default one line of 10.00 net and 1.00 tax."""
    if lines is None:
        lines = [{"productSku": "A", "quantity": "1", "netValue": "10", "taxValue": "1", "value": "11"}]
    linked = [{"type": "orderreturncreditlines", "id": f"c{number}"} for number in range(len(lines))]
    values = {"netValue": "10", "taxValue": "1", "totalValue": "11"}
    return {
        "data": {
            "type": "orderreturncredits",
            "id": "credit",
            "attributes": {
                "postingKey": key,
                "currency": "USD",
                "status": "issued",
                "digest": "d",
                **values,
                **attributes,
            },
            "relationships": {
                "orderReturn": {"data": {"type": "orderreturns", "id": return_id}},
                "lines": {"data": linked},
            },
        },
        "included": [{**link, "attributes": line} for link, line in zip(linked, lines, strict=True)],
    }


def with_movement(body: dict[str, Any], key: str, quantity: Any, level: str, return_id: str) -> dict[str, Any]:
    """Adds a stock movement to a credit's or a return's body."""
    body = json.loads(json.dumps(body))
    local = f"m{len(body.get('included', ()))}"
    body.setdefault("included", []).append(
        {
            "type": "orderreturnstockmovements",
            "id": local,
            "attributes": {"postingKey": key, "quantity": quantity},
            "relationships": {
                "inventoryLevel": {"data": {"type": "inventorylevels", "id": level}},
                "orderReturn": {"data": {"type": "orderreturns", "id": return_id}},
            },
        }
    )
    if body["data"]["type"] == "orderreturncredits":
        movements = body["data"]["relationships"].setdefault("stockMovements", {"data": []})
        movements["data"].append({"type": "orderreturnstockmovements", "id": local})
    return body
