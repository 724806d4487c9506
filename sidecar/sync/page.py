"""One page job: up to 50 returns, pulled, checked against their orders, and written - each on its own, exactly once.

The numbered steps of the credit path (``World.step`` is called after each; a process may die at any of them):

1. taken         the work rows are known to be due
2. pulled        ZigZag's newest word is stored
3. claimed       their orders are ours, by a fenced lease
4. read          orders, products and levels are known
5. recovered     postings with an unknown outcome are looked up in Oro
6. planned       the rules have spoken
7. committed     intents (postings ``planned``, flags, documents) are in the ledger, the page's in one commit
8. sent          the page's postings are marked ``sent``, under the fence; the call for one return is next
9. answered      Oro answered for one return (or did not)
10. confirmed    the ledger knows the outcome, of the answers that came together in one commit
11. finished     the work is done and the claims are released
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sidecar.ledger import requests, returns, work
from sidecar.oro.errors import OroError
from sidecar.sync import health, intents, pulling, recovery, trouble, writing
from sidecar.sync.claims import Claim
from sidecar.sync.reading import read_desk
from sidecar.sync.world import World

log = logging.getLogger(__name__)

CLAIM_RETRY = timedelta(seconds=3)


@dataclass
class PageReport:
    """What one page did, in counts of returns."""

    taken: int = 0
    written: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: PageReport) -> None:
        """Count another page with this one."""
        self.taken += other.taken
        self.written += other.written
        self.unchanged += other.unchanged
        self.skipped += other.skipped
        self.failed += other.failed
        self.failures += other.failures


def run(world: World, return_pks: Sequence[int]) -> PageReport:
    """Bring these returns up to date in Oro. Harmless to repeat: what is finished is not touched again.

    No exception of one return or one order stops the others; what fails is retried from the ledger.
    """
    report = PageReport()
    due = _due(world, return_pks)
    report.taken = len(due)
    if due:
        _go_through(world, due, report)
    return report


def _due(world: World, return_pks: Sequence[int]) -> list[work.WorkRow]:
    with world.ledger.read() as conn:
        return [row for row in work.load(conn, return_pks) if row.due_at is not None]


def _go_through(world: World, due: Sequence[work.WorkRow], report: PageReport) -> None:
    """As one page; when something breaks that nobody thought of, each return on its own, so that only one stays behind.

    What one return broke is counted and retried like any failure: it would else come back at once, for ever.
    """
    try:
        _as_one(world, due, report)
    except Exception as error:
        if len(due) == 1:
            trouble.one_failed(world, due[0].return_pk, error)
            report.failed += 1
            report.failures.append(f"return {due[0].return_pk}: {error}")
            return
        log.warning("the page cannot be gone through as one, each return is on its own: %s", error)
        for each in due:
            if still_due := _due(world, [each.return_pk]):
                _go_through(world, still_due, report)


def _as_one(world: World, due: Sequence[work.WorkRow], report: PageReport) -> None:
    with world.ledger.begin() as conn:
        requests.running(conn, [row.return_pk for row in due])
    world.step("taken")

    pulled = pulling.pull(world, due)
    report.failed += len(pulled.failed)
    world.step("pulled")
    waiting = [row for row in due if row.return_pk not in pulled.failed]

    claim = Claim.take(world, _order_keys(world, waiting))
    try:
        skipped = [row.return_pk for row in waiting if not claim.covers(row.return_pk)]
        if skipped:
            with world.ledger.begin() as conn:
                work.give_back(conn, skipped, world.clock() + CLAIM_RETRY)
            report.skipped += len(skipped)
        world.step("claimed")
        if claim.tokens:
            _bring_up_to_date(world, claim, report)
    finally:
        claim.release(world)
    world.step("finished")


def _order_keys(world: World, rows: Iterable[work.WorkRow]) -> dict[int, str]:
    with world.ledger.read() as conn:
        found = returns.by_pks(conn, [row.return_pk for row in rows])
    return {row.id: row.order_key or f"return:{row.id}" for row in found}


def _bring_up_to_date(world: World, claim: Claim, report: PageReport) -> None:
    reads = world.oro.calls.get("reads", 0)
    try:
        desk = read_desk(world, claim)
    except OroError as error:
        report.failed += trouble.all_retry(world, claim.return_pks, error, reading=True)
        return
    if world.oro.calls.get("reads", 0) > reads:
        health.was_read(world.ledger, "oro", world.clock())
    world.step("read")

    try:
        recovery.settle_unfinished(world, desk)
    except OroError as error:
        report.failed += trouble.all_retry(world, claim.return_pks, error, reading=False)
        return
    world.step("recovered")

    intended = intents.plan_and_commit(world, desk, report)
    due = [intent for intent in intended if intent.must_write]
    writing.nothing_to_write(world, [intent for intent in intended if not intent.must_write])
    report.unchanged += len(intended) - len(due)
    if due:
        writing.write_all(world, desk.claim, due, report)
