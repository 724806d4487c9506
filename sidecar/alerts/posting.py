"""One POST of JSON to a webhook: bounded in time and size, not followed elsewhere, its address in no text."""

from __future__ import annotations

import time
from collections.abc import Mapping

import requests

from sidecar.alerts.channel import NotSent

TIMEOUT = (3.0, 10.0)
ANSWER_BYTES = 2_000
ANSWER_SECONDS = 15.0


def post(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Send once. Raises NotSent unless the answer is 2xx.

    The address of a chat's webhook is itself the credential, and exceptions of ``requests`` repeat it: only their
    kind is told.
    """
    with requests.Session() as session:
        session.trust_env = False  # a .netrc would add credentials of its own
        session.proxies.update(requests.utils.get_environ_proxies(url, no_proxy=None))
        try:
            answer = session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json", "User-Agent": "returns-bridge", **(headers or {})},
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            )
            with answer:
                text = _beginning(answer)
        except (requests.RequestException, ValueError) as error:
            raise NotSent(f"no answer ({type(error).__name__})") from None
    if not 200 <= answer.status_code < 300:
        raise NotSent(f"answered {answer.status_code} {text}".strip(), _retry_after(answer))


def _beginning(answer: requests.Response) -> str:
    """The first words of an answer, for whoever has to find out why; Slack says ``invalid_token`` or such."""
    until = time.monotonic() + ANSWER_SECONDS
    found = b""
    for chunk in answer.iter_content(512):
        found += chunk
        if len(found) >= ANSWER_BYTES or time.monotonic() > until:
            break
    words = found[:ANSWER_BYTES].decode("utf-8", "replace")
    return "".join(letter for letter in words if letter.isprintable())[:120]


def _retry_after(answer: requests.Response) -> float | None:
    stated = answer.headers.get("Retry-After", "")
    return min(float(stated), 86_400.0) if stated.isascii() and stated.isdigit() else None
