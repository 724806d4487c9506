"""Amounts, quantities and moments as people read them. Amounts always with their currency, moments in the business's
own time zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from sidecar.returns.crediting import minor_unit
from sidecar.returns.titles import TITLES
from sidecar.returns.wording import plain
from sidecar.web.bridge import bridge


def money(amount: Decimal | None, currency: str) -> str:
    """``8,430.00 EUR``; ``1,500 JPY``; what the currency's minor unit could not hold is shown all the same."""
    if amount is None:
        return ""
    digits = minor_unit(currency)
    exponent = amount.normalize().as_tuple().exponent
    needed = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"{amount:,.{max(digits, needed)}f} {currency}".rstrip()


def quantity(value: Fraction | Decimal | str | int | None) -> str:
    """``3``, ``0.95``, ``1/3``."""
    return plain(Fraction(value)) if value is not None else ""


def count(number: int) -> str:
    """``12,345``."""
    return f"{number:,}"


def counted(number: int, one: str, many: str = "") -> str:
    """``1 return``, ``17 returns``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def moment(at: datetime | None) -> str | Markup:
    """``27 Nov 2026, 10:05``, with the exact time behind it for machines."""
    return _time(at, "%-d %b %Y, %H:%M")


def day(at: datetime | None) -> str | Markup:
    """``27 Nov 2026``."""
    return _time(at, "%-d %b %Y")


def clock(at: datetime | None) -> str | Markup:
    """``10:05:19``."""
    return _time(at, "%H:%M:%S")


def _time(at: datetime | None, form: str) -> str | Markup:
    if at is None:
        return ""
    local = at.astimezone(bridge().settings.returns_timezone)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), local.strftime("%A, %-d %B %Y, %H:%M:%S %Z"), local.strftime(form)
    )


def long_day(at: datetime) -> str:
    """``Friday, 27 November 2026``."""
    return at.astimezone(bridge().settings.returns_timezone).strftime("%A, %-d %B %Y")


def month_name(at: datetime) -> str:
    """``November``."""
    return at.astimezone(bridge().settings.returns_timezone).strftime("%B")


def owner(code: str) -> str:
    """``CX``, ``Finance``, ``Operations``, ``IT``."""
    return code.upper() if len(code) == 2 else code.title()


def age(of: datetime | timedelta | None) -> str:
    """``40 s``, ``12 min``, ``5 h``, ``3 days``; nothing is younger than 0."""
    if of is None:
        return ""
    span = of if isinstance(of, timedelta) else bridge().clock() - of
    seconds = max(0, int(span.total_seconds()))
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 100 * 60:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86_400} days"


def until(at: datetime | None) -> str:
    """``in 5 h``; a moment that has passed is ``past``."""
    if at is None:
        return ""
    left = at - bridge().clock()
    return f"in {age(left)}" if left > timedelta(0) else "past"


def who(actor: str) -> str:
    """An actor of the audit trail by name: ``user:ann`` is ann, ``system`` the bridge itself."""
    if actor == "system":
        return "the bridge"
    return actor.removeprefix("user:")


def mapped(value: Any) -> str:
    """The value of a mapping in words: ``100 %, restock``; ``destination, main``."""
    if not isinstance(value, Mapping):
        return words(str(value))
    shown = [f"{text} %" if name == "credit_percent" else words(str(text)) for name, text in value.items() if text]
    return ", ".join(shown)


def words(code: str) -> str:
    """``unit_ambiguous`` as ``unit ambiguous``."""
    return code.replace("_", " ")


def heading(title: str, about: str, longest: int = 60) -> str:
    """``Grade without a mapping: grade "E"``; what it is about is cut where it would be too long for a heading."""
    if not about:
        return title
    cut = about if len(about) <= longest else f"{about[: longest // 3]}…"
    return f"{title} {cut}" if title.endswith("?") else f"{title}: {cut}"


def title_of(code: str) -> str:
    """What a flag is called."""
    return TITLES.get(code, sentence(code))


def sentence(code: str) -> str:
    """``unit_ambiguous`` as ``Unit ambiguous``."""
    text = words(code)
    return text[:1].upper() + text[1:]


FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "money": money,
        "quantity": quantity,
        "count": count,
        "counted": counted,
        "moment": moment,
        "day": day,
        "clock": clock,
        "long_day": long_day,
        "month_name": month_name,
        "owner": owner,
        "age": age,
        "until": until,
        "who": who,
        "mapped": mapped,
        "heading": heading,
        "title_of": title_of,
        "words": words,
        "sentence": sentence,
    }
)
