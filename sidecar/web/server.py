"""gunicorn around the app: workers as the ledger's database wants them, our own logs, a clean end."""

from __future__ import annotations

import logging
import os
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from sidecar import embedded, parent
from sidecar.jobs.queue import connect
from sidecar.settings import Settings
from sidecar.web.app import create_app  # imported before the fork: workers share it and are ready sooner
from sidecar.zigzag import names

log = logging.getLogger(__name__)

GRACEFUL_SECONDS = 10
ANSWER_WITHIN = 120  # seconds; /v1/returns/validate may wait for Oro, everything else is done in milliseconds
THREADS = 8
REQUESTS_PER_WORKER = 100_000  # then it is replaced, one after the other


class QuietLogger(Logger):  # type: ignore[misc]
    """gunicorn's lines through our own log (``sidecar.logs``); no access log, as metrics count requests."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self.loglevel = logging.WARNING
        self._access_log_enabled = False
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)
        self.access_log.propagate = False
        self.access_log.disabled = True


class Server(BaseApplication):  # type: ignore[misc]
    """One gunicorn arbiter; every worker makes its own app, after the fork."""

    def __init__(self, settings: Settings, redis_url: str | None) -> None:
        self.settings = settings
        self.redis_url = redis_url
        super().__init__()

    def load_config(self) -> None:
        for name, value in options(self.settings).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        redis = connect(self.redis_url, quick=True) if self.redis_url else None
        return create_app(self.settings, redis=redis)


def _ready(arbiter: Any) -> None:
    log.info("web ready", extra={"address": arbiter.cfg.bind[0], "processes": arbiter.cfg.workers})


def _end_with_arbiter(arbiter: Any, worker: Any) -> None:
    """A worker whose arbiter was killed would keep the address for up to a minute, and no other could have it."""
    parent.end_with(arbiter.pid)


def options(settings: Settings) -> dict[str, Any]:
    """gunicorn's settings. SQLite wants one writer per process, PostgreSQL gains from threads (STACK, Ledger)."""
    postgres = settings.database_url.startswith("postgresql")
    return {
        "bind": settings.bind,
        "workers": settings.web_workers,
        "worker_class": "gthread" if postgres else "sync",
        "threads": THREADS if postgres else 1,
        "backlog": 2048,
        "when_ready": _ready,
        "post_fork": _end_with_arbiter,
        "timeout": ANSWER_WITHIN,
        "graceful_timeout": GRACEFUL_SECONDS,
        "keepalive": 5,
        "max_requests": REQUESTS_PER_WORKER,
        "max_requests_jitter": REQUESTS_PER_WORKER // 10,
        "preload_app": False,
        "control_socket_disable": True,
        "logger_class": QuietLogger,
        "accesslog": None,
        "proc_name": "sidecar web",
        "forwarded_allow_ips": "127.0.0.1",
        "limit_request_line": 8190,
    }


def run(settings: Settings) -> None:
    """Serve until SIGTERM; requests under way are finished first. Ends the process."""
    names.use(settings.zigzag_field_aliases)
    url = settings.redis_url or embedded.url_of(settings.var_dir)
    os.environ.pop("GUNICORN_CMD_ARGS", None)  # what is set for another gunicorn on this machine is not for us
    Server(settings, url).run()
