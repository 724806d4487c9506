"""Oro without sockets: the client's own session, answered by the stand-in's gateway in the same thread.

What a wire can do to a call it does here too: nothing arrives, half of an answer arrives, the answer is lost after the
work was done, or the work is done long after the caller gave up.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ProtocolError

from sidecar.sandbox.oro.answers import Answer, Request
from sidecar.sandbox.oro.gateway import Gateway
from sidecar.sandbox.oro.shop import OroShop


class _Body:
    """The bytes of an answer as urllib3 hands them out; a cut one breaks off."""

    def __init__(self, body: bytes, cut: bool) -> None:
        self._bytes = io.BytesIO(body[: len(body) // 2] if cut else body)
        self._cut = cut

    def read(self, size: int, decode_content: bool = False) -> bytes:
        chunk = self._bytes.read(size)
        if not chunk and self._cut:
            raise ProtocolError("Connection broken")
        return chunk

    def close(self) -> None:
        pass

    release_conn = close


@dataclass
class Wire(BaseAdapter):
    """``late`` holds writes whose sender gave up before they arrived; ``arrive`` lets them in.

    ``delays`` is asked per write whether it is such a one, ``refuses`` whether Oro refuses it as invalid.
    """

    shop: OroShop
    delays: int = 0
    refuses: int = 0
    late: list[Request] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        super().__init__()
        self._gateway = Gateway(self.shop)

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount("http://", self)
        return session

    def arrive(self) -> int:
        """What was under way for so long arrives now; how many writes that were."""
        with self._lock:
            arriving, self.late = self.late, []
        for request in arriving:
            self._gateway.handle(request)
        return len(arriving)

    def close(self) -> None:
        pass

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        headers = {name.lower(): value for name, value in (request.headers or {}).items()}
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        body = request.body or b""
        asked = Request(request.method or "GET", target, headers, body if isinstance(body, bytes) else body.encode())
        writes = asked.method == "POST" and "oauth2" not in target
        if writes and self._take("delays"):
            with self._lock:
                self.late.append(asked)
            raise requests.ReadTimeout
        if writes and self._take("refuses"):
            return _response(request, Answer(400, (("Content-Type", "application/vnd.api+json"),), _REFUSED), False)
        answer = self._gateway.handle(asked)
        if answer.cut == "drop":
            raise requests.ReadTimeout if answer.wait else requests.ConnectionError
        return _response(request, answer, answer.cut == "truncate")

    def _take(self, what: str) -> bool:
        with self._lock:
            left = getattr(self, what)
            setattr(self, what, max(left - 1, 0))
            return bool(left)


_REFUSED = b'{"errors":[{"status":"400","title":"not blank constraint","detail":"This value should not be blank."}]}'


def _response(request: requests.PreparedRequest, answer: Answer, cut: bool) -> requests.Response:
    made = requests.Response()
    made.status_code = answer.status
    made.headers = CaseInsensitiveDict(dict(answer.headers))
    made.raw = _Body(answer.body, cut)
    made.request = request
    return made


class Returns:
    """ZigZag's lookup of one return: what it says newest, or None."""

    def __init__(self, newest: Callable[[str], Mapping[str, Any] | None]) -> None:
        self._newest = newest

    def get_return(self, return_id: str) -> Mapping[str, Any] | None:
        return self._newest(return_id)
