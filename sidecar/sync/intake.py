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

from sidecar.ledger import flags, inbox, returns, work
from sidecar.ledger.engine import Ledger
from sidecar.ledger.inbox import Incoming, Stored
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
class _Read:
    """One snapshot, read before the transaction begins."""

    said: Snapshot
    text: str
    digest: str
    retailer_stated: bool


def store_webhook(
    ledger: Ledger, raw: bytes, *, settings: Settings, now: datetime, correlation_id: str
) -> StoredWebhook:
    """Store one delivery and make its returns due. Nothing of it is lost: what cannot be read is stored and flagged.

    Of an unreadable body only length, SHA-256 and the reason are kept, as it may hold personal data.
    """
    payloads, reason = _understood(raw)
    zone, retailer_code = settings.zigzag_timezone, settings.zigzag_retailer_code
    read = sorted((_read(payload, zone, now) for payload in payloads), key=lambda one: one.said.return_id)
    with ledger.begin() as conn:
        stored = [_store(conn, WEBHOOK, each, retailer_code, now, correlation_id) for each in read]
        fresh = _pks(stored)
        if fresh:
            work.make_due(conn, fresh, now, pull=True, reason="webhook", correlation_id=correlation_id)
        if reason:
            stored.append(_store_unreadable(conn, WEBHOOK, raw, reason, now, correlation_id))
    return StoredWebhook(True, all(each.duplicate for each in stored), tuple(each.said.return_id for each in read))


def store_pulled(
    conn: Connection, answer: Mapping[str, Any], *, return_pk: int, world_zone: tzinfo, now: datetime
) -> Stored | None:
    """Store the answer to a pull of one return, whose work is under way already.

    None when the answer is about another return; then there is nothing that this one could be planned with.
    """
    rows = returns.by_pks(conn, [return_pk])
    read = _read(answer, world_zone, now)
    if not rows or read.said.return_id != rows[0].return_id:
        return None
    return _store(conn, PULL, read, rows[0].retailer_code, now, "pull")


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
    read: list[_Read] = []
    unusable: list[tuple[bytes, str]] = []
    for payload in payloads:
        try:
            read.append(_read(payload, settings.zigzag_timezone, now))
        except Unreadable as error:
            unusable.append((snapshot.dumps(payload).encode("utf-8", "surrogatepass"), error.reason))
    if not read and not unusable:
        return []
    read.sort(key=lambda one: one.said.return_id)  # one order of locks for all writers
    with ledger.begin() as conn:
        stored = [_store(conn, source, each, settings.zigzag_retailer_code, now, correlation_id) for each in read]
        stored += [_store_unreadable(conn, source, raw, why, now, correlation_id) for raw, why in unusable]
        fresh = _pks(stored)
        if fresh:
            work.make_due(conn, fresh, now, pull=source != PULL, reason=source, correlation_id=correlation_id)
    return stored


def _pks(stored: Iterable[Stored]) -> list[int]:
    """The returns that have something new; a duplicate was made due when it came first."""
    return sorted({each.return_pk for each in stored if not each.duplicate and each.return_pk is not None})


def _understood(raw: bytes) -> tuple[list[dict[str, Any]], str]:
    """(the scrubbed returns of a body, why the body or a part of it cannot be read)."""
    try:
        return snapshot.unwrap(snapshot.loads(raw)), ""
    except Unreadable as error:
        return list(error.readable), error.reason


def _read(payload: Mapping[str, Any], zone: tzinfo, now: datetime) -> _Read:
    scrubbed = snapshot.scrub(payload)
    stated = names.current().of_return(scrubbed).get("retailerCode")
    return _Read(
        said=snapshot.parse(scrubbed, received_at=now, zone=zone, sequence=0),
        text=snapshot.dumps(scrubbed),
        digest=snapshot.digest(scrubbed),
        retailer_stated=stated not in (None, ""),
    )


def _store(
    conn: Connection, source: str, read: _Read, retailer_code: str, now: datetime, correlation_id: str
) -> Stored:
    said = read.said
    code = said.retailer_code
    ours = not read.retailer_stated or not retailer_code or code.casefold() == retailer_code.casefold()
    incoming = Incoming(
        source=source,
        retailer_code=(retailer_code or code) if ours else code,
        return_id=said.return_id,
        order_identifier=said.order_number,
        digest=read.digest,
        payload=read.text,
        at=said.at,
        milestone_rank=int(milestone_of(said.order_status, said.tracking_status, mapping_store.load(conn))),
        correlation_id=correlation_id,
        received_at=now,
        size=len(read.text.encode("utf-8", "surrogatepass")),
    )
    return inbox.store(conn, incoming) if ours else _store_foreign(conn, incoming, retailer_code, now)


def _store_foreign(conn: Connection, incoming: Incoming, retailer_code: str, now: datetime) -> Stored:
    """A snapshot of another retailer is kept as evidence and flagged; it becomes nobody's work (DESIGN 4.5)."""
    stored = inbox.store_foreign(conn, incoming, f"retailer {incoming.retailer_code!r} is not ours")
    message = (
        f"Return {incoming.return_id} came with the retailer code {incoming.retailer_code!r}, "
        f"ours is {retailer_code!r}. It is stored and not applied."
    )
    draft = flagging.sync_draft("retailer_unknown", message, now, subject=incoming.retailer_code)
    flags.raise_system(conn, draft, now)
    return stored


def _store_unreadable(
    conn: Connection, source: str, raw: bytes, reason: str, now: datetime, correlation_id: str
) -> Stored:
    digest = hashlib.sha256(raw).hexdigest()
    stored = inbox.store_unreadable(
        conn,
        source=source,
        digest=digest,
        size=len(raw),
        reason=reason,
        correlation_id=correlation_id,
        received_at=now,
    )
    message = f"A {source} of {len(raw)} bytes could not be read: {reason}. Its SHA-256 begins {digest[:16]}."
    flags.raise_system(conn, flagging.sync_draft("payload_unreadable", message, now, subject=digest), now)
    return stored
