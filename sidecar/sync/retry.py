"""When to try again: exponential, with jitter, kept in the ledger; a longer word from the other side counts."""

from __future__ import annotations

from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=1)
EXHAUSTED_AFTER = 12  # attempts; with these delays two to three hours of trouble
AFTER_EXHAUSTION = timedelta(hours=6)
RETRY_AFTER_LIMIT = timedelta(hours=6)


def delay(attempts: int, chance: float, retry_after: float | None = None) -> timedelta:
    """The pause before the next try, after ``attempts`` failed ones (1 or more).

    Between half and the whole of ``5 s x 2^(attempts-1)``, at most an hour; ``retry_after`` seconds, when the other
    side named them, are the least. ``chance`` in [0, 1) spreads the tries of many returns.
    """
    doubled = min(LONGEST, FIRST * 2 ** (max(attempts, 1) - 1)) if attempts < EXHAUSTED_AFTER else AFTER_EXHAUSTION
    pause = doubled * (0.5 + chance / 2)
    if retry_after is None:
        return pause
    return max(pause, min(RETRY_AFTER_LIMIT, timedelta(seconds=max(0.0, retry_after))))
