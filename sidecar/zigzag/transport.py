"""One HTTP exchange with ZigZag: bounded in time and size, and every failure told in one vocabulary."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from sidecar.zigzag.errors import Unreadable, ZigZagError
from sidecar.zigzag.exact_json import loads
from sidecar.zigzag.reading import plain_text

MAX_ANSWER_BYTES = 10 * 1024 * 1024
MAX_ANSWER_SECONDS = 90
"""A server that sends a byte now and then never trips the read timeout; this ends it."""
MAX_RETRY_AFTER = 3600
_CHUNK = 64 * 1024


class Bearer(AuthBase):
    """The Authorization header. As an auth object it keeps requests from putting a .netrc entry there."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer that came whole. ``retry_after`` in seconds."""

    status: int
    body: bytes
    retry_after: int | None

    def json(self) -> Any:
        """Raises ZigZagError(unexpected_answer) when the body is not JSON."""
        try:
            return loads(self.body)
        except Unreadable as error:
            raise ZigZagError("unexpected_answer", error.reason, status=self.status) from None

    def explanation(self) -> str:
        """What ZigZag says went wrong, in at most 200 characters; "" when it says nothing we can show."""
        try:
            said = loads(self.body)
        except Unreadable:
            return ""
        if not isinstance(said, dict):
            return ""
        for name in ("message", "detail", "title", "error"):
            if isinstance(said.get(name), str):
                return (plain_text(said[name]) or "")[:200]
        return ""


class Transport:
    """A requests Session per process: no redirects, no cookies, no repeats of its own.

    A session given by the caller is used as it is; our own is made anew after a fork, because two processes
    on one connection would read each other's answers.
    """

    def __init__(
        self,
        *,
        session: requests.Session | None,
        connections: int,
        timeout: tuple[float, float],
        clock: Callable[[], float],
    ) -> None:
        self._given = session
        self._connections = connections
        self._timeout = timeout
        self._clock = clock
        self._own: tuple[int, requests.Session] | None = None

    def exchange(
        self, method: str, url: str, *, token: str | None = None, params: Any = None, body: Any = None
    ) -> Answer:
        """Ask once. Raises UnansweredError without a whole answer, ZigZagError(unexpected_answer) if it is
        too large.

        The error's ``detail`` names what happened, never what was sent.
        """
        give_up = self._clock() + MAX_ANSWER_SECONDS
        try:
            with self._session().request(
                method,
                url,
                params=params,
                json=body,
                auth=Bearer(token),
                headers={"Accept": "application/json"},
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(response.status_code, self._read(response, give_up), _retry_after(response))
        except requests.ConnectTimeout:
            raise UnansweredError("no connection in time", again=True) from None
        except requests.Timeout:
            raise UnansweredError("no answer in time", again=False) from None
        except requests.RequestException as error:
            raise UnansweredError(f"the connection failed ({type(error).__name__})", again=True) from None

    def close(self) -> None:
        if self._own is not None:
            self._own[1].close()
            self._own = None

    def _read(self, response: requests.Response, give_up: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise ZigZagError(
                    "unexpected_answer", f"more than {MAX_ANSWER_BYTES} bytes", status=response.status_code
                )
            if self._clock() > give_up:
                raise UnansweredError("no whole answer in time", again=False)
        return bytes(body)

    def _session(self) -> requests.Session:
        if self._given is not None:
            return self._given
        if self._own is None or self._own[0] != os.getpid():
            session = requests.Session()
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            adapter = HTTPAdapter(pool_connections=2, pool_maxsize=self._connections, max_retries=0)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            self._own = (os.getpid(), session)
        return self._own[1]


class UnansweredError(ZigZagError):
    """No whole answer came. ``again``: whether asking again at once makes sense (after 30 s of waiting,
    no)."""

    def __init__(self, detail: str, *, again: bool) -> None:
        super().__init__("unreachable", detail)
        self.again = again


def _retry_after(response: requests.Response) -> int | None:
    stated = response.headers.get("Retry-After", "").strip()
    if stated.isascii() and stated.isdigit():
        return min(int(stated[:9]), MAX_RETRY_AFTER)
    if not stated:
        return None
    try:
        moment = parsedate_to_datetime(stated)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - datetime.now(UTC)).total_seconds()
    return min(max(0, int(seconds) + 1), MAX_RETRY_AFTER)
