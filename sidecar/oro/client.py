"""The JSON:API client of Oro's back office: one door for reads, one for writes (oro.md sections 1 and 2)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from sidecar.oro import errors
from sidecar.oro.answers import Answer, content
from sidecar.oro.jsonapi import Page
from sidecar.oro.tokens import Tokens
from sidecar.oro.transport import TIMEOUT, Transport

MEDIA_TYPE = "application/vnd.api+json"
_AGENT = "zigzag-order-returns"


class OroClient:
    """Reads and writes with a cached token; every failure is an OroError.

    ``concurrency`` caps the calls under way at one time; ``clock`` counts seconds and never goes back; ``timeout``
    is seconds to connect and to wait for an answer; a ``session`` of the caller is used with its own adapters.
    ``calls`` counts requests as they leave: reads, writes, tokens.
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        api_prefix: str = "/admin/api",
        token_path: str = "/oauth2-token",  # noqa: S107 - a path, no secret
        concurrency: int = 3,
        session: requests.Session | None = None,
        clock: Callable[[], float] = time.monotonic,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        base = base_url.rstrip("/")
        self._api = f"{base}/{api_prefix.strip('/')}"
        self._token_url = f"{base}/{token_path.lstrip('/')}"
        self._transport = Transport(base, concurrency, session, timeout)
        self._tokens = Tokens(self._fetch_token, clock)
        self._credentials = urlencode(
            {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        ).encode()
        self._count_lock = threading.Lock()
        self.calls: dict[str, int] = {"reads": 0, "writes": 0, "tokens": 0}

    def __repr__(self) -> str:
        return f"OroClient({self._api!r})"

    @property
    def path_length(self) -> int:
        """Bytes that the path of every call takes of the server's limit for addresses."""
        return len(quote(urlsplit(self._api).path)) + 1

    def get(self, resource: str, query: str = "") -> Page:
        """One read; ``query`` is already encoded. Raises OroError, never OutcomeUnknown."""
        url = f"{self._api}/{resource}?{query}" if query else f"{self._api}/{resource}"
        answer = self._call("GET", url, None)
        return Page(content(answer, write=False, one="/" in resource), resource)

    def post(self, resource: str, body: dict[str, Any]) -> tuple[Page, bool]:
        """One write, sent once (again only after a 401, which did nothing): the answer, and if it created.

        Raises OutcomeUnknown whenever the call may have been done, otherwise the OroError that says why it
        was not.
        """
        sent = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        answer = self._call("POST", f"{self._api}/{resource}", sent)
        return Page(content(answer, write=True, one=False), resource), answer.status == 201

    def token(self) -> None:
        """Make sure that there is a token. Raises CredentialsRefused, OroThrottled or OroUnreachable."""
        self._tokens.current()

    def _call(self, method: str, url: str, body: bytes | None) -> Answer:
        for _ in range(2):
            token = self._tokens.current()
            self._count("reads" if body is None else "writes")
            answer = self._transport.send(method, url, _headers(token, body), body, write=body is not None)
            if answer.status != 401:
                return answer
            self._tokens.refused(token)
        raise errors.CredentialsRefused(401, "unauthorized", "Oro refused two tokens that it had just issued")

    def _fetch_token(self) -> Answer:
        self._count("tokens")
        headers = CaseInsensitiveDict(
            {
                "User-Agent": _AGENT,
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
                "Content-Length": str(len(self._credentials)),
            }
        )
        return self._transport.send("POST", self._token_url, headers, self._credentials, write=False)

    def _count(self, what: str) -> None:
        with self._count_lock:
            self.calls[what] += 1


def _headers(token: str, body: bytes | None) -> CaseInsensitiveDict[str]:
    """No parameters on the media types: Oro answers 406 and 415 to them [17, 20]."""
    headers = {
        "User-Agent": _AGENT,
        "Accept": MEDIA_TYPE,
        "Accept-Encoding": "gzip, deflate",
        "X-Include": "noHateoas",
        "Authorization": f"Bearer {token}",
    }
    if body is not None:
        headers["Content-Type"] = MEDIA_TYPE
        headers["Content-Length"] = str(len(body))
    return CaseInsensitiveDict(headers)
