"""Write returns into Oro - each document and, if one is due, its posting in one call - and commit the outcomes."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from sidecar import logs
from sidecar.ledger import flags, postings, requests, returns, work
from sidecar.ledger.returns import SyncedRow
from sidecar.oro import errors
from sidecar.oro.documents import Written
from sidecar.sync import flagging, health, recovery, trouble
from sidecar.sync.claims import Claim, ClaimLost
from sidecar.sync.health import Gate
from sidecar.sync.intents import Intent, without_posting
from sidecar.sync.world import World

if TYPE_CHECKING:
    from sidecar.sync.page import PageReport

log = logging.getLogger(__name__)

T = TypeVar("T")

REVISION_TRIES = 3
GATHER = 0.05  # seconds; answers that come within it of one another are committed together


@dataclass(frozen=True)
class Answered:
    """Oro has it and said so; the ledger does not know yet."""

    intent: Intent
    written: Written


def write_all(world: World, claim: Claim, intents: Sequence[Intent], report: PageReport) -> None:
    """Bring these returns into Oro, a few at a time; what became of each is committed before this returns.

    Threads call, this one commits what they bring: a commit costs more than a call, so answers share one. What dies
    between answer and commit is ``sent`` in the ledger, and the next pass reads it back (``recovery``).
    """
    begun = _begin(world, claim, intents)
    report.failed += len(intents) - len(begun)
    gate = health.Gate()
    with ThreadPoolExecutor(max_workers=world.settings.oro_concurrency, thread_name_prefix="oro") as pool:
        running = {pool.submit(logs.carry(write), world, claim, gate, intent): intent for intent in begun}
        for done in _as_they_come(running):
            answered: list[Answered] = []
            for future in done:
                try:
                    answer = future.result()
                except Exception as error:
                    _poison(world, running[future], error, report)
                    continue
                report.failed += answer is None
                answered += [answer] if answer is not None else []
            _confirm(world, answered, report)


def _poison(world: World, intent: Intent, error: Exception, report: PageReport) -> None:
    """A return must not stop its page: noted, retried, flagged in the end."""
    trouble.one_failed(world, intent.return_pk, error)
    report.failures.append(f"{intent.record.return_id}: {error}")
    report.failed += 1


def _as_they_come(calls: Collection[Future[T]]) -> Iterator[set[Future[T]]]:
    waiting: set[Future[T]] = set(calls)
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        if waiting:
            soon, waiting = wait(waiting, timeout=GATHER)
            done |= soon
        yield done


def write(world: World, claim: Claim, gate: Gate, intent: Intent) -> Answered | None:
    """Call Oro for one return whose call has begun in the ledger; None when Oro has not taken it, and that is noted.

    Every other way it can end is committed before this returns: unknown, refused, or retried later.
    """
    record = intent.record
    with logs.bind(
        return_id=record.return_id, order=record.order_identifier, correlation_id=intent.correlation_id or None
    ):
        if gate.closed:
            trouble.retry_later(world, intent.return_pk, gate.reason)
            return None
        try:
            return _write(world, claim, intent)
        except ClaimLost:
            log.warning("claim lost before the call; nothing was sent")
            return None
        except errors.OroError as error:
            _failed(world, intent, error)
            gate.notice(error)
            return None


def _write(world: World, claim: Claim, intent: Intent) -> Answered | None:
    begun = claim.is_young(intent.order_key, world.clock())  # else the page took long: is the order still ours?
    for left in reversed(range(REVISION_TRIES)):
        if not begun and not _begin(world, claim, [intent]):
            raise ClaimLost(intent.order_key)
        world.step("sent")
        try:
            written = world.oro.documents.write(intent.document, intent.posting, intent.posting_digest, world.clock())
        except errors.RevisionConflict:
            if not left:
                raise
            begun = False  # somebody else saved the return at the same moment: nothing of ours is in, so once more
            continue
        except errors.AlreadyPosted:
            return _already_posted(world, claim, intent)
        world.step("answered")
        log.info("written", extra={"posting": intent.posting.key if intent.posting else None})
        return Answered(intent, written)
    return None


def _begin(world: World, claim: Claim, intents: Sequence[Intent]) -> list[Intent]:
    """The last word before the calls, under the fence: who lost an order since planning stops here.

    Those of the intents that may go; from now on their postings may be in Oro.
    """
    if not intents:
        return []
    with world.ledger.begin() as conn:
        now = world.clock()
        held = claim.hold(conn, {intent.order_key for intent in intents}, now)
        ours = [intent for intent in intents if intent.order_key in held]
        tokens = {intent.posting.key: claim.tokens[intent.order_key] for intent in ours if intent.posting is not None}
        sent = postings.mark_sent(conn, tokens, now)
    return [intent for intent in ours if intent.posting is None or intent.posting.key in sent]


def _confirm(world: World, answered: Sequence[Answered], report: PageReport) -> None:
    if not answered:
        return
    try:
        _commit_answers(world, answered)
    except Exception as error:
        if len(answered) == 1:
            _poison(world, answered[0].intent, error, report)
            return
        log.warning("answers cannot be committed as one, each is on its own: %s", error)
        for each in answered:
            _confirm(world, [each], report)
        return
    report.written += len(answered)
    world.step("confirmed")


def _commit_answers(world: World, answered: Sequence[Answered]) -> None:
    """The ledger knows that Oro has them."""
    # By return id, as the intake takes them: two writers in one order do not wait for each other.
    answered = sorted(answered, key=lambda each: each.intent.record.return_id)
    with world.ledger.begin() as conn:
        now = world.clock()
        postings.mark_confirmed(
            conn,
            {each.intent.posting.key: each.written.posting_id for each in answered if each.intent.posting is not None},
            now,
        )
        returns.mark_synced(
            conn,
            [
                SyncedRow(
                    pk=each.intent.return_pk,
                    document_digest=each.intent.document_digest,
                    source_updated_at=each.intent.document.source_updated_at,
                    state=each.intent.state,
                    oro_return_id=each.written.return_id,
                )
                for each in answered
            ],
            now,
        )
        _done(conn, [each.intent for each in answered], now)
        health.answered(conn, "oro", now)


def _already_posted(world: World, claim: Claim, intent: Intent) -> Answered | None:
    """Oro's unique index says the key is taken: read it, compare, and write the document that the refusal undid."""
    posting = intent.posting
    if posting is None:
        raise errors.Refused(409, "conflict constraint", "Oro refused a document without a posting.")
    found = world.oro.documents.read_postings({posting.key: posting.credits}).get(posting.key)
    if found is None:
        raise errors.OutcomeUnknown(409, "conflict constraint", f"Oro refuses {posting.key} as taken but shows none.")
    with world.ledger.read() as conn:
        row = postings.get(conn, posting.key)
    if row is None or not recovery.settle_found(world, row, found):
        # Only a person can end this; to look again every few seconds would not.
        conflict = errors.Refused(409, "posting conflict", f"Oro holds another posting under the key {posting.key}")
        trouble.one_failed(world, intent.return_pk, conflict)
        return None
    world.step("confirmed")
    return _write(world, claim, without_posting(intent))


