"""Why goods came back: ZigZag's reasons translated for Oro. A reason holds nothing (DESIGN law 5)."""

from __future__ import annotations

from collections.abc import Iterable

from sidecar.returns.model import Mappings

_LONGEST_SUMMARY = 255


def reason_code(reason_id: str, reason: str, mappings: Mappings) -> str:
    """The shop's code of a reason, by its id or by its words; "" when neither is mapped."""
    return mappings.reasons.get(reason_id, "") or mappings.reasons.get(reason, "")


def reason_summary(reasons: Iterable[str]) -> str:
    """The reasons of a whole return in ZigZag's words, each once, short enough for Oro."""
    return "; ".join(dict.fromkeys(reason.strip() for reason in reasons if reason.strip()))[:_LONGEST_SUMMARY]
