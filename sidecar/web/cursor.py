"""The cursor of a list: opaque to its reader, and signed, so that a made-up one is refused instead of obeyed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from sidecar.web.bridge import Bridge
from sidecar.web.problems import Problem

_SIGNATURE = 12  # bytes
SHAPE = "[A-Za-z0-9_-]{18,1000}"  # the signature and a place of at least one byte, in base64url


def seal(bridge: Bridge, what: str, place: str | None) -> str | None:
    """The cursor for ``place`` in the list ``what`` (its name and filters); None at the end of the list."""
    if place is None:
        return None
    raw = place.encode()
    return base64.urlsafe_b64encode(_sign(bridge, what, raw) + raw).decode().rstrip("=")


def unseal(bridge: Bridge, what: str, cursor: str | None) -> str | None:
    """The place a cursor names. Raises Problem (409) when we did not make it for this very list."""
    if not cursor:
        return None
    wrong = Problem(409, "another-list", "The cursor is not one that this list gave out; begin without a cursor.")
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raise wrong from None
    signature, raw = sealed[:_SIGNATURE], sealed[_SIGNATURE:]
    if not hmac.compare_digest(signature, _sign(bridge, what, raw)):
        raise wrong
    return raw.decode()


def _sign(bridge: Bridge, what: str, raw: bytes) -> bytes:
    # Shared by all web processes and kept over a restart; a cursor is no secret, only ours.
    settings = bridge.settings
    secret = f"{settings.sidecar_api_key.reveal()}\0{settings.database_url}\0cursor"
    return hmac.new(secret.encode(), what.encode() + b"\0" + raw, hashlib.sha256).digest()[:_SIGNATURE]
