"""One HTTP exchange with Oro: bounded in time and size, not followed elsewhere, not repeated once sent."""

from __future__ import annotations

import os
import ssl
import threading
import time
import weakref
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError
from urllib3.util.retry import Retry

from sidecar.oro import errors
from sidecar.oro.answers import Answer, unusable

TIMEOUT = (3.0, 30.0)
"""Seconds to connect, and to wait for the next bytes of an answer (oro.md section 9)."""
MAX_ANSWER_BYTES = 32 * 1024 * 1024
MAX_ANSWER_SECONDS = 90.0
"""A server that sends a byte now and then never trips the read timeout; this ends it."""
_CHUNK = 256 * 1024


class ConnectingReads(Retry):
    """Connects once more, at once, for reads; a write is sent by one attempt or not at all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"total": None, "connect": 1, "read": False, "redirect": 0, "status": 0, "other": 0} | options
        )

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if method != "GET" and error is not None and self._is_connection_error(error):
            raise MaxRetryError(_pool, url or "", error) from error
        return super().increment(method, url, response, error, _pool, _stacktrace)


class Transport:
    """One session per process; ``concurrency`` caps the exchanges under way at one time.

    Cookies are off (some answers of Oro set CSRF cookies), and so is ``.netrc``, which would replace our
    Authorization; the proxy and the certificate bundle of the environment are read once. After a fork the
    child makes its own connections: two processes on one would read each other's answers.
    """

    def __init__(
        self,
        base_url: str,
        concurrency: int,
        session: requests.Session | None,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self._base_url = base_url
        self._concurrency = concurrency
        self._session = session if session is not None else requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._session.trust_env = False
        self._options: dict[str, Any] = {
            "timeout": timeout,
            "allow_redirects": False,
            "stream": True,
            "proxies": requests.utils.get_environ_proxies(base_url, no_proxy=None),
            "verify": os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True,
        }
        self._own = session is None
        self._start_over()
        _all.add(self)

    def _start_over(self) -> None:
        self._room = threading.BoundedSemaphore(self._concurrency)
        if self._own:
            adapter = HTTPAdapter(pool_maxsize=self._concurrency, max_retries=ConnectingReads())
            self._session.mount("https://", adapter)
            self._session.mount("http://", adapter)

    def send(
        self, method: str, url: str, headers: CaseInsensitiveDict[str], body: bytes | None, *, write: bool
    ) -> Answer:
        """Make the exchange and read the answer.

        Raises OroUnreachable when it was certainly not sent; when it may have been, OutcomeUnknown on a write
        and OroUnreachable otherwise.
        """
        request = _prepared(method, url, headers, body)
        with self._room:
            try:
                response = self._session.send(request, **self._options)
            except requests.RequestException as error:
                raise _not_answered(error, write) from None
            return _read(response)


def _prepared(method: str, url: str, headers: CaseInsensitiveDict[str], body: bytes | None) -> requests.PreparedRequest:
    """A request put together by hand: ours are complete, and ``prepare`` costs as much CPU as all else."""
    request = requests.PreparedRequest()
    request.method = method
    request.url = url
    request.headers = headers
    request.body = body
    request.hooks = {"response": []}
    request.prepare_cookies({})
    return request


def _read(response: requests.Response) -> Answer:
    chunks: list[bytes] = []
    size = 0
    deadline = time.monotonic() + MAX_ANSWER_SECONDS
    whole = True
    try:
        while chunk := response.raw.read(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                whole = False
                break
            chunks.append(chunk)
    except (HTTPError, OSError, ssl.SSLError):
        whole = False
    if not whole:
        response.close()
    return Answer(response.status_code, response.headers, b"".join(chunks), whole)


def _not_answered(error: requests.RequestException, write: bool) -> errors.OroError:
    """All that counts is whether the request may have reached Oro."""
    if isinstance(error, requests.ConnectTimeout):
        return errors.OroUnreachable(None, "no connection", "nobody answers at this address in time")
    reason = error.args[0] if error.args else None
    cause = getattr(reason, "reason", None)
    if isinstance(cause, NewConnectionError) or isinstance(error, requests.exceptions.ProxyError):
        return errors.OroUnreachable(None, "no connection", "Oro cannot be connected to; check ORO_BASE_URL")
    if _is_certificate(error):
        return errors.OroUnreachable(None, "no connection", "Oro's certificate cannot be verified")
    if isinstance(error, requests.Timeout):
        return unusable(write, None, "no answer", "Oro did not answer in time")
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return errors.OroUnreachable(None, "no connection", "ORO_BASE_URL is not an address; it starts with https://")
    return unusable(write, None, "no answer", "the connection ended before an answer")


def _is_certificate(error: BaseException) -> bool:
    """Whether TLS failed on the certificate, that is before any request."""
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None:
            return False
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        inner = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else None
        seen = getattr(seen, "reason", None) if isinstance(seen, MaxRetryError) else inner or seen.__cause__
    return False


_all: weakref.WeakSet[Transport] = weakref.WeakSet()


def _after_fork() -> None:
    for transport in list(_all):
        transport._start_over()


os.register_at_fork(after_in_child=_after_fork)
