"""People at the desk: a browser's worth of cookies and forms, without the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sidecar.ledger.engine import Ledger
from sidecar.sync import passwords, people
from tests.web.conftest import Door, opened, settings_of

GOOD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cheapest hash: what is tested here is not how long a guess takes."""
    monkeypatch.setattr(passwords, "METHOD", "pbkdf2:sha256:1")
    passwords._nobody.cache_clear()


@dataclass
class Visitor:
    """Somebody with a browser of his own; ``token`` is what the forms of the last page carry."""

    door: Door
    client: FlaskClient
    token: str = ""
    page: TestResponse | None = field(default=None, repr=False)

    def get(self, path: str, **request: Any) -> TestResponse:
        return self._keep(self.client.get(path, buffered=True, **request))

    def send(self, path: str, *, follow: bool = True, **fields: Any) -> TestResponse:
        """Fill in a form of the last page and send it."""
        return self._keep(self.client.post(path, data={"csrf": self.token, **fields}, follow_redirects=follow))

    def sign_in(self, name: str, password: str = GOOD) -> TestResponse:
        self.get("/desk/sign-in")
        return self.send("/desk/sign-in", name=name, password=password)

    def _keep(self, answer: TestResponse) -> TestResponse:
        found = _TOKEN.search(answer.text) if answer.mimetype == "text/html" else None
        self.token = found[1] if found else self.token
        self.page = answer
        return answer


@dataclass
class Desk:
    door: Door

    def visitor(self) -> Visitor:
        return Visitor(self.door, self.door.app.test_client())

    def user(self, name: str, *roles: str, must_change: bool = False) -> None:
        people.add(self.door.ledger, name, roles, GOOD, actor="cli:root", now=self.door.now, must_change=must_change)

    def signed_in(self, *roles: str, name: str = "") -> Visitor:
        """Somebody with these roles, past the sign-in page."""
        name = name or "-".join(roles)
        self.user(name, *roles)
        visitor = self.visitor()
        assert visitor.sign_in(name).status_code == 200
        return visitor


@pytest.fixture
def desk_with(ledger: Ledger, ledger_url: str, tmp_path: Path) -> Callable[..., Desk]:
    """A desk with settings of the test's own."""
    return lambda **environ: Desk(opened(ledger, settings_of(ledger_url, tmp_path / "var", **environ)))


@pytest.fixture
def desk(desk_with: Callable[..., Desk]) -> Desk:
    return desk_with()
