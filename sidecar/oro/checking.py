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
    """Ask for a token, for one row of every resource that is used, and for the right to create what is written.

    A failure is a finding, none is raised. Nothing is created: see ``_may_create``.
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
            found.append(
                _may_create(client, resource) if resource in _BUNDLE else Finding(resource, True, "can be read")
            )
    return found


def _may_create(client: OroClient, resource: str) -> Finding:
    """Ask to create a record without any of what it must have: Oro judges the right first (403), then the record (400).

    So the refusal of the record proves the right, and nothing can come of it (tried on OroCommerce 6.1.9).
    """
    try:
        client.post(resource, {"data": {"type": resource}})
    except errors.Forbidden as error:
        return Finding(resource, False, f"can be read, but not created: {error}", _remedy(resource, error))
    except errors.Refused:
        return Finding(resource, True, "can be read and created")
    except errors.OroError as error:
        return Finding(resource, False, str(error), _remedy(resource, error))
    return Finding(
        resource, False, "takes a record without content", "Compare the bundle's version with this program's."
    )


def _remedy(subject: str, error: errors.OroError) -> str:
    if isinstance(error, errors.CredentialsRefused):
        return (
            "Check ORO_CLIENT_ID, ORO_CLIENT_SECRET and ORO_TOKEN_PATH, that the OAuth application allows "
            "client credentials, and that System > Configuration > General Setup > Integrations > Web API is on."
        )
    if isinstance(error, errors.Forbidden):
        return f"Give the role of the OAuth application's user the right to view {subject}" + (
            " and to create them." if subject in _BUNDLE else "."
        )
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
