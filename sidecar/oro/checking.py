"""What ``doctor`` asks about Oro: token, web API, bundle, rights - each with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from sidecar.oro import errors
from sidecar.oro.client import OroClient

_READS = ("orders", "products", "inventorylevels")
_BUNDLE = ("orderreturns", "orderreturncredits", "orderreturnstockmovements")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``remedy`` is empty when it is in order."""

    subject: str
    ok: bool
    detail: str
    remedy: str = ""


def check(client: OroClient) -> list[Finding]:
    """Ask for a token and for one row of every resource that is used; a failure is a finding, none is raised.

    Rights to create cannot be tried without creating something; reading a resource is what is asked for.
    """
    try:
        client.token()
    except errors.OroError as error:
        return [Finding("token", False, str(error), _remedy("token", error))]
    found = [Finding("token", True, "Oro issues tokens to this client")]
    for resource in _READS + _BUNDLE:
        try:
            client.get(resource, "page%5Bsize%5D=1").rows  # noqa: B018 - raises when the answer is no list
        except errors.OroError as error:
            found.append(Finding(resource, False, str(error), _remedy(resource, error)))
        else:
            found.append(Finding(resource, True, "can be read"))
    return found


def _remedy(subject: str, error: errors.OroError) -> str:
    if isinstance(error, errors.CredentialsRefused):
        return (
            "Check ORO_CLIENT_ID, ORO_CLIENT_SECRET and ORO_TOKEN_PATH, that the OAuth application allows "
            "client credentials, and that System > Configuration > General Setup > Integrations > Web API is on."
        )
    if isinstance(error, errors.Forbidden):
        return f"Give the OAuth application's user a role that may view {subject} and create returns."
    if isinstance(error, errors.SwitchedOff):
        if subject in _BUNDLE:
            return (
                "Install the returns bundle, and switch it on under "
                "System > Configuration > Commerce > Orders > Returns."
            )
        return "Switch on System > Configuration > General Setup > Integrations > Web API, and check ORO_API_PREFIX."
    if isinstance(error, errors.OroThrottled):
        return "Oro asks for silence: try again later, and lower ORO_CONCURRENCY if it happens often."
    if isinstance(error, errors.OroUnreachable):
        return "Check ORO_BASE_URL and that this machine may connect to it."
    return "Send this line to whoever maintains the Oro installation."
