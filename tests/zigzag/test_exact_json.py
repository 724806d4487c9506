"""Bodies come in and go out without loss, and none of them can hurt the reader."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from sidecar.zigzag.errors import Unreadable
from sidecar.zigzag.exact_json import canonical, dumps, loads


def test_fractions_are_decimals_and_are_written_digit_by_digit():
    value = loads(b'{"a": 0.10, "b": [1.2345678901234567890123], "c": 1e5, "d": 7}')
    assert value == {
        "a": Decimal("0.10"),
        "b": [Decimal("1.2345678901234567890123")],
        "c": Decimal("1E5"),
        "d": 7,
    }
    assert dumps(value) == '{"a":0.10,"b":[1.2345678901234567890123],"c":1E+5,"d":7}'
    assert loads(dumps(value)) == value


def test_with_and_without_fractions_the_rest_is_written_alike():
    plain = {"z": None, "a": [True, False, '\N{GLOVES}"\\\n'], "n": {}, "m": []}
    mixed = {**plain, "q": Decimal("1.0")}
    assert dumps(mixed) == dumps(plain)[:-1] + ',"q":1.0}'
    assert canonical(mixed) == canonical(plain).replace(b'"z"', b'"q":1.0,"z"')


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[1,]", "not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b"-Infinity", "Infinity"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"[" * 100 + b"]" * 100, "nested deeper"),
        (b"[" * 200_000, "nested deeper"),
        (b'{"a":' * 65 + b"[]" + b"}" * 65, "nested deeper"),
    ],
)
def test_what_cannot_be_understood_is_unreadable_with_a_reason(raw, reason):
    with pytest.raises(Unreadable, match=reason):
        loads(raw)


def test_many_brackets_side_by_side_are_not_deep():
    assert loads(b"[" + b"[]," * 1000 + b"[]]") == [[]] * 1001


def test_absurd_numbers_do_not_lose_the_body_around_them():
    raw = b'{"a": 1e999999, "b": 1e99999999999999999999999, "c": ' + b"9" * 5000 + b"}"
    value = loads(raw)
    assert value["a"] == Decimal("1E+999999")
    assert value["b"] == "1e99999999999999999999999"
    assert value["c"] == "9" * 5000
    assert loads(dumps(value)) == value


def test_half_an_emoji_and_nul_are_replaced_because_no_database_holds_them():
    assert loads(b'{"t\\u0000": ["cut \\ud83e", "whole \\uD83E\\uDDE4"]}') == {
        "t\N{REPLACEMENT CHARACTER}": ["cut \N{REPLACEMENT CHARACTER}", "whole \N{GLOVES}"]
    }


def test_a_byte_order_mark_and_repeated_keys_are_tolerated():
    assert loads(b'\xef\xbb\xbf{"a": 1, "a": 2}') == {"a": 2}


def test_text_from_the_ledger_is_read_like_bytes():
    assert loads(json.dumps({"a": 1})) == {"a": 1}


def test_no_decimal_that_is_no_number_is_ever_written():
    with pytest.raises(ValueError, match="no JSON numbers"):
        dumps([Decimal("NaN")])
