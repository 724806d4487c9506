"""What ZigZag says - by webhook, pull or file - is stored and nothing more: no upstream is called here.

Each use-case is one ledger transaction: the message in the inbox together with the work that it makes due. Whoever is
told "stored" can rely on both (DESIGN law 4). What people and shops ask for stands in ``sidecar.sync.asking``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from sidecar.ledger import flags, inbox, work
from sidecar.ledger.engine import Ledger
from sidecar.ledger.flags import FlagDraft
from sidecar.ledger.inbox import Incoming, Mark, Stored
from sidecar.ledger.returns import ReturnRow
from sidecar.returns.milestones import milestone_of
from sidecar.returns.model import Snapshot
from sidecar.settings import Settings
from sidecar.sync import flagging
from sidecar.sync import mappings as mapping_store
from sidecar.sync.asking import (
    AnotherBody,
    Intake,
    request_everything,
    request_order_sync,
    request_sync,
    take_in,
)
from sidecar.zigzag import feed, names, snapshot
from sidecar.zigzag.feed import FeedProblem
from sidecar.zigzag.snapshot import Unreadable

__all__ = [
    "AnotherBody",
    "Imported",
    "Intake",
    "StoredPage",
    "StoredWebhook",
    "import_feed",
    "request_everything",
    "request_order_sync",
    "request_sync",
    "store_page",
    "store_pulled",
    "store_webhook",
    "take_in",
]

PAGE = 100  # snapshots per commit of a pull or a file
WEBHOOK, PULL, FEED = "webhook", "pull", "feed"


@dataclass(frozen=True)
class StoredWebhook:
    """What became of a delivery. ``duplicate``: every part of it was known already."""

    stored: bool
    duplicate: bool
    return_ids: tuple[str, ...]


@dataclass(frozen=True)
class StoredPage:
    """Counts of snapshots: ``new`` ones became work."""

    seen: int = 0
    new: int = 0


@dataclass(frozen=True)
class Imported:
    """Counts of returns in a file, and the lines that could not be read."""

    returns: int
    new: int
    duplicates: int
    problems: tuple[FeedProblem, ...]


@dataclass(frozen=True)
class _Stated:
    """One snapshot before the transaction begins, scrubbed. ``ours``: it is about a return of our retailer."""

    payload: Mapping[str, Any]
    mark: Mark
    order_identifier: str
    ours: bool


@dataclass(frozen=True)
class _Read:
    """The same, with what it says."""

    stated: _Stated
    said: Snapshot
    text: str


def store_webhook(
    ledger: Ledger, raw: bytes, *, settings: Settings, now: datetime, correlation_id: str
) -> StoredWebhook:
    """Store one delivery and make its returns due. Nothing of it is lost: what cannot be read is stored and flagged.

    Of an unreadable body only length, SHA-256 and the reason are kept, as it may hold personal data.
    """
    payloads, reason = _understood(raw)
    zone, retailer_code = settings.zigzag_timezone, settings.zigzag_retailer_code
    stated = sorted((_stated(payload, retailer_code) for payload in payloads), key=_place)
    read = [_read(one, zone, now) for one in stated]
    unusable = [(raw, reason)] if reason else []
    with ledger.begin() as conn:
        stored = _store(conn, WEBHOOK, read, unusable, settings, now, correlation_id)
    return StoredWebhook(True, all(each.duplicate for each in stored), tuple(map(_return_id, stated)))


def store_pulled(
    ledger: Ledger, answers: Iterable[tuple[ReturnRow, Mapping[str, Any]]], *, zone: tzinfo, now: datetime
) -> list[Stored]:
    """Store the answers to pulls of single returns, whose work is under way already; one about another is left out."""
    stated = [one for row, answer in answers if _return_id(one := _stated(answer, row.retailer_code)) == row.return_id]
    with ledger.read() as conn:
        known = inbox.recognised(conn, [one.mark for one in stated], speaking=True)
    read = [_read(one, zone, now) for one in sorted(stated, key=_place) if one.mark not in known]
    again = [known[one.mark].id for one in stated if one.mark in known]
    with ledger.begin() as conn:
        stored = inbox.store_all(conn, [_incoming(conn, PULL, each, now, "pull") for each in read], now, again)
    return [*known.values(), *stored]


def store_page(ledger: Ledger, page: Iterable[Mapping[str, Any]], *, settings: Settings, now: datetime) -> StoredPage:
    """Store one page of the list of changed returns; only what is new becomes due, and needs no second pull."""
    stored = _store_batch(ledger, PULL, list(page), settings, now, "poll")
    return StoredPage(seen=len(stored), new=sum(not each.duplicate for each in stored))


def import_feed(
    ledger: Ledger,
    file: Path,
    *,
    settings: Settings,
    now: datetime,
    each: Callable[[], None] = lambda: None,
) -> Imported:
    """Import a CSV file through the door of the webhook, 100 returns per commit; ``each`` is called once per return."""
    problems: list[FeedProblem] = []
    waiting: list[Mapping[str, Any]] = []
    stored: list[Stored] = []

    def store_waiting() -> None:
        stored.extend(_store_batch(ledger, FEED, waiting, settings, now, f"feed:{file.name}"[:64]))
        waiting.clear()

    with file.open(encoding="utf-8-sig", newline="") as lines:
        for found in feed.read_feed(lines, settings.zigzag_feed_columns):
            if isinstance(found, FeedProblem):
                problems.append(found)
                continue
            waiting.append(found.payload)
            each()
            if len(waiting) == PAGE:
                store_waiting()
    if waiting:
        store_waiting()
    duplicates = sum(one.duplicate for one in stored)
    return Imported(len(stored), len(stored) - duplicates, duplicates, tuple(problems))


def _store_batch(
    ledger: Ledger,
    source: str,
    payloads: list[Mapping[str, Any]],
    settings: Settings,
    now: datetime,
    correlation_id: str,
) -> list[Stored]:
    code, zone = settings.zigzag_retailer_code, settings.zigzag_timezone
    stated: list[_Stated] = []
    unusable: list[tuple[bytes, str]] = []
    for payload in payloads:
        try:
            stated.append(_stated(payload, code))
        except Unreadable as error:
            unusable.append((snapshot.dumps(payload).encode("utf-8", "surrogatepass"), error.reason))
    if not stated and not unusable:
        return []
    stated.sort(key=_place)
    # Most of a list was told by webhooks before: what is known is counted without being read once more.
    with ledger.read() as conn:
        known = inbox.recognised(conn, [one.mark for one in stated], speaking=source == PULL)
    again = [known[one.mark] for one in stated if one.mark in known]
    read = [_read(one, zone, now) for one in stated if one.mark not in known]
    with ledger.begin() as conn:
        stored = _store(conn, source, read, unusable, settings, now, correlation_id, [each.id for each in again])
    return again + stored


def _pks(stored: Iterable[Stored]) -> list[int]:
    """The returns that have something new; a duplicate was made due when it came first."""
    return sorted({each.return_pk for each in stored if not each.duplicate and each.return_pk is not None})


def _understood(raw: bytes) -> tuple[list[dict[str, Any]], str]:
    """(the scrubbed returns of a body, why the body or a part of it cannot be read)."""
    try:
        return snapshot.unwrap(snapshot.loads(raw)), ""
    except Unreadable as error:
        return list(error.readable), error.reason


def _stated(payload: Mapping[str, Any], retailer_code: str) -> _Stated:
    """Raises Unreadable when the return id is unusable."""
    scrubbed = snapshot.scrub(payload)
    code, return_id, order = snapshot.identify(scrubbed)
    named = names.current().of_return(scrubbed).get("retailerCode") not in (None, "")
    ours = not named or not retailer_code or code.casefold() == retailer_code.casefold()
    mark = Mark((retailer_code or code) if ours else code, return_id, snapshot.digest(scrubbed))
    return _Stated(scrubbed, mark, order, ours)


def _return_id(stated: _Stated) -> str:
    return stated.mark.return_id


def _read(stated: _Stated, zone: tzinfo, now: datetime) -> _Read:
    said = snapshot.parse(stated.payload, received_at=now, zone=zone, sequence=0)
    return _Read(stated, said, snapshot.dumps(stated.payload))


def _place(stated: _Stated) -> tuple[str, str, str]:
    """What writers sort by, so that two of them do not wait for each other in a circle."""
    return stated.mark.return_id, stated.mark.retailer_code, stated.mark.digest


def _store(
    conn: Connection,
    source: str,
    read: Iterable[_Read],
    unusable: Iterable[tuple[bytes, str]],
    settings: Settings,
    now: datetime,
    correlation_id: str,
    again: Iterable[int] = (),
) -> list[Stored]:
    """Store what was read, in the order of ``_place``, and what cannot be; what is new of ours becomes due.

    ``again``: ids of messages that came once more. Returns, messages, work and flags are taken in this order by every
    writer; flags at last, as one of the whole system is the same row for everybody.
    """
    ours: list[Incoming] = []
    foreign: list[Incoming] = []
    for each in read:
        (ours if each.stated.ours else foreign).append(_incoming(conn, source, each, now, correlation_id))
    stored = inbox.store_all(conn, ours, now, again)
    drafts = []
    for incoming in foreign:
        stored.append(inbox.store_foreign(conn, incoming, f"retailer {incoming.retailer_code!r} is not ours"))
        drafts.append(_foreign(incoming, settings.zigzag_retailer_code, now))
    for raw, why in unusable:
        digest = hashlib.sha256(raw).hexdigest()
        stored.append(
            inbox.store_unreadable(
                conn,
                source=source,
                digest=digest,
                size=len(raw),
                reason=why,
                correlation_id=correlation_id,
                received_at=now,
            )
        )
        drafts.append(_unreadable(source, len(raw), digest, why, now))
    if fresh := _pks(stored):
        work.make_due(conn, fresh, now, pull=source != PULL, reason=source, correlation_id=correlation_id)
    for draft in sorted(drafts, key=lambda each: (each.code, each.subject)):
        flags.raise_system(conn, draft, now)
    return stored


def _incoming(conn: Connection, source: str, read: _Read, now: datetime, correlation_id: str) -> Incoming:
    said, mark = read.said, read.stated.mark
    return Incoming(
        source=source,
        retailer_code=mark.retailer_code,
        return_id=mark.return_id,
        order_identifier=read.stated.order_identifier,
        digest=mark.digest,
        payload=read.text,
        at=said.at,
        milestone_rank=int(milestone_of(said.order_status, said.tracking_status, mapping_store.load(conn))),
        correlation_id=correlation_id,
        received_at=now,
        size=len(read.text.encode("utf-8", "surrogatepass")),
    )


def _foreign(incoming: Incoming, retailer_code: str, now: datetime) -> FlagDraft:
    """A snapshot of another retailer is kept as evidence and flagged; it becomes nobody's work (DESIGN 4.5)."""
    message = (
        f"Return {incoming.return_id} came with the retailer code {incoming.retailer_code!r}, "
        f"ours is {retailer_code!r}. It is stored and not applied."
    )
    return flagging.sync_draft("retailer_unknown", message, now, subject=incoming.retailer_code)


def _unreadable(source: str, size: int, digest: str, reason: str, now: datetime) -> FlagDraft:
    message = f"A {source} of {size} bytes could not be read: {reason}. Its SHA-256 begins {digest[:16]}."
    return flagging.sync_draft("payload_unreadable", message, now, subject=digest)
