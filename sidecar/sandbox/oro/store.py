"""Records and tables: plain rows in memory with the unique and look-up indexes a database would have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

IndexKey = Callable[["Record"], Any]


class Record:
    """One entity. Attributes and relationships hold only what differs from the defaults of its type.

    A to-one relationship is the target's id or None, a to-many one a list of ids.
    """

    __slots__ = ("attributes", "id", "order", "relationships", "type")

    def __init__(self, type_: str, id_: str, attributes: dict[str, Any], relationships: dict[str, Any]) -> None:
        self.type = type_
        self.id = id_
        self.order: int | str = int(id_) if id_.isdigit() else id_
        self.attributes = attributes
        self.relationships = relationships


class Table:
    """All records of one type. `indexes` name a key function each; a list as key means one entry per member."""

    def __init__(self, type_: str, indexes: Mapping[str, IndexKey]) -> None:
        self.type = type_
        self.rows: dict[str, Record] = {}
        self._keys = dict(indexes)
        self._indexes: dict[str, dict[Any, dict[str, Record]]] = {name: {} for name in indexes}
        self._last_id = 0
        self._in_order = True

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.rows.values())

    def get(self, id_: str) -> Record | None:
        return self.rows.get(id_)

    def new_id(self) -> str:
        """The next number of the table's sequence; numbers are used in the order they are given out."""
        self._last_id += 1
        return str(self._last_id)

    def add(self, record: Record) -> Record:
        if record.id in self.rows:
            raise ValueError(f"{self.type} {record.id} exists")
        if isinstance(record.order, int):
            # The database sorts by id where the client does not say otherwise.
            self._in_order = self._in_order and record.order >= self._last_id
            self._last_id = max(self._last_id, record.order)
        else:
            self._in_order = False
        self.rows[record.id] = record
        self.index(record)
        return record

    def remove(self, record: Record) -> None:
        self.unindex(record)
        del self.rows[record.id]

    def index(self, record: Record) -> None:
        for name, key in self._keys.items():
            entries = self._indexes[name]
            for value in _members(key(record)):
                entries.setdefault(value, {})[record.id] = record

    def unindex(self, record: Record) -> None:
        """Takes a record out of the indexes; call before changing an indexed value, `index` after."""
        for name, key in self._keys.items():
            entries = self._indexes[name]
            for value in _members(key(record)):
                found = entries.get(value)
                if found is not None:
                    found.pop(record.id, None)
                    if not found:
                        del entries[value]

    def has_index(self, name: str) -> bool:
        return name in self._indexes

    def find(self, name: str, value: Any) -> list[Record]:
        return list(self._indexes[name].get(value, {}).values())

    def one(self, name: str, value: Any) -> Record | None:
        found = self._indexes[name].get(value)
        return next(iter(found.values())) if found else None

    def sorted(self, records: Iterable[Record] | None = None) -> list[Record]:
        if records is None:
            if self._in_order:
                return list(self.rows.values())
            records = self.rows.values()
        return sorted(records, key=lambda record: record.order)


def _members(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
