"""The OAuth token: one for all threads, renewed before it ends (it costs Oro 220 ms of CPU, section 1)."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sidecar.oro import errors
from sidecar.oro.answers import Answer, parse

MARGIN = 60.0
"""Seconds before its end at which a token is renewed, so that none ends on its way."""


class Tokens:
    """Hands out the current token. ``fetch`` makes the call; ``clock`` counts seconds and never goes back."""

    def __init__(self, fetch: Callable[[], Answer], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._until = 0.0

    def __repr__(self) -> str:
        return "Tokens(...)"

    def current(self) -> str:
        """A token that is not about to end; threads that ask together share one call.

        Raises CredentialsRefused, OroThrottled or OroUnreachable.
        """
        if self._value and self._clock() < self._until:
            return self._value
        with self._lock:
            if not self._value or self._clock() >= self._until:
                self._renew()
            return self._value

    def refused(self, token: str) -> None:
        """Oro answered 401 to this token: it is forgotten, unless another thread has already replaced it."""
        with self._lock:
            if self._value == token:
                self._value = ""

    def _renew(self) -> None:
        asked = self._clock()
        answer = self._fetch()
        value = parse(answer.body) if answer.status == 200 and answer.whole else None
        if not isinstance(value, dict):
            raise _refusal(answer)
        token, lasts = value.get("access_token"), value.get("expires_in")
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise errors.OroUnreachable(200, "unreadable token answer", "it holds no access_token")
        seconds = float(lasts) if isinstance(lasts, int) and lasts > 0 else MARGIN
        self._value = token
        self._until = asked + seconds - min(MARGIN, seconds / 10)


def _refusal(answer: Answer) -> errors.OroError:
    status, pause = answer.status, answer.retry_after
    if status in (429, 503):
        return errors.OroThrottled(status, "no token", "Oro asks for silence", retry_after=pause)
    if 400 <= status < 500:
        # A wrong secret, an unknown client, the web API switched off: Oro does not tell them apart [04, 05].
        said = parse(answer.body)
        code = said.get("error") if isinstance(said, dict) else None
        detail = "check ORO_CLIENT_ID, ORO_CLIENT_SECRET and ORO_TOKEN_PATH, and that Oro's web API is switched on"
        return errors.CredentialsRefused(status, code[:80] if isinstance(code, str) else "no token", detail)
    if 300 <= status < 400:
        return errors.OroUnreachable(status, "no token", "Oro redirects; check ORO_BASE_URL (https? host?)")
    return errors.OroUnreachable(status, "no token", "the token call was not answered usably", retry_after=pause)
