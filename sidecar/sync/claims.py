"""A claim on orders: the ceiling is per order line, so who plans a return holds its whole order, by a fenced lease."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sidecar.ledger import leases
from sidecar.sync.world import World

PREFIX = "order:"


class ClaimLost(Exception):
    """Another worker holds the order by now: whatever was planned here must not be written."""


@dataclass
class Claim:
    """The orders this page holds: fencing tokens by order key, and the returns they were taken for."""

    tokens: dict[str, int]
    wanted: Mapping[int, str]  # return_pk -> order key
    until: datetime
    seconds: int
    renewed: dict[str, datetime] = field(default_factory=dict)

    @classmethod
    def take(cls, world: World, wanted: Mapping[int, str]) -> Claim:
        """Claim the orders of these returns; those that another worker holds are left out, without waiting."""
        seconds = world.settings.lease_seconds
        now = world.clock()
        names = sorted({PREFIX + key for key in wanted.values()})
        tokens: dict[str, int] = {}
        if names:
            with world.ledger.begin() as conn:
                tokens = leases.claim(conn, names, world.holder, now, seconds)
        return cls(
            tokens={name.removeprefix(PREFIX): token for name, token in tokens.items()},
            wanted=wanted,
            until=now + timedelta(seconds=seconds),
            seconds=seconds,
        )

    def covers(self, return_pk: int) -> bool:
        return self.wanted.get(return_pk) in self.tokens

    @property
    def return_pks(self) -> list[int]:
        return [pk for pk in self.wanted if self.covers(pk)]

    @property
    def order_keys(self) -> Collection[str]:
        return self.tokens.keys()

    def hold(self, conn: Connection, order_keys: Iterable[str], now: datetime) -> set[str]:
        """Those of these orders that are still ours by their fencing tokens, checked inside the caller's transaction.

        A lease of which half is spent is prolonged. The others have passed to another holder, however slow we were, or
        were never claimed: ZigZag corrected the order of a return after its old one was claimed.
        """
        tokens = {PREFIX + key: self.tokens[key] for key in order_keys if key in self.tokens}
        old = {name for name in tokens if not self.is_young(name.removeprefix(PREFIX), now)}
        held = leases.held(conn, tokens, to_renew=bool(old))
        keys = {name.removeprefix(PREFIX) for name in held}
        for name in sorted(held & old):
            leases.renew(conn, name, tokens[name], now, self.seconds)
            self.renewed[name.removeprefix(PREFIX)] = now + timedelta(seconds=self.seconds)
        return keys

    def is_young(self, order_key: str, now: datetime) -> bool:
        """Less than half of the lease is spent: nobody can have taken it, unless clocks differ by the other half."""
        return self.renewed.get(order_key, self.until) - now >= timedelta(seconds=self.seconds / 2)

    def release(self, world: World) -> None:
        if self.tokens:
            with world.ledger.begin() as conn:
                leases.release(conn, {PREFIX + key: token for key, token in self.tokens.items()})
