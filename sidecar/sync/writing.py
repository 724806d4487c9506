"""Write one return into Oro - its document and, if one is due, its posting - in one call, and commit the outcome."""

from __future__ import annotations

import logging

from sqlalchemy import Connection

from sidecar import logs
from sidecar.ledger import flags, postings, requests, returns, work
from sidecar.oro import errors
from sidecar.sync import flagging, recovery, trouble
from sidecar.sync.claims import Claim, ClaimLost
from sidecar.sync.health import Gate
from sidecar.sync.intents import Intent, without_posting
from sidecar.sync.world import World

log = logging.getLogger(__name__)

REVISION_TRIES = 3


def write(world: World, claim: Claim, gate: Gate, intent: Intent) -> bool:
    """Bring one return into Oro; True when Oro has it and the ledger knows.

    Every way it can end is committed before this returns: confirmed, unknown, refused, or retried later.
    """
    record = intent.record
    with logs.bind(
        return_id=record.return_id, order=record.order_identifier, correlation_id=intent.correlation_id or None
    ):
        if gate.closed:
            trouble.retry_later(world, intent.return_pk, gate.reason)
            return False
        try:
            return _write(world, claim, intent)
        except ClaimLost:
            log.warning("claim lost before the call; nothing was sent")
            return False
        except errors.OroError as error:
            _failed(world, intent, error)
            gate.notice(error)
            return False


def _write(world: World, claim: Claim, intent: Intent) -> bool:
    for left in reversed(range(REVISION_TRIES)):
        _begin(world, claim, intent)
        world.step("sent")
        try:
            written = world.oro.documents.write(intent.document, intent.posting, intent.posting_digest, world.clock())
        except errors.RevisionConflict:
            if not left:
                raise
            continue  # somebody else saved the return at the same moment: nothing of ours is in, so once more
        except errors.AlreadyPosted:
            return _already_posted(world, claim, intent)
        world.step("answered")
        with world.ledger.begin() as conn:
            now = world.clock()
            if intent.posting is not None:
                postings.mark_confirmed(conn, intent.posting.key, written.posting_id, now)
            _synced(conn, world, intent)
        world.step("confirmed")
        log.info("written", extra={"posting": intent.posting.key if intent.posting else None})
        return True
    return False


def _begin(world: World, claim: Claim, intent: Intent) -> None:
    """The last word before the call, under the fence: who lost the order since planning stops here."""
    with world.ledger.begin() as conn:
        now = world.clock()
        token = claim.hold(conn, intent.order_key, now)
        if intent.posting is not None and not postings.mark_sent(conn, intent.posting.key, token, now):
            raise ClaimLost(intent.order_key)


def _already_posted(world: World, claim: Claim, intent: Intent) -> bool:
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
        trouble.retry_later(world, intent.return_pk, "another posting holds our key")
        return False
    world.step("confirmed")
    return _write(world, claim, without_posting(intent))


def nothing_to_write(world: World, intent: Intent) -> None:
    """Oro already shows what it should: the work is done without a call."""
    if intent.generation is None:
        return
    with world.ledger.begin() as conn:
        _done(conn, world, intent)


def _synced(conn: Connection, world: World, intent: Intent) -> None:
    now = world.clock()
    returns.mark_synced(
        conn, intent.return_pk, intent.document_digest, intent.document.source_updated_at, intent.state, now
    )
    _done(conn, world, intent)


def _done(conn: Connection, world: World, intent: Intent) -> None:
    now = world.clock()
    flags.clear_for_return(conn, intent.return_pk, trouble.WRITE_TROUBLE, "Oro has taken it", now)
    if intent.generation is not None:
        work.finish(conn, intent.return_pk, intent.generation, now)
        requests.finish_for(conn, intent.return_pk, intent.generation, "done", f"in Oro: {intent.state}", now)
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
