"""From settings to a world: the one place where clients are put together."""

from __future__ import annotations

from sidecar.alerts.channel import Channel
from sidecar.alerts.chat import Slack, Teams
from sidecar.alerts.mail import Mail
from sidecar.alerts.signed import SignedWebhook
from sidecar.ledger.engine import Ledger
from sidecar.oro.client import OroClient
from sidecar.oro.documents import OroDocuments
from sidecar.oro.levels import Levels
from sidecar.oro.orders import Orders
from sidecar.returns.flags import CX, FINANCE, IT, OPERATIONS
from sidecar.settings import Settings
from sidecar.sync.world import Oro, World
from sidecar.zigzag.client import ZigZagClient


def build_oro(settings: Settings) -> Oro:
    """The doors to OroCommerce; no call is made yet."""
    client = OroClient(
        settings.oro_base_url,
        settings.oro_client_id,
        settings.oro_client_secret.reveal(),
        api_prefix=settings.oro_api_prefix,
        token_path=settings.oro_token_path,
        concurrency=settings.oro_concurrency,
    )
    return Oro(orders=Orders(client), levels=Levels(client), documents=OroDocuments(client))


def build_zigzag(settings: Settings) -> ZigZagClient | None:
    """The client of ZigZag, or None with ``ZIGZAG_PULL=off``; no call is made yet."""
    if settings.zigzag_pull == "off":
        return None
    return ZigZagClient(
        settings.zigzag_base_url,
        settings.zigzag_username,
        settings.zigzag_password.reveal(),
        settings.zigzag_retailer_code,
        api_prefix=settings.zigzag_api_prefix,
        token_path=settings.zigzag_token_path,
        return_path=settings.zigzag_return_path,
        returns_path=settings.zigzag_returns_path,
        concurrency=settings.zigzag_concurrency,
        rate_per_second=settings.zigzag_rate_per_second,
    )


def build_world(settings: Settings, ledger: Ledger, holder: str) -> World:
    return World(
        settings=settings, ledger=ledger, oro=build_oro(settings), zigzag=build_zigzag(settings), holder=holder
    )


def build_channels(settings: Settings) -> tuple[Channel, ...]:
    """The ways by which people are told, as far as they are set up; no call is made yet."""
    found: list[Channel] = []
    if settings.alert_smtp_host:
        found.append(
            Mail(
                host=settings.alert_smtp_host,
                port=settings.alert_smtp_port,
                tls=settings.alert_smtp_tls,
                sender=settings.alert_email_from,
                recipients={
                    CX: settings.alert_email_to_cx or settings.alert_email_to,
                    FINANCE: settings.alert_email_to_finance or settings.alert_email_to,
                    OPERATIONS: settings.alert_email_to_operations or settings.alert_email_to,
                    IT: settings.alert_email_to_it or settings.alert_email_to,
                },
                username=settings.alert_smtp_username,
                password=settings.alert_smtp_password.reveal(),
            )
        )
    if settings.alert_slack_url:
        found.append(Slack(settings.alert_slack_url.reveal()))
    if settings.alert_teams_url:
        found.append(Teams(settings.alert_teams_url.reveal()))
    if settings.alert_webhook_url:
        found.append(SignedWebhook(settings.alert_webhook_url.reveal(), settings.alert_webhook_secret.reveal()))
    return tuple(found)
