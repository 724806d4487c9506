"""The sandbox's own paths below `/_sandbox/`: books, counters, faults, seeding, settings. OroCommerce has
none of it.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sidecar.sandbox.oro.shop import OroShop

PREFIX = "/_sandbox/"
_SETTINGS = ("bundle_enabled", "bundle_installed", "api_enabled", "role", "write_pause")


def answer(shop: OroShop, method: str, path: str, body: bytes) -> tuple[int, Any]:
    """Status and JSON content; what cannot be understood is a 400 with `error`."""
    name = path[len(PREFIX) :].strip("/")
    try:
        sent = json.loads(body, parse_float=Decimal) if body else {}
        if name == "books" and method == "GET":
            return 200, shop.books()
        if name == "counters" and method == "GET":
            return 200, shop.counters()
        if name == "counters" and method == "DELETE":
            shop.reset_counters()
            return 200, shop.counters()
        if name == "faults":
            return 200, _faults(shop, method, sent)
        if name == "seed" and method == "POST":
            return 200, shop.seed(sent)
        if name == "settings":
            return 200, _settings(shop, method, sent)
        if name == "tokens" and method == "DELETE":
            shop.tokens.revoke()
            return 200, {}
        if name == "health":
            return 200, {"status": "ok"}
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        return 400, {"error": str(wrong)}
    return 404, {"error": f"no {method} {path}"}


def _faults(shop: OroShop, method: str, sent: Any) -> dict[str, Any]:
    """POST one fault or a list of them; DELETE clears all, or those of `kind`."""
    if method == "POST":
        for item in sent if isinstance(sent, list) else [sent]:
            options: dict[str, Any] = {}
            for key, value in item.items():
                options[key] = float(value) if isinstance(value, Decimal) else value
            shop.faults.add(str(options.pop("kind")), **options)
    elif method == "DELETE":
        shop.faults.clear(sent.get("kind"))
    return {"faults": shop.faults.listing()}


def _settings(shop: OroShop, method: str, sent: dict[str, Any]) -> dict[str, Any]:
    if method in {"POST", "PATCH"}:
        unknown = set(sent) - set(_SETTINGS)
        if unknown:
            raise ValueError(f"unknown setting: {', '.join(sorted(unknown))}; known: {', '.join(_SETTINGS)}")
        for name, value in sent.items():
            setattr(shop, name, float(value) if name == "write_pause" else value)
    return {name: getattr(shop, name) for name in _SETTINGS}
