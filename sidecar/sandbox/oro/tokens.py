"""POST /oauth2-token: the recorded answers [01-09]."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

_CLIENT = "Client authentication failed"
_GRANT = "The authorization grant type is not supported by the authorization server."
_REQUEST = (
    "The request is missing a required parameter, includes an invalid parameter value, includes a parameter "
    "more "
    "than once, or is otherwise malformed."
)


class Tokens:
    """OAuth applications and the bearer tokens given to them."""

    def __init__(self, clients: Mapping[str, str], lifetime: float = 3600) -> None:
        self.clients = dict(clients)
        self.lifetime = lifetime
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def valid(self, token: str) -> bool:
        until = self._until.get(token)
        return until is not None and until > time.monotonic()

    def revoke(self, token: str | None = None) -> None:
        """One token, or all of them."""
        with self._lock:
            if token is None:
                self._until.clear()
            else:
                self._until.pop(token, None)

    def answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, str, dict[str, Any]]:
        """Status, media type and body of a token request."""
        given = _parameters(headers, body)
        grant, client = given.get("grant_type"), given.get("client_id")
        if not grant:
            hint = "Check that all required parameters have been provided"
            return _failure(400, "unsupported_grant_type", _GRANT, hint)
        if not client:
            return _failure(400, "invalid_request", _REQUEST, "Check the `client_id` parameter")
        secret = self.clients.get(client)
        if grant != "client_credentials" or secret is None or secret != given.get("client_secret"):
            return self.refusal()
        token = secrets.token_urlsafe(48)
        with self._lock:
            self._until[token] = time.monotonic() + self.lifetime
        lifetime = int(self.lifetime)
        content = {"token_type": "Bearer", "expires_in": lifetime, "access_token": token}
        return 200, "application/json; charset=UTF-8", content

    @staticmethod
    def refusal() -> tuple[int, str, dict[str, Any]]:
        """Wrong secret, unknown client, grant not allowed, API switched off: one answer ([04, 05, 07])."""
        return _failure(401, "invalid_client", _CLIENT)


def _failure(status: int, error: str, text: str, hint: str | None = None) -> tuple[int, str, dict[str, Any]]:
    content = {"error": error, "error_description": text}
    if hint:
        content["hint"] = hint
    return status, "application/json", {**content, "message": text}


def _parameters(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    given: dict[str, str] = {}
    authorization = headers.get("authorization", "")
    if authorization.lower().startswith("basic "):
        try:
            user, _, password = base64.b64decode(authorization[6:]).decode().partition(":")
            given.update(client_id=user, client_secret=password)
        except (binascii.Error, UnicodeDecodeError):
            pass
    if headers.get("content-type", "").startswith("application/json"):
        try:
            sent = json.loads(body or b"{}")
        except ValueError:
            sent = {}
        given.update({str(k): str(v) for k, v in sent.items()} if isinstance(sent, dict) else {})
    else:
        given.update(parse_qsl(body.decode("utf-8", "replace")))
    return given
