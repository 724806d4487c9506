"""The sender of webhooks: what ZigZag does when a delivery fails, in a time that the caller drives.

Source: ``contracts/zigzag.md``, Webhook delivery.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

REPEATED_ON = frozenset({400, 401, 403, 405, 408, 500, 502})
REPEAT_EVERY = timedelta(days=1)
REPEAT_FOR = timedelta(days=7)

Post = Callable[[bytes, Mapping[str, str]], int | None]


@dataclass
class Delivery:
    """One message. ``state``: delivered, waiting (for its repeat), lost (answered so that ZigZag never
    repeats it) or expired (failed for seven days). ``statuses`` holds each answer, None for no answer."""

    body: bytes = field(repr=False)
    first_at: datetime
    state: str = "waiting"
    next_at: datetime | None = None
    statuses: list[int | None] = field(default_factory=list)


class Sender:
    """Posts snapshots to ``url`` with the credential of ``auth`` (``header:NAME``, ``basic``,
    ``hmac-sha256:NAME``).

    Time is virtual: the caller passes it, and calls ``advance`` to let the daily repeats happen. ``post``
    takes the place of the network when given: (body, headers) -> status, None for no answer.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        auth: str = "header:X-ZigZag-Key",
        timeout: float = 10,
        post: Post | None = None,
    ) -> None:
        self._target = urlsplit(url)
        self._auth = auth
        self._secret = secret
        self._timeout = timeout
        self._post = post or self._over_http
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self.waiting: list[Delivery] = []
        self.lost: list[Delivery] = []
        self.expired: list[Delivery] = []
        self.counters: Counter[str] = Counter()

    def send(self, snapshot: Mapping[str, Any], at: datetime) -> Delivery:
        """Deliver a snapshot at a moment of virtual time."""
        return self.send_raw(json.dumps({"data": snapshot}, ensure_ascii=False).encode("utf-8", "surrogatepass"), at)

    def send_raw(self, body: bytes, at: datetime) -> Delivery:
        """Deliver exactly these bytes."""
        delivery = Delivery(body, at)
        self._attempt(delivery, at)
        return delivery

    def advance(self, until: datetime) -> int:
        """Make every repeat that is due by ``until``, oldest first; how many attempts that took."""
        attempts = 0
        while True:
            with self._lock:
                due = [each for each in self.waiting if each.next_at is not None and each.next_at <= until]
                if not due:
                    return attempts
                delivery = min(due, key=lambda each: each.next_at or until)
                self.waiting.remove(delivery)
            self._attempt(delivery, delivery.next_at or until)
            attempts += 1

    def let_days_pass(self, before_each: Callable[[], object] = lambda: None) -> int:
        """Repeat until nothing waits any more, each delivery being delivered, lost or expired; how many attempts.

        ``before_each`` is called before the repeats of a moment: a day is long enough for a receiver to come back.
        """
        attempts = 0
        while due := [each.next_at for each in self.waiting if each.next_at is not None]:
            before_each()
            attempts += self.advance(min(due))
        return attempts

    def _attempt(self, delivery: Delivery, at: datetime) -> None:
        headers = {"Content-Type": "application/json", **self.credential(delivery.body)}
        status = self._post(delivery.body, headers)
        with self._lock:
            delivery.statuses.append(status)
            self.counters["attempts"] += 1
            delivery.next_at = None
            if status is not None and 200 <= status < 300:
                delivery.state = "delivered"
            elif status is not None and status not in REPEATED_ON:
                delivery.state = "lost"
                self.lost.append(delivery)
            elif at + REPEAT_EVERY - delivery.first_at > REPEAT_FOR:
                delivery.state = "expired"
                self.expired.append(delivery)
            else:
                delivery.state, delivery.next_at = "waiting", at + REPEAT_EVERY
                self.waiting.append(delivery)
            self.counters[delivery.state] += 1

    def credential(self, body: bytes) -> dict[str, str]:
        """The headers that prove to the receiver who sends this body."""
        mode, _, name = self._auth.partition(":")
        secret = self._secret.encode()
        if mode == "basic":
            return {"Authorization": f"Basic {base64.b64encode(secret).decode()}"}
        if mode == "hmac-sha256":
            return {name: hmac.new(secret, body, hashlib.sha256).hexdigest()}
        return {name: secret.decode("latin-1")}

    def _over_http(self, body: bytes, headers: Mapping[str, str]) -> int | None:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        kept = connection is not None
        if connection is None:
            connection = self._local.connection = self._connect()
        try:
            connection.request("POST", self._target.path or "/", body, dict(headers))
            response = connection.getresponse()
            response.read()
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            self._local.connection = None
            # A kept connection may have been closed meanwhile, which says nothing about the receiver.
            again = kept and not isinstance(error, TimeoutError)
            return self._over_http(body, headers) if again else None
        return response.status

    def _connect(self) -> http.client.HTTPConnection:
        tls = self._target.scheme == "https"
        kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        connection = kind(self._target.netloc, timeout=self._timeout)
        with self._lock:
            self._connections.append(connection)
        return connection

    def close(self) -> None:
        """Close the connections of all threads that sent; none of them may be sending."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
