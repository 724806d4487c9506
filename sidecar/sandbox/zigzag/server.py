"""The stand-in over HTTP: token, single return, list of changed returns, and control paths below
``/_sandbox``."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sidecar.sandbox.zigzag.faults import Fault
from sidecar.sandbox.zigzag.house import ZigZagHouse, moment

PREFIX = "/Return/api/v1"
OVERSIZE = 12 * 1024 * 1024
MAX_PAGE_SIZE = 500


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], house: ZigZagHouse) -> None:
        super().__init__(address, _Handler)
        self.house = house
        self.closing = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


@dataclass(frozen=True)
class Handle:
    """A running stand-in. ``url`` is its root; ``close`` ends it and whoever is stalled in it."""

    url: str
    house: ZigZagHouse
    _server: _Server
    _thread: threading.Thread

    def close(self) -> None:
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(house: ZigZagHouse, host: str = "127.0.0.1", port: int = 0) -> Handle:
    """Start the stand-in in threads of this process; port 0 takes a free one."""
    server = _Server((host, port), house)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="zigzag stand-in", daemon=True)
    thread.start()
    return Handle(f"http://{host}:{server.server_address[1]}", house, server, thread)


class _HungUpError(Exception):
    """The connection ends here, by intention."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120
    server: _Server

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def log_message(self, *_: Any) -> None:
        """Silent: the counters tell."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        parts = urlsplit(self.path)
        try:
            if parts.path.startswith("/_sandbox/"):
                self._control(parts.path.removeprefix("/_sandbox/"), body)
            else:
                self._api(parts.path, {name: values[-1] for name, values in parse_qs(parts.query).items()}, body)
        except _HungUpError:
            self.close_connection = True

    # --- ZigZag
    # ---------------------------------------------------------------------------------------------------

    def _api(self, path: str, query: Mapping[str, str], body: bytes) -> None:
        house = self.server.house
        place, return_id = _place(path)
        if not place:
            self._send(404, {"message": "No such path."})
            return
        house.count(place)
        fault = house.faults.next(place)
        if fault is not None and self._broken(fault, place):
            return
        if place == "token":
            status, answer = self._token(body)
        elif not house.accepts(self.headers.get("Authorization", "")):
            status, answer = 401, _json({"message": "Unauthorized"})
        elif self.command != "GET":
            status, answer = 405, _json({"message": "Method not allowed"})
        elif place == "return":
            status, answer = self._return(return_id, query)
        else:
            status, answer = self._returns(query, shuffled=fault is not None and fault.kind == "shuffle")
        house.count(f"{place} {status}")
        if fault is not None and fault.kind == "truncate":
            self._send_raw(status, answer[: len(answer) // 2], stated=len(answer))
            raise _HungUpError
        self._send_raw(status, answer)

    def _broken(self, fault: Fault, place: str) -> bool:
        """Let the fault happen; whether it took the place of the answer."""
        if fault.kind == "status":
            stated = {"Retry-After": fault.retry_after, "Location": fault.location}
            headers = {name: value for name, value in stated.items() if value is not None}
            self.server.house.count(f"{place} {fault.status}")
            self._send_raw(fault.status, _json({"message": "Something went wrong."}), headers=headers)
        elif fault.kind in ("drop", "stall"):
            if fault.kind == "stall":
                self.server.closing.wait(fault.seconds)
            raise _HungUpError
        elif fault.kind == "garbage":
            self._send_raw(200, b"<html><body>Please wait while we check your browser</body></html>")
        elif fault.kind == "oversize":
            self._send_raw(200, b'{"data": "' + b"x" * OVERSIZE + b'"}')
        else:
            if fault.kind == "slow":
                self.server.closing.wait(fault.seconds)
            elif fault.kind == "expire_tokens":
                self.server.house.expire_tokens()
            return False
        return True

    def _token(self, body: bytes) -> tuple[int, bytes]:
        if self.command != "POST":
            return 405, _json({"message": "Method not allowed"})
        try:
            asked = json.loads(body)
            token = self.server.house.sign_in(asked.get("username"), asked.get("password"))
        except (ValueError, AttributeError):
            return 400, _json({"message": "The body is not understood."})
        return (200, _json({"data": token})) if token else (401, _json({"message": "Invalid username or password"}))

    def _return(self, return_id: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        snapshot = self.server.house.answer(return_id)
        if snapshot is None or not query.get("retailerCode"):
            return 404, _json({"message": "Return not found."})
        return 200, b'{"data":' + snapshot + b"}"

    def _returns(self, query: Mapping[str, str], *, shuffled: bool) -> tuple[int, bytes]:
        try:
            since = moment(query["changedSince"])
            page, size = int(query.get("page", "1")), int(query.get("pageSize", "100"))
            retailer = query["retailerCode"]
        except (KeyError, ValueError):
            page = size = 0
        if page < 1 or size < 1:
            return 400, _json({"message": "retailerCode, changedSince, page and pageSize are wanted."})
        size = min(size, MAX_PAGE_SIZE)
        rows, total = self.server.house.page(retailer, since, page, size)
        if shuffled:
            rows.reverse()
        tail = f'],"page":{page},"pageSize":{size},"totalCount":{total}}}'
        return 200, b'{"data":[' + b",".join(rows) + tail.encode()

    # --- the caller's own door
    # --------------------------------------------------------------------------------------

    def _control(self, what: str, body: bytes) -> None:
        house = self.server.house
        try:
            said: Any = json.loads(body) if body else None
            match (self.command, what):
                case ("POST", "snapshots"):
                    for entry in said if isinstance(said, list) else [said]:
                        house.put(entry["snapshot"], moment(entry["changed_at"]))
                    self._send(200, {"returns": len(house)})
                case ("POST", "faults"):
                    for entry in said if isinstance(said, list) else [said]:
                        house.faults.add(Fault(**entry))
                    self._send(200, {})
                case ("DELETE", "faults"):
                    house.faults.clear()
                    self._send(200, {})
                case ("POST", "reset"):
                    house.reset()
                    self._send(200, {})
                case ("GET", "counters"):
                    self._send(200, house.counted())
                case ("GET", _) if what.startswith("returns/"):
                    history = house.history(unquote(what.removeprefix("returns/")))
                    entries = [{"changed_at": at.isoformat(), "snapshot": snapshot} for at, snapshot in history]
                    self._send(200 if entries else 404, entries)
                case _:
                    self._send(404, {"message": "No such control path."})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._send(400, {"message": f"{type(error).__name__}: {error}"})

    def _send(self, status: int, value: Any) -> None:
        self._send_raw(status, _json(value))

    def _send_raw(
        self, status: int, body: bytes, *, stated: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body) if stated is None else stated))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def _place(path: str) -> tuple[str, str]:
    """(token, return, returns or "", the return id) of a path."""
    if path == f"{PREFIX}/Account/Token":
        return "token", ""
    if path == f"{PREFIX}/Returns":
        return "returns", ""
    if path.startswith(f"{PREFIX}/Returns/"):
        return "return", unquote(path.removeprefix(f"{PREFIX}/Returns/"))
    return "", ""


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
