"""From a flag of the rules to a row of the ledger: owner, severity and due time are added here, once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from sidecar.ledger.flags import FlagDraft, FlagRow
from sidecar.returns import flags as rules
from sidecar.returns import titles
from sidecar.returns.model import Flag

RAISED_BY_SYNC = frozenset(
    {
        "outcome_unknown",
        "posting_conflict",
        "credit_refused",
        "attempts_exhausted",
        "edited_in_oro",
        "zigzag_unreachable",
        "oro_unreachable",
        "bundle_switched_off",
        "credentials_refused",
        "retailer_unknown",
    }
)
SILENCE = "silence"  # the subject of a stale_return that the sweep raised; the rules raise it about other things
PLANNED = frozenset(rules.OWNER) - RAISED_BY_SYNC

DUE = {"critical": timedelta(hours=1), "warning": timedelta(days=1), "info": timedelta(days=7)}


def draft(flag: Flag, now: datetime) -> FlagDraft:
    severity = rules.severity(flag.code)
    kind, source = flag.mapping or (None, None)
    return FlagDraft(
        code=flag.code,
        subject=flag.subject,
        owner=rules.OWNER[flag.code],
        severity=severity,
        message=flag.message,
        next_step=flag.next_step,
        line_key=flag.line_key,
        sku=flag.sku,
        amount=flag.amount,
        currency=flag.currency,
        holds=flag.holds,
        mapping_kind=kind,
        mapping_source=source,
        due_at=now + DUE[severity],
        cause=rules.cause_of(flag.subject, flag.sku, flag.mapping),
    )


def drafts(found: Iterable[Flag], now: datetime) -> list[FlagDraft]:
    return [draft(flag, now) for flag in found]


def sync_draft(
    code: str,
    message: str,
    now: datetime,
    *,
    subject: str = "",
    amount: Decimal | None = None,
    currency: str = "",
    holds: str = "",
    age: timedelta | None = None,
    cause: str | None = None,
) -> FlagDraft:
    """A flag about the writing itself (refused, unknown, exhausted) or about silence, which no rule can see.

    ``cause`` groups it with those of other returns (``cause_of``); by itself its subject does.
    """
    severity = rules.severity(code, age)
    return FlagDraft(
        code=code,
        subject=subject,
        owner=rules.OWNER[code],
        severity=severity,
        message=message,
        next_step=rules.RULES[code].next_step,
        line_key=None,
        sku="",
        amount=amount,
        currency=currency,
        holds=holds,
        mapping_kind=None,
        mapping_source=None,
        due_at=now + DUE[severity],
        cause=subject if cause is None else cause,
    )


def about(flag: FlagRow) -> str:
    """The thing a stored flag is about, in words: ``grade "E"``, ``SKU GLOVE``, ``received at main``."""
    if flag.code == "payload_unreadable" and flag.return_pk is None:
        return f"message {flag.subject[:12]}"  # its SHA-256 is all that was kept of it
    if flag.subject == SILENCE:
        return flag.cause.removeprefix(SILENCE).removeprefix(":")
    mapping = (flag.mapping_kind, flag.mapping_source or "") if flag.mapping_kind else None
    return titles.about(flag.subject, flag.sku, mapping)
