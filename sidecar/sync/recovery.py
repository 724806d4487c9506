"""What happened to a call that never told: the answer is read from Oro, never guessed.

Found under its key with the same digest: confirmed. Found with another: a conflict for finance. Not found is no proof
that the call died - it may still be running - so the same posting goes out again under the same key, and Oro's unique
index lets only one of the two in (law 3).
"""

from __future__ import annotations

from dataclasses import replace

from sidecar.ledger import flags, postings, returns
from sidecar.ledger.postings import PostingRow
from sidecar.oro.documents import FoundPosting
from sidecar.returns.model import PostingState
from sidecar.sync import flagging, records
from sidecar.sync.reading import Desk
from sidecar.sync.world import World

WAS_SENT = frozenset({PostingState.SENT.value, PostingState.UNKNOWN.value, PostingState.REFUSED.value})


def settle_unfinished(world: World, desk: Desk) -> None:
    """Look up, in one shared read, every posting on the desk that was sent and not confirmed.

    Raises OroError when Oro cannot be read: then nothing of the page is planned, as the ceiling is not known.
    """
    open_rows = [
        row
        for pk, rows in desk.postings.items()
        for row in rows
        if row.state in WAS_SENT and pk in desk.records  # a return that cannot be read is not planned either
    ]
    if not open_rows:
        return
    found = world.oro.documents.read_postings({row.key: row.kind == "credit" for row in open_rows})
    for row in open_rows:
        answer = found.get(row.key)
        if answer is not None and settle_found(world, row, answer):
            _as_confirmed(desk, row)


def settle_found(world: World, row: PostingRow, found: FoundPosting) -> bool:
    """Commit what Oro has under a posting's key; True when it is this very posting, else it is flagged."""
    now = world.clock()
    same = found.is_same(records.read_posting(row), row.digest)
    with world.ledger.begin() as conn:
        if same:
            postings.mark_confirmed(conn, {row.key: found.oro_id}, now)
            flags.clear_for_returns(
                conn, [row.return_pk], ["outcome_unknown", "credit_refused"], "Oro has the posting", now
            )
        else:
            postings.mark_unknown(conn, row.key, "Oro holds another posting under this key", now)
            flags.raise_for_return(
                conn,
                row.return_pk,
                flagging.sync_draft(
                    "posting_conflict",
                    f"Oro holds another posting under the key {row.key}: {found.total} {found.currency} there, "
                    f"{row.total} {row.currency} here.",
                    now,
                    subject=row.key,
                    amount=row.total,
                    currency=row.currency,
                    holds="all",
                ),
                now,
            )
            returns.set_state(conn, row.return_pk, "review", now)
    return same


def _as_confirmed(desk: Desk, row: PostingRow) -> None:
    """The desk must plan with what was just learnt."""
    record = desk.records[row.return_pk]
    desk.records[row.return_pk] = replace(
        record,
        postings=tuple(
            replace(posting, state=PostingState.CONFIRMED) if posting.key == row.key else posting
            for posting in record.postings
        ),
    )
