"""A mail server on loopback that does what it is told: STARTTLS, a login, a refusal, a hang-up."""

from __future__ import annotations

import base64
import shutil
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Taken:
    """One mail as it arrived, and over what."""

    sender: str
    recipients: list[str]
    mail: EmailMessage
    encrypted: bool
    user: str


@dataclass
class Post:
    """``refuse``: recipients answered with 550; ``hang_up``: closes before answering DATA; ``login``: user:password."""

    context: ssl.SSLContext | None = None
    from_the_start: bool = False
    login: str = ""
    refuse: frozenset[str] = frozenset()
    hang_up: bool = False
    taken: list[Taken] = field(default_factory=list)
    port: int = 0


class _Conversation(socketserver.StreamRequestHandler):
    timeout = 5

    @property
    def post(self) -> Post:
        return self.server.post  # type: ignore[attr-defined,no-any-return]

    def handle(self) -> None:
        with suppress(OSError):  # a client that does not trust us hangs up in the middle
            self._talk()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.request.close()  # a wrapped socket is not the one that the server closes

    def _talk(self) -> None:
        self.encrypted, self.user = False, ""
        if self.post.context is not None and self.post.from_the_start:
            self._encrypt()
        self._say("220 loopback")
        self.sender, self.recipients = "", list[str]()
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            answer = getattr(self, f"on_{verb.lower()}", lambda _: "502 not known")(line)
            if answer is None:
                return
            self._say(answer)
            if verb == "STARTTLS":
                self._encrypt()

    def _say(self, line: str) -> None:
        self.wfile.write(line.replace("\n", "\r\n").encode() + b"\r\n")

    def _encrypt(self) -> None:
        assert self.post.context is not None
        self.request = self.post.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
        self.encrypted = True

    def on_ehlo(self, line: str) -> str:
        offers = ["250-loopback"]
        offers += ["250-STARTTLS"] if self.post.context is not None and not self.encrypted else []
        offers += ["250-AUTH PLAIN"] if self.post.login else []
        return "\n".join([*offers, "250 8BITMIME"])

    def on_starttls(self, line: str) -> str:
        return "220 go ahead"

    def on_auth(self, line: str) -> str:
        _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
        if f"{user}:{password}" != self.post.login:
            return "535 5.7.8 authentication failed"
        self.user = user
        return "235 welcome"

    def on_mail(self, line: str) -> str:
        self.sender = line.partition("<")[2].partition(">")[0]
        return "530 login first" if self.post.login and not self.user else "250 ok"

    def on_rcpt(self, line: str) -> str:
        recipient = line.partition("<")[2].partition(">")[0]
        if recipient in self.post.refuse:
            return "550 no such user"
        self.recipients.append(recipient)
        return "250 ok"

    def on_data(self, line: str) -> str | None:
        if self.post.hang_up:
            return None
        self._say("354 go on")
        lines = []
        while (line_bytes := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line_bytes)
        mail: Any = message_from_bytes(b"".join(lines), policy=default)
        self.post.taken.append(Taken(self.sender, self.recipients, mail, self.encrypted, self.user))
        return "250 taken"

    def on_rset(self, line: str) -> str:
        return "250 ok"

    def on_quit(self, line: str) -> None:
        self._say("221 bye")


@contextmanager
def serving(post: Post) -> Iterator[Post]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation) as server:
        server.daemon_threads = True
        server.post = post  # type: ignore[attr-defined]
        post.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield post
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Certificate:
    """For 127.0.0.1, made for this run; ``client`` trusts nothing else."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def make_certificate(folder: Path) -> Certificate:
    """Needs the program openssl; a test that asks is skipped where there is none."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return Certificate(server, ssl.create_default_context(cafile=str(certificate)))
