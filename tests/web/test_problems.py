"""Every error is a problem in the form of RFC 9457, and every answer can be found in the log again."""

from __future__ import annotations

import json
import logging

import pytest
from gunicorn.http.errors import InvalidChunkSize  # type: ignore[import-untyped]
from sqlalchemy.exc import OperationalError

from sidecar.sync import intake
from tests.web.conftest import SECRET, Door, asked, said


def problem(answer, status: int) -> dict:  # type: ignore[no-untyped-def, type-arg]
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json(force=True)
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body["status"] == status
    return dict(body)


def test_unknown_addresses_and_methods(door: Door) -> None:
    problem(door.get("/nothing/here"), 404)
    problem(door.get("/v1/returns/unknown"), 404)
    problem(door.get("/v1/requests/unknown"), 404)
    problem(door.get("/v1/flags/999999999999999999999"), 404)
    refused = door.call("PATCH", "/v1/returns")
    problem(refused, 405)
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_body_that_is_no_json(door: Door) -> None:
    for raw in (b"", b"{", b"\xff\xfe", b'{"quantity": NaN}', b"[" * 100_000, b'{"a": 1e5', b"nul"):
        problem(door.post("/v1/returns", data=raw, content_type="application/json"), 400)


def test_a_body_of_another_kind(door: Door) -> None:
    problem(door.post("/v1/returns", data=b"{}", content_type="text/plain"), 415)
    problem(door.post("/v1/returns", data=b"{}"), 415)
    assert (
        door.post("/v1/returns", json=asked(), headers={"Content-Type": "application/json; charset=utf-8"}).status_code
        == 202
    )


def test_a_body_beyond_one_mebibyte(door: Door) -> None:
    large = b'{"return_id": "' + b"1" * (1024 * 1024) + b'"}'
    problem(door.post("/v1/returns", data=large, content_type="application/json"), 413)
    problem(door.hook(large), 413)
    fits = b'{"return_id": "1"}' + b" " * (1024 * 1024 - 18)
    problem(door.post("/v1/returns", data=fits, content_type="application/json"), 422)


class Chunks:
    """A chunked body as gunicorn hands it over; ``then`` is raised at its end."""

    def __init__(self, body: bytes, then: Exception | None = None) -> None:
        self.rest, self.then = body, then

    def read(self, size: int = -1) -> bytes:
        if not self.rest and self.then is not None:
            raise self.then
        read, self.rest = self.rest[:size], self.rest[size:]
        return read


def chunked(body: bytes, then: Exception | None = None) -> dict[str, object]:
    """What of a request says that it states no length."""
    return {"wsgi.input": Chunks(body, then), "wsgi.input_terminated": True, "CONTENT_LENGTH": None}


def test_a_chunked_body_beyond_one_mebibyte_is_refused_and_not_cut(door: Door) -> None:
    """Cut, a message of ZigZag would be stored as one that nobody can read."""
    large = b'{"return_id": "' + b"1" * (1024 * 1024) + b'"}'
    problem(door.post("/v1/returns", environ_overrides=chunked(large), content_type="application/json"), 413)
    hook = {"X-ZigZag-Key": SECRET}
    problem(door.post("/v1/webhooks/zigzag", key=None, headers=hook, environ_overrides=chunked(large)), 413)
    fits = b'{"return_id": "1"}' + b" " * (1024 * 1024 - 18)
    problem(door.post("/v1/returns", environ_overrides=chunked(fits), content_type="application/json"), 422)


def test_chunks_that_cannot_be_told_apart_are_the_senders_fault(door: Door) -> None:
    broken = chunked(b'{"return_id"', InvalidChunkSize(b"ZZ"))
    problem(door.post("/v1/returns", environ_overrides=broken, content_type="application/json"), 400)


def test_a_name_twice_in_one_object_is_refused(door: Door) -> None:
    """Return 1 or return 2? Neither: nobody could say."""
    raw = b'{"return_id": "1", "order_identifier": "SO-10012", "return_id": "2"}'
    said = problem(door.post("/v1/returns", data=raw, content_type="application/json"), 400)
    assert "'return_id' twice" in said["detail"]
    assert door.get("/v1/returns").get_json()["returns"] == []


def test_fields_are_named_by_pointer(door: Door) -> None:
    body = asked(surprise=1, lines=[{"sku": "GLOVE", "quantity": "1"}, {"sku": "", "quantity": "-1", "x/y~z": 2}])
    errors = {each["pointer"]: each["message"] for each in problem(door.post("/v1/returns", json=body), 422)["errors"]}
    assert errors.keys() == {"/surprise", "/lines/1/sku", "/lines/1/quantity", "/lines/1/x~1y~0z"}
    assert errors["/surprise"] == "is not known here"


@pytest.mark.parametrize("body", [[], "text", 1, None, True])
def test_a_body_that_is_no_object(door: Door, body: object) -> None:
    raw = json.dumps(body).encode()
    assert problem(door.post("/v1/returns", data=raw, content_type="application/json"), 422)["errors"] == [
        {"pointer": "", "message": "must be a JSON object"}
    ]


def test_queries_are_checked_too(door: Door) -> None:
    for query in (
        "state=odd",
        "milestone=x",
        "changed_since=yesterday",
        "limit=0",
        "limit=1e3",
        "cursor=abc",
        "odd=1",
        "state=pending&state=review",
    ):
        assert problem(door.get(f"/v1/returns?{query}"), 422)["errors"][0]["pointer"].startswith("?")
    problem(door.get("/v1/mappings?x=1"), 422)


def test_a_ledger_that_is_away_asks_for_patience(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(intake, "take_in", away)
    monkeypatch.setattr(intake, "store_webhook", away)
    refused = door.post("/v1/returns", json=asked())
    problem(refused, 503)
    assert int(refused.headers["Retry-After"]) > 0
    problem(door.hook(said()), 500)  # the only word after which ZigZag sends it again


def test_an_unforeseen_error_tells_the_log_and_not_the_caller(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the inner word")

    monkeypatch.setattr(intake, "take_in", broken)
    with caplog.at_level(logging.ERROR):
        answer = door.post("/v1/returns", json=asked())
    problem(answer, 500)
    assert "inner word" not in answer.get_data(as_text=True)
    assert "inner word" in caplog.text


def test_every_answer_carries_an_id_and_safe_headers(door: Door) -> None:
    for answer in (door.get("/healthz"), door.get("/nothing"), door.get("/v1/flags", key=None)):
        assert answer.headers["X-Request-ID"] == answer.headers["X-Correlation-ID"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    own = door.get("/healthz", headers={"X-Correlation-ID": "order-7:a.b_c"})
    assert own.headers["X-Correlation-ID"] == "order-7:a.b_c"
    for odd in ("a" * 65, "x y", "<script>", ""):
        assert door.get("/healthz", headers={"X-Correlation-ID": odd}).headers["X-Correlation-ID"] != odd