def nothing_to_write(world: World, intents: Sequence[Intent]) -> None:
    """Oro already shows what it should: the work is done without a call."""
    answered = [intent for intent in intents if intent.generation is not None]
    if answered:
        with world.ledger.begin() as conn:
            _done(conn, answered, world.clock())


def _done(conn: Connection, intents: Sequence[Intent], now: datetime) -> None:
    flags.clear_for_returns(
        conn, [intent.return_pk for intent in intents], trouble.WRITE_TROUBLE, "Oro has taken it", now
    )
    due = {intent.return_pk: intent.generation for intent in intents if intent.generation is not None}
    work.take(conn, [intent.return_pk for intent in intents if intent.return_pk in due or intent.resumed])
    work.finish(conn, due, now)
    requests.finish(
        conn,
        [
            requests.Ended(intent.return_pk, intent.generation, "done", f"in Oro: {intent.state}")
            for intent in intents
            if intent.return_pk in due
        ],
        now,
    )
    for intent in intents:
        if intent.return_pk in due:
            trouble.look_again(conn, intent, now)
        if intent.resumed:
            # No second posting is planned beside an unfinished one, so what came up since waits for this very moment.
            work.make_due(
                conn,
                [intent.return_pk],
                now,
                pull=False,
                reason="earlier posting settled",
                correlation_id=intent.correlation_id,
            )


def _failed(world: World, intent: Intent, error: errors.OroError) -> None:
    """Commit what this answer means for the posting, flag it, and say when to try again."""
    log.warning("write failed: %s", error)
    posting = intent.posting
    with world.ledger.begin() as conn:
        now = world.clock()
        if posting is not None and isinstance(error, errors.OutcomeUnknown):
            row = postings.mark_unknown(conn, posting.key, str(error), now)
            flags.raise_for_return(
                conn,
                intent.return_pk,
                flagging.sync_draft(
                    "outcome_unknown",
                    f"Oro did not tell whether {posting.key} ({posting.total} {posting.currency}) was posted.",
                    now,
                    subject=posting.key,
                    amount=posting.total,
                    currency=posting.currency,
                    holds="all",
                    age=now - row.created_at if row is not None else None,
                ),
                now,
            )
        elif posting is not None and isinstance(error, errors.Refused):
            postings.mark_refused(conn, posting.key, str(error), now)
            flags.raise_for_return(
                conn,
                intent.return_pk,
                flagging.sync_draft(
                    "credit_refused",
                    f"Oro refused {posting.key} ({posting.total} {posting.currency}): {error}",
                    now,
                    subject=posting.key,
                    amount=posting.total,
                    currency=posting.currency,
                    holds="all",
                ),
                now,
            )
            returns.set_state(conn, intent.return_pk, "review", now)
        elif isinstance(error, errors.StaleDocument):
            # Oro holds a document of a later moment; ours takes a later one still, as the facts are ours to say.
            returns.advance_source(conn, intent.return_pk, world.clock())
        trouble.note(conn, world, intent.return_pk, error, now)
