"""mappings import, export, list: a file is taken as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.terminal import Terminal

GOOD = """
grades:     {E: {credit_percent: 25, disposition: scrap}}
warehouses: {GB0064: {role: destination, oro_code: main}}
scan_units: {GLOVE: case}
"""


def file(folder: Path, text: str | bytes) -> str:
    made = folder / "mappings.yaml"
    made.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(made)


def test_a_file_is_imported_and_what_waited_for_its_words_is_due(terminal: Terminal, tmp_path: Path) -> None:
    terminal.flag("unit_ambiguous", mapping_kind="scan_units", mapping_source="GLOVE")
    shown = terminal.types("mappings import", file(tmp_path, GOOD))
    assert (shown.exit_code, shown.stdout) == (
        0,
        "3 mappings changed, 0 were so already. Returns that waited for this: 1; they are due now.\n",
    )
    assert terminal.due() == [1]
    again = terminal.types("mappings import", file(tmp_path, GOOD))
    assert (again.exit_code, again.stdout) == (
        0,
        "0 mappings changed, 3 were so already. No return waited for this.\n",
    )


def test_any_error_refuses_the_whole_file_and_every_error_is_told_with_its_place(
    terminal: Terminal, tmp_path: Path
) -> None:
    before = terminal.types("mappings export").output
    path = file(
        tmp_path,
        "grades:\n"
        "  A: {credit_percent: 80, disposition: restock}\n"  # good, and not imported all the same
        "  E: {credit_percent: 101, disposition: shred}\n"
        "colours: {red: blue}\n"
        "fees:\n"
        "  RETURN-FEE: {treatment: deduct}\n"
        "return_options: {'2': gift}\n",
    )
    shown = terminal.types("mappings import", path)
    assert shown.exit_code == 1
    lines = shown.stderr.splitlines()
    assert lines[0] == f"{path}: 5 errors"
    assert [line.split()[:3] for line in lines[1:6]] == [
        ["line", "3:", "/grades/E/credit_percent"],
        ["line", "3:", "/grades/E/disposition"],
        ["line", "4:", "/colours"],
        ["line", "6:", "/fees/RETURN-FEE/service_sku"],
        ["line", "7:", "/return_options/2"],
    ]
    assert lines[-1] == "Nothing was changed."
    assert terminal.types("mappings export").output == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grades: [", "is no YAML"),
        ("- just\n- a list\n", "must name kinds of mappings"),
        (b"grades: {\xff: {}}", "codec can't decode"),
        ("reasons: {a: b, a: c}", "is there twice"),
        ("x: *boom", "aliases"),
        (f"reasons: {{a: {'b' * 2_000_000}}}", "is larger than 1048576 characters"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_in_words(
    terminal: Terminal, tmp_path: Path, text: str | bytes, said: str
) -> None:
    shown = terminal.types("mappings import", file(tmp_path, text))
    assert shown.exit_code == 1
    assert said in shown.stderr
    assert shown.stderr.endswith("Nothing was changed.\n")


def test_what_is_exported_can_be_imported_and_changes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    terminal.types("mappings import", file(tmp_path, GOOD))
    exported = terminal.types("mappings export").stdout
    assert "E: {credit_percent: 25, disposition: scrap}" in exported
    assert terminal.types("mappings import", file(tmp_path, exported)).stdout.startswith("0 mappings changed, ")


def test_the_list_says_who_set_what(terminal: Terminal, tmp_path: Path) -> None:
    terminal.types("mappings import", file(tmp_path, GOOD))
    shown = terminal.types("mappings list grades", COLUMNS="120").output
    assert "E" in shown
    assert "cli:" in shown
    assert "default" in shown
    assert "GB0064" not in shown
    assert terminal.types("mappings list colours").exit_code == 2


def test_a_file_that_is_not_there_ends_with_2(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.types("mappings import", str(tmp_path / "nothing.yaml")).exit_code == 2
