"""A scheduled pass: ZigZag's list is walked, every graded return is planned, credited and written; then once more."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sidecar.ledger import returns, work
from sidecar.sync.world import utc_now
from tests.benchmarks.figures import Figure, at_most
from tests.benchmarks.scene import Scene, Spent, Worker, scene, until


@dataclass
class Pass:
    """What one pass over ``returns`` returns took."""

    returns: int
    calls: dict[str, int]
    poll_seconds: float
    page_seconds: float
    poll_cpu: float  # seconds, of the whole worker: forks and queue included
    page_cpu: float
    job_cpu: float  # seconds inside the page jobs, as the product counts them itself
    page_jobs: int

    def each(self, what: str) -> float:
        return self.calls[what] / self.returns

    @property
    def per_second(self) -> float:
        return self.returns / (self.poll_seconds + self.page_seconds)


@dataclass
class Run:
    """One worker's life: the first pass, the walk and the pages over what is unchanged, and the peak."""

    first: Pass
    walk_again: Pass
    unchanged: Pass
    spent: Spent


def run(count: int, *, again: bool = True) -> Run:
    """One worker process over ``count`` fresh returns; with ``again`` over the same, unchanged."""
    with scene() as place:
        place.graded(0, count)
        worker = Worker(["-m", "sidecar", "worker"], place.environ)
        try:
            _poll(place, since_jobs=0, keep_cursor=False)  # what a worker pays once: imports, tokens
            first = _measure(place, worker, count, poll=True)
            if (memos := place.calls()["memos"]) != count:
                raise RuntimeError(f"{memos} credit memos for {count} returns")
            walk = _measure(place, worker, count, poll=True, pages=False) if again else first
            if again:
                _make_all_due(place)
            unchanged = _measure(place, worker, count, poll=False) if again else first
        finally:
            spent = worker.stop()
    return Run(first, walk, unchanged, spent)


def _poll(place: Scene, *, since_jobs: int, keep_cursor: bool = True) -> None:
    """One walk by the worker."""
    if not keep_cursor:
        # A first job that does nothing: an empty page.
        place.queue().enqueue("page", [[], "warm"], f"warm-{time.monotonic_ns()}")
    else:
        place.queue().enqueue("poll", [], f"poll-{time.monotonic_ns()}")
    until(lambda: place.counted("jobs_done") > since_jobs, "a job to end")


def _make_all_due(place: Scene) -> None:
    with place.ledger.begin() as conn:
        pks = [row.id for row in returns.after(conn, 0, 1_000_000)]
        work.make_due(conn, pks, utc_now(), pull=False, reason="benchmark", correlation_id="benchmark")


def _measure(place: Scene, worker: Worker, count: int, *, poll: bool, pages: bool = True) -> Pass:
    calls, counts = place.calls(), place.counts()
    begun, cpu = time.monotonic(), worker.cpu()
    if poll:
        _poll(place, since_jobs=counts["jobs_done"])
        time.sleep(0.1)  # the job's process is reaped, and its time with it
    polled, polled_cpu, polled_counts = time.monotonic(), worker.cpu(), place.counts()
    if pages:
        taken = polled_counts.get("returns_taken", 0) + count
        place.relay(lambda: place.counted("returns_taken") >= taken and place.idle())
    done = time.monotonic()
    time.sleep(0.2)
    after, after_counts = place.calls(), place.counts()
    return Pass(
        returns=count,
        calls={name: after[name] - calls[name] for name in calls},
        poll_seconds=polled - begun,
        page_seconds=done - polled,
        poll_cpu=polled_cpu - cpu,
        page_cpu=worker.cpu() - polled_cpu,
        job_cpu=(after_counts["worker_cpu_us"] - polled_counts["worker_cpu_us"]) / 1e6,
        page_jobs=after_counts["jobs_done"] - polled_counts["jobs_done"],
    )


def figures(count: int) -> tuple[list[Figure], Run]:
    """A pass of ``count`` returns, and the same unchanged."""
    done = run(count)
    group, first = f"pass of {count:,}", done.first
    found = [
        at_most(group, "Oro writes per graded return", first.each("writes"), 1.0),
        at_most(group, "Oro reads per return", first.each("reads"), 0.1),
        at_most(group, "ZigZag calls per return", first.each("zigzag"), 0.05),
        at_most(group, "CPU in page jobs per graded return", first.job_cpu / count * 1e3, 5.0, " ms", 2),
        Figure(group, "CPU of the worker, forks and queue included", f"{first.page_cpu / count * 1e3:.2f} ms"),
        Figure(group, "CPU of the walk per snapshot", f"{first.poll_cpu / count * 1e3:.2f} ms"),
        Figure(group, "returns per second, one worker", f"{first.per_second:.0f}"),
        Figure(group, "page jobs (forks)", f"{first.page_jobs}"),
        Figure(group, "peak memory of the worker", f"{done.spent.peak_kb / 1024:.1f} MB"),
    ]
    group = f"{count:,} unchanged"
    found += [
        at_most(group, "Oro calls of another walk", sum(_oro(done.walk_again)), 0, "", 0),
        at_most(group, "Oro writes when all are planned again", done.unchanged.calls["writes"], 0, "", 0),
        at_most(group, "Oro reads per return", done.unchanged.each("reads"), 0.1),
        Figure(group, "CPU in page jobs per return", f"{done.unchanged.job_cpu / count * 1e3:.2f} ms"),
    ]
    return found, done


def _oro(one: Pass) -> tuple[int, int]:
    return one.calls["writes"], one.calls["reads"]


def memory(count: int, small: Run) -> list[Figure]:
    """The peak of a pass of ``count`` beside that of the ``small`` one."""
    large = run(count, again=False)
    times = large.spent.peak_kb / small.spent.peak_kb
    group = f"pass of {count:,}"
    return [
        Figure(group, "peak memory of the worker", f"{large.spent.peak_kb / 1024:.1f} MB"),
        at_most(group, f"beside {small.first.returns:,} returns", times, 1.2, " x", 2),
        Figure(group, "CPU in page jobs per graded return", f"{large.first.job_cpu / count * 1e3:.2f} ms"),
        Figure(group, "Oro writes, reads, ZigZag calls per return", _three(large.first)),
    ]


def _three(one: Pass) -> str:
    return ", ".join(f"{one.each(name):.3f}" for name in ("writes", "reads", "zigzag"))
