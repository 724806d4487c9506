"""The desk: server-rendered pages for the people who run returns. Works without JavaScript; htmx only saves reloads."""

from __future__ import annotations

from flask import Flask
from jinja2 import StrictUndefined

from sidecar.settings import Settings
from sidecar.web.desk import (
    cookies,
    deciding,
    flags,
    guides,
    mapping_changes,
    mappings,
    memos,
    oidc,
    pages,
    returns,
    signing_in,
    today,
    users,
)

__all__ = [
    "deciding",
    "flags",
    "guides",
    "init_app",
    "mapping_changes",
    "mappings",
    "memos",
    "oidc",
    "returns",
    "signing_in",
    "today",
    "users",
]


def init_app(app: Flask, settings: Settings) -> None:
    """Put the desk under /desk."""
    cookies.init_app(app, settings)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(pages.blueprint)
