"""What every channel is: a name, and one way to send a message that either worked or says why not."""

from __future__ import annotations

from typing import Protocol

from sidecar.alerts.message import Message


class NotSent(Exception):
    """The message was not taken. The text names no address and no secret. ``retry_after``: seconds asked for."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Channel(Protocol):
    """One way out. ``send`` raises NotSent; it waits a bounded time and never for longer than about half a minute."""

    @property
    def name(self) -> str: ...

    def serves(self, owner: str) -> bool:
        """Whether messages to this owner go this way."""
        ...

    def send(self, message: Message) -> None: ...
