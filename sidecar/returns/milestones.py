"""From ZigZag's two status words to how far a return has come (``contracts/zigzag.md``, Words -> milestones)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sidecar.returns.lookups import lookups, word_key
from sidecar.returns.model import Mappings, Milestone

HUB = "hub"
RELEASING = frozenset({Milestone.GRADED, Milestone.RESTOCKED})  # the only words that can release money
RECEIPT = RELEASING | {Milestone.RECEIVED}  # from here on quantities are counted, no longer asked for
ENDED = frozenset({Milestone.CANCELLED, Milestone.REJECTED})


@dataclass(frozen=True)
class Stated:
    """What one snapshot says on its two axes, and the words that no mapping knows as (mapping kind, word)."""

    order: Milestone
    tracking: Milestone
    unmapped: tuple[tuple[str, str], ...] = ()

    @property
    def milestone(self) -> Milestone:
        """The highest rank that either axis states; cancelled and rejected outrank every milestone."""
        return max(self.order, self.tracking)

    def says(self, milestones: frozenset[Milestone]) -> bool:
        """Whether either axis says one of ``milestones``, even when the other axis outranks it (Closed over Graded)."""
        return self.order in milestones or self.tracking in milestones


def stated(order_status: str, tracking_status: str, mappings: Mappings, warehouse_role: str = "") -> Stated:
    """Both axes of one snapshot. A word nobody mapped says nothing (UNKNOWN) and is reported; no word is no word."""
    known = lookups(mappings)
    order = _axis(order_status, known.order_statuses, warehouse_role)
    tracking = _axis(tracking_status, known.tracking_statuses, warehouse_role)
    unmapped = []
    if order is None:
        unmapped.append(("order_statuses", order_status.strip()))
    if tracking is None:
        unmapped.append(("tracking_statuses", tracking_status.strip()))
    return Stated(order or Milestone.UNKNOWN, tracking or Milestone.UNKNOWN, tuple(unmapped))


def milestone_of(order_status: str, tracking_status: str, mappings: Mappings, warehouse_role: str = "") -> Milestone:
    """How far a return has come by one snapshot; UNKNOWN when no word of it is mapped.

    ``warehouse_role`` is the mapped role of the snapshot's warehouse (``hub``, ``destination`` or "" when not mapped):
    what is received at a hub is still on its way.
    """
    return stated(order_status, tracking_status, mappings, warehouse_role).milestone


def _axis(word: str, words: Mapping[str, Milestone], warehouse_role: str) -> Milestone | None:
    """The milestone of one word; UNKNOWN for an empty one, None for one that is not mapped."""
    key = word_key(word)
    if not key:
        return Milestone.UNKNOWN
    milestone = words.get(key)
    if milestone is Milestone.RECEIVED and warehouse_role == HUB:
        return Milestone.AT_HUB
    return milestone
