"""The generic webhook: our own JSON, signed, for whatever else wants to know."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sidecar.alerts.message import Message
from sidecar.alerts.posting import post

SIGNATURE = "X-Returns-Signature"
TIMESTAMP = "X-Returns-Timestamp"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """``sha256=`` and the hex HMAC-SHA256 of ``timestamp.body``: an old message cannot be sent again as a new one."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class SignedWebhook:
    """POSTs ``Message.as_json`` with a timestamp (seconds since 1970) and its signature."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    clock: Callable[[], float] = time.time
    name: str = "webhook"

    def serves(self, owner: str) -> bool:
        return True

    def send(self, message: Message) -> None:
        body = json.dumps(message.as_json(), separators=(",", ":")).encode()
        timestamp = str(int(self.clock()))
        post(self.url, body, {TIMESTAMP: timestamp, SIGNATURE: signature(self.secret, timestamp, body)})
