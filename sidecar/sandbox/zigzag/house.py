"""What ZigZag knows: returns with the history of their snapshots, and the tokens it gave out."""

from __future__ import annotations

import base64
import bisect
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sidecar.sandbox.zigzag.faults import Faults

_Key = tuple[datetime, int, str]


class ZigZagHouse:
    """The state behind the stand-in, for many threads.

    ``clock`` is seconds since 1970 and decides about tokens only; when a return changed is said by whoever
    puts it. ``jwt_seconds`` is what the token states, ``token_seconds`` how long it is really taken.
    """

    def __init__(
        self,
        *,
        retailer_code: str = "GL123",
        username: str = "demo",
        password: str = "demo",  # noqa: S107 - the stand-in's own, and public
        token_seconds: int = 1800,
        jwt_seconds: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.retailer_code = retailer_code
        self.faults = Faults()
        self.counters: Counter[str] = Counter()
        self._username = username
        self._password = password
        self._token_seconds = token_seconds
        self._jwt_seconds = token_seconds if jwt_seconds is None else jwt_seconds
        self._clock = clock
        self._lock = threading.RLock()
        self._tokens: dict[str, float] = {}
        self._history: dict[str, list[tuple[datetime, dict[str, Any]]]] = {}
        self._current: dict[str, tuple[_Key, bytes]] = {}
        self._changes: dict[str, list[_Key]] = {}
        self._puts = 0

    # --- returns
    # ------------------------------------------------------------------------------------------------

    def put(self, snapshot: Mapping[str, Any], changed_at: datetime) -> None:
        """A return as it stands since ``changed_at`` (aware). An earlier moment joins the history, nothing
        else.

        Raises ValueError without a return id or for a naive time.
        """
        return_id = str(snapshot.get("returnId") or "")
        if not return_id or changed_at.tzinfo is None:
            raise ValueError("a snapshot needs a returnId and an aware time")
        retailer = str(snapshot.get("retailerCode") or self.retailer_code)
        content = json.dumps(snapshot, ensure_ascii=False).encode("utf-8", "surrogatepass")
        with self._lock:
            self._puts += 1
            self._history.setdefault(return_id, []).append((changed_at, dict(snapshot)))
            known = self._current.get(return_id)
            if known is not None and known[0][0] > changed_at:
                return
            changes = self._changes.setdefault(retailer, [])
            if known is not None:
                for listed in self._changes.values():
                    at = bisect.bisect_left(listed, known[0])
                    if at < len(listed) and listed[at] == known[0]:
                        del listed[at]
            key = (changed_at, self._puts, return_id)
            bisect.insort(changes, key)
            self._current[return_id] = (key, content)

    def current(self, return_id: str) -> dict[str, Any] | None:
        """The newest snapshot, as it was put."""
        content = self.answer(return_id)
        if content is None:
            return None
        snapshot: dict[str, Any] = json.loads(content)
        return snapshot

    def answer(self, return_id: str) -> bytes | None:
        """The newest snapshot as JSON."""
        with self._lock:
            known = self._current.get(return_id)
            return known[1] if known else None

    def history(self, return_id: str) -> list[tuple[datetime, dict[str, Any]]]:
        """Every snapshot of a return that was ever put, in the order in which they were put."""
        with self._lock:
            return list(self._history.get(return_id, ()))

    def page(self, retailer: str, since: datetime, page: int, size: int) -> tuple[list[bytes], int]:
        """(the page's snapshots as JSON, oldest change first; how many there are on all pages)."""
        with self._lock:
            changes = self._changes.get(retailer, [])
            first = bisect.bisect_left(changes, (since, 0, ""))
            start = first + (page - 1) * size
            chosen = changes[start : start + size] if page > 0 else []
            return [self._current[key[2]][1] for key in chosen], len(changes) - first

    def __len__(self) -> int:
        return len(self._current)

    # --- tokens
    # -------------------------------------------------------------------------------------------------

    def sign_in(self, username: Any, password: Any) -> str | None:
        """A new token, shaped like a JWT; None for the wrong credentials."""
        if username != self._username or password != self._password:
            return None
        now = self._clock()
        claims = {
            "sub": username,
            "iat": int(now),
            "exp": int(now) + self._jwt_seconds,
            "jti": secrets.token_hex(8),
        }
        token = ".".join((_part({"alg": "HS256", "typ": "JWT"}), _part(claims), secrets.token_urlsafe(24)))
        with self._lock:
            self._tokens[token] = now + self._token_seconds
        return token

    def accepts(self, authorization: str) -> bool:
        """Whether an Authorization header holds a token that was given out and is still good."""
        scheme, _, token = authorization.partition(" ")
        with self._lock:
            return scheme == "Bearer" and self._tokens.get(token, 0) > self._clock()

    def expire_tokens(self) -> None:
        """Forget every token."""
        with self._lock:
            self._tokens.clear()

    def count(self, what: str) -> None:
        with self._lock:
            self.counters[what] += 1

    def counted(self) -> dict[str, int]:
        """Requests by place and status, and faults by kind: ``return``, ``return 200``, ``fault drop``."""
        with self._lock:
            faults = {f"fault {kind}": times for kind, times in self.faults.happened.items()}
            return {**self.counters, **faults}

    def reset(self) -> None:
        """Forget everything but the credentials."""
        with self._lock:
            for store in (self._tokens, self._history, self._current, self._changes, self.counters):
                store.clear()
            self.faults.clear()
            self.faults.happened.clear()


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def moment(text: str) -> datetime:
    """An ISO 8601 time, UTC without a zone. Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
