"""What a person decides about a flag: take it over, close it, open it again, let go on what it held, write a note.

Every decision is one commit with its audit row. Where it changes what a return may do, the return is due at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from sidecar.ledger import flag_decisions, flags, work
from sidecar.ledger.engine import Ledger
from sidecar.ledger.flags import FlagRow
from sidecar.returns.flags import MAPPED_BY, RELEASABLE

LIVE = ("open", "assigned")
_BY_ITSELF = "what it holds is then released by itself."
VERBS = ("assign", "resolve", "reopen", "release", "note")
TAKES_BACK = ("reopen",)
LONGEST_NOTE = 2000  # characters, wherever it is written


class DecisionError(Exception):
    """A decision that cannot be made; its text says why."""


class UnknownFlag(DecisionError):
    """There is no such flag."""


class NotReleasable(DecisionError):
    """Releasing would pay or move what only a mapping or a fact may set free. ``instead`` says what to do."""

    def __init__(self, code: str, instead: str) -> None:
        super().__init__(f"A {code} flag cannot be released by hand. {instead}")
        self.instead = instead


def allowed(flag: FlagRow, verb: str) -> None:
    """Raises DecisionError when ``decide`` would refuse this verb for the flag as it stands."""
    match verb:
        case "assign" | "resolve":
            _must_be_live(flag, f"{verb}d" if verb == "resolve" else "assigned")
        case "release":
            if flag.code not in RELEASABLE:
                raise NotReleasable(flag.code, _instead(flag))
            _must_be_live(flag, "released")
        case "reopen":
            if flag.state in LIVE:
                raise DecisionError(f"Flag {flag.id} is open already.")
        case _:
            return


def decide(
    ledger: Ledger,
    flag_id: int,
    verb: str,
    *,
    actor: str,
    now: datetime,
    note: str = "",
    assignee: str = "",
) -> FlagRow:
    """Carry out one of ``VERBS`` and return the flag as it stands then. Raises DecisionError."""
    with ledger.begin() as conn:
        flag = flags.take(conn, flag_id)  # of two people who decide at once, the second sees what the first did
        if flag is None:
            raise UnknownFlag(f"There is no flag {flag_id}.")
        allowed(flag, verb)
        return _DECISIONS[verb](conn, flag, note, assignee or actor, actor, now)


def assign(ledger: Ledger, flag_id: int, *, assignee: str, actor: str, now: datetime, note: str = "") -> FlagRow:
    """Say who acts on an open flag; assigning it again hands it over."""
    return decide(ledger, flag_id, "assign", actor=actor, now=now, note=note, assignee=assignee)


def resolve(ledger: Ledger, flag_id: int, *, note: str, actor: str, now: datetime) -> FlagRow:
    """Close an open flag. It blocks closing no longer; what it held stays held, nothing is paid."""
    return decide(ledger, flag_id, "resolve", actor=actor, now=now, note=note)


def reopen(ledger: Ledger, flag_id: int, *, actor: str, now: datetime, note: str = "") -> FlagRow:
    """Open a closed flag again; a release is taken back with it (money that moved stays where it is)."""
    return decide(ledger, flag_id, "reopen", actor=actor, now=now, note=note)


def release(ledger: Ledger, flag_id: int, *, note: str, actor: str, now: datetime) -> FlagRow:
    """Let go on what an open flag held, where its code allows a person to (DESIGN 4.5: pays, never moves stock)."""
    return decide(ledger, flag_id, "release", actor=actor, now=now, note=note)


def note(ledger: Ledger, flag_id: int, *, text: str, actor: str, now: datetime) -> FlagRow:
    """Write something down about a flag, whatever its state; kept in the audit trail."""
    return decide(ledger, flag_id, "note", actor=actor, now=now, note=text)


def _assign(conn: Connection, flag: FlagRow, note: str, assignee: str, actor: str, now: datetime) -> FlagRow:
    return flag_decisions.assign(conn, flag.id, actor=actor, assignee=assignee, note=note, now=now)


def _resolve(conn: Connection, flag: FlagRow, note: str, assignee: str, actor: str, now: datetime) -> FlagRow:
    decided = flag_decisions.resolve(conn, flag.id, actor=actor, note=note, now=now)
    _wake(conn, flag, f"flag {flag.code} resolved", now)
    return decided


def _reopen(conn: Connection, flag: FlagRow, note: str, assignee: str, actor: str, now: datetime) -> FlagRow:
    decided = flag_decisions.reopen(conn, flag.id, actor=actor, note=note, now=now)
    _wake(conn, flag, f"flag {flag.code} reopened", now)
    return decided


def _release(conn: Connection, flag: FlagRow, note: str, assignee: str, actor: str, now: datetime) -> FlagRow:
    decided = flag_decisions.release(conn, flag.id, actor=actor, note=note, now=now)
    _wake(conn, flag, f"flag {flag.code} released", now)
    return decided


def _note(conn: Connection, flag: FlagRow, note: str, assignee: str, actor: str, now: datetime) -> FlagRow:
    return flag_decisions.note(conn, flag.id, actor=actor, note=note, now=now)


_DECISIONS: dict[str, Callable[[Connection, FlagRow, str, str, str, datetime], FlagRow]] = {
    "assign": _assign,
    "resolve": _resolve,
    "reopen": _reopen,
    "release": _release,
    "note": _note,
}


def _must_be_live(flag: FlagRow, done: str) -> None:
    if flag.state not in LIVE:
        raise DecisionError(f"Flag {flag.id} is {flag.state} and cannot be {done}; reopen it first.")


def _instead(flag: FlagRow) -> str:
    """What settles a flag that a person may not release."""
    if flag.mapping_kind:
        return f'Set the mapping {flag.mapping_kind} for "{flag.mapping_source}"; {_BY_ITSELF}'
    if flag.code in MAPPED_BY:
        return f"Set its mapping ({MAPPED_BY[flag.code]}); {_BY_ITSELF}"
    return f"{flag.next_step} Then resolve the flag."


def _wake(conn: Connection, flag: FlagRow, reason: str, now: datetime) -> None:
    """The return is planned again; what a person decided weighs in there. Flags of the whole system wake nobody."""
    if flag.return_pk is not None:
        work.make_due(conn, [flag.return_pk], now, pull=False, reason=reason, correlation_id=f"flag-{flag.id}")
