"""Requests at a fixed rate, or as many as are answered; one connection each, as gunicorn's sync workers want it.

A request counts from the moment it was due, not from when it could be sent: an answer that holds up the next requests
is seen in their times too.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

SENDERS = 16
TIMEOUT = 30.0


@dataclass
class Answers:
    """``times`` in seconds, of answers with a good status; ``statuses`` of all, 0: no answer."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds

    def within(self, share: float) -> float:
        """The time in seconds within which this share of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def request_of(address: tuple[str, int], path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """The bytes of one POST."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def at_rate(address: tuple[str, int], make: Callable[[int], bytes], rate: float, seconds: float) -> Answers:
    """``rate`` requests per second for ``seconds``; ``make`` gives the bytes of the nth."""
    total = int(rate * seconds)
    begun = time.monotonic() + 0.1

    def due(number: int) -> float | None:
        return begun + number / rate if number < total else None

    return _send(address, make, due, SENDERS)


def at_most(address: tuple[str, int], make: Callable[[int], bytes], seconds: float, senders: int = 8) -> Answers:
    """As many as are answered, ``senders`` at a time."""
    end = time.monotonic() + seconds

    def due(number: int) -> float | None:
        now = time.monotonic()
        return now if now < end else None

    return _send(address, make, due, senders)


def _send(
    address: tuple[str, int], make: Callable[[int], bytes], due: Callable[[int], float | None], senders: int
) -> Answers:
    found, lock, numbers = Answers(), threading.Lock(), count()

    def work() -> None:
        while True:
            with lock:
                number = next(numbers)
            at = due(number)
            if at is None:
                return
            raw = make(number)
            time.sleep(max(0.0, at - time.monotonic()))
            status = _exchange(address, raw)
            took = time.monotonic() - at
            with lock:
                found.statuses[status] += 1
                if 200 <= status < 300:
                    found.times.append(took)

    begun = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds = time.monotonic() - begun
    return found


def _exchange(address: tuple[str, int], raw: bytes) -> int:
    try:
        with socket.create_connection(address, TIMEOUT) as connection:
            connection.sendall(raw)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return int(answer.split(b" ", 2)[1])
    except (OSError, IndexError, ValueError):
        return 0
