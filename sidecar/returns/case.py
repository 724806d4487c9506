"""Everything that was worked out about one return: what its flags and its document are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sidecar.returns.allocating import Allocation
from sidecar.returns.crediting import LineValue
from sidecar.returns.fees import Charge
from sidecar.returns.history import History
from sidecar.returns.memos import LineDue, credit_released
from sidecar.returns.model import Flag, Mappings, Order, OrderLine, Policy, Posting, ReturnRecord
from sidecar.returns.restocking import Restocking


@dataclass(frozen=True)
class Case:
    """One return in its order, planned. ``line_keys`` are per order line id."""

    record: ReturnRecord
    history: History
    order: Order
    found: bool  # whether the order is in Oro
    allocation: Allocation
    dues: tuple[LineDue, ...]
    stock: Restocking
    charges: tuple[Charge, ...]
    posting: Posting | None  # the new one
    values: Mapping[str, LineValue]
    line_keys: Mapping[str, str]
    mappings: Mappings
    policy: Policy

    @property
    def postings(self) -> tuple[Posting, ...]:
        """All that travel to Oro up to and with this pass."""
        return (*self.record.postings, self.posting) if self.posting else self.record.postings

    def keys(self, lines: Sequence[OrderLine]) -> list[str]:
        return [self.line_keys[line.id] for line in lines if line.id in self.line_keys]


def owed(case: Case) -> Decimal:
    """Credit that is computed and due, but held by a flag."""
    if not credit_released(case.history, case.policy):
        return Decimal(0)
    return sum((due.held for due in case.dues), Decimal(0))


def open_codes(flags: Sequence[Flag], record: ReturnRecord) -> list[str]:
    """The codes that nobody dismissed."""
    return [flag.code for flag in flags if is_open(flag, record)]


def is_open(flag: Flag, record: ReturnRecord) -> bool:
    """Whether nobody dismissed it as it is: one that says something else by now is open again."""
    return (flag.code, flag.subject, flag.message) not in record.dismissed
