"""One machine: start the embedded server and every process in order, keep them alive, stop them in order.

Started: embedded server (unless REDIS_URL is set), migrations, dispatcher, workers, web. Stopped the other way round:
web first, so that nothing new is promised; then the dispatcher; then the workers, which finish their page; the server
last. Everything a process had not finished is in the ledger and goes on at the next start.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from sidecar import embedded, parent
from sidecar.ledger.engine import why_unusable
from sidecar.ledger.migrations import migrate
from sidecar.settings import Settings

log = logging.getLogger(__name__)

STOP_WITHIN = 15.0  # seconds from SIGTERM to the end of the last process
FIRST_PAUSE, LONGEST_PAUSE, HEALTHY_AFTER = 0.5, 30.0, 60.0
SERVER_PAUSE = 5.0
READY_WITHIN = 60.0


@dataclass
class Child:
    """One kept-alive process; ``name`` stands in its command line."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    again_at: float = 0.0
    restarts: int = 0

    def start(self, now: float) -> None:
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environ),
            preexec_fn=parent.end_with,
            process_group=0,  # Ctrl-C is for the launcher, which stops everything in order
        )
        self.started = now

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def keep(self, now: float) -> None:
        """Restart when it died: after half a second, then after longer and longer until it has lived for a minute."""
        if self.alive:
            if now - self.started > HEALTHY_AFTER:
                self.pause = FIRST_PAUSE
            return
        if self.process is not None:
            log.warning("%s ended with status %s, restarting", self.name, self.process.returncode)
            self.process = None
            self._pause(now)
        if now >= self.again_at:
            self.restarts += 1
            try:
                self.start(now)
            except (OSError, subprocess.SubprocessError) as error:  # no memory for one more process, say
                log.warning("%s not restarted, tried again in %.1f s: %s", self.name, self.pause, error)
                self._pause(now)

    def _pause(self, now: float) -> None:
        self.again_at = now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def ask_to_stop(self) -> None:
        if self.alive and self.process is not None:
            self.process.terminate()

    def wait(self, until: float) -> bool:
        if self.process is None:
            return True
        try:
            self.process.wait(max(0.05, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        if self.alive and self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass
class Launcher:
    """Everything on one machine. ``say`` tells the person at the terminal what happens."""

    settings: Settings
    environ: Mapping[str, str]
    say: Callable[[str], None] = print
    server: embedded.Server | None = None
    children: list[Child] = field(default_factory=list)
    stopping: bool = False
    server_again_at: float = 0.0

    def start(self) -> None:
        """Start everything and wait until it is ready.

        Raises RuntimeError when the address is taken, Redis or ledger cannot be used, or it does not become ready in a
        minute; EmbeddedServerError.
        """
        _check_free(self.settings.bind)
        environ = {**self.environ}
        if self.settings.redis_url:
            _check_redis(self.settings)
            self.say("redis       as given by REDIS_URL")
        else:
            self.server = embedded.start(self.settings.var_dir)
            environ["REDIS_URL"] = self.server.url
            self.say(f"redis       embedded, private socket under {self.settings.var_dir}/")
        _migrate(self.settings.database_url)
        self.say("ledger      migrated")
        names = ["dispatcher", *["worker"] * self.settings.workers, "web"]
        self.children = [Child(name, (sys.executable, "-m", "sidecar", name), environ) for name in names]
        now = time.monotonic()
        for child in self.children:
            child.start(now)
        self._wait_until_ready(now + READY_WITHIN)
        if not self.stopping:
            where = "people: /desk, docs of the API: /openapi.json, health: /readyz"
            self.say(f"web         http://{self.settings.bind}  ({where})")

    def _wait_until_ready(self, until: float) -> None:
        url = f"http://{self.settings.bind}/healthz"
        while not self.stopping:
            dead = [child.name for child in self.children if not child.alive]
            if dead:
                raise RuntimeError(f"{', '.join(dead)} ended during the start; its last lines above say why")
            try:
                with urllib.request.urlopen(url, timeout=1):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if time.monotonic() > until:
                    raise RuntimeError(f"{url} did not answer within {READY_WITHIN:.0f} seconds") from None
                time.sleep(0.05)

    def keep(self) -> None:
        """One look at everything: restart what died."""
        now = time.monotonic()
        if self.server is not None and not self.server.alive and now >= self.server_again_at:
            log.warning("embedded server ended, restarting it with what it had written")
            try:
                self.server = embedded.start(self.settings.var_dir)
            except (embedded.EmbeddedServerError, OSError) as error:
                log.warning("embedded server not restarted, tried again in %.0f s: %s", SERVER_PAUSE, error)
                self.server_again_at = now + SERVER_PAUSE
        for child in self.children:
            child.keep(now)

    def stop(self) -> None:
        """Stop in order within ``STOP_WITHIN`` seconds: web, dispatcher, workers, server.

        A worker asked a second time ends its page in the middle; the ledger starts it again.
        """
        last = time.monotonic() + STOP_WITHIN
        end = last - 3.0  # what is left is for the server, and for a busy machine
        self._stop_named("web", end - 7.0)
        self._stop_named("dispatcher", end - 6.0)
        self._stop_named("worker", end - 2.5)
        for child in self.children:
            child.ask_to_stop()  # a worker asked twice ends its page; the ledger starts it again
        for child in self.children:
            if not child.wait(end):
                log.warning("%s did not stop, killed", child.name)
                child.kill()
        if self.server is not None:
            self.server.stop(max(0.5, last - 1.0 - time.monotonic()))

    def _stop_named(self, name: str, until: float) -> None:
        asked = [child for child in self.children if child.name == name]
        for child in asked:
            child.ask_to_stop()
        for child in asked:
            child.wait(until)


def _check_free(bind: str) -> None:
    """Another program on our address would answer for us, and the web process would be restarted for ever."""
    host, _, port = bind.rpartition(":")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        advice = "another program uses it" if taken else "it must be an address of this machine, its port free to us"
        raise RuntimeError(f"BIND={bind} cannot be had ({error.strerror}): {advice}") from None


def _check_redis(settings: Settings) -> None:
    """Every worker would end at once, and say it less well."""
    from sidecar.jobs.queue import check_answers  # only here: with an embedded server the launcher stays small

    check_answers(settings.redis_url, settings.describe()["REDIS_URL"])


def _migrate(url: str) -> None:
    try:
        migrate(url)
    except Exception as error:
        if said := why_unusable(url, error):
            raise RuntimeError(said) from error
        raise


def run(settings: Settings, environ: Mapping[str, str] | None = None, say: Callable[[str], None] = print) -> int:
    """Run everything until SIGTERM or SIGINT. Returns the exit status: 0 stopped as asked, 1 could not start."""
    launcher = Launcher(settings, environ if environ is not None else os.environ, say)

    def ask_to_stop(signum: int, frame: FrameType | None) -> None:
        launcher.stopping = True

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    try:
        launcher.start()
    except Exception as error:
        say(f"could not start: {error}")
        launcher.stop()
        return 1
    if not launcher.stopping:
        say("ready       Ctrl-C stops everything in order")
    while not launcher.stopping:
        launcher.keep()
        time.sleep(0.2)
    say("stopping    web, dispatcher, workers, redis")
    launcher.stop()
    say("stopped     nothing is lost; what was under way goes on at the next start")
    return 0
