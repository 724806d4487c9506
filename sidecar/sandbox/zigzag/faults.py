"""What can be made to go wrong at ZigZag: switched on by the caller, counted down, and each use counted."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

KINDS = frozenset(
    {
        "status",  # answers ``status`` (with ``retry_after``) instead
        "stall",  # answers nothing for ``seconds``, then hangs up
        "slow",  # answers ``seconds`` late
        "drop",  # hangs up without an answer
        "truncate",  # hangs up in the middle of the body
        "garbage",  # 200 with something that is no JSON
        "oversize",  # 200 with more bytes than anybody should read
        "expire_tokens",  # forgets every token it gave out, then answers as usual (which is a 401)
        "shuffle",  # a page of the list in reverse order
    }
)
PLACES = frozenset({"*", "token", "return", "returns"})


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong at ``where`` (token, return, returns, or * for all).

    It happens ``times`` times (None: until cleared), at every ``every``-th matching request. ``seconds`` is
    for stall and slow, ``retry_after`` and ``location`` are sent as they stand.
    """

    kind: str
    where: str = "*"
    times: int | None = 1
    every: int = 1
    status: int = 500
    retry_after: str | None = None
    location: str | None = None
    seconds: float = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.where not in PLACES or self.every < 1:
            raise ValueError(f"no such fault: {self.kind} at {self.where}, every {self.every}")


class Faults:
    """The faults that are switched on. The first that matches a request and has uses left is the one that
    happens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[list[Any]] = []  # [fault, matching requests so far, uses left]
        self.happened: Counter[str] = Counter()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._active.append([fault, 0, fault.times])

    def clear(self) -> None:
        with self._lock:
            self._active.clear()

    def next(self, where: str) -> Fault | None:
        """The fault that this request meets, taken from its uses."""
        with self._lock:
            for entry in self._active:
                fault, _, left = entry
                if fault.where not in ("*", where) or left == 0:
                    continue
                entry[1] += 1
                if entry[1] % fault.every:
                    continue
                if left is not None:
                    entry[2] = left - 1
                self.happened[fault.kind] += 1
                found: Fault = fault
                return found
        return None
