"""What several threads or processes do to one ledger at the same moment, where a process can load it."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text

from sidecar.ledger import counters, flags, inbox, leases, postings, requests, returns, work
from sidecar.ledger.engine import Ledger, open_ledger
from tests.ledger.builders import MINUTE, NOW, RETAILER, RETURN, draft, incoming

Actor = Callable[[Ledger, int], Any]
PATIENCE = 60.0
ROUNDS = 25


def at_once(how: str, count: int, actor: Actor, url: str) -> list[Any]:
    """The answers of ``count`` actors who begin together, each with a ledger of its own."""
    return _threads(count, actor, url) if how == "threads" else _processes(count, actor, url)


def _act(actor: Actor, url: str, n: int, barrier: Any) -> Any:
    ledger = open_ledger(url)
    try:
        with ledger.read() as conn:  # connected before the start
            counters.all(conn)
        barrier.wait(PATIENCE)
        return actor(ledger, n)
    finally:
        ledger.dispose()


def _threads(count: int, actor: Actor, url: str) -> list[Any]:
    barrier = threading.Barrier(count)
    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(_act, actor, url, n, barrier) for n in range(count)]
        return [future.result(PATIENCE) for future in futures]


def _processes(count: int, actor: Actor, url: str) -> list[Any]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.ledger.actors"])
    barrier = context.Barrier(count)
    pipes = [context.Pipe(duplex=False) for _ in range(count)]
    started = []
    for n, (_, theirs) in enumerate(pipes):
        process = context.Process(target=_report, args=(actor, url, n, barrier, theirs), daemon=True)
        process.start()
        theirs.close()
        started.append(process)
    try:
        answers = [ours.recv() for ours, _ in pipes if ours.poll(PATIENCE)]
    finally:
        for process, (ours, _) in zip(started, pipes, strict=True):
            process.join(PATIENCE)
            process.close()
            ours.close()
    assert len(answers) == count, "an actor did not answer"
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def _report(actor: Actor, url: str, n: int, barrier: Any, answer: Any) -> None:
    try:
        answer.send(_act(actor, url, n, barrier))
    except Exception as error:  # told to the test, which raises it
        answer.send(RuntimeError(f"{type(error).__name__}: {error}"))


def claims(ledger: Ledger, n: int) -> dict[str, int]:
    with ledger.begin() as conn:
        return leases.claim(conn, ["order:so-10012"], f"holder-{n}", NOW + MINUTE, 60)


def claims_many(ledger: Ledger, n: int) -> dict[str, int]:
    names = [f"order:{number}" for number in range(20)]
    with ledger.begin() as conn:
        return leases.claim(conn, names if n % 2 else list(reversed(names)), f"holder-{n}", NOW, 60)


def stores(ledger: Ledger, n: int) -> inbox.Stored:
    with ledger.begin() as conn:
        return inbox.store(conn, incoming(correlation_id=f"c-{n}"))


def raises(ledger: Ledger, n: int) -> None:
    with ledger.begin() as conn:
        flags.raise_system(conn, draft("retailer_unknown", "OTHER"), NOW)


def ensures(ledger: Ledger, n: int) -> int:
    with ledger.begin() as conn:
        return returns.ensure(conn, RETAILER, RETURN, "SO-10012", NOW)


def announces(ledger: Ledger, n: int) -> bool:
    with ledger.begin() as conn:
        pk = returns.ensure(conn, RETAILER, RETURN, "SO-10012", NOW)
        return returns.set_intake(conn, pk, {"n": n}, str(n), NOW)


def dispatches(ledger: Ledger, n: int) -> list[int]:
    taken: list[int] = []
    while True:
        with ledger.begin() as conn:
            rows = work.take_due(conn, NOW, 7, 60, f"job-{n}")
        if not rows:
            return taken
        taken += [row.return_pk for row in rows]


def reads_then_writes(ledger: Ledger, n: int) -> int:
    for _ in range(ROUNDS):
        with ledger.begin() as conn:
            counters.all(conn)
            counters.add(conn, {"rounds": 1, f"of-{n}": 1})
    return ROUNDS


def asks(ledger: Ledger, n: int) -> tuple[str, bool]:
    with ledger.begin() as conn:
        pk = returns.ensure(conn, RETAILER, RETURN, "SO-10012", NOW)
        return requests.open_or_join(conn, "return", RETURN, pk, f"person-{n}", NOW)


def confirms(ledger: Ledger, n: int) -> bool:
    with ledger.begin() as conn:
        return bool(postings.mark_confirmed(conn, {"GL123:413413515:1": str(n)}, NOW))


def makes_due(ledger: Ledger, n: int) -> None:
    for _ in range(ROUNDS):
        with ledger.begin() as conn:
            pks = [row.id for row in returns.after(conn, 0, 100)]
            pks = pks if n % 2 else pks[::-1]
            work.make_due(conn, pks, NOW, pull=False, reason=str(n), correlation_id="")


@contextmanager
def stopped(ledger: Ledger, conn: Connection, act: Callable[[Connection], Any]) -> Iterator[list[Any]]:
    """Within the block ``act`` waits, in a transaction of its own, for what ``conn`` holds; then ``conn`` commits.

    The list has the answer of ``act`` after the block, or its exception. Only where a writer can wait: PostgreSQL.
    """
    answers: list[Any] = []

    def go() -> None:
        try:
            with ledger.begin() as other:
                answers.append(act(other))
        except Exception as error:  # told to the test
            answers.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    until = time.monotonic() + PATIENCE
    while not _waited_for(conn):
        assert thread.is_alive(), f"did not wait: {answers}"
        assert time.monotonic() < until
    yield answers
    conn.commit()
    thread.join(PATIENCE)


def _waited_for(conn: Connection) -> bool:
    found = text("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")
    return conn.execute(found).first() is not None
