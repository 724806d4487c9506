"""Only who holds the secret may tell us about returns."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from sidecar.zigzag.webhook_auth import Verifier

BODY = b'{"data": {"returnId": "1"}}'


def basic(text: str, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(text.encode(encoding)).decode()


def signature(secret: str, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("name", ["X-ZigZag-Key", "x-zigzag-key", "X-ZIGZAG-KEY"])
def test_the_shared_secret_in_its_header_opens_the_door(name):
    assert Verifier.from_setting("header:X-ZigZag-Key", "s3cret").verify({name: "s3cret"}, BODY)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-ZigZag-Key": ""},
        {"X-ZigZag-Key": "s3cre"},
        {"X-ZigZag-Key": "S3CRET"},
        {"X-Other": "s3cret"},
        {"X-ZigZag-Key": "s3cret\u2603"},
    ],
)
def test_anything_else_does_not(headers):
    assert not Verifier.from_setting("header:X-ZigZag-Key", "s3cret").verify(headers, BODY)


def test_basic_takes_user_and_password():
    verifier = Verifier.from_setting("basic", "zigzag:pa:ss")
    assert verifier.verify({"Authorization": basic("zigzag:pa:ss")}, BODY)
    assert verifier.verify({"authorization": basic("zigzag:pa:ss").replace("Basic", "basic")}, BODY)
    for wrong in (basic("zigzag:pass"), "Basic", "Basic ???", "Bearer zigzag:pa:ss", "zigzag:pa:ss", ""):
        assert not verifier.verify({"Authorization": wrong}, BODY)


def test_a_signature_fits_its_body_only():
    verifier = Verifier.from_setting("hmac-sha256:X-Signature", "s3cret")
    assert verifier.verify({"X-Signature": signature("s3cret")}, BODY)
    assert not verifier.verify({"X-Signature": signature("s3cret")}, BODY + b" ")
    assert not verifier.verify({"X-Signature": signature("other")}, BODY)
    assert not verifier.verify({"X-Signature": "sha256=" + signature("s3cret")}, BODY)
    assert not verifier.verify({}, BODY)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_secret_with_umlauts_is_known_in_either_encoding(encoding):
    on_the_wire = "gehüîm".encode(encoding).decode("latin-1")
    assert Verifier.from_setting("header:X-Key", "gehüîm").verify({"X-Key": on_the_wire}, BODY)
    assert Verifier.from_setting("basic", "zig:gehüîm").verify({"Authorization": basic("zig:gehüîm", encoding)}, BODY)
    assert Verifier.from_setting("hmac-sha256:X-Key", "gehüîm").verify({"X-Key": signature("gehüîm")}, BODY)


@pytest.mark.parametrize(
    ("auth", "secret"),
    [
        ("", "s"),
        ("header", "s"),
        ("header:", "s"),
        ("header:a b", "s"),
        ("digest:X", "s"),
        ("hmac-sha256", "s"),
        ("hmac-sha1:X", "s"),
        ("basic:X", "a:b"),
        ("basic", "no-colon"),
        ("header:X", ""),
    ],
)
def test_a_malformed_setting_is_named_and_says_what_it_should_look_like(auth, secret):
    with pytest.raises(ValueError, match=r"ZIGZAG_WEBHOOK_(AUTH|SECRET) must"):
        Verifier.from_setting(auth, secret)


def test_the_secret_shows_in_no_repr():
    assert "s3cret" not in repr(Verifier.from_setting("header:X-Key", "s3cret"))
