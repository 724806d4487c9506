"""The access token: fetched once however many threads ask, kept for its time, dropped when it is refused.

Source: ``contracts/zigzag.md``, Authentication. There is no refresh token.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable
from concurrent.futures import Future
from decimal import Decimal
from typing import Any

from sidecar.zigzag.errors import Unreadable, ZigZagError
from sidecar.zigzag.exact_json import loads

KEEP_SECONDS = 25 * 60
MARGIN_SECONDS = 60
LEAST_SECONDS = 10
"""A token that seems to end within the margin is kept for so long all the same: the fault may be our own
clock, and a token that has really ended costs one 401, which is repeated."""
REFUSAL_SECONDS = 30
"""How long a refusal is remembered: fifty returns of a page must not try a wrong password fifty times."""


def token_in(answer: Any) -> str | None:
    """The token at ``data``, ``data.token``, ``token`` or ``access_token`` of an answer; None without one."""
    if not isinstance(answer, dict):
        return None
    data = answer.get("data")
    candidates = [data, answer.get("token"), answer.get("access_token")]
    if isinstance(data, dict):
        candidates[0] = data.get("token") or data.get("access_token")
    for candidate in candidates:
        # It goes into a header: a line break in it would be an injection, not a token.
        if isinstance(candidate, str) and candidate and candidate.isascii() and candidate.isprintable():
            return candidate
    return None


def expiry(token: str) -> int | None:
    """The ``exp`` of a JWT in seconds since 1970, unverified; None for any other token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (Unreadable, binascii.Error, ValueError):
        return None
    exp = claims.get("exp") if isinstance(claims, dict) else None
    if isinstance(exp, bool) or not isinstance(exp, int | Decimal) or not 0 < exp < 10**12:
        return None
    return int(exp)


class AccessToken:
    """The token of one username, shared by threads.

    ``fetch`` brings a token or raises ZigZagError; ``clock`` is monotonic, ``wall`` seconds since 1970.
    """

    def __init__(self, fetch: Callable[[], str], *, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._wall = wall
        self._lock = threading.Lock()
        self._token: str | None = None
        self._until = 0.0
        self._pending: Future[str] | None = None
        self._refused: tuple[float, ZigZagError] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'held' if self._token else 'none'}>"

    def get(self, *, anew: bool = False) -> str:
        """The token; one thread fetches it while the others wait for the same answer, or for the same error.

        ``anew`` fetches whatever is held or remembered. Raises ZigZagError.
        """
        with self._lock:
            now = self._clock()
            if not anew:
                if self._token is not None and now < self._until:
                    return self._token
                if self._refused is not None and now < self._refused[0]:
                    raise _again(self._refused[1])
            pending, mine = self._pending, False
            if pending is None:
                pending = self._pending = Future()
                mine = True
        if mine:
            self._bring(pending)
        try:
            return pending.result()
        except ZigZagError as error:
            # An exception object belongs to one thread: its traceback grows where it is raised.
            raise _again(error) from None

    def drop(self, token: str) -> None:
        """Forget ``token``, unless another thread has fetched a newer one since."""
        with self._lock:
            if self._token == token:
                self._token = None

    def _bring(self, pending: Future[str]) -> None:
        try:
            token = self._fetch()
        except BaseException as error:
            with self._lock:
                self._pending = None
                if isinstance(error, ZigZagError) and error.kind == "credentials_refused":
                    self._refused = (self._clock() + REFUSAL_SECONDS, error)
            if isinstance(error, ZigZagError):
                pending.set_exception(error)
                return
            # A job's time limit belongs to the thread it was raised in; the others only learn that no token
            # came.
            pending.set_exception(ZigZagError("unreachable", "fetching the token was interrupted"))
            raise
        with self._lock:
            self._pending = None
            self._refused = None
            self._token = token
            self._until = self._clock() + self._lifetime(token)
        pending.set_result(token)

    def _lifetime(self, token: str) -> float:
        exp = expiry(token)
        if exp is None:
            return KEEP_SECONDS
        return max(LEAST_SECONDS, min(KEEP_SECONDS, exp - self._wall() - MARGIN_SECONDS))


def _again(error: ZigZagError) -> ZigZagError:
    return ZigZagError(
        error.kind,
        error.detail,
        status=error.status,
        retry_after=error.retry_after,
        permanent=error.permanent,
    )
