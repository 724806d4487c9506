"""The guides of ``docs/`` at the desk: what a flag means and what to do, where the people are who need it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from flask import Response, url_for
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from sidecar.web.desk.pages import blueprint, error_page, page

FOLDER = Path(__file__).parents[3] / "docs"
GUIDES = {
    "cx": "For customer service",
    "finance": "For finance",
    "operations": "For operations",
    "it": "For IT",
    "runbook": "Every flag: what it means and what to do",
    "mappings": "How ZigZag's words become decisions",
    "how-it-works": "How it works",
}
_LINK = re.compile(r"([a-z-]+)\.md(#[\w-]+)?")


@blueprint.get("/guides")
def guides() -> Response:
    return page("guides.html", guides={name: title for name, title in GUIDES.items() if _file(name).is_file()})


@blueprint.get("/guides/<name>")
def guides_one(name: str) -> Response:
    if name not in GUIDES or not _file(name).is_file():
        return error_page(404)
    title, text = rendered(name)
    return page("guide.html", title=title, text=text)


def _file(name: str) -> Path:
    return FOLDER / f"{name}.md"


@cache
def rendered(name: str) -> tuple[str, Markup]:
    """(its title, the rest as HTML). Raw HTML in a guide is shown as text; links lead to other guides only."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = markdown.parse(_file(name).read_text("utf-8"))
    title = tokens[1].content
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(tokens[place + 1].content))
        if token.type == "inline":
            _lead(token.children or [])
    markdown.add_render_rule("table_open", lambda *_: '<div class="scroll" tabindex="0"><table>')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>")
    return title, Markup(markdown.renderer.render(tokens[3:], markdown.options, {}))  # noqa: S704 - its own renderer


def anchor(heading: str) -> str:
    """The name of a section as GitHub makes it, so that a link works there and here."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _lead(tokens: Sequence[Token]) -> None:
    """Links between guides become addresses of the desk; what leads out of them is plain text."""
    dead = False
    for token in tokens:
        if token.type == "link_open":
            address = _address(str(token.attrGet("href") or ""))
            dead = address is None
            token.attrs = {"href": address} if address else {}
        if token.type in ("link_open", "link_close") and dead:
            token.tag = "span"
            dead = token.type == "link_open"


def _address(target: str) -> str | None:
    if target.startswith("#"):
        return target
    found = _LINK.fullmatch(target)
    if found is None or found[1] not in GUIDES:
        return None
    return url_for("desk.guides_one", name=found[1]) + (found[2] or "")
