"""``sidecar users``: a password comes from a prompt or standard input, and is printed only where it was made."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sidecar.cli import cli
from sidecar.ledger import audit, users
from sidecar.sync import passwords
from tests.commands.terminal import Terminal

GOOD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "METHOD", "pbkdf2:sha256:1")


def test_a_user_is_added_with_a_password_from_standard_input(terminal: Terminal) -> None:
    shown = terminal.types("users add ann --role finance --role cx", typed=f"{GOOD}\n")
    assert (shown.exit_code, shown.output) == (0, "ann is added.\n")
    with terminal.ledger.read() as conn:
        ann = users.by_name(conn, "ann")
        trail = audit.search(conn, subject="user:ann")
    assert ann is not None
    assert (ann.role_words, ann.must_change) == (("cx", "finance"), True)
    assert passwords.matches(GOOD, ann.password_hash)
    assert GOOD not in str(trail)
    assert trail[0].actor.startswith("cli:")


def test_a_password_that_is_made_is_printed_once(terminal: Terminal) -> None:
    made = terminal.types("users add bob --role cx --generate").output.strip()
    assert len(made) == 23
    assert made not in terminal.types("users list").output
    again = terminal.types("users set-password bob --generate").output.strip()
    assert again != made


def test_no_option_takes_a_password(terminal: Terminal) -> None:
    for command in ("add", "set-password"):
        shown = CliRunner().invoke(cli, ["users", command, "--help"]).output
        assert "--password" not in shown
    assert terminal.types("users add ann hunter2hunter2 --role cx").exit_code == 2


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        ("users add ann --role boss", "", "boss"),
        ("users add ann --role cx", "short\n", "at least 12 characters"),
        ("users add two..words! --role cx", f"{GOOD}\n", "no spaces"),
        ("users disable nobody", "", "There is no user named nobody."),
        ("users roles nobody --role cx", "", "There is no user named nobody."),
    ],
)
def test_what_cannot_be_is_said(terminal: Terminal, words: str, typed: str, said: str) -> None:
    shown = terminal.types(words, typed=typed)
    assert shown.exit_code != 0
    assert said in shown.output


def test_roles_are_changed_and_a_user_is_put_out_and_let_in_again(terminal: Terminal) -> None:
    terminal.types("users add ann --role cx --keep", typed=f"{GOOD}\n")
    assert terminal.types("users roles ann --role it --role admin").output == "ann has: admin, it.\n"
    assert "signed out everywhere" in terminal.types("users disable ann").output
    assert "may sign in again" in terminal.types("users enable ann").output
    with terminal.ledger.read() as conn:
        done = [row.action for row in audit.search(conn, subject="user:ann")]
    assert done == ["user enabled", "user disabled", "roles set", "user added"]
