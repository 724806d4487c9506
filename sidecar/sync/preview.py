"""What a decision will do, in money and stock, before it is made; computed by the code that then does it. No writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from sidecar.ledger import flags
from sidecar.ledger.engine import Ledger
from sidecar.ledger.flags import LIVE, FlagRow
from sidecar.returns.differing import Amounts, Difference, StockChange, difference
from sidecar.returns.model import PostingState, ReturnRecord
from sidecar.settings import Settings
from sidecar.sync import flagging
from sidecar.sync import mappings as mapping_store
from sidecar.sync.decisions import TAKES_BACK, DecisionError, allowed
from sidecar.sync.foreseeing import Foreseen, Unread, foresee

SHOWN = 100  # returns listed one by one
MOST = 100  # returns looked at: a second of a busy machine; ``limit`` asks for more


@dataclass(frozen=True)
class Resend:
    """A posting under way that the decision sends again at once, unchanged, under its own key."""

    return_id: str
    posting_key: str
    currency: str
    total: Amounts


@dataclass(frozen=True)
class Preview:
    """What a decision does at once.

    ``credits``: posted more (or less) by currency; ``stock``: moved more, by SKU, unit and warehouse; ``closes`` and
    ``opens``: flags by code. ``changed`` returns differ, the first 100 of them in ``returns``. ``looked_at`` of
    ``concerned`` returns were computed: the sums are of those. ``unread`` of them have an order that was never read.
    ``orders_read``: when the oldest and newest of the orders were last read from Oro; what changed there since then
    is not in it. ``resends``: postings under way that go out again.
    """

    credits: dict[str, Amounts]
    stock: tuple[StockChange, ...]
    closes: dict[str, int]
    opens: dict[str, int]
    returns: tuple[Difference, ...]
    changed: int
    looked_at: int
    concerned: int
    unread: int
    orders_read: tuple[datetime, datetime] | None
    resends: tuple[Resend, ...] = ()

    @property
    def complete(self) -> bool:
        return self.looked_at == self.concerned

    @property
    def moves(self) -> bool:
        """Whether any money or stock moves."""
        return bool(self.stock or self.resends or any(self.credits.values()))


def of_mapping(ledger: Ledger, settings: Settings, kind: str, source: str, value: Any, *, limit: int = MOST) -> Preview:
    """Setting one mapping, or with value None deleting it. Raises what ``mappings.change`` raises."""
    with ledger.read() as conn:
        return _of_proposal(conn, settings, mapping_store.propose_one(conn, kind, source, value), limit)


def of_file(ledger: Ledger, settings: Settings, text: str, *, limit: int = MOST) -> Preview:
    """Importing a mapping file. Raises MappingFileError."""
    named = mapping_store.parse_file(text)
    with ledger.read() as conn:
        return _of_proposal(conn, settings, mapping_store.propose(conn, named), limit)


def of_decision(
    ledger: Ledger, settings: Settings, flag_ids: Collection[int], verb: str, *, limit: int = MOST
) -> Preview:
    """``resolve``, ``release`` or ``reopen`` for these flags together. Raises DecisionError as ``decide`` would."""
    with ledger.read() as conn:
        found = [flags.get(conn, flag_id) for flag_id in flag_ids]
        decided = [flag for flag in found if flag is not None]
        if len(decided) < len(found):
            raise DecisionError("One of these flags does not exist.")
        for flag in decided:
            allowed(flag, verb)
        return _of_flags(conn, settings, decided, verb, limit)


def _of_proposal(conn: Connection, settings: Settings, proposal: mapping_store.Proposal, limit: int) -> Preview:
    pks = sorted(mapping_store.waiting_for(conn, proposal.changed))
    tally = _Tally(concerned=len(pks), looked_at=min(len(pks), limit))
    for seen in foresee(conn, pks[:limit], settings, now=mapping_store.load(conn), then=proposal.mappings):
        tally.add(seen)
    return tally.preview()


def _of_flags(conn: Connection, settings: Settings, decided: list[FlagRow], verb: str, limit: int) -> Preview:
    by_return: dict[int, set[tuple[str, str, str]]] = {}
    for flag in decided:
        if flag.return_pk is not None:
            by_return.setdefault(flag.return_pk, set()).add((flag.code, flag.subject, flag.message))

    def alter(pk: int, record: ReturnRecord) -> ReturnRecord:
        causes = by_return.get(pk)
        return _with_decision(record, frozenset(causes), verb) if causes else record

    pks = sorted(by_return)
    tally = _Tally(concerned=len(pks), looked_at=min(len(pks), limit))
    mappings = mapping_store.load(conn)
    for seen in foresee(conn, pks[:limit], settings, now=mappings, then=mappings, alter=alter):
        tally.add(seen)
        if verb == "release" and isinstance(seen, Foreseen):
            tally.resend(seen)
    tally.decided([flag for flag in decided if flag.code not in flagging.PLANNED], verb)
    return tally.preview()


def _with_decision(record: ReturnRecord, causes: frozenset[tuple[str, str, str]], verb: str) -> ReturnRecord:
    released = frozenset((code, subject) for code, subject, _ in causes)
    match verb:
        case "resolve":
            return replace(record, dismissed=record.dismissed | causes)
        case "release":
            return replace(record, released=record.released | released)
        case "reopen":
            return replace(record, dismissed=record.dismissed - causes, released=record.released - released)
        case _:
            return record


@dataclass
class _Tally:
    concerned: int
    looked_at: int
    changed: int = 0
    unread: int = 0
    credits: dict[str, Amounts] = field(default_factory=dict)
    stock: dict[tuple[str, str, str], Fraction] = field(default_factory=dict)
    closes: Counter[str] = field(default_factory=Counter)
    opens: Counter[str] = field(default_factory=Counter)
    shown: list[Difference] = field(default_factory=list)
    resends: list[Resend] = field(default_factory=list)
    oldest: datetime | None = None
    newest: datetime | None = None

    def add(self, seen: Foreseen | Unread) -> None:
        if isinstance(seen, Unread):
            self.unread += len(seen.asked)
            return
        if seen.read_at is not None:
            self.oldest = min(self.oldest or seen.read_at, seen.read_at)
            self.newest = max(self.newest or seen.read_at, seen.read_at)
        for pk, now in seen.now.items():
            found = difference(now, seen.then[pk])
            if found:
                self._count(found)

    def _count(self, found: Difference) -> None:
        self.changed += 1
        if found.credit:
            self.credits[found.currency] = self.credits.get(found.currency, Amounts()) + found.credit
        for move in found.stock:
            key = (move.sku, move.unit, move.warehouse)
            self.stock[key] = self.stock.get(key, Fraction(0)) + move.quantity
        self.closes.update(flag.code for flag in found.closes)
        self.opens.update(flag.code for flag in found.opens)
        if len(self.shown) < SHOWN:
            self.shown.append(found)

    def resend(self, seen: Foreseen) -> None:
        for pk in seen.asked:
            record = seen.records[pk]
            for posting in record.postings:
                if posting.state is not PostingState.CONFIRMED:
                    total = Amounts(posting.net, posting.tax)
                    self.resends.append(Resend(record.return_id, posting.key, posting.currency, total))

    def decided(self, raised_by_sync: list[FlagRow], verb: str) -> None:
        """Flags that no plan raises are closed or opened by the decision alone."""
        self.closes.update(flag.code for flag in raised_by_sync if flag.state in LIVE and verb not in TAKES_BACK)
        self.opens.update(flag.code for flag in raised_by_sync if flag.state not in LIVE and verb in TAKES_BACK)

    def preview(self) -> Preview:
        return Preview(
            credits=self.credits,
            stock=tuple(StockChange(*key, moved) for key, moved in sorted(self.stock.items()) if moved),
            closes=dict(self.closes),
            opens=dict(self.opens),
            returns=tuple(self.shown),
            changed=self.changed,
            looked_at=self.looked_at,
            concerned=self.concerned,
            unread=self.unread,
            orders_read=(self.oldest, self.newest) if self.oldest and self.newest else None,
            resends=tuple(self.resends),
        )
