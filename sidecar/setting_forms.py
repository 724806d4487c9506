"""What the text of a setting must look like: each function turns text into a value.

Each raises ValueError with words that follow the setting's name, such as "must look like 127.0.0.1:8000".
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sidecar.returns.staleness import DEFAULTS, Allowances
from sidecar.sync.roles import ROLES
from sidecar.zigzag.names import RETURN_FIELDS, ROW_FIELDS, ROWS, Aliases

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def text(text: str) -> str:
    return text


def web_url(text: str) -> str:
    wanted = "must look like https://host or https://host/path, without user, query and fragment"
    try:
        parts = urlsplit(text)
        plain = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:  # brackets or port that are none
        raise ValueError(wanted) from None
    if parts.scheme not in ("http", "https") or not plain or re.search(r"[\s?#]", text):
        raise ValueError(wanted)
    return text.rstrip("/")


def path(text: str) -> str:
    if not text.startswith("/") or re.search(r"[\s?#]", text):
        raise ValueError("must be a path that begins with /, such as /admin/api")
    return text.rstrip("/")


def path_or_url(text: str) -> str:
    """contracts/zigzag.md: the token path is taken below the prefix; a full URL is accepted too."""
    try:
        return web_url(text) if "://" in text else path(text)
    except ValueError:
        raise ValueError("must be a path that begins with /, such as /Account/Token, or a full URL") from None


def return_path(text: str) -> str:
    if "{returnId}" not in text:
        raise ValueError("must be a path that holds {returnId}, such as /Returns/{returnId}")
    return path(text)


def retailer_code(text: str) -> str:
    if not re.fullmatch(r"[^\s:]{1,64}", text):  # posting keys are retailerCode:returnId:n (DESIGN 4.2)
        raise ValueError("must be the code that ZigZag gave you, such as GL123: no spaces, no colon")
    return text


def database_url(text: str) -> str:
    wanted = "must look like sqlite:///var/sidecar.db or postgresql+psycopg://user:password@host/name"
    if text.startswith("sqlite:"):
        file = re.fullmatch(r"sqlite:///([^?]+)(\?.*)?", text)
        if file is None or ":memory:" in text:
            raise ValueError(f"{wanted}; several processes share the ledger, so it cannot live in memory")
    elif not re.match(r"postgresql\+psycopg://\S", text):
        raise ValueError(wanted)
    return text


def redis_url(text: str) -> str:
    if not re.match(r"(rediss?://[^/\s]|unix://\S)", text):
        raise ValueError("must look like redis://host:6379/0, rediss://... or unix:///path/to/socket")
    return text


def bind(text: str) -> str:
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(\d{1,5})", text)
    if found is None or not 0 < int(found[2]) < 65536:
        raise ValueError("must look like 127.0.0.1:8000")
    return text


def zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be the name of a time zone such as UTC or Europe/London") from None


def networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be networks such as 203.0.113.0/24,2001:db8::/32") from None


def one_of(*words: str) -> Callable[[str], Any]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return read


def number(kind: type[int] | type[float], least: float, most: float) -> Callable[[str], Any]:
    wanted = f"must be a {'whole ' if kind is int else ''}number from {least:g} to {most:g}"

    def read(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            raise ValueError(wanted) from None
        if not least <= value <= most:  # also refuses nan
            raise ValueError(wanted)
        return value

    return read


def _object(text: str, wanted: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise ValueError(wanted) from None
    if not isinstance(value, dict):
        raise ValueError(wanted)  # noqa: TRY004 - the setting is malformed, not the program
    return value


def aliases(text: str) -> Mapping[str, tuple[str, ...]]:
    wanted = 'must be a JSON object such as {"orderNumber": ["order_no", "orderRef"]}'
    found: dict[str, tuple[str, ...]] = {}
    for name, other in _object(text, wanted).items():
        if not isinstance(other, str | list) or not all(isinstance(each, str) for each in other):
            raise ValueError(wanted)
        found[name] = (other,) if isinstance(other, str) else tuple(other)
    try:
        Aliases(found)
    except ValueError as error:
        raise ValueError(f"{wanted} ({error})") from None
    return found


def roles(text: str) -> Mapping[str, str]:
    wanted = 'must be a JSON object such as {"returns-finance": "finance", "returns-admins": "admin"}'
    found = _object(text, wanted)
    for role in found.values():
        if role not in ROLES:
            raise ValueError(f"{wanted}; {role!r} is not one of {', '.join(ROLES)}")
    return found


def columns(text: str) -> Mapping[str, str]:
    wanted = 'must be a JSON object such as {"Return No": "returnId", "Article": "productSku"}'
    found = _object(text, wanted)
    known = {*RETURN_FIELDS, *ROW_FIELDS} - {ROWS}
    for name in found.values():
        if name not in known:
            raise ValueError(f"{wanted}; {name!r} is not one of {', '.join(sorted(known))}")
    return found


def secret_url(text: str) -> str:
    """An address whose path or query is itself the credential; it is never repeated in a message."""
    wanted = "must look like https://host/path"
    try:
        parts = urlsplit(text)
        plain = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        raise ValueError(wanted) from None
    if parts.scheme not in ("http", "https") or not plain or re.search(r"\s", text):
        raise ValueError(wanted)
    return text


_ADDRESS = re.compile(r"[^\s@,;<>\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


def mail_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("must be one address such as returns@example.com")
    return text


def mail_addresses(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not found or not all(_ADDRESS.fullmatch(each) for each in found):
        raise ValueError("must be addresses such as cx@example.com,lead@example.com")
    return found


def host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?", text):
        raise ValueError("must be the name of a server such as smtp.example.com, without port")
    return text.strip("[]")


def hour(text: str) -> int | None:
    """An hour of the day; None for ``off``."""
    if text == "off":
        return None
    if not text.isascii() or not text.isdigit() or int(text) > 23:
        raise ValueError("must be an hour from 0 to 23, or off")
    return int(text)


def allowances(text: str) -> Allowances:
    """What is named replaces its default; ``off`` lets a return stay there for ever."""
    wanted = "must look like requested=21d,received=36h,graded=off"
    times = dict(DEFAULTS)
    for part in text.split(","):
        word, _, time = (each.strip() for each in part.partition("="))
        if word not in times:
            raise ValueError(f"{wanted}; {word!r} is not one of {', '.join(DEFAULTS)}")
        found = re.fullmatch(r"([1-9][0-9]{0,3})([dh])", time)
        if found is None and time != "off":
            raise ValueError(wanted)
        times.pop(word)
        if found is not None:
            times[word] = timedelta(days=int(found[1])) if found[2] == "d" else timedelta(hours=int(found[1]))
    return Allowances({word: times[word] for word in DEFAULTS if word in times})
