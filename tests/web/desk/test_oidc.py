"""Single sign-on, against a small issuer that signs with keys of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from werkzeug.test import TestResponse

from sidecar.settings import SettingsError
from tests.support import issuer as stand_in
from tests.support.issuer import Issuer
from tests.web.desk.conftest import Desk, Visitor

DESK_URL = "https://returns.example"
ROLES = '{"returns-money": "finance", "returns-admins": "admin"}'


@pytest.fixture(scope="module")
def issuer_process() -> Iterator[Issuer]:
    with stand_in.running() as issuer:
        yield issuer


@pytest.fixture
def issuer(issuer_process: Issuer) -> Issuer:
    issuer_process.person = {"sub": "17", "preferred_username": "ann", "name": "Ann A", "groups": ["returns-money"]}
    issuer_process.spoil, issuer_process.foreign_key = {}, False
    return issuer_process


@pytest.fixture
def desk(desk_with: Callable[..., Desk], issuer: Issuer) -> Desk:
    return desk_with(
        DESK_URL=DESK_URL,
        OIDC_ISSUER=issuer.url,
        OIDC_CLIENT_ID=stand_in.CLIENT,
        OIDC_CLIENT_SECRET=stand_in.SECRET,
        OIDC_ROLES=ROLES,
    )


def come(visitor: Visitor, **changed: str) -> TestResponse:
    """To the issuer and back, as a browser goes."""
    secure: Any = {"base_url": DESK_URL}
    away = visitor.get("/desk/sign-in/company?next=/desk/users", **secure)
    back = requests.get(away.location, allow_redirects=False, timeout=5).headers["Location"]
    assert back.startswith(f"{DESK_URL}/desk/sign-in/company/return?")
    for name, value in changed.items():
        back = back.replace(f"{name}=", f"{name}={value}")
    return visitor.get(back.removeprefix(DESK_URL), **secure)


def page(visitor: Visitor, path: str) -> TestResponse:
    return visitor.get(path, base_url=DESK_URL)


def test_the_sign_in_page_offers_the_company_account_where_there_is_one(
    desk: Desk, desk_with: Callable[..., Desk]
) -> None:
    assert "company account" in desk.visitor().get("/desk/sign-in").text
    plain = desk_with()
    assert "company account" not in plain.visitor().get("/desk/sign-in").text
    assert plain.visitor().get("/desk/sign-in/company").status_code == 404


def test_whom_the_issuer_vouches_for_is_in_with_the_roles_of_his_groups(desk: Desk, issuer: Issuer) -> None:
    ann = desk.visitor()
    answer = come(ann)
    assert (answer.status_code, answer.location) == (303, "/desk/users")
    assert page(ann, "/desk/users").status_code == 403  # finance, no admin
    assert "Ann A" in page(ann, "/desk").text
    issuer.person["groups"] = ["returns-admins", "returns-money", "others"]
    come(ann)
    assert "finance" in page(ann, "/desk/users").text


def test_who_has_no_group_with_a_role_is_not_let_in(desk: Desk, issuer: Issuer) -> None:
    issuer.person["groups"] = ["others"]
    ann = desk.visitor()
    assert come(ann).location == "/desk/sign-in"
    assert "none of your groups has a role here" in page(ann, "/desk/sign-in").text
    assert page(ann, "/desk").status_code == 303


@pytest.mark.parametrize(
    "spoil", [{"iss": "https://evil.example"}, {"aud": "another"}, {"exp": 1}, {"nonce": "another"}, {"sub": ""}]
)
def test_a_token_that_is_not_for_us_or_not_now_opens_nothing(desk: Desk, issuer: Issuer, spoil: dict[str, Any]) -> None:
    issuer.spoil = spoil
    ann = desk.visitor()
    assert come(ann).location == "/desk/sign-in"
    assert "did not confirm" in page(ann, "/desk/sign-in").text


def test_a_token_signed_with_another_key_opens_nothing(desk: Desk, issuer: Issuer) -> None:
    issuer.foreign_key = True
    ann = desk.visitor()
    assert come(ann).location == "/desk/sign-in"


def test_a_return_that_nobody_asked_for_opens_nothing(desk: Desk) -> None:
    ann = desk.visitor()
    assert come(ann, state="x").location == "/desk/sign-in"
    assert desk.visitor().get("/desk/sign-in/company/return?code=1&state=2").location == "/desk/sign-in"


def test_an_issuer_that_is_away_is_told(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(
        DESK_URL=DESK_URL,
        OIDC_ISSUER="http://127.0.0.1:9",
        OIDC_CLIENT_ID="x",
        OIDC_CLIENT_SECRET="y",
        OIDC_ROLES=ROLES,
    )
    ann = desk.visitor()
    assert ann.get("/desk/sign-in/company", base_url=DESK_URL).location == "/desk/sign-in"
    assert "cannot be reached" in page(ann, "/desk/sign-in").text


def test_half_a_single_sign_on_stops_the_start(desk_with: Callable[..., Desk]) -> None:
    with pytest.raises(SettingsError) as stopped:
        desk_with(OIDC_ISSUER="https://id.example", OIDC_ROLES='{"x": "boss"}', SIDECAR_SECRET_KEY="short")
    text = "\n".join(stopped.value.problems)
    for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "DESK_URL", "SIDECAR_SECRET_KEY", "'boss' is not one of"):
        assert name in text
