"""OpenID Connect through Authlib: off to the issuer and back with claims that are proven.

Authorization code flow with PKCE, state and nonce; the id token's signature, issuer, audience and times are Authlib's
to check, against the issuer's own keys. Imported only where OIDC_ISSUER is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import current_app
from joserfc.errors import JoseError

from sidecar.web.bridge import Bridge

SECONDS = 10  # for the issuer to answer
_KEPT = "oidc client"


class NotConfirmed(Exception):
    """The issuer cannot be reached, or did not say who this is. ``__cause__`` is for the log."""


def leave(here: Bridge, back_to: str) -> Any:
    """The redirect to the issuer. Raises NotConfirmed."""
    try:
        return _client(here).authorize_redirect(back_to)
    except (AuthlibBaseError, requests.RequestException, ValueError, KeyError) as error:
        raise NotConfirmed("The company's sign-in cannot be reached at the moment.") from error


def come_back(here: Bridge) -> Mapping[str, Any]:
    """The claims of the person who came back with this request's code. Raises NotConfirmed."""
    try:
        claims: Mapping[str, Any] = _client(here).authorize_access_token()["userinfo"]
        if not claims["iss"] or not claims["sub"]:
            raise ValueError("claims without issuer or subject")
    except (AuthlibBaseError, JoseError, requests.RequestException, KeyError, ValueError) as error:
        raise NotConfirmed("The company's sign-in did not confirm who you are. Try again.") from error
    return claims


def _client(here: Bridge) -> Any:
    settings = here.settings
    if _KEPT not in here.kept:
        here.kept[_KEPT] = OAuth(current_app).register(
            "company",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.reveal(),
            server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "timeout": SECONDS},
        )
    return here.kept[_KEPT]
