"""Who gets into the desk, for how long, and how many guesses somebody has who does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from sidecar.ledger import audit, kept_secrets
from sidecar.ledger.engine import Ledger
from sidecar.sync import passwords, people, signing_in
from sidecar.sync.people import PeopleError
from sidecar.sync.signing_in import Refused, Throttled
from tests.ledger.actors import at_once

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
GOOD = "correct horse battery"
OFFICE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cheapest hash: what is tested here is not how long a guess takes."""
    monkeypatch.setattr(passwords, "METHOD", "pbkdf2:sha256:1")
    passwords._nobody.cache_clear()


def add(ledger: Ledger, name: str = "ann", *roles: str) -> None:
    people.add(ledger, name, roles or ("finance",), GOOD, actor="cli:root", now=NOW, must_change=False)


def sign_in(
    ledger: Ledger, password: str = GOOD, name: str = "ann", address: str = OFFICE, now: datetime = NOW
) -> signing_in.Session:
    return signing_in.by_password(ledger, name, password, address=address, now=now)


def test_the_right_password_opens_a_session_for_a_working_day(ledger: Ledger) -> None:
    add(ledger, "ann", "finance", "cx")
    session = sign_in(ledger, name=" ANN ")
    at = NOW
    while at < NOW + timedelta(hours=11, minutes=30):  # somebody who clicks once an hour
        at += timedelta(hours=1)
        found = signing_in.who(ledger, session.token, at)
        assert (found is not None and found.role_words) == (
            ("cx", "finance") if at < NOW + timedelta(hours=12) else False
        )


def test_two_idle_hours_end_a_session(ledger: Ledger) -> None:
    add(ledger)
    session = sign_in(ledger)
    assert signing_in.who(ledger, session.token, NOW + timedelta(hours=1, minutes=59)) is not None
    assert signing_in.who(ledger, session.token, NOW + timedelta(hours=4)) is None
    assert signing_in.who(ledger, "another token", NOW) is None


def test_a_wrong_password_and_an_unknown_name_are_refused_in_the_same_words(ledger: Ledger) -> None:
    add(ledger)
    with pytest.raises(Refused) as wrong:
        sign_in(ledger, "not my password")
    with pytest.raises(Refused) as unknown:
        sign_in(ledger, name="nobody")
    assert str(wrong.value) == str(unknown.value)
    with ledger.read() as conn:
        assert [row.action for row in audit.search(conn, subject="user:ann")] == ["sign-in refused", "user added"]
        assert audit.search(conn, subject="user:nobody") == []


def test_after_five_failures_even_the_right_password_waits(ledger: Ledger) -> None:
    add(ledger)
    for _ in range(5):
        with pytest.raises(Refused):
            sign_in(ledger, "a guess")
    with pytest.raises(Throttled) as waiting:
        sign_in(ledger, address=ELSEWHERE)
    assert waiting.value.until == NOW + timedelta(seconds=30)
    assert sign_in(ledger, now=NOW + timedelta(seconds=31)).user.name == "ann"
    for _ in range(5):  # forgotten with the success
        with pytest.raises(Refused) as again:
            sign_in(ledger, "a guess", now=NOW + timedelta(seconds=32))
        assert not isinstance(again.value, Throttled)


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(ledger: Ledger) -> None:
    add(ledger)
    at, waits = NOW, []
    for _ in range(4):
        with pytest.raises(Refused):
            sign_in(ledger, "a guess", now=at)
    for _ in range(7):
        with pytest.raises(Refused):
            sign_in(ledger, "a guess", now=at)
        with pytest.raises(Throttled) as waiting:
            sign_in(ledger, "a guess", now=at)
        waits.append(int((waiting.value.until - at).total_seconds()))
        at = waiting.value.until
    assert waits == [30, 60, 120, 240, 480, 900, 900]
    assert sign_in(ledger, now=at).user.name == "ann"


def test_guesses_sent_at_the_same_moment_are_counted_one_by_one(ledger: Ledger) -> None:
    add(ledger)

    def guess(_: int) -> str:
        try:
            sign_in(ledger, "a guess")
        except Throttled:
            return "throttled"
        except Refused:
            return "looked at"
        return "in"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(16)))
    assert answers.count("looked at") == 5


def test_one_address_that_tries_many_names_is_throttled_and_others_are_not(ledger: Ledger) -> None:
    add(ledger)
    for n in range(30):
        with pytest.raises(Refused):
            sign_in(ledger, name=f"name-{n}", address=ELSEWHERE)
    with pytest.raises(Throttled):
        sign_in(ledger, name="ann", address=ELSEWHERE)
    assert sign_in(ledger, address=OFFICE).user.name == "ann"


def test_signing_out_ends_this_session_only(ledger: Ledger) -> None:
    add(ledger)
    here, phone = sign_in(ledger), sign_in(ledger)
    signing_in.sign_out(ledger, here.user, here.token, NOW)
    assert signing_in.who(ledger, here.token, NOW) is None
    assert signing_in.who(ledger, phone.token, NOW) is not None


