"""E-mail over SMTP: plain text, TLS unless switched off, one mail to everybody who owns the matter."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

from sidecar.alerts.channel import NotSent
from sidecar.alerts.message import Message, sentence

log = logging.getLogger(__name__)

TIMEOUT = 10.0  # seconds for each step of the conversation


@dataclass(frozen=True)
class Mail:
    """``recipients``: owner -> addresses. ``tls``: starttls (refused when the server has none), tls, or off."""

    host: str
    port: int
    tls: Literal["starttls", "tls", "off"]
    sender: str
    recipients: Mapping[str, tuple[str, ...]]
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)
    name: str = "email"

    def serves(self, owner: str) -> bool:
        return bool(self.recipients.get(owner))

    def send(self, message: Message) -> None:
        mail = self.mail(message)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(_told(error)) from None
        try:
            if self.username:
                server.login(self.username, self.password)
            refused = server.send_message(mail)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise NotSent(_told(error)) from None
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
        if refused:  # the others have it: sending again would tell them twice
            log.warning("%d of %d recipients refused", len(refused), len(self.recipients[message.owner]))

    def mail(self, message: Message) -> EmailMessage:
        """The mail; sent again it has the same Message-ID, so that a mailbox shows it once."""
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = f"[returns] {sentence(message.title)}"
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.recipients[message.owner])
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = f"<{message.id}@{self.sender.rpartition('@')[2].rstrip('>') or 'returns-bridge'}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text())
        return mail

    def _connected(self) -> smtplib.SMTP:
        context = self.context or ssl.create_default_context()
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            if self.tls == "starttls":
                server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server


def _told(error: Exception) -> str:
    """The server's own words where there are some; they name neither password nor user."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{type(error).__name__}: {error.smtp_code} {sentence(str(said))[:200]}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"all {len(error.recipients)} recipients were refused"
    if isinstance(error, smtplib.SMTPNotSupportedError):  # no STARTTLS, or no way to sign in
        return str(error)
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or type(error).__name__}"
    return f"no conversation ({type(error).__name__})"
