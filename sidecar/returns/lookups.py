"""Finding a word in the mappings without regard to how it was written.

Status words and grades: case, spaces, ``_`` and ``-`` do not matter. SKUs of scan units and fees: case does not matter.
Everything else is found exactly as written (``model.Mappings``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sidecar.returns.model import FeeRule, GradeRule, Mappings, Milestone

_SEPARATORS = str.maketrans("", "", " _-")
_MILESTONES = {milestone.word: milestone for milestone in Milestone if milestone is not Milestone.UNKNOWN}


def word_key(word: str) -> str:
    """``Label Created``, ``label_created`` and ``LABEL-CREATED`` are one word."""
    return word.casefold().translate(_SEPARATORS)


def sku_key(sku: str) -> str:
    """ZigZag does not keep a shop's spelling of a SKU: ``glove`` is ``GLOVE``."""
    return sku.strip().upper()


def order_key(identifier: str) -> str:
    """Oro finds orders without regard to case: ``so-1`` is ``SO-1``. A claim is taken on this."""
    return identifier.strip().lower()


def same_word(kind: str, source: str) -> str:
    """Equal for two spellings that the rules take for one word of a kind of mapping (``model.Mappings``)."""
    if kind in ("order_statuses", "tracking_statuses", "grades"):
        return word_key(source)
    if kind == "scan_units":
        sku, at, warehouse = source.rpartition("@")
        return sku_key(sku) + at + sku_key(warehouse)
    return sku_key(source) if kind == "fees" else source.strip()


@dataclass(frozen=True)
class Lookups:
    """The mappings of one version, keyed the way they are looked up."""

    mappings: Mappings
    order_statuses: Mapping[str, Milestone]
    tracking_statuses: Mapping[str, Milestone]
    grades: Mapping[str, GradeRule]
    fees: Mapping[str, FeeRule]
    scan_units: Mapping[str, str]


_latest: Lookups | None = None


def lookups(mappings: Mappings) -> Lookups:
    """The lookups of ``mappings``. Kept for the next call: a page job plans many orders with one version."""
    global _latest
    latest = _latest
    if latest is None or latest.mappings is not mappings:
        latest = _latest = Lookups(
            mappings=mappings,
            order_statuses=_milestones(mappings.order_statuses),
            tracking_statuses=_milestones(mappings.tracking_statuses),
            grades={word_key(grade): rule for grade, rule in mappings.grades.items()},
            fees={sku_key(sku): rule for sku, rule in mappings.fees.items()},
            scan_units={sku_key(source): unit for source, unit in mappings.scan_units.items()},
        )
    return latest


def _milestones(words: Mapping[str, str]) -> dict[str, Milestone]:
    """A word mapped to something that is no milestone counts as not mapped: it releases nothing."""
    return {word_key(word): _MILESTONES[target] for word, target in words.items() if target in _MILESTONES}
