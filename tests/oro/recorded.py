"""The recorded exchanges of a real Oro, and a client that is answered with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses

from sidecar.oro.client import OroClient

RECORDINGS = Path(__file__).parents[1] / "contract" / "recordings"
BASE = "https://oro.example"
API = f"{BASE}/admin/api"
SECRET = "s3cret-of-the-client"
TOKEN = "the-first-token"


def recording(kind: str, number: str) -> dict[str, Any]:
    """``recording("oro", "61")``: the exchange of that number."""
    for path in sorted((RECORDINGS / kind).glob(f"{number}-*.json")):
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    raise LookupError(f"no recording {kind}/{number}")


def body_of(kind: str, number: str) -> dict[str, Any]:
    body: dict[str, Any] = recording(kind, number)["response"]["body"]
    return body


class Oro:
    """Oro as these tests script it: what comes next per method and resource, and what was asked."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.client = OroClient(BASE, "the-client", SECRET)

    def gives_tokens(self, *tokens: str, expires_in: int = 3600) -> None:
        for token in tokens:
            body = {"token_type": "Bearer", "expires_in": expires_in, "access_token": token}
            self.mock.post(f"{BASE}/oauth2-token", json=body)

    def answers(
        self,
        resource: str,
        body: Any = None,
        *,
        method: str = "GET",
        status: int = 200,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/vnd.api+json",
    ) -> None:
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        self.mock.add(
            method,
            f"{API}/{resource}",
            body=content,
            status=status,
            headers=dict(headers or {}),
            content_type=content_type,
        )

    def answers_recorded(self, kind: str, number: str, resource: str, *, method: str = "GET") -> None:
        """The recorded status, media type and body, whatever was asked."""
        answer = recording(kind, number)["response"]
        names = {name.lower(): value for name, value in answer.get("headers", {}).items()}
        media = names.pop("content-type", "application/vnd.api+json")
        names.pop("location", None)
        self.answers(
            resource,
            answer["body"] or None,
            method=method,
            status=answer["status"],
            headers=names,
            content_type=media,
        )

    @property
    def asked(self) -> list[tuple[str, str, dict[str, str]]]:
        """Method, path below the API and query of every call but those for tokens."""
        found = []
        for call in self.mock.calls:
            url = urlsplit(call.request.url or "")
            if url.path != "/oauth2-token":
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                found.append((call.request.method or "", url.path.removeprefix("/admin/api/"), query))
        return found

    def sent(self, n: int = -1) -> Any:
        """The JSON body of a call."""
        return json.loads(self.mock.calls[n].request.body or b"null")


@contextmanager
def scripted_oro(*, tokens: bool = True) -> Iterator[Oro]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        oro = Oro(mock)
        if tokens:
            oro.gives_tokens(TOKEN)
        yield oro
