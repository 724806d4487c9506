"""The stage of the demo: stand-ins of Oro and ZigZag as processes, the real sidecar, and calls to all three."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from sidecar import embedded, parent
from sidecar.sandbox.month.player import RETAILER

WEBHOOK_KEY_NAME = "X-ZigZag-Key"


class StageError(RuntimeError):
    """Something of the demo did not start or did not answer; the text says what."""


def call(method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """One JSON call to one of our own addresses. Raises StageError, with the answer's text when it is not 2xx."""
    data = None if body is None else json.dumps(body, default=str).encode()
    request = urllib.request.Request(  # noqa: S310 - our own address
        url, data, {"Content-Type": "application/json", **(headers or {})}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
            content = answer.read()
    except urllib.error.HTTPError as error:
        raise StageError(f"{method} {url}: {error.code} {error.read()[:300]!r}") from error
    except (OSError, http.client.HTTPException) as error:
        raise StageError(f"{method} {url}: no answer ({error})") from error
    return json.loads(content, parse_float=Decimal) if content else None


def free_port(wanted: int = 0) -> int:
    """``wanted`` when nobody has it, else a free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StageError("no free port")


@dataclass
class StandIn:
    """A stand-in as a process of its own; its first line of output is its address."""

    module: str
    arguments: Sequence[str] = ()
    url: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self.arguments],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the demo, which stops everything in order
            preexec_fn=parent.end_with,  # a terminal that is closed leaves nothing behind
        )
        line = self.process.stdout.readline().strip() if self.process.stdout else ""
        if not line.startswith("http"):
            raise StageError(f"{self.module} did not start")
        self.url = line

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


@dataclass
class Stage:
    """Everything the demo runs on. ``var`` is emptied at the start: every demo begins with an empty ledger."""

    var: Path
    oro: StandIn = field(default_factory=lambda: StandIn("sidecar.sandbox.oro"))
    zigzag: StandIn = field(default_factory=lambda: StandIn("sidecar.sandbox.zigzag", ("--retailer-code", RETAILER)))
    webhook_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    api_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    bind: str = ""
    sidecar: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.bind}"

    @property
    def log_file(self) -> Path:
        return self.var / "demo.log"

    def environ(self) -> dict[str, str]:
        """The environment of a sidecar that talks to the two stand-ins; nothing of the caller's own settings."""
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV") if name in os.environ
        }
        return {
            **kept,
            "PYTHONUNBUFFERED": "1",
            "ORO_BASE_URL": self.oro.url,
            "ORO_CLIENT_ID": "sidecar",
            "ORO_CLIENT_SECRET": "secret",
            "ZIGZAG_BASE_URL": self.zigzag.url,
            "ZIGZAG_USERNAME": "demo",
            "ZIGZAG_PASSWORD": "demo",
            "ZIGZAG_RETAILER_CODE": RETAILER,
            "ZIGZAG_WEBHOOK_AUTH": f"header:{WEBHOOK_KEY_NAME}",
            "ZIGZAG_WEBHOOK_SECRET": self.webhook_key,
            "ZIGZAG_RATE_PER_SECOND": "500",
            "SIDECAR_API_KEY": self.api_key,
            "SYNC_INTERVAL_SECONDS": "3",
            "BIND": self.bind,
            "VAR_DIR": str(self.var),
            "LOG_LEVEL": "INFO",
        }

    def start(self) -> None:
        """Stand-ins first, then ``python -m sidecar run`` as a person would start it; ready when its API answers."""
        if embedded.url_of(self.var) is not None:
            raise StageError(f"a demo runs in {self.var} already: stop it with Ctrl-C, or choose another --var")
        self._empty()
        self.oro.start()
        self.zigzag.start()
        self.bind = self.bind or f"127.0.0.1:{free_port(8000)}"
        with self.log_file.open("wb") as log:
            self.sidecar = subprocess.Popen(
                [sys.executable, "-m", "sidecar", "run"],
                env=self.environ(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=parent.end_with,
            )
        self.wait_until_open()

    def _empty(self) -> None:
        """Away with the last demo, and with nothing else: ``--var`` may name somebody's home by mistake."""
        if self.var.exists() and not self.log_file.exists() and (not self.var.is_dir() or any(self.var.iterdir())):
            raise StageError(f"{self.var} holds something that no demo wrote: choose another --var")
        shutil.rmtree(self.var, ignore_errors=True)
        try:
            self.var.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StageError(f"the folder {self.var} cannot be made ({error.strerror}): choose another --var") from None

    def wait_until_open(self) -> None:
        """Until the sidecar's door answers. Raises StageError when it does not, or the sidecar has ended."""
        until = time.monotonic() + 90  # the sidecar itself gives up earlier, and says why
        while True:
            if self.sidecar is not None and self.sidecar.poll() is not None:
                raise StageError("the sidecar has ended:\n" + self.log_file.read_text(errors="replace")[-2000:])
            try:
                call("GET", f"{self.url}/healthz")
                return
            except StageError:
                if time.monotonic() > until:
                    raise StageError(f"the sidecar did not answer; its log is {self.log_file}") from None
                time.sleep(0.1)

    def stop(self) -> None:
        """The sidecar stops in order, then the stand-ins."""
        if self.sidecar is not None and self.sidecar.poll() is None:
            self.sidecar.terminate()
            try:
                self.sidecar.wait(20)
            except subprocess.TimeoutExpired:
                self.sidecar.kill()
                self.sidecar.wait()
        self.oro.stop()
        self.zigzag.stop()

    def command(self, *words: str, typed: str = "") -> str:
        """What ``python -m sidecar WORDS`` prints, run as an operator of this sidecar would. Raises StageError."""
        try:
            done = subprocess.run(
                [sys.executable, "-m", "sidecar", *words],
                env=self.environ(),
                input=typed,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
        except subprocess.TimeoutExpired:
            raise StageError(f"sidecar {' '.join(words)}: not done within a minute") from None
        if done.returncode:
            raise StageError(f"sidecar {' '.join(words)}: {done.stderr.strip()[:300]}")
        return done.stdout

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return call(method, f"{self.url}{path}", body, {"Authorization": f"Bearer {self.api_key}"})
