"""A small threaded HTTP/1.1 server with keep-alive, and with connections that can be dropped or cut short.

Written on sockets because the stand-in serves storms and benchmarks: the usual server spends more on parsing
a request than the shop spends on answering it, and cannot close a connection half-way on purpose.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from http import HTTPStatus
from io import BufferedReader

from sidecar.sandbox.oro.answers import Answer, Request
from sidecar.sandbox.oro.gateway import Gateway
from sidecar.sandbox.oro.shop import OroShop

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_LINE_LIMIT = 65536


class OroServer:
    """A running stand-in: `url`, `shop`, `close()`. Also a context manager."""

    def __init__(self, shop: OroShop, host: str, port: int) -> None:
        self.shop = shop
        # The same shop may be served again after an outage.
        shop.closing.clear()
        self._gateway = Gateway(shop)
        self._listener = socket.create_server((host, port), backlog=512)
        self.host, self.port = self._listener.getsockname()[:2]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._accept, name=f"oro-stand-in-{self.port}", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def __enter__(self) -> OroServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stops accepting, ends every connection and every held answer; the shop stays readable."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            still_open = list(self._open)
        self.shop.closing.set()
        with contextlib.suppress(OSError):
            # Wakes the accepting thread, which a plain close would leave waiting.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)

    def wait(self) -> None:
        """Blocks until the server is closed."""
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._closed:
                    connection.close()
                    return
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb") as stream:
                while self._exchange(connection, stream):
                    pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _exchange(self, connection: socket.socket, stream: BufferedReader) -> bool:
        """One request and its answer; False when the connection is to be closed."""
        line = stream.readline(_LINE_LIMIT)
        if not line or not line.endswith(b"\n"):
            return False
        words = line.decode("latin-1").split()
        if len(words) != 3:
            return False
        method, target, version = words
        headers = _read_headers(stream)
        if headers is None or "transfer-encoding" in headers:
            return False
        length = int(headers.get("content-length") or 0)
        if length and headers.get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = stream.read(length) if length else b""
        if len(body) < length:
            return False
        answer = self._gateway.handle(Request(method, target, headers, body))
        if answer.wait:
            self.shop.closing.wait(answer.wait)
        if answer.cut == "drop":
            return False
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        connection.sendall(_wire(answer, keep, bodiless=method == "HEAD"))
        return keep and not answer.cut


def _read_headers(stream: BufferedReader) -> dict[str, str] | None:
    headers: dict[str, str] = {}
    while True:
        line = stream.readline(_LINE_LIMIT)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            return None
        headers[name.lower()] = value.strip()


def _wire(answer: Answer, keep: bool, bodiless: bool) -> bytes:
    """The whole body's length is announced even when only half of it is sent."""
    head = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, '')}"]
    head.extend(f"{name}: {value}" for name, value in answer.headers)
    if answer.status != 204:
        head.append(f"Content-Length: {len(answer.body)}")
    if not keep:
        head.append("Connection: close")
    body = b"" if bodiless else answer.body
    if answer.cut == "truncate":
        body = body[: len(body) // 2]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def serve(shop: OroShop, host: str = "127.0.0.1", port: int = 0) -> OroServer:
    """Starts serving in background threads; port 0 picks a free one."""
    return OroServer(shop, host, port)
