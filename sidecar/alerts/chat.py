"""Slack and Teams: the same message as blocks or as a card, within the sizes that each of them takes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sidecar.alerts.message import MOST_ITEMS, Message, headline, lines_of
from sidecar.alerts.posting import post

SLACK_SECTION = 2_900  # characters; Slack refuses 3,000 and more
SLACK_HEADER = 150
TEAMS_BYTES = 25_000  # Teams refuses cards of 28 KB


@dataclass(frozen=True)
class Slack:
    """An incoming webhook of Slack; its address is a secret."""

    url: str = field(repr=False)
    name: str = "slack"

    def serves(self, owner: str) -> bool:
        return True

    def send(self, message: Message) -> None:
        post(self.url, json.dumps(slack_body(message)).encode())


@dataclass(frozen=True)
class Teams:
    """A workflow of Teams that starts when a webhook request is received; its address is a secret."""

    url: str = field(repr=False)
    name: str = "teams"

    def serves(self, owner: str) -> bool:
        return True

    def send(self, message: Message) -> None:
        post(self.url, json.dumps(teams_body(message)).encode())


def slack_body(message: Message) -> dict[str, Any]:
    """Blocks, with the title as the text that notifications show."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": message.title[:SLACK_HEADER], "emoji": False}}
    ]
    for item in message.items[:MOST_ITEMS]:
        _, *rest = (_escaped(line) for line in lines_of(item))
        text = "\n".join((f"*{_escaped(headline(item))}*", *(line.strip() for line in rest)))
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text[:SLACK_SECTION]}})
    if message.link:
        text = f"<{message.link}|Open the desk>"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
    return {"text": _escaped(message.title), "blocks": blocks}


def _escaped(text: str) -> str:
    """Slack's own three signs, so that a foreign text can make no link and call nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams_body(message: Message) -> dict[str, Any]:
    """An adaptive card; items that would make it too large are left out and counted."""
    body: list[dict[str, Any]] = [_block(message.title, size="large", weight="bolder")]
    size, left_out = 1_000, 0
    for item in message.items:
        first, *rest = lines_of(item)
        blocks = [_block(first, weight="bolder", separator=True), *(_block(line.strip()) for line in rest)]
        size += len(json.dumps(blocks))
        if size > TEAMS_BYTES:
            left_out += 1
        else:
            body += blocks
    if left_out:
        body.append(_block(f"and {left_out} more causes"))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    if message.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the desk", "url": message.link}]
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        ],
    }


def _block(text: str, **style: Any) -> dict[str, Any]:
    # A text block reads markdown: a backslash before its signs keeps a foreign text from making a link.
    plain = "".join(f"\\{letter}" if letter in "\\*_[]()`#" else letter for letter in text)
    return {"type": "TextBlock", "text": plain, "wrap": True, **style}
