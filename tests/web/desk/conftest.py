"""People at the desk: a browser's worth of cookies and forms, without the browser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from sidecar.ledger.engine import Ledger
from sidecar.sync import passwords, people
from sidecar.web import create_app
from tests.sync.town import Town, town
from tests.web.conftest import Door, opened, settings_of

GOOD = "correct horse battery"
_TAG, _SPACE = re.compile(r"<[^>]+>"), re.compile(r"\s+")
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cheapest hash: what is tested here is not how long a guess takes."""
    monkeypatch.setattr(passwords, "METHOD", "pbkdf2:sha256:1")
    passwords._nobody.cache_clear()


def plain(text: str) -> str:
    """The words of a page, without its tags."""
    return html.unescape(_SPACE.sub(" ", _TAG.sub(" ", text))).replace(" ,", ",").replace(" .", ".")


@dataclass
class Form:
    """A form as a browser finds it: where it goes, what it carries, and each button with its own field."""

    action: str
    hidden: list[tuple[str, str]] = field(default_factory=list)
    buttons: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._button: list[tuple[str, str]] | None = None
        self._says = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(told.get("action", "")))
        elif tag == "input" and told.get("type") == "hidden" and self.forms:
            self.forms[-1].hidden.append((told["name"], told.get("value", "")))
        elif tag == "button" and "disabled" not in told:
            self._button, self._says = ([(told["name"], told["value"])] if "name" in told else []), ""

    def handle_data(self, data: str) -> None:
        self._says += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._button is not None and self.forms:
            self.forms[-1].buttons[" ".join(self._says.split())] = self._button
            self._button = None


def _forms(text: str) -> list[Form]:
    reader = _Reader()
    reader.feed(text)
    return reader.forms


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

    def press(self, button: str, number: int = 1, **fields: Any) -> TestResponse:
        """Press the ``number``th button of the last page that says ``button``, with the hidden fields of its form."""
        found = [form for form in _forms(self.text) if button in form.buttons]
        assert len(found) >= number, f"no {button!r} among {[each.buttons for each in _forms(self.text)]}"
        form = found[number - 1]
        sent = MultiDict([*form.hidden, *form.buttons[button]])
        for name, value in fields.items():
            sent.setlist(name.replace("__", "."), value if isinstance(value, list) else [value])
        return self._keep(self.client.post(form.action, data=sent, follow_redirects=True))

    @property
    def text(self) -> str:
        assert self.page is not None
        return self.page.text

    @property
    def words(self) -> str:
        return plain(self.text)

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
        people.add(
            self.door.ledger, name, roles, GOOD, actor="cli:root", now=self.door.clock(), must_change=must_change
        )

    def signed_in(self, *roles: str, name: str = "") -> Visitor:
        """Somebody with these roles, past the sign-in page."""
        name = name or "-".join(roles)
        self.user(name, *roles)
        visitor = self.visitor()
        assert visitor.sign_in(name).status_code == 200
        return visitor


@dataclass
class TownDesk(Desk):
    """A desk in a town: what is decided here, the bridge carries out there."""

    place: Town


@pytest.fixture
def town_desk(ledger: Ledger, ledger_url: str, tmp_path: Path) -> Iterator[TownDesk]:
    with town(ledger, ledger_url, tmp_path / "var") as place:
        door = Door(Flask("none"), ledger, place.settings)
        door.clock = place.clock  # type: ignore[method-assign]
        door.app = create_app(place.settings, ledger=ledger, clock=place.clock)
        yield TownDesk(door, place)


@pytest.fixture
def desk_with(ledger: Ledger, ledger_url: str, tmp_path: Path) -> Callable[..., Desk]:
    """A desk with settings of the test's own."""
    return lambda **environ: Desk(opened(ledger, settings_of(ledger_url, tmp_path / "var", **environ)))


@pytest.fixture
def desk(desk_with: Callable[..., Desk]) -> Desk:
    return desk_with()
