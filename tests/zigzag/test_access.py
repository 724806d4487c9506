"""The token is found wherever ZigZag puts it, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json

import pytest

from sidecar.zigzag.access import AccessToken, expiry, token_in


@pytest.mark.parametrize(
    "answer",
    [
        {"data": "T"},
        {"data": {"token": "T"}},
        {"token": "T"},
        {"access_token": "T"},
        {"data": None, "token": "T"},
    ],
)
def test_a_token_is_found_in_each_of_its_places(answer):
    assert token_in(answer) == "T"


@pytest.mark.parametrize("answer", [None, [], "T", {}, {"data": ""}, {"data": 5}, {"token": "a\r\nX-Evil: 1"}])
def test_anything_else_is_no_token(answer):
    assert token_in(answer) is None


def jwt(claims: object) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{middle}.c2ln"


@pytest.mark.parametrize(
    ("token", "exp"),
    [
        (jwt({"exp": 1800000000}), 1800000000),
        (jwt({"exp": 1800000000.5}), 1800000000),
        (jwt({}), None),
        (jwt({"exp": "soon"}), None),
        (jwt({"exp": True}), None),
        (jwt([]), None),
        ("opaque", None),
        ("a.b.c", None),
        ("a.\u20ac.c", None),
        (jwt({"exp": 10**30}), None),
    ],
)
def test_the_end_of_a_jwt_is_read_without_trusting_it(token, exp):
    assert expiry(token) == exp


def test_an_interrupted_fetch_is_raised_and_leaves_the_next_one_free():
    class TimeLimit(BaseException):
        pass

    answers = iter([TimeLimit(), "T"])

    def fetch() -> str:
        answer = next(answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    access = AccessToken(fetch, clock=lambda: 0.0, wall=lambda: 0.0)
    with pytest.raises(TimeLimit):
        access.get()
    assert access.get() == "T"


def test_a_late_refusal_of_the_old_token_does_not_drop_the_new_one():
    tokens = iter(["old", "new", "newer"])
    access = AccessToken(lambda: next(tokens), clock=lambda: 0.0, wall=lambda: 0.0)
    old = access.get()
    access.drop(old)
    assert access.get() == "new"
    access.drop(old)
    assert access.get() == "new"
