"""What a mapping would make different altogether: over every open return and the last 90 days of stored snapshots.

``preview`` says what a change does at once. This says whom it speaks of: returns that are still open, which it will
count for when their turn comes, and returns already posted, which stay as they are - with what they would have been.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from sidecar.ledger import words
from sidecar.ledger.engine import Ledger
from sidecar.returns.differing import Amounts, Difference, StockChange, credit_of, difference, stock_between
from sidecar.returns.model import Mappings, Pins, PostingState, ReturnRecord
from sidecar.returns.vocabulary import looked_up_by
from sidecar.settings import Settings
from sidecar.sync import mappings as mapping_store
from sidecar.sync.foreseeing import Foreseen, Unread, foresee

LOOK_BACK = timedelta(days=90)
SHOWN = 100  # returns listed one by one
MOST = 100  # returns looked at: a second of a busy machine; ``limit`` asks for more


@dataclass(frozen=True)
class AsItIs:
    """A return that is posted or has ended, and stays as it is.

    ``posted``: its credit memos together, 0 when there are none; ``would_be``: what the same counts and grades would
    give with the change; ``stock``: what would have moved more.
    """

    return_id: str
    order_identifier: str
    currency: str
    posted: Amounts
    would_be: Amounts
    stock: tuple[StockChange, ...]


@dataclass(frozen=True)
class WhatIf:
    """``looked_at`` of ``concerned`` returns were computed, the open ones first; the sums are of those.

    ``concerned`` used a word that changes, and are open (``open`` of them) or spoke after ``since``. ``changes``: open
    returns whose next posting, waiting credit or flags differ, of ``changed`` in all; ``credits`` their credit more or
    less by currency. ``stays``: posted and ended ones that would differ, of ``staying`` in all; ``beyond`` what they
    would have been credited more or less by currency. Both lists hold the first 100.
    """

    since: datetime
    concerned: int
    open: int
    looked_at: int
    unread: int
    changes: tuple[Difference, ...]
    changed: int
    credits: dict[str, Amounts]
    stays: tuple[AsItIs, ...]
    staying: int
    beyond: dict[str, Amounts]

    @property
    def complete(self) -> bool:
        return self.looked_at == self.concerned


def of_mapping(
    ledger: Ledger, settings: Settings, kind: str, source: str, value: Any, *, now: datetime, limit: int = MOST
) -> WhatIf:
    """Setting one mapping, or with value None deleting it. Raises what ``mappings.change`` raises."""
    with ledger.read() as conn:
        return _of(conn, settings, mapping_store.propose_one(conn, kind, source, value), now, limit)


def of_file(ledger: Ledger, settings: Settings, text: str, *, now: datetime, limit: int = MOST) -> WhatIf:
    """Importing a mapping file. Raises MappingFileError."""
    named = mapping_store.parse_file(text)
    with ledger.read() as conn:
        return _of(conn, settings, mapping_store.propose(conn, named), now, limit)


def _of(conn: Connection, settings: Settings, proposal: mapping_store.Proposal, now: datetime, limit: int) -> WhatIf:
    since = now - LOOK_BACK
    if not proposal.changed:
        return _Tally().answer(since, words.Usage(0, 0), 0)
    said = {looked_up_by(kind, source) for kind, source in proposal.changed}
    used = None if None in said else {each for each in said if each is not None}
    usage = words.usage(conn, used, since)
    pks = words.using(conn, used, since, limit)
    tally, mappings = _Tally(), mapping_store.load(conn)
    for seen in foresee(conn, pks, settings, now=mappings, then=proposal.mappings):
        tally.add(seen, mappings, proposal.mappings)
    return tally.answer(since, usage, len(pks))


@dataclass
class _Tally:
    unread: int = 0
    changes: list[Difference] = field(default_factory=list)
    changed: int = 0
    credits: dict[str, Amounts] = field(default_factory=dict)
    stays: list[AsItIs] = field(default_factory=list)
    staying: int = 0
    beyond: dict[str, Amounts] = field(default_factory=dict)

    def add(self, seen: Foreseen | Unread, now: Mappings, then: Mappings) -> None:
        if isinstance(seen, Unread):
            self.unread += len(seen.asked)
            return
        still_open = [pk for pk in seen.asked if seen.rows[pk].status not in words.ENDED]
        for pk in still_open:
            found = difference(seen.now[pk], seen.then[pk])
            if found:
                self.changed += 1
                _add(self.credits, found.currency, found.credit)
                self.changes += [found][: SHOWN - len(self.changes)]
        settled = [pk for pk in seen.asked if pk not in still_open or seen.records[pk].postings]
        if settled:
            self._afresh(seen, settled, now, then)

    def _afresh(self, seen: Foreseen, settled: list[int], now: Mappings, then: Mappings) -> None:
        """Plans the order as if nothing had been posted: pins and postings are what keeps a posted return as it is."""
        unposted = {pk: _unposted(record) for pk, record in seen.records.items()}
        was, would = seen.planned(now, unposted), seen.planned(then, unposted)
        for pk in settled:
            credit = credit_of(would[pk].plan.posting) - credit_of(was[pk].plan.posting)
            stock = stock_between(was[pk].plan, would[pk].plan)
            if not credit and not stock:
                continue
            record, order = seen.records[pk], seen.order
            self.staying += 1
            currency = order.currency if order is not None else ""
            _add(self.beyond, currency, credit)
            if len(self.stays) < SHOWN:
                self.stays.append(
                    AsItIs(
                        return_id=record.return_id,
                        order_identifier=record.order_identifier,
                        currency=currency,
                        posted=_posted(record),
                        would_be=credit_of(would[pk].plan.posting),
                        stock=stock,
                    )
                )

    def answer(self, since: datetime, usage: words.Usage, looked_at: int) -> WhatIf:
        return WhatIf(
            since=since,
            concerned=usage.recent,
            open=usage.open,
            looked_at=looked_at,
            unread=self.unread,
            changes=tuple(self.changes),
            changed=self.changed,
            credits=self.credits,
            stays=tuple(self.stays),
            staying=self.staying,
            beyond=self.beyond,
        )


def _unposted(record: ReturnRecord) -> ReturnRecord:
    return replace(record, postings=(), pins=Pins())


def _posted(record: ReturnRecord) -> Amounts:
    done = (p for p in record.postings if p.state is not PostingState.REFUSED)
    return sum((credit_of(posting) for posting in done), Amounts())


def _add(sums: dict[str, Amounts], currency: str, amounts: Amounts) -> None:
    if amounts:
        sums[currency] = sums.get(currency, Amounts()) + amounts
