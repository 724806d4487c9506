"""``python -m sidecar.sandbox.zigzag --port N``: the stand-in as a process, until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import threading

from sidecar.sandbox.zigzag.house import ZigZagHouse
from sidecar.sandbox.zigzag.server import serve


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; prints the address on its first line."""
    parser = argparse.ArgumentParser(prog="python -m sidecar.sandbox.zigzag", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--retailer-code", default="GL123")
    parser.add_argument("--username", default="demo")
    parser.add_argument("--password", default="demo")
    asked = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    house = ZigZagHouse(retailer_code=asked.retailer_code, username=asked.username, password=asked.password)
    with serve(house, asked.host, asked.port) as handle:
        print(handle.url, flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
