"""How fast we may ask: a cap on requests per second that threads share, and the silence that a 429 asks for.

ZigZag publishes no limit (``contracts/zigzag.md``, Errors and retries), so the cap is a setting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Pace:
    """At most ``rate`` starts per second, in bursts of at most ``burst``; 0 switches the cap off.

    Each caller is given its own moment under the lock and waits for it outside, so that waiting threads never
    block one another and leave in the order in which they came.
    """

    def __init__(
        self, rate: float, *, burst: int = 1, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._gap = 1 / rate if rate > 0 else 0.0
        self._credit = self._gap * max(burst - 1, 0)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = clock()
        self._silent_until = clock()

    def wait(self) -> None:
        """Return when this caller may start."""
        if not self._gap:
            return
        with self._lock:
            now = self._clock()
            start = max(self._next, now - self._credit)
            self._next = start + self._gap
        if start > now:
            self._sleep(start - now)

    def hush(self, seconds: float) -> None:
        """Nobody should ask for so long."""
        with self._lock:
            self._silent_until = max(self._silent_until, self._clock() + seconds)

    def silence(self) -> float:
        """Seconds for which nobody should ask; 0 when asking is fine."""
        with self._lock:
            return max(0.0, self._silent_until - self._clock())
