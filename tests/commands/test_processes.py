"""``python -m sidecar`` as a process of its own: what a script and an init system see of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.commands.terminal import Terminal


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command in a clean environment; nothing of ours but what is stated."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "sidecar", *words],
        env={**kept, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_missing_setting_ends_a_process_with_78_and_a_line_that_names_it(tmp_path: Path) -> None:
    ended = run("worker", VAR_DIR=str(tmp_path), ORO_BASE_URL="https://shop.example.com")
    assert (ended.returncode, ended.stdout) == (78, "")
    assert ended.stderr.splitlines()[0].startswith("ORO_CLIENT_ID is missing: ")
    assert "Traceback" not in ended.stderr


def test_the_ledger_is_made_in_its_folder_and_the_next_command_finds_it(tmp_path: Path) -> None:
    made = run("migrate", VAR_DIR=str(tmp_path / "var"))
    assert (made.returncode, made.stdout, made.stderr) == (0, "The ledger is up to date.\n", "")
    again = Terminal(tmp_path / "var")
    assert again.types("migrate").output == "The ledger is up to date.\n"
    assert again.types("keys list").exit_code == 0
    again.ledger.dispose()


def test_a_process_that_finds_no_ledger_says_what_to_type(tmp_path: Path) -> None:
    shown = Terminal(tmp_path).types("web")
    assert (shown.exit_code, shown.output) == (1, "The ledger does not exist yet. Run: python -m sidecar migrate\n")


def test_without_a_retailer_the_door_does_not_open(terminal: Terminal) -> None:
    """What a shop announces and what ZigZag sends would be two returns."""
    shown = terminal.types("web", ZIGZAG_RETAILER_CODE="")
    assert shown.exit_code == 78
    assert shown.output.startswith("ZIGZAG_RETAILER_CODE is missing")


def test_a_database_that_is_away_is_said_without_its_password_and_without_a_traceback(terminal: Terminal) -> None:
    away = "postgresql+psycopg://sidecar:hunter2@127.0.0.1:1/ledger"
    for line in ("flags list", "sync 1", "migrate", "keys list"):
        shown = terminal.types(line, DATABASE_URL=away)
        assert shown.exit_code == 1
        assert shown.output.startswith(
            "The ledger cannot be used (postgresql+psycopg://sidecar:***@127.0.0.1:1/ledger)"
        )
        assert "hunter2" not in shown.output


def test_a_folder_that_cannot_be_made_is_said(terminal: Terminal) -> None:
    shown = terminal.types("migrate", DATABASE_URL="sqlite:////proc/nowhere/sidecar.db")
    assert shown.exit_code == 1
    assert shown.output.startswith("The ledger cannot be used (sqlite:////proc/nowhere/sidecar.db): the folder /proc/n")


def test_a_file_that_is_no_ledger_is_said_and_left_as_it_is(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but somebody's notes of a long day")
    for line in ("migrate", "flags list"):
        shown = terminal.types(line, DATABASE_URL=f"sqlite:///{tmp_path}/notes.txt")
        assert shown.exit_code == 1
        assert shown.output.startswith(f"The ledger cannot be used (sqlite:///{tmp_path}/notes.txt): file is not a ")
    assert (tmp_path / "notes.txt").read_text().startswith("not a database")


def test_a_new_ledger_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds the key that signs the desk's cookies, unless SIDECAR_SECRET_KEY is set."""
    place = Terminal(tmp_path)
    place.types("migrate")
    with place.ledger.begin():
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("sidecar.db", "sidecar.db-wal", "sidecar.db-shm"), "0o600")
    place.ledger.dispose()


def test_a_worker_that_finds_no_redis_says_which_without_its_password(terminal: Terminal) -> None:
    shown = terminal.types(
        "worker", REDIS_URL="redis://:hunter2@127.0.0.1:1/0",
        ORO_BASE_URL="http://127.0.0.1:9", ORO_CLIENT_ID="x", ORO_CLIENT_SECRET="x",
        ZIGZAG_USERNAME="x", ZIGZAG_PASSWORD="x",
    )  # fmt: skip
    assert shown.exit_code == 1
    assert shown.output.startswith("Redis does not answer (redis://:***@127.0.0.1:1/0): Error 111")
    assert "hunter2" not in shown.output
