"""The desk's cookie: signed, seen by no script, sent to /desk only; the rest of the sidecar sets none."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from sidecar.ledger import kept_secrets
from sidecar.settings import Settings
from sidecar.web.bridge import Bridge, bridge

PATH = "/desk"
_KEPT = "desk cookies"


def init_app(app: Flask, settings: Settings) -> None:
    app.config.update(
        SESSION_COOKIE_NAME="returns_desk",
        SESSION_COOKIE_PATH=PATH,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # Strict would drop it on the way back from an issuer
        SESSION_COOKIE_SECURE=settings.desk_url.startswith("https:"),
    )
    app.session_interface = DeskCookies()


class DeskCookies(SecureCookieSessionInterface):
    """Flask's signed cookie for the desk's pages; signed with the key of this installation, read when first needed."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path != PATH and not request.path.startswith(f"{PATH}/"):
            return None
        app.secret_key = app.secret_key or signing_key(bridge())
        return super().open_session(app, request)


def signing_key(here: Bridge) -> str:
    """SIDECAR_SECRET_KEY, or the key that was made once and is kept in the ledger, the same for every process."""
    key: Any = here.settings.sidecar_secret_key.reveal() or here.kept.get(_KEPT)
    if not key:
        with here.ledger.read() as conn:
            key = kept_secrets.get(conn, _KEPT)
        if key is None:
            with here.ledger.begin() as conn:
                key = kept_secrets.make(conn, _KEPT, here.clock())
        here.kept[_KEPT] = key
    return str(key)
