"""A private Redis-compatible server for tests: the product's own embedded one, in a directory of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sidecar import embedded


@contextmanager
def running(var_dir: Path | None = None) -> Iterator[embedded.Server]:
    """A server that lives as long as the block; ``url`` is what REDIS_URL would hold."""
    with tempfile.TemporaryDirectory(prefix="valkey-") as temporary:
        server = embedded.start(var_dir or Path(temporary))
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """One server for the whole run; a test that counts on an empty one flushes it first."""
    with running() as server:
        yield server.url
