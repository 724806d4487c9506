"""`python -m sidecar.sandbox.oro --port N [--seed-file SHOP.json]`: the stand-in in a process of its own."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from decimal import Decimal
from pathlib import Path

from sidecar.sandbox.oro.server import serve
from sidecar.sandbox.oro.shop import OroShop


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sidecar.sandbox.oro", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port; the first line printed is the URL")
    parser.add_argument("--seed-file", type=Path, help="a JSON file as POST /_sandbox/seed takes it")
    parser.add_argument("--client-id", default="sidecar")
    parser.add_argument("--client-secret", default="secret")
    parser.add_argument("--write-pause", type=float, default=0.0, help="seconds a document write lets others in")
    given = parser.parse_args(arguments)
    shop = OroShop({given.client_id: given.client_secret}, write_pause=given.write_pause)
    if given.seed_file is not None:
        shop.seed(json.loads(given.seed_file.read_text(encoding="utf-8"), parse_float=Decimal))
    stop = threading.Event()
    for signal_ in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_, lambda *_: stop.set())
    server = serve(shop, given.host, given.port)
    print(server.url, flush=True)
    stop.wait()
    server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
