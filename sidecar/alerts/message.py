"""A message to the people who own something: what is said, apart from how it is carried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

ALERT, DIGEST, TEST = "alert", "digest", "test"
LONGEST = 500  # characters of one sentence; a foreign text may stand in it
MOST_ITEMS = 45  # there are fewer flag codes and links than this


@dataclass(frozen=True)
class Item:
    """One cause, whatever number of returns it concerns.

    ``urgency``: critical, past due, down, well again, or empty. ``amounts``: currency -> decimal text at stake.
    ``returns``: some of their ids. ``runbook``: where to read on, or empty.
    """

    urgency: str
    heading: str
    detail: str = ""
    next_step: str = ""
    code: str = ""
    count: int = 1
    amounts: Mapping[str, str] | None = None
    returns: tuple[str, ...] = ()
    runbook: str = ""


@dataclass(frozen=True)
class Message:
    """What one owner is told at one moment. ``id`` is the same whenever this message is sent again."""

    id: str
    kind: str
    owner: str
    title: str
    items: tuple[Item, ...]
    created_at: datetime
    link: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is stored and as the signed webhook brings it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "owner": self.owner,
            "title": self.title,
            "created_at": self.created_at.isoformat(),
            "link": self.link,
            "items": [{**asdict(item), "returns": list(item.returns)} for item in self.items],
        }

    def text(self) -> str:
        """For a mail: plain lines, one paragraph per item."""
        paragraphs = ["\n".join(lines_of(item)) for item in self.items]
        if self.link:
            paragraphs.append(f"At the desk: {self.link}")
        return "\n\n".join(paragraphs) + "\n"


def from_json(body: Mapping[str, Any]) -> Message:
    """The message that ``as_json`` described."""
    items = (Item(**{**item, "returns": tuple(item["returns"])}) for item in body["items"])
    return Message(
        id=body["id"],
        kind=body["kind"],
        owner=body["owner"],
        title=body["title"],
        items=tuple(items),
        created_at=datetime.fromisoformat(body["created_at"]),
        link=body["link"],
    )


def lines_of(item: Item) -> Iterable[str]:
    """An item for reading: heading, what happened, which returns, what to do, where to read more."""
    yield headline(item)
    if item.detail:
        yield f"  {item.detail}"
    if item.returns:
        more = item.count - len(item.returns)
        yield f"  Returns: {', '.join(item.returns)}" + (f" and {more} more" if more > 0 else "")
    if item.next_step:
        yield f"  Next: {item.next_step}"
    if item.runbook:
        yield f"  More: {item.runbook}"


def headline(item: Item) -> str:
    return f"{item.urgency.upper()}: {item.heading}" if item.urgency else item.heading


def shown(amounts: Mapping[str, str] | None) -> str:
    """``8,430.00 EUR and 12.50 GBP``; empty without amounts."""
    return " and ".join(f"{_grouped(text)} {currency}" for currency, text in sorted((amounts or {}).items()))


def _grouped(text: str) -> str:
    whole, dot, rest = text.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits or 0):,}{dot}{rest}"


def sentence(text: str) -> str:
    """A foreign text on one line, without control characters, bounded."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}..."
