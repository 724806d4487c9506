"""A claim on an order, shared by the threads of one page that write its returns."""

from __future__ import annotations

from datetime import timedelta

from sidecar.ledger import leases
from sidecar.ledger.engine import Ledger
from sidecar.sync.claims import PREFIX, Claim
from tests.ledger.actors import at_once
from tests.ledger.builders import NOW

ORDERS = ("so-1", "so-2", "so-3")
ROUNDS = 10


def prolongs(ledger: Ledger, n: int) -> int:
    """A thread whose lease is half spent whenever it looks; how often it still held all three orders."""
    held = 0
    for _ in range(ROUNDS):
        claim = Claim(dict.fromkeys(ORDERS, 1), wanted={}, until=NOW, seconds=60)
        with ledger.begin() as conn:
            held += claim.hold(conn, ORDERS if n % 2 else reversed(ORDERS), NOW) == set(ORDERS)
    return held


def test_threads_that_prolong_the_leases_of_the_same_orders_do_not_wait_for_each_other_in_a_circle(
    ledger: Ledger, ledger_url: str
) -> None:
    with ledger.begin() as conn:
        assert leases.claim(conn, [PREFIX + order for order in ORDERS], "a page", NOW, 60)
    assert at_once("threads", 8, prolongs, ledger_url) == [ROUNDS] * 8


def test_a_lease_of_which_half_is_spent_is_prolonged_and_a_young_one_is_not(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        leases.claim(conn, ["order:so-1"], "a page", NOW, 60)
    claim = Claim({"so-1": 1}, wanted={}, until=NOW + timedelta(seconds=60), seconds=60)
    for seconds, ends in ((29, 60), (31, 91), (50, 91), (62, 122)):
        with ledger.begin() as conn:
            assert claim.hold(conn, ["so-1"], NOW + timedelta(seconds=seconds)) == {"so-1"}
        with ledger.begin() as conn:
            taken = leases.claim(conn, ["order:so-1"], "another", NOW + timedelta(seconds=ends - 1), 60)
        assert taken == {}, f"after {seconds} seconds it is held for {ends}"


def test_an_order_that_passed_to_another_is_held_no_more_and_cannot_be_prolonged(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        leases.claim(conn, ["order:so-1", "order:so-2"], "a page", NOW, 60)
        leases.claim(conn, ["order:so-1"], "another", NOW + timedelta(seconds=61), 60)
    claim = Claim({"so-1": 1, "so-2": 1}, wanted={}, until=NOW + timedelta(seconds=60), seconds=60)
    with ledger.begin() as conn:
        assert claim.hold(conn, ["so-1", "so-2", "never claimed"], NOW + timedelta(seconds=62)) == {"so-2"}
