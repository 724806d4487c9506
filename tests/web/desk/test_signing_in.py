"""The door of the desk: cookies, forms, headers, and what a person sees who is not let in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sidecar.ledger import audit
from sidecar.sync import people
from tests.web.desk.conftest import GOOD, Desk


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back_to_where_he_wanted(desk: Desk) -> None:
    desk.user("ann", "admin")
    ann = desk.visitor()
    answer = ann.get("/desk/users?x=1")
    assert answer.status_code == 303
    assert answer.location == "/desk/sign-in?next=/desk/users?x%3D1"
    ann.get(answer.location)
    answer = ann.send("/desk/sign-in", name="ann", password=GOOD, next="/desk/users?x=1", follow=False)
    assert (answer.status_code, answer.location) == (303, "/desk/users?x=1")


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "/desk\\..", "/v1/x"])
def test_signing_in_never_leads_to_another_site(desk: Desk, target: str) -> None:
    desk.user("ann", "cx")
    ann = desk.visitor()
    ann.get("/desk/sign-in")
    answer = ann.send("/desk/sign-in", name="ann", password=GOOD, next=target, follow=False)
    assert answer.location == "/desk"


def test_the_cookie_is_for_the_desk_and_for_no_script_and_secure_behind_https(desk_with: Callable[..., Desk]) -> None:
    plain = desk_with().visitor().get("/desk/sign-in").headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/desk", "SameSite=Lax"} <= set(plain.split("; "))
    assert "Secure" not in plain
    behind = desk_with(DESK_URL="https://returns.example").visitor().get("/desk/sign-in")
    assert "Secure" in behind.headers["Set-Cookie"].split("; ")
    assert "max-age" in behind.headers["Strict-Transport-Security"]


def test_the_api_sets_no_cookie_and_takes_none(desk: Desk) -> None:
    ann = desk.signed_in("admin")
    answer = ann.client.get("/v1/flags")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" not in desk.door.get("/v1/flags").headers


def test_a_page_runs_no_script_but_ours_and_is_kept_by_nobody(desk: Desk) -> None:
    answer = desk.signed_in("cx").get("/desk")
    policy = dict(each.split(" ", 1) for each in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert (policy["script-src"], policy["style-src"]) == ("'self'", "'self'")
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert " onclick" not in answer.text


def test_static_files_are_kept_for_ever_as_their_address_names_their_content(desk: Desk) -> None:
    page = desk.visitor().get("/desk/sign-in").text
    address = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert "?v=" in address
    answer = desk.visitor().get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_form_that_is_not_ours_is_refused(desk: Desk) -> None:
    ann = desk.signed_in("admin")
    ann.token = "made up"
    assert ann.send("/desk/sign-out").status_code == 400
    assert ann.get("/desk").status_code == 200  # still signed in
    stranger = desk.visitor()
    assert stranger.send("/desk/sign-in", name="admin", password=GOOD).status_code == 400


def test_the_token_of_a_form_does_not_outlive_the_session(desk: Desk) -> None:
    ann = desk.signed_in("admin")
    token = ann.token
    ann.get("/desk")
    ann.send("/desk/sign-out")
    ann.sign_in("admin")
    ann.token = token
    assert ann.send("/desk/sign-out").status_code == 400


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(desk: Desk) -> None:
    ann = desk.signed_in("cx")
    kept = ann.client.get_cookie("returns_desk", path="/desk")
    assert kept is not None
    ann.get("/desk")
    assert "signed out" in ann.send("/desk/sign-out").text
    thief = desk.visitor()
    thief.client.set_cookie("returns_desk", kept.value, path="/desk")
    assert thief.get("/desk").status_code == 303


def test_a_forged_cookie_is_nobody(desk: Desk) -> None:
    ann = desk.signed_in("cx")
    kept = ann.client.get_cookie("returns_desk", path="/desk")
    assert kept is not None
    body, _, rest = kept.value.partition(".")
    ann.client.set_cookie("returns_desk", f"{body}x.{rest}", path="/desk")
    assert ann.get("/desk").status_code == 303


def test_two_web_processes_know_each_others_cookies(desk_with: Callable[..., Desk]) -> None:
    ann = desk_with().signed_in("cx")
    kept = ann.client.get_cookie("returns_desk", path="/desk")
    assert kept is not None
    other = desk_with().visitor()
    other.client.set_cookie("returns_desk", kept.value, path="/desk")
    assert other.get("/desk").status_code == 200


def test_a_wrong_password_says_so_and_too_many_say_when_to_come_back(desk: Desk) -> None:
    desk.user("ann", "cx")
    ann = desk.visitor()
    for _ in range(5):
        answer = ann.sign_in("ann", "a guess, and a long one")
        assert answer.status_code == 401
        assert "The name or the password is wrong." in answer.text
    answer = ann.sign_in("ann")
    assert answer.status_code == 429
    assert "Try again in a minute." in answer.text
    desk.door.forward(minutes=1)
    assert ann.sign_in("ann").status_code == 200


def test_a_password_that_somebody_else_chose_opens_nothing_but_its_own_change(desk: Desk) -> None:
    desk.user("ann", "admin", must_change=True)
    ann = desk.visitor()
    assert "Choose your own password" in ann.sign_in("ann").text
    assert ann.get("/desk/users").location == "/desk/password"
    ann.get("/desk/password")
    assert "differ" in ann.send("/desk/password", old=GOOD, new="a much better one", again="a much better on").text
    assert (
        "present password is wrong"
        in ann.send("/desk/password", old="not this", new="a much better one", again="a much better one").text
    )
    answer = ann.send("/desk/password", old=GOOD, new="a much better one", again="a much better one")
    assert "Your password is changed" in answer.text
    assert ann.get("/desk/users").status_code == 200


def test_a_session_that_ended_sends_htmx_to_the_sign_in_page_and_not_into_a_part_of_one(desk: Desk) -> None:
    answer = desk.visitor().get("/desk", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/desk/sign-in"


def test_an_unknown_address_is_told_in_the_desks_own_words(desk: Desk) -> None:
    assert desk.visitor().get("/desk/nothing/here").status_code == 303
    answer = desk.signed_in("cx").get("/desk/nothing/here")
    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text


def test_only_an_admin_keeps_users(desk: Desk) -> None:
    bob = desk.signed_in("cx", "finance", "operations", "it")
    assert bob.get("/desk/users").status_code == 403
    bob.get("/desk")
    assert bob.send("/desk/users", name="eve", role="admin").status_code == 403
    assert "Users" not in bob.get("/desk").text


def test_an_admin_adds_a_user_whose_password_is_shown_once(desk: Desk) -> None:
    ann = desk.signed_in("admin", name="ann")
    ann.get("/desk/users")
    answer = ann.send("/desk/users", name="bob", full_name="Bob <B>", role=["cx", "finance"])
    made = answer.text.partition("first sign-in is ")[2].partition(" -")[0]
    assert "Bob &lt;B&gt;" in answer.text
    assert made not in ann.get("/desk/users").text
    bob = desk.visitor()
    assert "Choose your own password" in bob.sign_in("bob", made).text
    with desk.door.ledger.read() as conn:
        trail = audit.search(conn, subject="user:bob")
    assert [(row.actor, row.action) for row in trail] == [("user:bob", "signed in"), ("user:ann", "user added")]


def test_an_admin_cannot_lock_himself_out(desk: Desk) -> None:
    ann = desk.signed_in("admin", name="ann")
    ann.get("/desk/users/ann")
    assert "You cannot take this from yourself" in ann.send("/desk/users/ann/disable").text
    assert "You cannot take this from yourself" in ann.send("/desk/users/ANN/roles", role="cx").text
    assert ann.get("/desk/users").status_code == 200


def test_a_disabled_user_is_out_with_the_next_click(desk: Desk) -> None:
    bob = desk.signed_in("cx", name="bob")
    ann = desk.signed_in("admin", name="ann")
    ann.get("/desk/users/bob")
    assert "disabled" in ann.send("/desk/users/bob/disable").text
    assert bob.get("/desk").status_code == 303
    people.enable(desk.door.ledger, "bob", actor="cli:root", now=desk.door.now)
    assert bob.get("/desk").status_code == 303