def test_a_disabled_user_is_out_at_once_and_stays_out(ledger: Ledger) -> None:
    add(ledger)
    session = sign_in(ledger)
    people.disable(ledger, "ann", actor="cli:root", now=NOW)
    assert signing_in.who(ledger, session.token, NOW) is None
    with pytest.raises(Refused):
        sign_in(ledger)
    people.enable(ledger, "ann", actor="cli:root", now=NOW)
    assert signing_in.who(ledger, session.token, NOW) is None
    assert sign_in(ledger).user.name == "ann"


def test_a_new_password_ends_every_session_but_the_one_that_chose_it(ledger: Ledger) -> None:
    add(ledger)
    old = sign_in(ledger)
    new = signing_in.change_password(ledger, old.user, GOOD, "an even better one", address=OFFICE, now=NOW)
    assert signing_in.who(ledger, old.token, NOW) is None
    assert signing_in.who(ledger, new.token, NOW) is not None
    with pytest.raises(Refused):
        sign_in(ledger, GOOD)


def test_roles_count_from_the_next_click(ledger: Ledger) -> None:
    add(ledger)
    session = sign_in(ledger)
    people.set_roles(ledger, "ann", ["it"], actor="cli:root", now=NOW)
    found = signing_in.who(ledger, session.token, NOW)
    assert found is not None
    assert found.role_words == ("it",)


@pytest.mark.parametrize("password", ["short", "x" * 201, "aaaaaaaaaaaaaaaa", "annannan-ann"])
def test_a_password_that_is_easily_guessed_is_refused(ledger: Ledger, password: str) -> None:
    with pytest.raises(PeopleError):
        people.add(ledger, "annannan", ["cx"], password, actor="cli:root", now=NOW)


@pytest.mark.parametrize("name", ["", "a", "two words", "new\nline", "x" * 101, "<b>"])
def test_a_name_that_would_confuse_the_audit_trail_is_refused(ledger: Ledger, name: str) -> None:
    with pytest.raises(PeopleError):
        people.add(ledger, name, ["cx"], GOOD, actor="cli:root", now=NOW)


def test_a_name_is_one_persons_however_it_is_written(ledger: Ledger) -> None:
    add(ledger, "Ann")
    with pytest.raises(PeopleError, match="already"):
        add(ledger, "aNN")


def test_an_issuer_adds_people_and_alone_says_their_roles(ledger: Ledger) -> None:
    add(ledger, "eve", "admin")

    def vouched(*roles: str) -> signing_in.Session:
        return signing_in.by_issuer(ledger, "https://id.example|17", "eve", "Eve E", roles, address=OFFICE, now=NOW)

    first = vouched("cx")
    assert (first.user.name, first.user.role_words) == ("eve-2", ("cx",))  # the eve made here is somebody else
    assert vouched("finance").user.role_words == ("finance",)
    with pytest.raises(Refused):
        sign_in(ledger, name="eve-2")
    for refused in (
        lambda: people.set_password(ledger, "eve-2", GOOD, actor="cli:root", now=NOW),
        lambda: people.set_roles(ledger, "eve-2", ["admin"], actor="cli:root", now=NOW),
    ):
        with pytest.raises(PeopleError, match="company account"):
            refused()
    people.disable(ledger, "eve-2", actor="cli:root", now=NOW)
    with pytest.raises(Refused):
        vouched("finance")


def test_two_processes_that_make_the_key_of_the_cookies_get_one(ledger: Ledger) -> None:
    def make(_: int) -> str:
        with ledger.begin() as conn:
            return kept_secrets.make(conn, "cookies", NOW)

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(make, range(4)))
    assert len(made) == 1
    assert len(made.pop()) == 64


def test_somebody_new_who_comes_from_the_issuer_twice_at_once_is_one_user_and_let_in_twice(
    ledger: Ledger, ledger_url: str
) -> None:
    def vouched(own: Ledger, n: int) -> int:
        found = signing_in.by_issuer(own, "https://id.example|17", "eve", "Eve", ["cx"], address=OFFICE, now=NOW)
        return found.user.id

    assert len(set(at_once("threads", 4, vouched, ledger_url))) == 1


def test_a_password_that_was_replaced_while_it_was_looked_at_opens_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An admin locks out whoever knows the old one: a sign-in under way must not survive that, nor write it back."""
    add(ledger)
    monkeypatch.setattr(passwords, "METHOD", "pbkdf2:sha256:2")  # so the old hash is due to be made anew
    matches = passwords.matches

    def slowly(password: str, password_hash: str | None) -> bool:
        people.set_password(ledger, "ann", "another horse battery", actor="cli:root", now=NOW)
        return matches(password, password_hash)

    monkeypatch.setattr(passwords, "matches", slowly)
    with pytest.raises(Refused):
        sign_in(ledger)
    monkeypatch.setattr(passwords, "matches", matches)
    assert sign_in(ledger, "another horse battery").user.name == "ann"
