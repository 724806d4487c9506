"""A scheduled pass: ZigZag's list is walked, every graded return is planned, credited and written; then once more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sidecar.ledger import returns, work
from sidecar.sync import page, pulling
from sidecar.sync.build import build_world
from sidecar.sync.world import World, utc_now
from tests.benchmarks import floor
from tests.benchmarks.figures import Figure
from tests.benchmarks.scene import Scene, Spent, Worker, scene, until

Say = Callable[[str], None]

WRITES, READS, ZIGZAG = 1.0, 0.1, 0.05  # calls per return at the most (DESIGN 7)
CPU_MS = 5.0
GROWTH = 1.2  # "flat": what allocators and caches may add, however many returns there are


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
    floor_ms: float


def run(count: int, say: Say, *, again: bool = True) -> Run:
    """One worker process over ``count`` fresh returns; with ``again`` over the same, unchanged."""
    with scene() as place:
        say(f"{count:,} returns are put into the stand-ins")
        place.graded(0, count)
        worker = Worker(["-m", "sidecar", "worker"], place.environ)
        try:
            # What a worker pays once, imports and tokens, is paid with an empty page.
            _job(place, "page", [[], "warm"])
            say(f"a worker walks ZigZag's list and writes {count:,} graded returns")
            first = _measure(place, worker, count, walk=True)
            if (memos := place.calls()["memos"]) != count:
                raise RuntimeError(f"{memos} credit memos for {count} returns")
            walk = unchanged = first
            if again:
                say(f"the same {count:,}, unchanged: walked again, then planned again")
                walk = _measure(place, worker, count, walk=True, pages=False)
                make_all_due(place)
                unchanged = _measure(place, worker, count, walk=False)
        finally:
            spent = worker.stop()
        return Run(first, walk, unchanged, spent, floor.post_and_commit(place))


def _job(place: Scene, name: str, args: list[object]) -> None:
    """One job, and its process reaped."""
    before = place.counted("jobs_done")
    place.queue().enqueue(name, args, f"{name}-{time.monotonic_ns()}")
    until(lambda: place.counted("jobs_done") > before, f"a {name} job to end")
    time.sleep(0.1)


def make_all_due(place: Scene) -> None:
    """Every return is to be planned again, without asking ZigZag."""
    with place.ledger.begin() as conn:
        pks = [row.id for row in returns.after(conn, 0, 1_000_000)]
        work.make_due(conn, pks, utc_now(), pull=False, reason="benchmark", correlation_id="benchmark")


def _measure(place: Scene, worker: Worker, count: int, *, walk: bool, pages: bool = True) -> Pass:
    calls = place.calls()
    begun, cpu = time.monotonic(), worker.cpu()
    if walk:
        _job(place, "poll", [])
    walked, walked_cpu, walked_counts = time.monotonic(), worker.cpu(), place.counts()
    done = walked
    if pages:
        taken = walked_counts.get("returns_taken", 0) + count
        place.relay(place.idle)
        done = time.monotonic()
        until(lambda: place.counted("returns_taken") >= taken, "the last page job to end")
        time.sleep(0.2)
    after, after_counts = place.calls(), place.counts()
    return Pass(
        returns=count,
        calls={name: after[name] - calls[name] for name in calls},
        poll_seconds=walked - begun,
        page_seconds=done - walked,
        poll_cpu=walked_cpu - cpu,
        page_cpu=worker.cpu() - walked_cpu,
        job_cpu=(after_counts.get("page_cpu_us", 0) - walked_counts.get("page_cpu_us", 0)) / 1e6,
        page_jobs=after_counts["jobs_done"] - walked_counts["jobs_done"],
    )


def calls_of(group: str, calls: dict[str, int], count: int, *, graded: bool) -> list[Figure]:
    """Calls per return beside their targets: exact, and the same on every machine."""
    return [
        Figure(group, "Oro writes per return", calls["writes"] / count, "", 3, WRITES if graded else 0.0),
        Figure(group, "Oro reads per return", calls["reads"] / count, "", 3, READS),
        Figure(group, "ZigZag calls per return", calls["zigzag"] / count, "", 3, ZIGZAG),
    ]


def figures(count: int, say: Say) -> tuple[list[Figure], Run]:
    """A pass of ``count`` returns, and the same unchanged."""
    done = run(count, say)
    group, first = f"pass of {count:,}", done.first
    job_ms = first.job_cpu / count * 1e3
    found = [
        *calls_of(group, first.calls, count, graded=True),
        Figure(group, "CPU in page jobs per graded return", job_ms, " ms", 2, CPU_MS),
        Figure(group, "  the same beside one bare POST and one bare commit", job_ms / done.floor_ms, " x"),
        Figure(group, "  one bare POST by requests and one bare commit", done.floor_ms, " ms"),
        Figure(group, "CPU of the worker, forks and queue included", first.page_cpu / count * 1e3, " ms"),
        Figure(group, "CPU of the walk per snapshot", first.poll_cpu / count * 1e3, " ms"),
        Figure(group, "returns per second, one worker", first.per_second, "", 0),
        Figure(group, "page jobs (forks)", first.page_jobs, "", 0),
        Figure(group, "peak memory of the worker", done.spent.peak_kb / 1024, " MB", 1),
    ]
    group, same = f"{count:,} unchanged", done.unchanged
    found += [
        *calls_of(group, same.calls, count, graded=False),
        Figure(group, "CPU in page jobs per return", same.job_cpu / count * 1e3, " ms"),
        Figure(
            group,
            "Oro calls of another walk",
            sum(done.walk_again.calls[each] for each in ("writes", "reads")),
            "",
            0,
            0,
        ),
        Figure(group, "CPU of another walk per snapshot", done.walk_again.poll_cpu / count * 1e3, " ms"),
    ]
    return found, done


def memory(count: int, small: Run, say: Say) -> list[Figure]:
    """The peak of a pass of ``count`` beside that of the ``small`` one."""
    large = run(count, say, again=False)
    group = f"pass of {count:,}"
    return [
        Figure(group, "peak memory of the worker", large.spent.peak_kb / 1024, " MB", 1),
        Figure(
            group,
            f"  beside a pass of {small.first.returns:,}",
            large.spent.peak_kb / small.spent.peak_kb,
            " x",
            2,
            GROWTH,
        ),
        Figure(group, "CPU in page jobs per graded return", large.first.job_cpu / count * 1e3, " ms", 2, CPU_MS),
        *calls_of(group, large.first.calls, count, graded=True),
    ]


@dataclass
class Counted:
    """Calls of a pass in this very process, without queue or worker: only the counts are of interest."""

    graded: dict[str, int]
    unchanged: dict[str, int]


def counted(count: int) -> Counted:
    """Walk and pages over ``count`` graded returns, then over the same unchanged ones."""
    with scene(queue=False) as place:
        place.graded(0, count)
        world = build_world(place.settings, place.ledger, "benchmark")
        start = place.calls()
        pass_here(place, world)
        graded = place.calls()
        if graded["memos"] != count:
            raise RuntimeError(f"{graded['memos']} credit memos for {count} returns")
        make_all_due(place)
        pass_here(place, world)
        unchanged = place.calls()
    return Counted(
        graded={name: graded[name] - start[name] for name in start},
        unchanged={name: unchanged[name] - graded[name] for name in start},
    )


def pass_here(place: Scene, world: World) -> None:
    pulling.poll(world)
    while True:
        with place.ledger.begin() as conn:
            settings = place.settings
            rows = work.take_due(conn, utc_now(), settings.page_size, settings.lease_seconds, "benchmark")
        if not rows:
            return
        report = page.run(world, [row.return_pk for row in rows])
        if report.failed:
            raise RuntimeError(f"{report.failures}")
