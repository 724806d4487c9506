"""sync and import-feed: returns asked for by hand, and ZigZag's files."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

from sidecar.ledger import inbox, requests, returns
from tests.commands.terminal import Terminal
from tests.ledger.builders import a_return

HEADER = "returnId,orderNumber,orderStatus,lastTrackingStatus,dateTimeStatusChange,productSku,quantity,grade\n"


def feed(folder: Path, *rows: str) -> str:
    made = folder / "returns.csv"
    made.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return str(made)


def test_returns_are_asked_for_by_name_also_those_nobody_knows(terminal: Terminal) -> None:
    with terminal.ledger.begin() as conn:
        known = a_return(conn, "1")
    shown = terminal.types("sync 1 2")
    assert (shown.exit_code, shown.output) == (0, "Returns due now: 2.\n")
    assert terminal.due() == [known, known + 1]
    with terminal.ledger.read() as conn:
        assert returns.get(conn, "GL123", "2") is not None


def test_all_returns_that_have_not_ended_are_asked_for_at_once(terminal: Terminal) -> None:
    with terminal.ledger.begin() as conn:
        for return_id in ("1", "2", "3"):
            a_return(conn, return_id)
        conn.exec_driver_sql("UPDATE returns SET status = 'closed' WHERE return_id = '2'")
    assert terminal.types("sync --all").output == "Returns due now: 2.\n"
    assert terminal.due() == [1, 3]


def test_what_cannot_be_an_id_is_refused_before_anything_is_stored(terminal: Terminal) -> None:
    for odd in ("..", "a\nb", "x" * 101, " 1"):
        shown = terminal.types("sync", "1", odd)
        assert shown.exit_code == 2
        assert "cannot be the id of a return" in shown.output
    assert terminal.due() == []


def test_whose_returns_they_are_must_be_known(terminal: Terminal, tmp_path: Path) -> None:
    for line in (["sync", "1"], ["sync", "--all"], ["import-feed", feed(tmp_path)]):
        shown = terminal.types(line[0], *line[1:], ZIGZAG_RETAILER_CODE="")
        assert shown.exit_code == 78
        assert shown.output.splitlines()[0] == (
            "ZIGZAG_RETAILER_CODE is missing: the code ZigZag gave you, such as GL123"
        )


def test_waiting_ends_with_0_when_the_work_is_done_and_with_1_when_it_is_not(terminal: Terminal) -> None:
    late = terminal.types("sync 1 --wait 0.1")
    assert late.exit_code == 1
    assert "1: still under way; see GET /v1/returns/1" in late.output

    def work_is_done() -> None:
        """What a worker would do, as soon as the request is there."""
        for _ in range(200):
            with terminal.ledger.begin() as conn:
                row = returns.get(conn, "GL123", "2")
                if row is not None:
                    requests.finish(conn, [requests.Ended(row.id, None, "done", "in Oro")], datetime.now(UTC))
                    return
            threading.Event().wait(0.05)

    worker = threading.Thread(target=work_is_done)
    worker.start()
    done = terminal.types("sync 2 --wait 30")
    worker.join()
    assert done.exit_code == 0
    assert "2: done in Oro" in done.output


def test_a_file_goes_through_the_door_of_the_webhook_and_twice_is_harmless(terminal: Terminal, tmp_path: Path) -> None:
    path = feed(
        tmp_path,
        "1,SO-1,Approved,Graded,2026-11-20T10:00:00Z,GLOVE,45,A",
        "1,SO-1,Approved,Graded,2026-11-20T10:00:00Z,GLOVE,5,C",
        "2,SO-2,Approved,Received,2026-11-20T11:00:00Z,LAMP,1,",
    )
    shown = terminal.types("import-feed", path)
    assert shown.exit_code == 0
    assert "Returns read: 2; new: 2, known already: 0." in shown.output
    assert terminal.due() == [1, 2]
    again = terminal.types("import-feed", path)
    assert (again.exit_code, "Returns read: 2; new: 0, known already: 2." in again.output) == (0, True)
    with terminal.ledger.read() as conn:
        assert [(row.return_id, row.source, row.seen) for row in inbox.iter_all(conn)] == [
            ("1", "feed", 2),
            ("2", "feed", 2),
        ]


def test_a_row_that_cannot_be_read_is_told_by_its_line_and_the_others_are_imported(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = feed(
        tmp_path,
        "1,SO-1,Approved,Graded,2026-11-20T10:00:00Z,GLOVE,45,A",
        ",SO-1,Approved,Graded,2026-11-20T10:00:00Z,GLOVE,5,C",
        "2,SO-2,Approved,Received,2026-11-20T11:00:00Z,LAMP",
        "3,SO-3,Approved,Received,2026-11-20T11:00:00Z,LAMP,many,",
    )
    shown = terminal.types("import-feed", path)
    assert shown.exit_code == 1
    assert "Returns read: 2; new: 2, known already: 0." in shown.output
    assert "line 3: the return has no returnId" in shown.stderr
    assert "line 4: return 2 was left out: the row has 6 cells, the header 8" in shown.stderr
    with terminal.ledger.read() as conn:  # what a row says wrongly is for the rules to flag
        assert [row.return_id for row in inbox.iter_all(conn)] == ["1", "3"]


def test_a_file_that_is_no_feed_takes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    for content in (b"", b"a,b\n1,2\n", b"\xff\xfe\x00", HEADER.encode() + b'1,"SO'):
        odd.write_bytes(content)
        shown = terminal.types("import-feed", str(odd))
        assert shown.exit_code == 1
        assert "Returns read: 0" in shown.output
        assert shown.stderr.startswith("line ")
    assert terminal.due() == []
