"""What can go wrong with Oro, each told apart by type, because each asks for something else to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """One entry of Oro's ``errors`` list; ``pointer`` also holds a query parameter's name."""

    title: str
    detail: str = ""
    pointer: str = ""

    def __str__(self) -> str:
        text = f"{self.title}: {self.detail}" if self.detail else self.title
        return f"{text} ({self.pointer})" if self.pointer else text


class OroError(Exception):
    """A call to Oro that brought no usable answer.

    ``status`` is the HTTP status, None without an answer. ``title``, ``detail`` and ``pointer`` are those of
    the first error Oro named, ``said`` holds them all. ``retry_after`` is in seconds, None when Oro named
    none. ``permanent`` means that the same request will be refused again. No text of an error holds a token
    or the client's secret.
    """

    permanent = False

    def __init__(
        self,
        status: int | None,
        title: str,
        detail: str = "",
        *,
        pointer: str = "",
        retry_after: int | None = None,
        said: Sequence[Said] = (),
    ) -> None:
        super().__init__(status, title, detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.pointer = pointer
        self.retry_after = retry_after
        self.said: tuple[Said, ...] = tuple(said) or (Said(title, detail, pointer),)

    def __str__(self) -> str:
        text = "; ".join(str(each) for each in self.said)
        return f"HTTP {self.status} {text}" if self.status is not None else text


class OroUnreachable(OroError):
    """Nothing was done: no connection, no token, or a read that was not answered whole or not in time."""


class OutcomeUnknown(OroError):
    """Writes only: the call may have been done. It ends by reading Oro, never by guessing (law 3)."""


class OroThrottled(OroError):
    """Oro asks for silence (429; on reads also 503): nothing was done."""


class CredentialsRefused(OroError):
    """No token for this client, or a fresh token refused twice: nothing was done."""


class Forbidden(OroError):
    """The token is good, the role of its user lacks the right (403): nothing was done."""


class SwitchedOff(OroError):
    """The resource as such is not there (404 on a collection): the bundle or the web API is switched off."""


class NotFound(OroError):
    """No entity with this id (404 on an id)."""

    permanent = True


class AnswerLacks(OroError):
    """A 2xx answer without something that was asked for; Oro ignores misspelt names in silence [27, 28]."""

    permanent = True


class AlreadyPosted(OroError):
    """409 ``conflict constraint``: a unique key is taken. Nothing was done; read it, compare the digest."""


class RevisionConflict(OroError):
    """409 ``revision conflict constraint``: another request has just saved the return. Retry."""


class StaleDocument(OroError):
    """409 ``stale document constraint``: Oro holds a document of a later moment. Nothing was done."""


class Refused(OroError):
    """Oro read the request and refused it (400 and other 4xx): nothing was done, and it will say so again."""

    permanent = True


class ForeignLine(Refused):
    """409 ``line key constraint``: the line key belongs to another return."""


class UrlTooLong(Refused):
    """414: the web server in front of Oro, about 8 kB."""
