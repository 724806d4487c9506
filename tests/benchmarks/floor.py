"""What the tools themselves cost here: one POST by requests and one commit of one row, with nothing of ours around."""

from __future__ import annotations

import time
from collections.abc import Callable

import requests
from sqlalchemy import text

from tests.benchmarks.scene import Scene

TIMES = 200
ROUNDS = 5


def post_and_commit(place: Scene) -> float:
    """Milliseconds of processor time for one of each, in the best of a few rounds."""
    session = requests.Session()
    session.trust_env = False
    body = b'{"data":{"type":"orderreturns","attributes":{}}}'
    headers = {"Content-Type": "application/vnd.api+json", "Accept": "application/vnd.api+json"}

    def post() -> None:
        # Refused for want of a token: the exchange is whole, and Oro counts no write of a page.
        session.post(f"{place.oro}/admin/api/orderreturns", data=body, headers=headers, allow_redirects=False)

    with place.ledger.begin() as conn:
        conn.execute(text("CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, name TEXT)"))

    def commit() -> None:
        with place.ledger.begin() as conn:
            conn.execute(text("INSERT INTO floor (name) VALUES ('a row')"))

    found = _best(post) + _best(commit)
    with place.ledger.begin() as conn:
        conn.execute(text("DROP TABLE floor"))
    session.close()
    return found


def _best(act: Callable[[], None]) -> float:
    act()
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(TIMES // ROUNDS):
            act()
        taken.append((time.process_time() - begun) / (TIMES // ROUNDS) * 1e3)
    return min(taken)
