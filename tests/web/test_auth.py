"""Who may: Bearer keys with scopes, constant words for who may not."""

from __future__ import annotations

import pytest

from sidecar.ledger import keys
from tests.web.conftest import Door, asked

CALLS = {
    "intake": ("POST", "/v1/returns"),
    "sync": ("POST", "/v1/returns/1/sync"),
    "read": ("GET", "/v1/returns"),
    "desk": ("PUT", "/v1/mappings/reasons/12"),
}
BODIES = {"intake": asked(), "desk": {"value": "damaged"}}


@pytest.mark.parametrize("scope", CALLS)
def test_without_a_key_nothing_is_answered(door: Door, scope: str) -> None:
    method, path = CALLS[scope]
    for headers in (
        {},
        {"Authorization": "Basic dXNlcjpw"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer x"},
    ):
        answer = door.call(method, path, key=None, headers=headers, json=BODIES.get(scope))
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json(force=True)["status"] == 401


@pytest.mark.parametrize("scope", CALLS)
def test_a_key_opens_its_own_scope_and_no_other(door: Door, scope: str) -> None:
    method, path = CALLS[scope]
    own = door.key(scope)
    other = door.key(*(each for each in CALLS if each != scope))
    assert door.call(method, path, key=own, json=BODIES.get(scope)).status_code in (200, 202)
    refused = door.call(method, path, key=other, json=BODIES.get(scope))
    assert refused.status_code == 403
    assert f'scope="{scope}"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("scope", CALLS)
def test_admin_and_the_key_of_the_bundle_open_everything(door: Door, scope: str) -> None:
    method, path = CALLS[scope]
    for key in (door.key("admin"), None):
        answer = (
            door.call(method, path, key=key, json=BODIES.get(scope))
            if key
            else door.call(method, path, json=BODIES.get(scope))
        )
        assert answer.status_code in (200, 202)


def test_a_revoked_key_ends_with_the_cache(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    key = door.key("read")
    assert door.get("/v1/flags", key=key).status_code == 200
    with door.ledger.begin() as conn:
        keys.revoke(conn, "read", "test", door.now)
    from sidecar.web import auth

    later = auth.time.monotonic() + auth.KEPT_SECONDS + 1
    monkeypatch.setattr(auth.time, "monotonic", lambda: later)
    assert door.get("/v1/flags", key=key).status_code == 401


def test_absurd_keys_are_only_wrong(door: Door) -> None:
    for key in ("x" * 5000, "schl\xfcssel", "zz_" + "a" * 43, "'; drop table api_keys; --"):
        assert door.get("/v1/flags", key=key).status_code == 401


def test_public_addresses_need_no_key(door: Door) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
        assert door.get(path, key=None).status_code in (200, 503)
