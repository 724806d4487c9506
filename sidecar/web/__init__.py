"""The HTTP door: intake, webhook, desk, health and metrics. It stores and answers; the workers do the work."""

from sidecar.web.app import create_app

__all__ = ["create_app"]
