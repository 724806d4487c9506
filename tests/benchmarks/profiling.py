"""Where a page's processor time goes: one page after the other in this process, writes in line instead of threads."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from sidecar.ledger import work
from sidecar.sync import page, pulling, writing
from sidecar.sync.build import build_world
from sidecar.sync.world import utc_now
from tests.benchmarks.scene import scene

SHOWN = 45


class InLine(Executor):
    """A pool that does everything at once, so that one profile sees it all."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def run(count: int) -> None:
    """Print processor time per return without a profile, then the profile of as many other returns."""
    writing.ThreadPoolExecutor = InLine  # type: ignore[misc,assignment]
    with scene() as place:
        place.graded(0, 2 * count)
        world = build_world(place.settings, place.ledger, "profile")
        pulling.poll(world)

        def some(many: int) -> None:
            for _ in range(many // place.settings.page_size):
                with place.ledger.begin() as conn:
                    rows = work.take_due(conn, utc_now(), place.settings.page_size, 120, "profile")
                report = page.run(world, [row.return_pk for row in rows])
                if report.failed or report.written != len(rows):
                    raise RuntimeError(f"{report.failures}")

        some(place.settings.page_size)
        begun = time.process_time()
        some(count - place.settings.page_size)
        took = time.process_time() - begun
        print(f"{took / (count - place.settings.page_size) * 1e3:.2f} ms of CPU per return")
        profile = cProfile.Profile(time.process_time)  # processor time: waiting is not what we look for
        profile.runcall(some, count)
    stats = pstats.Stats(profile)
    stats.strip_dirs().sort_stats("cumulative").print_stats(SHOWN * 2)
    stats.sort_stats("tottime").print_stats(SHOWN)
