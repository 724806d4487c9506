"""``python -m sidecar demo``: a month of returns through the real bridge, and whether the books balance."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from sidecar.sandbox.closing import show
from sidecar.sandbox.month import shop as demo_shop
from sidecar.sandbox.month.furnishing import seed
from sidecar.sandbox.month.player import Month, make_month
from sidecar.sandbox.quiet import wait_until_quiet
from sidecar.sandbox.stage import WEBHOOK_KEY_NAME, Stage, StageError, call
from sidecar.sandbox.verdict import Verdict, judge
from sidecar.sandbox.zigzag.sender import Sender
from sidecar.sync import passwords
from sidecar.sync.roles import ROLES

# What goes wrong on the way, at these shares of the month: (where, fault as the stand-in takes it).
TROUBLE: tuple[tuple[float, str, dict[str, Any]], ...] = (
    (0.10, "oro", {"kind": "error500_after", "on": "write", "count": 4}),
    (0.20, "zigzag", {"kind": "status", "where": "return", "status": 500, "times": 6}),
    (0.30, "oro", {"kind": "drop_after", "on": "write", "count": 4}),
    (0.40, "oro", {"kind": "unavailable503", "on": "read", "count": 2, "retry_after": 1}),
    (0.50, "zigzag", {"kind": "status", "where": "return", "status": 429, "retry_after": "1", "times": 2}),
    (0.55, "oro", {"kind": "truncate", "on": "write", "count": 3}),
    (0.65, "oro", {"kind": "drop_before", "on": "write", "count": 3}),
    (0.70, "zigzag", {"kind": "expire_tokens", "where": "*", "times": 1}),
    (0.75, "oro", {"kind": "unauthorized_once", "on": "write", "count": 1}),
    (0.80, "oro", {"kind": "switched_off", "on": "POST", "count": 3}),
)


SENDERS = 4  # messages under way at a time


def run(*, once: bool, seed: int, var: Path) -> int:
    """Play the month; returns the exit status: 0 when the books balance (with ``once``) or on Ctrl-C."""
    console = Console(stderr=False)
    started = time.monotonic()
    month = make_month(seed, datetime.now(UTC))
    stage = Stage(var)
    with _interruptible():
        try:
            with console.status("Starting stand-ins, Redis, ledger, dispatcher, workers, web"):
                stage.start()
            _furnish(stage, month)
            with _bar(console) as progress:
                sender = _play(stage, month, progress)
            verdict = judge(stage, month, [*sender.lost, *sender.expired], time.monotonic() - started)
            show(console, verdict)
            if once:
                stage.stop()
                print(json.dumps(verdict.as_json(), sort_keys=False, default=_number))
                return 0 if verdict.balanced else 1
            _stay(console, stage, _desk_user(stage))
        except KeyboardInterrupt:
            console.print("Stopping.")
            return 1 if once else 0  # nobody knows whether the books would have balanced
        except StageError as error:
            console.print(Text.assemble(("The demo could not go on: ", "red"), str(error)), soft_wrap=True)
            if stage.log_file.exists():
                console.print(f"The sidecar's log: {stage.log_file}", highlight=False, soft_wrap=True)
            return 1
        finally:
            stage.stop()
    return 0


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the demo, everything stopped in order; asked a second time it goes on stopping."""
    asked = (signal.SIGINT, signal.SIGTERM)

    def interrupt(signum: int, frame: FrameType | None) -> None:
        for each in asked:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in asked}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("[bold]{task.description:<44}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _furnish(stage: Stage, month: Month) -> None:
    """The shop's products and orders go into Oro, the mapping file of its people into the sidecar."""
    call("POST", f"{stage.oro.url}/_sandbox/seed", seed(month))
    for kind, source, value in demo_shop.mapping_entries():
        _map(stage, kind, source, value)


def _map(stage: Stage, kind: str, source: str, value: object) -> None:
    stage.api("PUT", f"/v1/mappings/{kind}/{quote(source, safe='')}", {"value": value})


def _play(stage: Stage, month: Month, progress: Progress) -> Sender:
    """The whole month; what ZigZag was not told "stored" for it has repeated by the end, or given up."""
    sender = Sender(f"{stage.url}/v1/webhooks/zigzag", stage.webhook_key, auth=f"header:{WEBHOOK_KEY_NAME}")
    for return_id, identifier in month.announced:
        stage.api("POST", "/v1/returns", {"return_id": return_id, "order_identifier": identifier})
    for act, title in ((1, "the month happens at ZigZag and arrives here"), (2, "corrections after the credit")):
        if act == 2:
            _decide(stage, month, progress)
        _act(stage, month, act, sender, progress, title)
        wait_until_quiet(stage, progress, "graded returns are checked, credited, restocked")
    for body in month.rubbish:
        sender.send_raw(body, datetime.now(UTC))
    sender.let_days_pass(stage.wait_until_open)
    sender.close()
    return sender


def _act(stage: Stage, month: Month, act: int, sender: Sender, progress: Progress, title: str) -> None:
    """Each event changes ZigZag's own record; its message arrives when the luck of the month says so.

    A message that was answered 500, or not in time, comes again a day later: such days pass at the end of the act.
    """
    task = progress.add_task(title, total=sum(len(event.deliveries) for event in month.acts[act]))
    senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="zigzag-sends")
    try:
        sent = [senders.submit(sender.send, *said) for said in _arrivals(stage, month, act)]
        for each in sent:
            each.result()
            progress.advance(task)
    finally:
        senders.shutdown(cancel_futures=True)
    sender.let_days_pass(stage.wait_until_open)


