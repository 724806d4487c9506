"""The command line as a person and a script meet it: help that is there, words that are checked, exit codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sidecar.cli import SECTIONS, cli
from sidecar.ledger import postings
from tests.commands.terminal import Terminal
from tests.ledger.builders import a_return, posting


def every_command(group: click.Group = cli, before: Sequence[str] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield " ".join([*before, name]), command
        if isinstance(command, click.Group):
            yield from every_command(command, [*before, name])


def test_help_shows_every_command_under_what_it_is_for() -> None:
    known = {name for name, _ in every_command() if " " not in name}
    assert known == set(cli.commands) == {name for names in SECTIONS.values() for name in names}
    shown = CliRunner().invoke(cli, ["--help"], env={"COLUMNS": "80"}).output
    for title, names in SECTIONS.items():
        assert f"{title}:" in shown
        assert all(f"  {name} " in shown for name in names)


@pytest.mark.parametrize("name", [name for name, _ in every_command()])
def test_every_command_explains_itself_within_eighty_columns(name: str) -> None:
    shown = CliRunner().invoke(cli, [*name.split(), "--help"], env={"COLUMNS": "80"})
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line.endswith("...") and "Usage:" not in line]  # nothing is cut short


def test_a_wrong_setting_ends_with_78_and_one_line_per_problem(terminal: Terminal) -> None:
    shown = terminal.types("flags list", BIND="8000", WORKERS="many")
    assert shown.exit_code == 78
    assert shown.output.splitlines()[:2] == [
        "BIND must look like 127.0.0.1:8000, not '8000'",
        "WORKERS must be a whole number from 1 to 64, not 'many'",
    ]


def test_a_ledger_that_was_not_migrated_says_what_to_type(tmp_path: Path) -> None:
    shown = Terminal(tmp_path).types("flags list")
    assert shown.exit_code == 1
    assert shown.output == "The ledger does not exist yet. Run: python -m sidecar migrate\n"


def test_words_that_make_no_sense_end_with_2(terminal: Terminal) -> None:
    assert terminal.types("sync").exit_code == 2
    assert terminal.types("sync 1 --all").exit_code == 2
    assert terminal.types("mappings set grade E x").exit_code == 2
    assert terminal.types("mappings set grades E half").exit_code == 2


def test_mapping_a_word_releases_what_waited_for_it(terminal: Terminal) -> None:
    terminal.flag("unit_ambiguous", mapping_kind="scan_units", mapping_source="GLOVE")
    shown = terminal.types("mappings set scan_units GLOVE case")
    assert shown.stdout == "scan_units 'GLOVE': set. Returns that waited for this: 1; they are due now.\n"
    assert shown.stderr.startswith('Mind: scan_units "GLOVE": no order read so far sells GLOVE')
    assert len(terminal.due()) == 1
    assert terminal.types("mappings set scan_units GLOVE case").output == (
        "scan_units 'GLOVE': was so already. No return waited for this.\n"
    )
    assert "GLOVE" in terminal.types("mappings list scan_units").output


def test_a_mapping_is_removed_once(terminal: Terminal) -> None:
    terminal.types("mappings set reasons 12 damaged in transit")
    assert terminal.types("mappings remove reasons 12").exit_code == 0
    again = terminal.types("mappings remove reasons 12")
    assert (again.exit_code, again.output) == (1, "reasons: '12' is not mapped\n")


def test_a_mapping_that_cannot_be_is_refused_with_everything_wrong_about_it(terminal: Terminal) -> None:
    shown = terminal.types("mappings set grades E credit_percent=250 disposition=shred")
    assert shown.exit_code == 1
    assert "/credit_percent must be a number from 0 to 100" in shown.output
    assert "/disposition must be one of: restock" in shown.output
    assert "Nothing was changed." in shown.output


def test_flags_are_shown_by_cause_with_the_next_step_once(terminal: Terminal) -> None:
    terminal.flag("unit_ambiguous")
    assert terminal.types("flags list").output.endswith("\n1 flag\n")
    terminal.flag("unit_ambiguous", subject="LAMP", message="1 or 12?")
    shown = terminal.types("flags list").output
    assert shown.count("Map the scan unit.") == 1
    assert "Counted in which unit?: 2 flags\n  unit_ambiguous, operations, warning. Map the scan unit." in shown
    assert "98.00 GBP" in shown
    assert shown.endswith("2 flags\n")


def test_a_foreign_word_that_looks_like_markup_is_shown_as_it_is(terminal: Terminal) -> None:
    terminal.flag("unit_ambiguous", message="[/bold] or [red]1[/]?", mapping_kind="reasons", mapping_source="[/x]")
    assert "[/bold] or [red]1[/]?" in terminal.types("flags list").output
    assert terminal.types("mappings set reasons [/x] odd").exit_code == 0
    assert "[/x]" in terminal.types("mappings list reasons").output
    terminal.flag("status_not_mapped", subject="[/]", mapping_kind="order_statuses", mapping_source="[/]")
    assert "order_statuses '[/]'" in terminal.types("doctor").output


def test_a_flag_shows_what_to_type(terminal: Terminal) -> None:
    number = terminal.flag("unit_ambiguous", mapping_kind="scan_units", mapping_source="GLOVE")
    shown = terminal.types(f"flags show {number}").output
    assert "python -m sidecar mappings set scan_units 'GLOVE' ..." in shown
    assert "docs/runbook.md#unit_ambiguous" in shown
    other = terminal.flag("credit_refused", severity="critical")
    assert f"python -m sidecar flags release {other} --note '...'" in terminal.types(f"flags show {other}").output


def test_a_decision_is_in_the_flags_history(terminal: Terminal) -> None:
    number = terminal.flag("received_short")
    assert terminal.types(f"flags assign {number} ann").output == f"flag {number} received_short: assigned to ann\n"
    assert terminal.types(f"flags note {number}", "asked the warehouse").exit_code == 0
    resolved = terminal.types(f"flags resolve {number}", "--note", "found")
    assert resolved.output.startswith(f"flag {number} received_short: resolved")
    history = terminal.types(f"flags show {number}").output
    for words in ("flag assign", "flag note - asked the warehouse", "flag resolve - found"):
        assert words in history


def test_what_only_a_mapping_may_set_free_is_not_released_by_hand(terminal: Terminal) -> None:
    number = terminal.flag("unit_ambiguous", mapping_kind="scan_units", mapping_source="GLOVE")
    shown = terminal.types(f"flags release {number}", "--note", "go")
    assert shown.exit_code == 1
    assert 'Set the mapping scan_units for "GLOVE"' in shown.output


def test_a_flag_that_is_not_there_is_said(terminal: Terminal) -> None:
    for line in ("flags show 99", "flags assign 99 ann", "flags reopen 99"):
        shown = terminal.types(line)
        assert (shown.exit_code, shown.output) == (1, "There is no flag 99.\n")


def test_a_flag_number_beyond_all_numbers_is_wrong_words_and_no_crash(terminal: Terminal) -> None:
    for number in ("0", "-1", "x", "9" * 30):
        assert terminal.types("flags show --", number).exit_code == 2
        assert terminal.types("flags reopen --", number).exit_code == 2


def test_a_note_that_says_nothing_is_not_taken(terminal: Terminal) -> None:
    """The API refuses it too: why something was decided must be readable in a year."""
    number = terminal.flag("received_short")
    for blank in ("", "  ", "\x07", "x" * 2001):
        assert terminal.types(f"flags note {number}", blank).exit_code == 2
        assert terminal.types(f"flags resolve {number}", "--note", blank).exit_code == 2
    assert terminal.types(f"flags assign {number}", " ").exit_code == 2
    assert "received_short, warning, open" in terminal.types(f"flags show {number}").output
    assert terminal.types(f"flags note {number}", "asked the warehouse\nthey look for it").exit_code == 0


def test_an_empty_id_is_no_return_and_an_empty_name_no_key(terminal: Terminal) -> None:
    """As a script has it whose variable is not set."""
    assert terminal.types("sync", "").exit_code == 2
    assert terminal.due() == []
    assert terminal.types("keys create --scope read --name", "").exit_code == 2


def test_a_key_is_printed_once_and_revoked_by_name(terminal: Terminal) -> None:
    clear = terminal.types("keys create --name shop --scope intake").output.strip()
    assert clear not in terminal.types("keys list").output
    assert terminal.types("keys create --name shop --scope intake").exit_code == 1
    assert terminal.types("keys revoke shop").output == "shop is revoked.\n"
    assert terminal.types("keys revoke shop").exit_code == 1


def test_alerts_without_a_channel_say_which_settings_make_one(terminal: Terminal) -> None:
    shown = terminal.types("alerts test")
    assert shown.exit_code == 1
    assert "ALERT_SMTP_HOST" in shown.output
    assert terminal.types("alerts preview").output == "Nothing waits: no digest would be sent.\n"


def test_the_digest_can_be_read_before_anybody_gets_it(terminal: Terminal) -> None:
    terminal.flag("unit_ambiguous")
    shown = terminal.types("alerts preview --owner operations").output
    assert "Counted in which unit? (unit_ambiguous), 1 flag, 98.00 GBP at stake" in shown


def test_a_test_message_says_of_each_owner_whether_it_was_taken(terminal: Terminal) -> None:
    from tests.support.sink import sinking

    with sinking() as sink:
        sink.answers.append((403, {}, b"invalid_token"))
        shown = terminal.types("alerts test --channel slack", ALERT_SLACK_URL=sink.url)
    assert shown.exit_code == 1
    assert shown.output.splitlines() == [
        "slack    cx          NOT SENT: answered 403 invalid_token",
        "slack    finance     sent",
        "slack    operations  sent",
        "slack    it          sent",
    ]


def test_the_memos_of_a_month_are_written_as_csv(terminal: Terminal, tmp_path: Path) -> None:
    with terminal.ledger.begin() as conn:
        postings.insert_planned(conn, [posting(a_return(conn))])
    shown = terminal.types("postings export --from 2026-11-01 --to 2026-11-30")
    assert shown.exit_code == 0
    assert shown.output.splitlines()[1].startswith(
        "GL123:413413515:1,413413515,SO-10012,credit,GBP,100.00,20.00,120.00"
    )
    file = tmp_path / "november.csv"
    assert terminal.types(f"postings export --from 2026-11-01 --to 2026-11-30 --output {file}").exit_code == 0
    assert file.read_text(encoding="utf-8").splitlines() == shown.output.splitlines()
    assert len(terminal.types("postings export --from 2026-12-01 --to 2026-12-31").output.splitlines()) == 1
    nowhere = terminal.types(f"postings export --from 2026-11-01 --to 2026-11-30 --output {tmp_path}/nowhere/x.csv")
    assert nowhere.exit_code == 1
    assert nowhere.output.startswith(f"Error: Could not open file '{tmp_path}/nowhere/x.csv'")


def test_a_period_in_wrong_order_or_words_is_refused(terminal: Terminal) -> None:
    assert terminal.types("postings export --from 2026-12-01 --to 2026-11-01").exit_code == 2
    assert terminal.types("postings export --from yesterday --to 2026-11-01").exit_code == 2
