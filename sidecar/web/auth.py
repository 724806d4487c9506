"""Who is asking: API keys as Bearer tokens, each with its scopes (contracts/sidecar.md)."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass

from flask import request

from sidecar.ledger import keys
from sidecar.web.bridge import Bridge, bridge
from sidecar.web.problems import Problem

SCOPES = ("intake", "sync", "read", "desk", "admin")
BUNDLE = "bundle"
LONGEST_KEY = 512
KEPT_SECONDS = 5.0  # a revoked key works this long at most
MOST_KEPT = 1000


@dataclass(frozen=True)
class Caller:
    """The name of the key and what it may do; ``admin`` may do everything."""

    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return scope in self.scopes or "admin" in self.scopes


def require(scope: str) -> Caller:
    """The caller of this request. Raises Problem 401 without a known key, 403 when the key lacks the scope."""
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise _unauthorized("Send an API key: Authorization: Bearer <key>.", "")
    caller = _find(bridge(), token)
    if caller is None:
        raise _unauthorized("This API key is not known or was revoked.", ', error="invalid_token"')
    if not caller.may(scope):
        raise Problem(
            403,
            "scope-missing",
            f"This API key lacks the scope {scope}; it has: {', '.join(sorted(caller.scopes)) or 'none'}.",
            headers={"WWW-Authenticate": f'Bearer realm="sidecar", error="insufficient_scope", scope="{scope}"'},
        )
    return caller


def _find(here: Bridge, token: str) -> Caller | None:
    if len(token) > LONGEST_KEY:
        return None
    # WSGI hands every byte over as one character (PEP 3333).
    sent = token.encode("latin-1", "replace")
    own = here.settings.sidecar_api_key
    if own and hmac.compare_digest(sent, own.reveal().encode()):
        return Caller(BUNDLE, frozenset(SCOPES))
    digest = hashlib.sha256(sent).hexdigest()
    kept: dict[str, tuple[float, Caller | None]] = here.kept.setdefault("keys", {})
    found = kept.get(digest)
    now = time.monotonic()
    if found is not None and found[0] > now:
        return found[1]
    with here.ledger.read() as conn:
        key = keys.find(conn, token)
    caller = Caller(key.name, frozenset(key.scopes)) if key is not None else None
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[digest] = (now + KEPT_SECONDS, caller)
    return caller


def _unauthorized(detail: str, error: str) -> Problem:
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": f'Bearer realm="sidecar"{error}'})
