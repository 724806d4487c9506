"""Whether a link of the chain answers, as several workers at once say it."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from sidecar.ledger import flags, signals
from sidecar.ledger.engine import Ledger
from sidecar.oro.errors import OroUnreachable
from sidecar.sync import health
from tests.ledger.actors import stopped
from tests.ledger.builders import MINUTE, NOW


def open_flags(conn: Connection) -> list[str]:
    return [flag.code for flag in flags.search(conn, state="open").rows]


def test_a_link_that_failed_and_answers_again_leaves_no_flag(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        health.failed(conn, "oro", OroUnreachable(None, "timeout", "no answer"), NOW)
        assert open_flags(conn) == ["oro_unreachable"]
        health.answered(conn, "oro", NOW + MINUTE)
        assert open_flags(conn) == []


@pytest.mark.postgres
@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
def test_an_answer_at_the_moment_of_a_failure_leaves_no_flag(ledger: Ledger) -> None:
    """One worker still reads that all is well while another commits that it is not."""
    with ledger.begin() as conn:
        health.answered(conn, "oro", NOW)
    with ledger.begin() as conn:
        health.failed(conn, "oro", OroUnreachable(None, "timeout", "no answer"), NOW + MINUTE)
        with stopped(ledger, conn, lambda other: health.answered(other, "oro", NOW + MINUTE)):
            pass
    with ledger.read() as conn:
        signal = signals.get(conn, "oro")
        assert signal is not None
        assert signal.ok
        assert open_flags(conn) == []
