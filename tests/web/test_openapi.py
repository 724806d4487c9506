"""The OpenAPI document, and what happens to whoever takes it at its word - or does not (schemathesis)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from sidecar.ledger import signals
from sidecar.ledger.engine import open_ledger
from sidecar.sync.mappings import KINDS
from tests.support.memory import folder
from tests.web.conftest import KEY, SECRET, Door, opened, said, settings_of

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
    with folder() as place:
        shutil.copy(sqlite_template, place / "ledger.db")
        ledger = open_ledger(f"sqlite:///{place}/ledger.db")
        door = opened(ledger, settings_of(f"sqlite:///{place}/ledger.db", place))
        door.hook(said())
        door.hook(b"not readable")
        with ledger.begin() as conn:
            signals.beat(conn, "dispatcher", door.now, ok=True, detail="leads")
        door.redis.sadd("rq:workers", "rq:worker:1")
        door.redis.hset("rq:worker:1", "last_heartbeat", door.now.isoformat())
        yield door
        ledger.dispose()


@pytest.fixture(scope="module")
def api(fuzzed: Door) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", fuzzed.app)


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
