"""The credential of ZigZag's webhook, in the three modes of ``contracts/sidecar.md``
(ZIGZAG_WEBHOOK_AUTH)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


@dataclass(frozen=True)
class Verifier:
    """Says whether a delivery carries the credential. Compares in constant time; the secret shows in no
    repr."""

    mode: Literal["header", "basic", "hmac-sha256"]
    header: str
    _secret: str = field(repr=False)

    @classmethod
    def from_setting(cls, auth: str, secret: str) -> Verifier:
        """From ``header:NAME``, ``basic`` or ``hmac-sha256:NAME`` and the secret (``user:password`` for
        basic).

        Raises ValueError with what the setting should look like. An empty secret is refused, it would let
        everybody in.
        """
        mode, _, name = (part.strip() for part in auth.partition(":"))
        mode = mode.lower()
        if not secret:
            raise ValueError("ZIGZAG_WEBHOOK_SECRET must not be empty")
        if mode == "basic" and not name:
            if ":" not in secret:
                raise ValueError("ZIGZAG_WEBHOOK_SECRET must look like user:password when ZIGZAG_WEBHOOK_AUTH is basic")
            return cls("basic", "Authorization", secret)
        if mode == "header" and _HEADER_NAME.fullmatch(name):
            return cls("header", name, secret)
        if mode == "hmac-sha256" and _HEADER_NAME.fullmatch(name):
            return cls("hmac-sha256", name, secret)
        raise ValueError(
            "ZIGZAG_WEBHOOK_AUTH must look like header:X-ZigZag-Key, basic or hmac-sha256:X-Signature,"
            f" not {auth[:60]!r}"
        )

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> bool:
        """Whether the delivery with these headers and exactly these bytes as its body comes from ZigZag."""
        stated = _value(headers, self.header)
        if not stated:
            return False
        if self.mode == "header":
            return _same(_sent(stated), self._secret)
        if self.mode == "basic":
            scheme, _, encoded = stated.partition(" ")
            try:
                credential = base64.b64decode(encoded.strip(), validate=True)
            except (binascii.Error, ValueError):
                return False
            return scheme.lower() == "basic" and _same(credential, self._secret)
        expected = hmac.new(self._secret.encode(), raw_body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(_sent(stated), expected.encode())


def _value(headers: Mapping[str, str], name: str) -> str:
    wanted = name.lower()
    return next((value.strip() for key, value in headers.items() if key.lower() == wanted), "")


def _sent(value: str) -> bytes:
    """The bytes that were on the wire: WSGI hands every byte over as one character (PEP 3333)."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def _same(sent: bytes, secret: str) -> bool:
    # A secret outside ASCII may be sent in either encoding, and nobody can say which.
    utf8 = hmac.compare_digest(sent, secret.encode("utf-8", "surrogatepass"))
    latin = hmac.compare_digest(sent, secret.encode("latin-1", "replace")) if _is_latin(secret) else False
    return utf8 or latin


def _is_latin(text: str) -> bool:
    return all(ord(letter) < 256 for letter in text)
