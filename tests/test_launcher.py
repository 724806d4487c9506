"""The launcher's judgement: when to start a process again, what to do about a server that will not come back.

How it does with real processes, and in trouble, stands in ``tests/end_to_end/test_run.py``.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar import embedded, launcher
from sidecar.launcher import Child, Launcher
from sidecar.sandbox.stage import free_port
from sidecar.settings import load

ENDS_AT_ONCE = (sys.executable, "-S", "-c", "")
LIVES = (sys.executable, "-S", "-c", "import signal; signal.pause()")


def ended(child: Child) -> Child:
    assert child.process is not None
    child.process.wait(10)
    return child


def test_what_dies_is_started_again_after_longer_and_longer_pauses() -> None:
    child = Child("worker", ENDS_AT_ONCE, os.environ)
    child.start(now=0.0)
    now, pauses = 100.0, []
    for _ in range(8):
        ended(child).keep(now)
        assert not child.alive
        pauses.append(child.again_at - now)
        child.keep(child.again_at - 0.01)
        assert child.process is None, "not yet"
        child.keep(child.again_at)
        assert child.process is not None
        now = child.again_at
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert child.restarts == 8
    ended(child)


def test_what_has_lived_for_a_minute_is_started_again_soon() -> None:
    child = Child("worker", LIVES, os.environ, pause=30.0)
    child.start(now=0.0)
    child.keep(now=59.0)
    assert child.pause == 30.0
    child.keep(now=61.0)
    assert child.pause == 0.5
    assert child.restarts == 0
    child.kill()


def test_what_cannot_be_started_again_at_the_moment_is_tried_later_and_ends_nobody() -> None:
    """The machine has no memory for one more process: the others live on, and the pause is no shorter for it."""
    child = Child("worker", ENDS_AT_ONCE, os.environ)
    child.start(now=0.0)
    ended(child).keep(now=100.0)
    child.command = ("/nowhere/python",)
    child.keep(now=100.5)
    assert (child.process, child.again_at) == (None, 101.5)
    child.command = LIVES
    child.keep(now=101.5)
    assert child.alive
    child.kill()


def test_ctrl_c_at_the_terminal_reaches_the_launcher_alone(tmp_path: Path) -> None:
    """It goes to the whole process group; server and workers at once would be no order to stop in."""
    child = Child("worker", LIVES, os.environ)
    child.start(now=0.0)
    server = embedded.start(tmp_path)
    assert child.process is not None
    groups = {os.getpgid(pid) for pid in (os.getpid(), child.process.pid, server.process.pid)}
    assert len(groups) == 3
    child.kill()
    server.stop()


def settings_of(var: Path, **environ: str) -> Launcher:
    stated = {"VAR_DIR": str(var), "ORO_BASE_URL": "http://127.0.0.1:9", **environ}
    return Launcher(load(stated), stated, say=lambda _: None)


@pytest.mark.parametrize("trouble", [embedded.EmbeddedServerError("it did not start"), OSError(28, "no space left")])
def test_a_server_that_will_not_come_back_is_tried_again_and_ends_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """A full disk, say: the ledger takes messages meanwhile, and the processes wait."""
    place = settings_of(tmp_path)
    first = place.server = embedded.start(tmp_path)
    first.process.kill()
    first.process.wait()
    real = embedded.start
    tries = []

    def start(var_dir: Path) -> embedded.Server:
        tries.append(var_dir)
        if len(tries) == 1:
            raise trouble
        return real(var_dir)

    monkeypatch.setattr(embedded, "start", start)
    place.keep()
    place.keep()
    assert len(tries) == 1, "not at every look"
    place.server_again_at = 0.0
    place.keep()
    assert place.server is not first
    assert place.server.alive
    assert place.server.url == first.url, "the processes were told this address"
    place.server.stop()


def test_an_address_that_somebody_else_uses_stops_the_start_and_nothing_is_left(tmp_path: Path) -> None:
    """Their /healthz would answer for us."""
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        bind = f"127.0.0.1:{theirs.getsockname()[1]}"
        place = settings_of(tmp_path, BIND=bind)
        with pytest.raises(RuntimeError, match=f"BIND={bind} cannot be had .*another program uses it"):
            place.start()
        assert place.server is None
        assert place.children == []


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"BIND": "192.0.2.1:8000"}, "BIND=192.0.2.1:8000 cannot be had .*must be an address of this machine"),
        ({"REDIS_URL": "redis://:hunter2@127.0.0.1:1/0"}, r"Redis does not answer \(redis://:\*\*\*@127.0.0.1:1/0\): "),
        ({"VAR_DIR": "/proc/nowhere"}, "/proc/nowhere/redis cannot be made .*set VAR_DIR to one that"),
        (
            {"DATABASE_URL": "postgresql+psycopg://us:hunter2@127.0.0.1:1/db"},
            r"The ledger cannot be used \(postgresql\+psycopg://us:\*\*\*@127.0.0.1:1/db\): connection failed",
        ),
    ],
)
def test_what_cannot_be_used_stops_the_start_and_is_named(tmp_path: Path, stated: dict[str, str], said: str) -> None:
    place = settings_of(tmp_path, **{"BIND": f"127.0.0.1:{free_port()}", **stated})
    with pytest.raises(RuntimeError, match=said):
        place.start()
    assert place.children == []
    place.stop()


def test_a_start_that_fails_says_why_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """The ledger's folder is a file: the embedded server was up already and is stopped again."""
    (tmp_path / "file").touch()
    environ = {
        "PATH": os.environ["PATH"],
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/file/x.db",
    }
    environ |= {"ORO_BASE_URL": "http://127.0.0.1:9", "ORO_CLIENT_ID": "x", "ORO_CLIENT_SECRET": "x"}
    environ |= {"ZIGZAG_RETAILER_CODE": "GL123", "ZIGZAG_USERNAME": "x", "ZIGZAG_PASSWORD": "x"}
    said = subprocess.run(
        [sys.executable, "-m", "sidecar", "run"], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 1
    assert "could not start: " in said.stdout
    assert embedded.url_of(tmp_path / "var") is None


@pytest.mark.parametrize("bind", ["127.0.0.1:0", "localhost:0", "[::1]:0"])
def test_an_address_nobody_uses_is_free_whatever_its_family(bind: str) -> None:
    if bind.startswith("[") and not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    launcher._check_free(bind)