def _arrivals(stage: Stage, month: Month, act: int) -> Iterator[tuple[Mapping[str, Any], datetime]]:
    """The messages of an act in the order of their arrival; on the way ZigZag's record grows, and trouble comes."""
    events = month.acts[act]
    arriving: dict[int, list[int]] = {}
    for index, event in enumerate(events):
        for position in event.deliveries:
            arriving.setdefault(position, []).append(index)
    trouble = [(int(share * len(events)), where, fault) for share, where, fault in TROUBLE] if act == 1 else []
    pending: list[dict[str, Any]] = []
    for position, event in enumerate(events):
        pending.append({"snapshot": event.payload, "changed_at": datetime.now(UTC).isoformat()})
        if len(pending) >= 25 or position == len(events) - 1:
            call("POST", f"{stage.zigzag.url}/_sandbox/snapshots", pending)
            pending = []
        while trouble and trouble[0][0] <= position:
            _, where, fault = trouble.pop(0)
            target = stage.oro.url if where == "oro" else stage.zigzag.url
            call("POST", f"{target}/_sandbox/faults", fault)
        for index in arriving.get(position, ()):
            yield events[index].payload, events[index].at


def _decide(stage: Stage, month: Month, progress: Progress) -> None:
    """What people do about the flags: map what is unknown, release what they have looked at."""
    task = progress.add_task("people map words and release what they looked at", total=None)
    for kind, source, value in demo_shop.DECISIONS:
        _map(stage, kind, source, value)
        progress.advance(task)
    for return_id, code in month.released.items():
        for flag in stage.api("GET", f"/v1/flags?state=open&code={code}&return_id={return_id}")["flags"]:
            stage.api("POST", f"/v1/flags/{flag['id']}/release", {"note": "looked at the goods, pay it"})
            progress.advance(task)
    progress.update(task, total=progress.tasks[task].completed)
    wait_until_quiet(stage, progress, "what they released is paid")


def _desk_user(stage: Stage) -> str:
    """The password of ``demo``, who may do everything at the desk of this demo."""
    password = passwords.generated()
    roles = [word for role in ROLES for word in ("--role", role)]
    stage.command("users", "add", "demo", *roles, "--full-name", "Demo Desk", "--keep", typed=f"{password}\n")
    return password


def _stay(console: Console, stage: Stage, password: str) -> None:
    """Every address on a line of its own, never wrapped, so that it can be copied."""
    lines = (
        "",
        "[bold]Everything stays up until Ctrl-C.[/]",
        f"  [bold]the desk[/]      {stage.url}/desk",
        f"  sign in as    demo, password {password}   (of this demo only)",
        f"  the sidecar   {stage.url}/readyz  /metrics  /openapi.json",
        f"  OroCommerce   {stage.oro.url}/_sandbox/books   (stand-in: what was credited and restocked)",
        f"  ZigZag        {stage.zigzag.url}/_sandbox/counters   (stand-in)",
        f"  the log       {stage.log_file}",
        "  try           " + f"curl -H 'Authorization: Bearer {stage.api_key}' '{stage.url}/v1/flags?state=open'",
    )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
    while True:
        signal.pause()


__all__ = ["Verdict", "run"]
