"""``python -m sidecar`` as somebody types it, in the environment of one installation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result

from sidecar.cli import cli
from sidecar.ledger import flags as flag_rows
from sidecar.ledger import work
from sidecar.ledger.engine import Ledger, open_ledger
from tests.ledger.builders import NOW, a_return, draft


class Terminal:
    """``python -m sidecar`` with the environment of one installation."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.ledger: Ledger = open_ledger(f"sqlite:///{var / 'sidecar.db'}")

    def types(self, line: str, *more: str, typed: str = "", **environ: str) -> Result:
        env = {"VAR_DIR": str(self.var), "ZIGZAG_RETAILER_CODE": "GL123", "COLUMNS": "80", **environ}
        return CliRunner().invoke(cli, [*line.split(), *more], env=env, input=typed)

    def flag(self, code: str = "unit_ambiguous", **changes: object) -> int:
        with self.ledger.begin() as conn:
            pk = a_return(conn)
            flag_rows.raise_for_return(conn, pk, draft(code, **changes), NOW)
            return flag_rows.search(conn).rows[0].id

    def due(self) -> list[int]:
        with self.ledger.read() as conn:
            return sorted(work.due_now(conn, datetime.now(UTC)))
