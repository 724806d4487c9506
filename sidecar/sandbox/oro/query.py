"""Reading a query string the way OroCommerce does (contracts/oro.md section 2; [24-29], [64-75])."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from sidecar.sandbox.oro.errors import Problem, Refused
from sidecar.sandbox.oro.schema import Filter, ResourceType, Tables
from sidecar.sandbox.oro.store import Record, Table
from sidecar.sandbox.oro.values import as_moment, read_moment

DEFAULT_PAGE_SIZE = 10
Tree = Mapping[str, Any]
Test = Callable[[Any], bool]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
}


@dataclass(frozen=True)
class Condition:
    """One filter; `wanted` is set when it is a plain equality, so that an index can answer it."""

    name: str
    filter: Filter
    test: Test
    wanted: tuple[Any, ...] | None = None


@dataclass
class Query:
    conditions: list[Condition] = field(default_factory=list)
    include: Tree = field(default_factory=dict)
    fields: dict[str, frozenset[str]] = field(default_factory=dict)
    size: int = DEFAULT_PAGE_SIZE
    number: int = 1
    sort: list[tuple[str, bool]] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)


@lru_cache(maxsize=256)
def include_tree(value: str) -> Tree:
    tree: dict[str, Any] = {}
    for path in value.split(","):
        node = tree
        for step in path.strip().split("."):
            if step:
                node = node.setdefault(step, {})
    return tree


@lru_cache(maxsize=1024)
def field_names(value: str) -> frozenset[str]:
    return frozenset(name.strip() for name in value.split(",") if name.strip())


def parse_query(kind: ResourceType, text: str, listing: bool) -> Query:
    """All problems of a query string at once ([25]); unknown includes and fields are no problem ([27, 28])."""
    query = Query()
    problems: list[Problem] = []
    for name, value in parse_qsl(text, keep_blank_values=True) if text else ():
        query.given[name] = value
        if name == "include":
            query.include = include_tree(value)
        elif name.startswith("fields[") and name.endswith("]"):
            query.fields[name[7:-1]] = field_names(value)
        elif not listing or not _list_parameter(kind, query, name, value, problems):
            problems.append(Problem(400, "filter constraint", "The filter is not supported.", parameter=name))
    if problems:
        raise Refused(*problems)
    return query


def _list_parameter(kind: ResourceType, query: Query, name: str, value: str, problems: list[Problem]) -> bool:
    if name in {"page[size]", "page[number]"}:
        number = _integer(value)
        if number is None:
            problems.append(_expected("integer", value, name))
        elif name == "page[size]":
            query.size = number
        else:
            query.number = max(number, 1)
        return True
    if name == "sort":
        for item in filter(None, value.split(",")):
            key = item.lstrip("-")
            if key in kind.sorts:
                query.sort.append((key, item.startswith("-")))
            else:
                detail = f'Sorting by "{key}" field is not supported.'
                problems.append(Problem(400, "sort constraint", detail, parameter="sort"))
        return True
    if not name.startswith("filter[") or not name.endswith("]"):
        return False
    key, _, operator = name[7:-1].partition("][")
    found = kind.filters.get(key)
    if found is None or operator not in {"", "eq", "neq", *_COMPARISONS}:
        return False
    condition = _condition(key, found, operator or "eq", value)
    if condition is None:
        problems.append(_expected(found.kind, value, name))
    else:
        query.conditions.append(condition)
    return True


def _condition(name: str, found: Filter, operator: str, value: str) -> Condition | None:
    if operator == "eq" and ".." in value and found.kind != "string":
        bounds = [_operand(found, part) for part in value.split("..", 1)]
        if None in bounds:
            return None
        low, high = bounds
        return Condition(name, found, lambda actual: actual is not None and low <= actual <= high)
    if operator in _COMPARISONS:
        operand = _operand(found, value)
        compare = _COMPARISONS[operator]
        if operand is None:
            return None
        return Condition(name, found, lambda actual: actual is not None and compare(actual, operand))
    wanted = tuple(_operand(found, part) for part in value.split(","))
    if None in wanted:
        return None
    members = frozenset(wanted)

    def equals(actual: Any) -> bool:
        return not members.isdisjoint(actual) if isinstance(actual, list) else actual in members

    if operator == "neq":
        return Condition(name, found, lambda actual: not equals(actual))
    return Condition(name, found, equals, wanted)


def _operand(found: Filter, value: str) -> Any:
    if found.kind == "integer":
        return _integer(value)
    if found.kind == "datetime":
        moment = read_moment(value)
        return None if moment is None else as_moment(moment)
    return value.casefold() if found.fold else value


def _integer(value: str) -> int | None:
    try:
        return int(value)
    except ValueError:
        return None


def _expected(kind: str, value: str, parameter: str) -> Problem:
    return Problem(400, "filter constraint", f'Expected {kind} value. Given "{value}".', parameter=parameter)


def select(table: Table, tables: Tables, query: Query) -> list[Record]:
    """All matching records in the asked order, before paging; without `sort` ordered by id ([66])."""
    conditions = list(query.conditions)
    found: list[Record] | None = None
    for condition in conditions:
        if condition.wanted is not None and table.has_index(condition.name):
            keys = condition.wanted
            if condition.filter.kind == "integer":
                keys = tuple(str(key) for key in keys)
            matches = {record.id: record for key in keys for record in table.find(condition.name, key)}
            found = table.sorted(matches.values())
            conditions.remove(condition)
            break
        if condition.wanted is not None and condition.name == "id":
            ids = {str(key) for key in condition.wanted}
            found = table.sorted(record for record in map(table.get, ids) if record is not None)
            conditions.remove(condition)
            break
    if found is None:
        found = table.sorted()
    for condition in conditions:
        test, value, numeric = condition.test, condition.filter.value, condition.filter.kind == "integer"
        if numeric:
            found = [record for record in found if test(_numbers(value(record, tables)))]
        else:
            found = [record for record in found if test(value(record, tables))]
    for name, descending in reversed(query.sort):
        found.sort(key=_sort_key(name), reverse=descending)
    return found


def _numbers(value: Any) -> Any:
    """Ids are kept as text; integer filters compare numbers."""
    if isinstance(value, list):
        return [int(item) for item in value]
    return int(value) if isinstance(value, str) else value


def _sort_key(name: str) -> Callable[[Record], Any]:
    if name == "id":
        return lambda record: record.order
    return lambda record: (record.attributes.get(name) is not None, record.attributes.get(name) or "")


def page_of(records: list[Record], query: Query) -> list[Record]:
    """`page[size]=-1` is everything ([75]); past the end is empty ([73])."""
    if query.size < 0:
        return records
    start = (query.number - 1) * query.size
    return records[start : start + query.size]
