"""Walking a JSON:API answer: what must be there is there, or the answer is refused; numbers stay exact."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, TypeAlias

from sidecar.oro.errors import AnswerLacks

Row: TypeAlias = dict[str, Any]


class Page:
    """One answer: its rows, and what came included, found by type and id: ``included`` has no order."""

    def __init__(self, document: dict[str, Any], resource: str) -> None:
        self._data = document.get("data")
        self.included: list[Row] = document.get("included") or []
        self._resource = resource
        self._index: dict[tuple[str, str], Row] | None = None

    @property
    def rows(self) -> list[Row]:
        """The rows of a list. Raises AnswerLacks when the answer is no list."""
        if not isinstance(self._data, list):
            raise AnswerLacks(200, "answer lacks a list", f"{self._resource}: data is no list")
        return self._data

    @property
    def row(self) -> Row:
        """The row of an answer about one entity. Raises AnswerLacks."""
        if not isinstance(self._data, dict):
            raise AnswerLacks(200, "answer lacks an entity", f"{self._resource}: data is no object")
        return self._data

    def find(self, type_: str, id_: str) -> Row | None:
        """The included entity, or None."""
        if self._index is None:
            self._index = {(each["type"], each["id"]): each for each in self.included}
        return self._index.get((type_, id_))

    def must_find(self, type_: str, id_: str) -> Row:
        """The included entity. Raises AnswerLacks: a misspelt include is ignored in silence [27]."""
        found = self.find(type_, id_)
        if found is None:
            raise AnswerLacks(200, f"answer lacks {type_} {id_}", f"{self._resource}: not included")
        return found


def attribute(row: Row, name: str) -> Any:
    """An attribute that was asked for, None included. Raises AnswerLacks when it is not there [28]."""
    try:
        return row["attributes"][name]
    except KeyError:
        raise AnswerLacks(
            200, f"answer lacks {row.get('type')}.{name}", "Oro did not send what was asked for"
        ) from None


def optional(row: Row, name: str) -> Any:
    """An attribute that may be missing."""
    return row.get("attributes", {}).get(name)


def related(row: Row, name: str) -> str | None:
    """The id of a to-one relation, None when it is null. Raises AnswerLacks when it is not there."""
    data = _linkage(row, name)
    return str(data["id"]) if isinstance(data, dict) else None


def all_related(row: Row, name: str) -> list[str]:
    """The ids of a to-many relation, in its order. Raises AnswerLacks."""
    data = _linkage(row, name)
    return [str(each["id"]) for each in data] if isinstance(data, list) else []


def _linkage(row: Row, name: str) -> Any:
    try:
        return row["relationships"][name]["data"]
    except KeyError:
        raise AnswerLacks(
            200, f"answer lacks {row.get('type')}.{name}", "Oro did not send what was asked for"
        ) from None


def text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def money(value: Any) -> Decimal | None:
    """An amount: a string with four decimals, or (``discount``) a number; None when it is neither."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def exact(value: Any) -> Fraction | None:
    """A quantity or rate exactly as written; None when it is null or no number."""
    amount = money(value)
    return Fraction(amount) if amount is not None else None


def moment(value: Any) -> datetime | None:
    """An aware UTC time; None when it is null or no time."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
