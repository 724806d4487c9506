"""The plain way, for comparison: one RQ job per return, one call per fact, RQ's own worker and defaults.

What a first version of such a bridge looks like: a job asks ZigZag for its return, Oro for the order, for each line,
each product and each level, then posts the return and the credit memo. It keeps no ledger, checks no ceiling and knows
one grade; what it does is less than the bridge does, and it has the same upstreams, queue and returns.
"""

from __future__ import annotations

import os
import sys
import time
from decimal import Decimal
from typing import Any

import requests
from redis import Redis
from rq import Queue, Worker

from tests.benchmarks import scene as scenery
from tests.benchmarks.figures import Figure
from tests.benchmarks.passes import Say, _job
from tests.benchmarks.scene import Scene, until

QUEUE = "plain"
JSON_API = "application/vnd.api+json"
ZIGZAG_PREFIX = "/Return/api/v1"


# --- the plain bridge -------------------------------------------------------------------------------------------------


def credit(return_id: str) -> None:
    """The job: one return, from ZigZag into Oro."""
    zigzag, oro = f"{os.environ['ZIGZAG_BASE_URL']}{ZIGZAG_PREFIX}", os.environ["ORO_BASE_URL"]
    login = {"username": os.environ["ZIGZAG_USERNAME"], "password": os.environ["ZIGZAG_PASSWORD"]}
    token = requests.post(f"{zigzag}/Account/Token", json=login, timeout=30).json()["data"]
    said = requests.get(
        f"{zigzag}/Returns/{return_id}",
        params={"retailerCode": os.environ["ZIGZAG_RETAILER_CODE"]},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    ).json()["data"]
    grant = {"grant_type": "client_credentials", "client_id": os.environ["ORO_CLIENT_ID"]}
    grant["client_secret"] = os.environ["ORO_CLIENT_SECRET"]
    access = requests.post(f"{oro}/oauth2-token", data=grant, timeout=30).json()["access_token"]
    back = Back(f"{oro}/admin/api", {"Authorization": f"Bearer {access}", "Accept": JSON_API, "X-Include": "noHateoas"})
    _write(back, said, *_facts(back, said))


