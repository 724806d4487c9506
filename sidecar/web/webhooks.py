"""``/v1/webhooks/zigzag``: store first, answer fast; the answers are those ZigZag's repetition understands."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, Response, request

from sidecar.settings import Settings
from sidecar.sync import intake
from sidecar.web import answers
from sidecar.web.body import read_raw
from sidecar.web.bridge import Bridge, bridge
from sidecar.web.endpoint import answer, endpoint
from sidecar.web.problems import Problem
from sidecar.web.tracing import correlation_id
from sidecar.zigzag.webhook_auth import Verifier

blueprint = Blueprint("webhooks", __name__)


@blueprint.post("/v1/webhooks/zigzag")
@endpoint(
    "ZigZag tells how a return stands",
    {200: ("Stored, also when it cannot be read or was told before.", answers.StoredAnswer())},
    tag="webhook",
    raw="webhook",
    problems={401: "The credential of the webhook is wrong.", 500: "It could not be stored; send it again."},
)
def receive() -> Response:
    here = bridge()
    raw = read_raw()
    _admit(here, raw)
    stored = intake.store_webhook(
        here.ledger,
        raw,
        settings=here.settings,
        now=here.clock(),
        correlation_id=correlation_id(),
    )
    return answer({"stored": stored.stored, "duplicate": stored.duplicate})


def _admit(here: Bridge, raw: bytes) -> None:
    """Raises Problem 401 for a delivery from elsewhere, or without the credential. 403 would say no more to ZigZag."""
    verifier = _verifier(here)
    if verifier is not None and _from_allowed(here.settings, request.remote_addr):
        if verifier.verify(dict(request.headers), raw):
            return
        challenge = 'Basic realm="webhook"' if verifier.mode == "basic" else f'Webhook header="{verifier.header}"'
    else:
        challenge = 'Webhook realm="webhook"'
    detail = "The webhook's credential is missing or wrong."
    raise Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": challenge})


def _verifier(here: Bridge) -> Verifier | None:
    """Without a secret nobody is let in."""
    if "verifier" not in here.kept:
        secret = here.settings.zigzag_webhook_secret.reveal()
        auth = here.settings.zigzag_webhook_auth
        here.kept["verifier"] = Verifier.from_setting(auth, secret) if secret else None
    found: Verifier | None = here.kept["verifier"]
    return found


def _from_allowed(settings: Settings, address: str | None) -> bool:
    if not settings.zigzag_webhook_networks:
        return True
    try:
        sender = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    if isinstance(sender, ipaddress.IPv6Address) and sender.ipv4_mapped is not None:
        sender = sender.ipv4_mapped
    return any(sender in network for network in settings.zigzag_webhook_networks)
