"""The client: single returns and the list of changed ones, read from ZigZag. It writes nothing there.

Paths and their shapes are assumptions (``contracts/zigzag.md``, Pull) and therefore arguments.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests

from sidecar.zigzag.access import AccessToken, token_in
from sidecar.zigzag.errors import Unreadable, ZigZagError
from sidecar.zigzag.pacing import Pace
from sidecar.zigzag.paging import Page, walk
from sidecar.zigzag.snapshot import identify, unwrap
from sidecar.zigzag.transport import Answer, Transport, UnansweredError

__all__ = ["ZigZagClient", "ZigZagError"]

QUICK_REPEATS = 2
"""Repeats in place, for a hiccup. Anything longer is the ledger's to schedule (STACK.md, HTTP)."""
LONGEST_PAUSE = 1.0  # seconds before a quick repeat; two of them stay within 2 s
UNSTATED_RETRY_AFTER = 5  # seconds of silence after a 429 that names none
_BROKEN_SERVER = frozenset({500, 502, 503, 504})


class ZigZagClient:
    """ZigZag over HTTP, for many threads of one process.

    ``concurrency`` requests at a time and ``rate_per_second`` starts (0: no cap), shared by all threads.
    After a 429 nothing is asked until its Retry-After is over; calls made in the meantime raise ``throttled``
    at once. ``token_path`` is taken below ``api_prefix`` unless it is a full URL. ``clock`` is monotonic and
    ``wall`` counts from 1970, both in seconds; ``chance`` answers 0..1 and spreads the repeats. ``timeout``
    is (connect, read) in seconds.
    """

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        retailer_code: str,
        *,
        api_prefix: str = "/Return/api/v1",
        token_path: str = "/Account/Token",  # noqa: S107 - a path, no token
        return_path: str = "/Returns/{returnId}",
        returns_path: str = "/Returns",
        concurrency: int = 4,
        rate_per_second: float = 10,
        timeout: tuple[float, float] = (3, 30),
        session: requests.Session | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        root = base_url.rstrip("/") + _path(api_prefix)
        self._token_url = token_path if "://" in token_path else root + _path(token_path)
        self._return_url = root + _path(return_path)
        self._returns_url = root + _path(returns_path)
        self._username = username
        self._password = password
        self._retailer_code = retailer_code
        self._sleep = sleep
        self._chance = chance
        self._slots = threading.BoundedSemaphore(concurrency)
        self._pace = Pace(rate_per_second, burst=concurrency, clock=clock, sleep=sleep)
        self._transport = Transport(session=session, connections=concurrency, timeout=timeout, clock=clock)
        self._access = AccessToken(self._fetch_token, clock=clock, wall=wall)
        self._counting = threading.Lock()
        self._calls: dict[str, int] = {"token": 0, "return": 0, "returns": 0}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._returns_url} retailer {self._retailer_code}>"

    @property
    def calls(self) -> dict[str, int]:
        """Requests made so far, repeats included: ``token``, ``return``, ``returns`` (pages of the list)."""
        with self._counting:
            return dict(self._calls)

    def get_return(self, return_id: str) -> dict[str, Any] | None:
        """The newest snapshot of a return, scrubbed; None when ZigZag does not know it. Raises
        ZigZagError."""
        if identify({"returnId": return_id})[1] != return_id:
            raise ValueError("a return id without outer spaces is wanted")
        url = self._return_url.replace("{returnId}", quote(return_id, safe=""))
        answer = self._read("return", url, {"retailerCode": self._retailer_code})
        if answer.status == 404:
            return None
        body = answer.json()
        if isinstance(body, dict) and "data" in body and body["data"] in (None, []):
            return None
        try:
            (payload,) = unwrap(body)
        except Unreadable as error:
            raise ZigZagError("unexpected_answer", error.reason, status=answer.status) from None
        except ValueError:
            raise ZigZagError("unexpected_answer", "several returns for one id", status=answer.status) from None
        if identify(payload)[1] != return_id:
            raise ZigZagError("unexpected_answer", "another return than the one asked for", status=answer.status)
        return payload

    def changed_since(self, since: datetime, page_size: int = 100) -> Iterator[list[dict[str, Any]]]:
        """Every return changed at or after ``since`` (aware), oldest change first, one list per page.

        Each list is one page, scrubbed, read when it is asked for. A return without a usable id stays in its
        page, so that whoever stores it can flag it. Raises ZigZagError (also when the walk does not end), and
        ValueError for a naive ``since``.
        """
        if since.tzinfo is None:
            raise ValueError("changed_since wants an aware time")
        moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

        def page(number: int) -> Page:
            asked = {
                "retailerCode": self._retailer_code,
                "changedSince": moment,
                "page": str(number),
                "pageSize": str(page_size),
            }
            answer = self._read("returns", self._returns_url, asked)
            if answer.status == 404:
                raise ZigZagError("unexpected_answer", "there is no list of returns", status=404, permanent=True)
            return Page.of(answer.json(), page_size)

        return walk(page)

    def check(self) -> None:
        """Fetch a fresh token: ZigZag is reachable and takes our credentials. Raises ZigZagError."""
        self._access.get(anew=True)

    def token(self) -> None:
        """Make sure that there is a token, asking for one only when none is held. Raises ZigZagError."""
        self._access.get()

    def close(self) -> None:
        """Close the connections of this client's own session."""
        self._transport.close()

    def _read(self, kind: str, url: str, params: dict[str, str]) -> Answer:
        """A GET with the token, repeated once with a fresh one after a 401. 200 or 404, or it raises."""
        token = self._access.get()
        answer = self._asked(kind, "GET", url, token=token, params=params)
        if answer.status == 401:
            self._access.drop(token)
            token = self._access.get()
            answer = self._asked(kind, "GET", url, token=token, params=params)
            if answer.status == 401:
                self._access.drop(token)
        if answer.status in (200, 404):
            return answer
        raise self._refusal(answer)

    def _fetch_token(self) -> str:
        body = {"username": self._username, "password": self._password}
        answer = self._asked("token", "POST", self._token_url, body=body)
        if answer.status in (400, 401, 403):
            raise ZigZagError("credentials_refused", "no token for this username and password", status=answer.status)
        if answer.status not in (200, 201):
            raise self._refusal(answer)
        token = token_in(answer.json())
        if token is None:
            raise ZigZagError("unexpected_answer", "the token endpoint sent no token", status=answer.status)
        return token

    def _asked(self, kind: str, method: str, url: str, **request: Any) -> Answer:
        """An answer that is no 429, after at most ``QUICK_REPEATS`` repeats. Raises ZigZagError."""
        for repeat in range(QUICK_REPEATS + 1):
            last = repeat == QUICK_REPEATS
            try:
                answer = self._once(kind, method, url, **request)
            except UnansweredError as error:
                if last or not error.again:
                    raise
            else:
                if answer.status == 429:
                    seconds = UNSTATED_RETRY_AFTER if answer.retry_after is None else answer.retry_after
                    self._pace.hush(seconds)
                    raise ZigZagError("throttled", "too many requests", status=429, retry_after=seconds)
                # A server that names its own time is not asked sooner.
                if answer.status not in _BROKEN_SERVER or answer.retry_after is not None or last:
                    return answer
            self._sleep(min(LONGEST_PAUSE, 0.25 * 2**repeat) * (0.5 + self._chance()))
        raise AssertionError("the last repeat answers or raises")

    def _once(self, kind: str, method: str, url: str, **request: Any) -> Answer:
        silence = self._pace.silence()
        if silence > 0:
            raise ZigZagError("throttled", "an earlier answer asked for silence", retry_after=int(silence) + 1)
        self._pace.wait()
        with self._slots:
            with self._counting:
                self._calls[kind] += 1
            return self._transport.exchange(method, url, **request)

    def _refusal(self, answer: Answer) -> ZigZagError:
        said = answer.explanation()
        for secret in (self._password, self._username):
            said = said.replace(secret, "***") if secret else said
        detail = said or "no explanation"
        if answer.status in (401, 403):
            return ZigZagError("credentials_refused", detail, status=answer.status)
        if answer.status >= 500:
            return ZigZagError("unreachable", detail, status=answer.status, retry_after=answer.retry_after)
        # 408 and 425 are the server's own hiccups; every other 4xx and every redirect would only come again.
        again = answer.status in (408, 425) or answer.status < 300
        return ZigZagError("unexpected_answer", detail, status=answer.status, permanent=not again)


def _path(part: str) -> str:
    return "/" + part.strip("/") if part.strip("/") else ""
