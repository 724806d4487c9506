"""A server that answers one connection after the other with exactly the bytes a test wants, or ends it instead."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


def http(status: int, body: Any = b"", *, headers: str = "", promised: int | None = None) -> bytes:
    """An answer on the wire; ``promised`` is a Content-Length that the body does not keep."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = len(content) if promised is None else promised
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/vnd.api+json\r\nContent-Length: {length}\r\n{headers}\r\n"
    return head.encode() + content


TOKEN = http(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": "t"}, headers="Connection: close\r\n")
HANG_UP = b""
"""The request is read and the connection ends without a byte."""
HOLD = None
"""The request is read and nothing happens until the client gives up."""


@dataclass
class Wire:
    url: str
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def wire(answers: Sequence[bytes | None]) -> Iterator[Wire]:
    """Serve these answers, one connection each, every connection closed after it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)
    served = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def run() -> None:
        for answer in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                served.requests.append(_request(connection))
                if answer is HOLD:
                    connection.recv(1)
                else:
                    connection.sendall(answer)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield served
    finally:
        listener.close()
        thread.join(10)


def _request(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
