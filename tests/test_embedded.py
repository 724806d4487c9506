"""The embedded server: private, keeps what it was given through a kill, never twice on one directory."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from sidecar import embedded
from tests.support import valkey


def client(server: embedded.Server) -> redis.Redis:
    return redis.Redis.from_url(server.url, decode_responses=True)


def test_it_answers_on_a_private_socket_and_on_no_port(tmp_path: Path) -> None:
    with valkey.running(tmp_path) as server, client(server) as connection:
        assert connection.ping()
        options = connection.config_get()
        assert options["port"] == "0"
        assert options["appendonly"] == "yes"
        assert options["appendfsync"] == "everysec"
        assert options["maxmemory-policy"] == "noeviction"
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
        assert embedded.url_of(tmp_path) == server.url
    assert embedded.url_of(tmp_path) is None


def test_what_it_was_given_is_there_after_a_stop(tmp_path: Path) -> None:
    with valkey.running(tmp_path) as server, client(server) as connection:
        connection.rpush("jobs", "a", "b")
    with valkey.running(tmp_path) as server, client(server) as connection:
        assert connection.lrange("jobs", 0, -1) == ["a", "b"]


def test_what_was_flushed_is_there_after_a_kill(tmp_path: Path) -> None:
    server = embedded.start(tmp_path)
    with client(server) as connection:
        connection.rpush("jobs", "a")
        deadline = time.monotonic() + 5
        while connection.info("persistence")["aof_pending_bio_fsync"] and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.1)  # the flush of every second
    server.process.kill()
    server.process.wait()
    assert not server.alive
    assert embedded.url_of(tmp_path) is None
    with valkey.running(tmp_path) as again, client(again) as connection:
        assert connection.lrange("jobs", 0, -1) == ["a"]


def test_two_never_share_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "FREE_WITHIN", 0.1)
    with valkey.running(tmp_path) as server:
        with pytest.raises(embedded.EmbeddedServerError, match="another run uses"):
            embedded.start(tmp_path)
        assert client(server).ping()


def test_stopping_twice_is_harmless(tmp_path: Path) -> None:
    with valkey.running(tmp_path) as server:
        server.stop()
        server.stop()
        assert not server.alive


def test_one_that_does_not_listen_is_killed_when_its_time_is_over(tmp_path: Path) -> None:
    with valkey.running(tmp_path) as server:
        server.process.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        server.stop(0.2)
        assert not server.alive
        assert server.process.returncode == -signal.SIGKILL
        assert time.monotonic() - begun < embedded.STOP_WITHIN


def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path) -> None:
    far = tmp_path / ("d" * 60) / ("e" * 60)
    with valkey.running(far) as server, client(server) as connection:
        assert connection.ping()
        assert embedded.url_of(far) == server.url
        assert server.socket.parent.stat().st_mode & 0o077 == 0
    server.socket.parent.rmdir()


def test_a_path_with_spaces_is_no_obstacle(tmp_path: Path) -> None:
    with valkey.running(tmp_path / "a b%20c") as server, client(server) as connection:
        assert connection.ping()


def test_it_sees_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORO_CLIENT_SECRET", "hush")
    with valkey.running(tmp_path) as server:
        environ = Path(f"/proc/{server.process.pid}/environ")
        if not environ.exists():
            pytest.skip("no /proc here")
        assert b"hush" not in environ.read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent")
def test_it_ends_with_a_parent_that_is_killed_without_a_word(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from sidecar import embedded;"
        "s = embedded.start(Path(sys.argv[1])); print(s.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        assert int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert _soon(lambda: embedded.url_of(tmp_path) is None)


def test_a_server_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "valkey-server"
    broken.write_text("#!/bin/sh\necho no memory left; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(embedded, "find_server", lambda: broken)
    with pytest.raises(embedded.EmbeddedServerError, match="no memory left"):
        embedded.start(tmp_path)


@pytest.mark.parametrize(("version", "taken"), [("7.0.15", True), ("6.2.0", True), ("6.0.16", False)])
def test_a_server_on_path_is_taken_when_it_is_new_enough(
    version: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "redis-server"
    theirs.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
    theirs.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (embedded.find_server() == theirs.resolve()) is taken


def _soon(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False
