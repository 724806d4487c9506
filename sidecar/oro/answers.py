"""From an HTTP answer to a value or to the one error that says what happened.

Status and length come first, the body is parsed only when they say that there is one worth parsing: 401 and
405 are empty [10-12, 35-37], 414 is HTML, and both of Oro's error shapes occur [13, 17].
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from sidecar.oro import errors
from sidecar.oro.errors import OroError, Said

MAX_RETRY_AFTER = 3600
_MAX_TEXT = 300
_MAX_ERRORS = 20

_CONFLICTS: Mapping[str, type[OroError]] = {
    "conflict constraint": errors.AlreadyPosted,
    "stale document constraint": errors.StaleDocument,
    "revision conflict constraint": errors.RevisionConflict,
    "line key constraint": errors.ForeignLine,
}


@dataclass(frozen=True)
class Answer:
    """What came back. ``whole`` is False when the connection broke or the limit was hit inside the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True

    @property
    def retry_after(self) -> int | None:
        """Seconds; None when not named or not understood."""
        named = self.headers.get("Retry-After", "").strip()
        if not named:
            return None
        if named.isascii() and named.isdigit():
            return min(int(named[:9]), MAX_RETRY_AFTER)
        try:
            at = parsedate_to_datetime(named)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max(0, int((at - datetime.now(UTC)).total_seconds())), MAX_RETRY_AFTER)


def content(answer: Answer, *, write: bool, one: bool) -> dict[str, Any]:
    """The JSON:API document of a good answer.

    ``one``: the path names one entity, so that 404 means this entity and not the resource. Raises the
    OroError that the answer deserves; on a write everything that leaves the outcome open is OutcomeUnknown.
    """
    status = answer.status
    if status == 200 or (write and status == 201):
        if not answer.whole:
            raise unusable(write, status, "truncated answer", "the connection ended inside the body")
        value = parse(answer.body)
        if isinstance(value, dict) and "data" in value:
            return value
        raise unusable(write, status, "unreadable answer", "a good status, but the body is no JSON:API document")
    raise _failure(answer, write, one)


def unusable(write: bool, status: int | None, title: str, detail: str, retry_after: int | None = None) -> OroError:
    """The error for an exchange that tells nothing: a read did nothing, of a write nobody knows."""
    kind: type[OroError] = errors.OutcomeUnknown if write else errors.OroUnreachable
    return kind(status, title, detail, retry_after=retry_after)


def parse(body: bytes) -> Any:
    """JSON with fractions as Decimal; None when it is no JSON. (A bare ``null`` is as little use.)"""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _failure(answer: Answer, write: bool, one: bool) -> OroError:
    status, pause = answer.status, answer.retry_after
    said = _said(answer.body)
    first = said[0] if said else Said(_PLAIN.get(status, "unexpected answer"))
    kind = _conflict(answer, said, write) if status == 409 else _kind(status, write, one)
    return kind(status, first.title, first.detail, pointer=first.pointer, retry_after=pause, said=said)


def _conflict(answer: Answer, said: list[Said], write: bool) -> type[OroError]:
    """A conflict is one of several things; cut short or without words, it does not say which."""
    if not answer.whole or not said:
        return errors.OutcomeUnknown if write else errors.OroUnreachable
    return _CONFLICTS.get(said[0].title, errors.Refused)


def _kind(status: int, write: bool, one: bool) -> type[OroError]:
    if status == 429 or (status == 503 and not write):
        return errors.OroThrottled
    if status == 404:
        return errors.NotFound if one else errors.SwitchedOff
    if status == 408 or not 400 <= status < 500:
        # 408: the front gave up waiting, for whom is not known. A redirect or an odd 2xx is no answer.
        return errors.OutcomeUnknown if write else errors.OroUnreachable
    return _REFUSALS.get(status, errors.Refused)


_REFUSALS: Mapping[int, type[OroError]] = {
    401: errors.CredentialsRefused,
    403: errors.Forbidden,
    414: errors.UrlTooLong,
}

_PLAIN: Mapping[int, str] = {
    401: "unauthorized",
    403: "access denied",
    404: "not found",
    405: "method not allowed",
    409: "conflict that says nothing",
    414: "address too long",
    429: "too many requests",
    500: "internal error",
    502: "bad gateway",
    503: "service unavailable",
    504: "gateway timeout",
}


def _said(body: bytes) -> list[Said]:
    """Oro's own words in either shape: ``{"errors": [...]}``, or a bare list [17, 20, 22]."""
    if body[:1] not in (b"{", b"["):
        return []
    value = parse(body)
    listed = value.get("errors") if isinstance(value, dict) else value
    if not isinstance(listed, list):
        return []
    return [_one(each) for each in listed[:_MAX_ERRORS] if isinstance(each, dict)]


def _one(entry: dict[str, Any]) -> Said:
    source = entry.get("source")
    place = (source.get("pointer") or source.get("parameter")) if isinstance(source, dict) else None
    return Said(_text(entry.get("title")) or "unnamed error", _text(entry.get("detail")), _text(place))


def _text(value: Any) -> str:
    return value[:_MAX_TEXT] if isinstance(value, str) else ""
