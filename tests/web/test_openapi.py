"""The OpenAPI document, and what happens to whoever takes it at its word - or does not (schemathesis)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from sidecar.ledger import signals
from sidecar.sync.mappings import KINDS
from tests.laws.bridge import opened as bridge
from tests.laws.bridge import wholesaler
from tests.web.conftest import KEY, NOW, SECRET, Door, opened, said, settings_of

CASES_PER_ADDRESS = int(os.environ.get("FUZZ_CASES", "5"))  # a long run sets hundreds

CONTRACT = {
    ("post", "/v1/returns"): {"200", "202", "400", "401", "403", "409", "413", "415", "422"},
    ("post", "/v1/returns/validate"): {"200", "401", "403", "422", "503"},
    ("get", "/v1/returns"): {"200", "401", "403", "422"},
    ("get", "/v1/returns/{return_id}"): {"200", "401", "403", "404"},
    ("post", "/v1/returns/{return_id}/sync"): {"202", "401", "403", "422"},
    ("post", "/v1/orders/{identifier}/sync"): {"202", "401", "403", "422"},
    ("get", "/v1/requests/{request_id}"): {"200", "401", "403", "404"},
    ("post", "/v1/webhooks/zigzag"): {"200", "401", "413", "500"},
    ("get", "/v1/flags"): {"200", "401", "403", "422"},
    ("get", "/v1/flags/{flag_id}"): {"200", "404"},
    ("post", "/v1/flags/{flag_id}/assign"): {"200", "404", "409", "422"},
    ("post", "/v1/flags/{flag_id}/resolve"): {"200", "404", "409", "422"},
    ("post", "/v1/flags/{flag_id}/reopen"): {"200", "404", "409", "422"},
    ("post", "/v1/flags/{flag_id}/release"): {"200", "404", "409", "422"},
    ("post", "/v1/flags/{flag_id}/note"): {"200", "404", "409", "422"},
    ("get", "/v1/mappings"): {"200"},
    ("get", "/v1/mappings/{kind}"): {"200", "404"},
    **{("put", f"/v1/mappings/{kind}/{{source}}"): {"200", "404", "422"} for kind in KINDS},
    **{("delete", f"/v1/mappings/{kind}/{{source}}"): {"200", "404", "422"} for kind in KINDS},
    ("get", "/healthz"): {"200"},
    ("get", "/readyz"): {"200", "503"},
    ("get", "/metrics"): {"200"},
}


def test_the_document_names_every_address_and_answer_of_the_contract(door: Door) -> None:
    answer = door.get("/openapi.json", key=None)
    assert answer.status_code == 200
    document = answer.get_json()
    assert document["openapi"] == "3.1.0"
    described = {(method, path): each for path, item in document["paths"].items() for method, each in item.items()}
    assert described.keys() == CONTRACT.keys()
    for address, statuses in CONTRACT.items():
        assert statuses <= described[address]["responses"].keys(), address
    assert described["post", "/v1/webhooks/zigzag"]["security"] == [{"webhook": []}]
    assert document["components"]["securitySchemes"]["webhook"]["name"] == "X-ZigZag-Key"


@pytest.fixture(scope="module")
def fuzzed(sqlite_template: Path) -> Iterator[Door]:
    """One door for all generated calls, ready for traffic, with something behind it."""
    shop = wholesaler()
    shop.add_order("SO-1", "GBP", [{"sku": "GLOVE", "quantity": "2", "unit": "case", "value": "9.99", "tax": "4"}])
    with closing(bridge(sqlite_template, shop, now=NOW)) as behind:
        behind.deliver(GRADED)
        behind.work()
        door = opened(behind.ledger, settings_of(behind.settings.database_url, Path(behind.settings.var_dir)))
        door.hook(said())
        door.hook(b"not readable")
        with behind.ledger.begin() as conn:
            signals.beat(conn, "dispatcher", door.now, ok=True, detail="leads")
        door.redis.sadd("rq:workers", "rq:worker:1")
        door.redis.hset("rq:worker:1", "last_heartbeat", door.now.isoformat())
        yield door


# A case and a half, of which a part waits for a grade: lines, a memo, stock and a flag to be answered with.
GRADED = said(
    returnId="R1",
    orderNumber="SO-1",
    lastTrackingStatus="Restocked",
    products=[
        {"productSku": "GLOVE", "quantity": "12", "grade": "A", "returnReason": "Too small"},
        {"productSku": "GLOVE", "quantity": "6", "grade": "E"},
    ],
)


@pytest.fixture(scope="module")
def api(fuzzed: Door) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", fuzzed.app)


@pytest.mark.parametrize(
    ("path", "parts", "query"),
    [
        ("/v1/returns/{return_id}", {"return_id": "R1"}, {}),
        ("/v1/returns", {}, {"state": "review"}),
        ("/v1/flags", {}, {"return_id": "R1", "code": "grade_not_mapped"}),
        ("/v1/mappings/{kind}", {"kind": "grades"}, {}),
    ],
)
def test_what_is_known_of_a_return_is_answered_as_described(
    api: Any, path: str, parts: dict[str, str], query: dict[str, str]
) -> None:
    case = api[path]["get"].Case(path_parameters=parts, query=query)
    answer = case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"}).json()
    if path == "/v1/returns/{return_id}":
        assert [line["accepted"] for line in answer["lines"]] == ["1"]
        assert [(memo["total"], len(memo["stock"])) for memo in answer["postings"]] == [("11.99", 1)]
        assert {flag["code"] for flag in answer["flags"]} == {"grade_not_mapped", "reason_not_mapped"}


def test_an_address_says_which_methods_it_has(api: Any, fuzzed: Door) -> None:
    """Ids may hold slashes; still /v1/returns/validate is no return named "validate"."""
    for path, methods in (
        ("/v1/returns/validate", {"POST"}),
        ("/v1/returns/R1/sync", {"POST"}),
        ("/v1/returns/R1", {"GET", "HEAD"}),
        ("/v1/returns/a%2Fb", {"GET", "HEAD"}),
    ):
        assert set(fuzzed.call("OPTIONS", path).allow) == {"OPTIONS", *methods}, path


@pytest.mark.parametrize(("method", "path"), CONTRACT, ids=lambda part: part)
def test_whatever_is_sent_is_answered_as_described(api: Any, method: str, path: str) -> None:
    """Calls that keep to the document, and calls that do not: schemathesis judges both answers by the document."""
    operation = api[path][method]
    cases = st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

    @given(cases)
    @settings(
        max_examples=CASES_PER_ADDRESS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answered_as_described(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {KEY}", "X-ZigZag-Key": SECRET})

    answered_as_described()
