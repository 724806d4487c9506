"""The app factory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.settings import Settings
from sidecar.sync.build import build_oro
from sidecar.sync.world import utc_now
from sidecar.web import desk, flags, health, mappings, metrics, openapi, problems, requests, returns, tracing, webhooks
from sidecar.web.body import MAX_BODY
from sidecar.web.bridge import Bridge, ReadOrders, attach
from sidecar.web.converters import Slashed, Source, Whole

RESOURCES = (returns, requests, webhooks, flags, mappings, health, metrics, openapi)


def create_app(
    settings: Settings,
    *,
    ledger: Ledger | None = None,
    redis: Any = None,
    read_orders: ReadOrders | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Flask:
    """The HTTP door. Without ``ledger`` it opens the one of the settings; ``read_orders`` defaults to Oro's.

    ``redis`` is only pinged, by /readyz. The app must be made after any fork: engines do not cross one.
    """
    app = Flask("sidecar.web", static_folder=None)
    # One more than may be: werkzeug cuts a chunked body here in silence, and so it is seen to be too long.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY + 1
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # a mapping source may hold two slashes in a row
    app.url_map.converters.update(slashed=Slashed, source=Source, whole=Whole)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies)  # type: ignore[method-assign]
    if read_orders is None and settings.oro_base_url:
        read_orders = _lazily(settings)
    attach(
        app,
        Bridge(
            settings=settings,
            ledger=ledger if ledger is not None else open_ledger(settings.database_url),
            clock=clock,
            redis=redis,
            read_orders=read_orders,
        ),
    )
    tracing.init_app(app)
    problems.init_app(app)
    for resource in RESOURCES:
        app.register_blueprint(resource.blueprint)
    desk.init_app(app, settings)
    return app


def _lazily(settings: Settings) -> ReadOrders:
    """Oro's orders; the client is made with the first validation, as most web processes never need it."""
    made: list[ReadOrders] = []

    def read(identifiers: Any) -> Any:
        if not made:
            made.append(build_oro(settings).orders.read_orders)
        return made[0](identifiers)

    return read
