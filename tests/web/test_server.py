"""The web process itself: what it says when it begins."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from sidecar.settings import load
from sidecar.web.server import options


def test_the_door_says_that_it_is_open_and_where(caplog: pytest.LogCaptureFixture) -> None:
    """As worker and dispatcher do: a process that says nothing could as well hang."""
    ready = options(load({"BIND": "127.0.0.1:8123"}))["when_ready"]
    with caplog.at_level(logging.INFO):
        ready(SimpleNamespace(cfg=SimpleNamespace(bind=["127.0.0.1:8123"], workers=2)))
    assert [(line.getMessage(), line.__dict__["address"]) for line in caplog.records] == [
        ("web ready", "127.0.0.1:8123")
    ]