class Back:
    """Oro's API, a call at a time."""

    def __init__(self, base: str, headers: dict[str, str]) -> None:
        self.base, self.headers = base, headers

    def get(self, path: str) -> Any:
        answer = requests.get(f"{self.base}/{path}", headers=self.headers, timeout=30)
        answer.raise_for_status()
        return answer.json()["data"]

    def post(self, resource: str, body: dict[str, Any]) -> Any:
        headers = {**self.headers, "Content-Type": JSON_API}
        answer = requests.post(f"{self.base}/{resource}", json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()["data"]


def _facts(back: Back, said: dict[str, Any]) -> tuple[Any, list[dict[str, Any]]]:
    (order,) = back.get(f"orders?filter[identifier]={said['orderNumber']}")
    counted = {row["productSku"]: Decimal(row["quantity"]) for row in said["products"]}
    facts = []
    for linked in order["relationships"]["lineItems"]["data"]:
        line = back.get(f"orderlineitems/{linked['id']}")
        sku = line["attributes"]["productSku"]
        if sku in counted:
            product = back.get(f"products/{line['relationships']['product']['data']['id']}")
            (level,) = back.get(f"inventorylevels?filter[product.sku]={sku}")
            facts.append({"line": line, "product": product, "level": level, "quantity": counted[sku]})
    return order, facts


def _write(back: Back, said: dict[str, Any], order: Any, facts: list[dict[str, Any]]) -> None:
    restocked = said["orderStatus"] == "Restocked"
    to_order = {"data": {"type": "orders", "id": order["id"]}}
    lines = [_line(said, n, fact) for n, fact in enumerate(facts, 1)]
    made = back.post(
        "orderreturns",
        {
            "data": {
                "type": "orderreturns",
                "meta": {"upsert": ["externalId"]},
                "attributes": {
                    "externalId": said["returnId"],
                    "orderIdentifier": said["orderNumber"],
                    "status": "closed" if restocked else "graded",
                    "syncState": "in_sync",
                },
                "relationships": {
                    "order": to_order,
                    "lineItems": {"data": [{"type": line["type"], "id": line["id"]} for line in lines]},
                },
            },
            "included": lines,
        },
    )
    to_return = {"data": {"type": "orderreturns", "id": made["id"]}}
    lines = [_credit_line(n, fact) for n, fact in enumerate(facts, 1)]
    moves = [_move(said, n, fact, to_return) for n, fact in enumerate(facts, 1)] if restocked else []
    net, tax = (sum(Decimal(each["attributes"][name]) for each in lines) for name in ("netValue", "taxValue"))
    back.post(
        "orderreturncredits",
        {
            "data": {
                "type": "orderreturncredits",
                "attributes": {
                    "postingKey": f"plain:{said['returnId']}:1",
                    "currency": order["attributes"]["currency"],
                    "netValue": f"{net:.4f}",
                    "taxValue": f"{tax:.4f}",
                    "totalValue": f"{net + tax:.4f}",
                    "status": "issued",
                    "digest": "0" * 64,
                },
                "relationships": {
                    "orderReturn": to_return,
                    "order": to_order,
                    "lines": {"data": [{"type": each["type"], "id": each["id"]} for each in lines]},
                    "stockMovements": {"data": [{"type": each["type"], "id": each["id"]} for each in moves]},
                },
            },
            "included": [*lines, *moves],
        },
    )


def _line(said: dict[str, Any], n: int, fact: dict[str, Any]) -> dict[str, Any]:
    line, quantity = fact["line"], str(fact["quantity"])
    return {
        "type": "orderreturnlineitems",
        "id": f"l{n}",
        "meta": {"upsert": ["lineKey"]},
        "attributes": {
            "lineKey": f"{said['returnId']}/{n}",
            "productSku": line["attributes"]["productSku"],
            "productUnitCode": line["attributes"]["productUnitCode"],
            "requestedQuantity": quantity,
            "receivedQuantity": quantity,
            "acceptedQuantity": quantity,
            "creditedQuantity": quantity,
            "restockedQuantity": "0",
            "grade": "A",
            "disposition": "restock",
        },
        "relationships": {
            "orderLineItem": {"data": {"type": "orderlineitems", "id": line["id"]}},
            "product": {"data": {"type": "products", "id": fact["product"]["id"]}},
        },
    }


def _credit_line(n: int, fact: dict[str, Any]) -> dict[str, Any]:
    attributes, quantity = fact["line"]["attributes"], fact["quantity"]
    share = quantity / Decimal(str(attributes["quantity"]))
    net = (Decimal(attributes["rowTotalAfterDiscount"]) * share).quantize(Decimal("0.01"))
    taxed = Decimal(attributes["rowTotalAfterDiscountIncludingTax"])
    tax = ((taxed - Decimal(attributes["rowTotalAfterDiscountExcludingTax"])) * share).quantize(Decimal("0.01"))
    return {
        "type": "orderreturncreditlines",
        "id": f"c{n}",
        "attributes": {
            "productSku": attributes["productSku"],
            "description": attributes["productSku"],
            "quantity": str(quantity),
            "productUnitCode": attributes["productUnitCode"],
            "netValue": f"{net:.4f}",
            "taxValue": f"{tax:.4f}",
            "value": f"{net + tax:.4f}",
        },
        "relationships": {"product": {"data": {"type": "products", "id": fact["product"]["id"]}}},
    }


def _move(said: dict[str, Any], n: int, fact: dict[str, Any], to_return: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "orderreturnstockmovements",
        "id": f"s{n}",
        "attributes": {"postingKey": f"plain:{said['returnId']}:1/{n}", "quantity": str(fact["quantity"])},
        "relationships": {
            "inventoryLevel": {"data": {"type": "inventorylevels", "id": fact["level"]["id"]}},
            "orderReturn": to_return,
        },
    }


# --- the comparison ---------------------------------------------------------------------------------------------------


def figures(count: int, say: Say) -> list[Figure]:
    """Both ways over as many returns each, one worker each, one after the other, against the same upstreams."""
    with scenery.scene() as place:
        place.graded(0, count)
        say(f"the bridge writes {count:,} graded returns")
        ours = _ours(place, count)
        plain = place.graded(count, count)
        say(f"the plain way writes {count:,} others")
        theirs = _theirs(place, plain)
    group = f"beside the plain way, {count:,} each"
    return [
        Figure(group, "returns per second, the bridge", ours["per_second"], "", 1),
        Figure(group, "returns per second, the plain way", theirs["per_second"], "", 1),
        Figure(group, "throughput, the bridge over the plain way", ours["per_second"] / theirs["per_second"], " x", 1),
        Figure(group, "upstream calls per return, the bridge", ours["calls"], "", 2),
        Figure(group, "upstream calls per return, the plain way", theirs["calls"], "", 2),
        Figure(group, "CPU of the worker per return, the bridge", ours["cpu"] * 1e3, " ms", 1),
        Figure(group, "CPU of the worker per return, the plain way", theirs["cpu"] * 1e3, " ms", 1),
    ]


def _ours(place: Scene, count: int) -> dict[str, float]:
    """From the walk that finds the returns to the last commit."""
    worker = scenery.Worker(["-m", "sidecar", "worker"], place.environ)
    try:
        _job(place, "page", [[], "warm"])
        calls, cpu, begun = _calls(place), worker.cpu(), time.monotonic()
        _job(place, "poll", [])
        place.relay(place.idle)
        seconds = time.monotonic() - begun
        taken = place.counted("jobs_done")
        until(lambda: place.counted("returns_taken") >= count, f"the job after {taken} to end")
        time.sleep(0.2)
        return _found(place, count, calls, worker.cpu() - cpu, seconds)
    finally:
        worker.stop()


def _theirs(place: Scene, return_ids: list[str]) -> dict[str, float]:
    """From the first job queued to the last one done."""
    queue = Queue(QUEUE, connection=Redis.from_url(place.redis_url))
    worker = scenery.Worker(["-m", "tests.benchmarks.plain_way"], place.environ)
    try:
        queue.enqueue(print, "imports are paid for")
        until(lambda: queue.finished_job_registry.count == 1, "the plain worker to be ready")
        time.sleep(0.2)
        calls, cpu, begun = _calls(place), worker.cpu(), time.monotonic()
        for return_id in return_ids:
            queue.enqueue(credit, return_id)
        until(
            lambda: queue.finished_job_registry.count + queue.failed_job_registry.count > len(return_ids),
            "the plain way",
        )
        seconds = time.monotonic() - begun
        if queue.failed_job_registry.count:
            raise RuntimeError(f"{queue.failed_job_registry.count} jobs of the plain way failed")
        time.sleep(0.2)
        return _found(place, len(return_ids), calls, worker.cpu() - cpu, seconds)
    finally:
        worker.stop()


def _calls(place: Scene) -> int:
    counted = place.calls()
    return counted["writes"] + counted["reads"] + counted["tokens"] + counted["zigzag"]


def _found(place: Scene, count: int, calls: int, cpu: float, seconds: float) -> dict[str, float]:
    return {"per_second": count / seconds, "calls": (_calls(place) - calls) / count, "cpu": cpu / count}


def main() -> None:
    """A worker as RQ makes it, with the imports of its job loaded before the first fork."""
    Worker([QUEUE], connection=Redis.from_url(os.environ["REDIS_URL"])).work(logging_level="WARNING")


if __name__ == "__main__":
    sys.modules["tests.benchmarks.plain_way"] = sys.modules["__main__"]
    main()
