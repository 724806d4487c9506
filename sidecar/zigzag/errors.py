"""What can go wrong with ZigZag: a body that cannot be read, a call that brought no usable answer."""

from __future__ import annotations

from typing import Any, Literal

Kind = Literal["unreachable", "throttled", "credentials_refused", "unexpected_answer"]


class Unreadable(ValueError):
    """A body that cannot be understood.

    ``reason`` is one sentence without the body's content (of such a body only length, digest and reason are
    stored). ``readable`` holds the returns of the same body that could be read, scrubbed, so that one bad
    neighbour in a list loses nobody else.
    """

    def __init__(self, reason: str, readable: tuple[dict[str, Any], ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.readable = readable


class ZigZagError(Exception):
    """A call to ZigZag that brought no usable answer.

    - ``unreachable``: no connection, no answer in time, or a 5xx
    - ``throttled``: 429, or a call kept back because an earlier 429 asked for silence
    - ``credentials_refused``: 401 with a fresh token, 403, or no token for this username and password
    - ``unexpected_answer``: anything else that is not what the contract describes

    ``status`` is the HTTP status, None without an answer. ``retry_after`` is in seconds, None when ZigZag
    named none. ``permanent`` means that the same request will be refused again, so repeating it is no use (a
    400, a 405, a redirect); a refused credential is not permanent, it heals as soon as a person corrects the
    setting. ``detail`` is for people and holds no token and no password.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        status: int | None = None,
        retry_after: int | None = None,
        permanent: bool = False,
    ) -> None:
        super().__init__(kind, detail, status)
        self.kind: Kind = kind
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        self.permanent = permanent

    def __str__(self) -> str:
        status = f" (HTTP {self.status})" if self.status is not None else ""
        return f"ZigZag {self.kind}{status}: {self.detail}"
