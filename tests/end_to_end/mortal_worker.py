"""The product's worker, mortal: SIGKILL strikes at a step of the credit path, as a pulled plug would.

``python -m tests.end_to_end.mortal_worker WHOM STEP...``. WHOM dies: ``job`` (the forked child), ``worker`` (the worker
together with its job; there is one worker for each STEP), or ``parent`` (the worker alone; its job stands still until
the file ``go-on`` lies beside the marks, then goes on as an orphan). Each STEP strikes once in an installation: a mark
in VAR_DIR remembers it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from sidecar.commands import session
from sidecar.jobs import functions
from sidecar.jobs.worker import make_worker


def main(whom: str, *steps: str) -> None:
    if whom == "worker":
        steps = _one_process_each(steps)
    settings = session.load_and_log("oro", "zigzag")
    marks = Path(settings.var_dir)

    def strike(step: str) -> None:
        if step not in steps or not _first(marks / f"{whom}-killed-at-{step}"):
            return
        if whom in ("worker", "parent"):
            os.kill(os.getppid(), signal.SIGKILL)
        if whom in ("worker", "job"):
            os.kill(os.getpid(), signal.SIGKILL)
        while not (marks / "go-on").exists():
            time.sleep(0.02)

    worker = make_worker(settings, session.redis_url(settings))
    assert functions._prepared is not None
    functions._prepared = replace(functions._prepared, step=strike)
    worker.work(logging_level="WARNING")


def _one_process_each(steps: tuple[str, ...]) -> tuple[str, ...]:
    """Forked after the imports, which take longer than all else."""
    for step in steps[1:]:
        if os.fork() == 0:
            return (step,)
    return steps[:1]


def _first(mark: Path) -> bool:
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
