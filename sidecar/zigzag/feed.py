"""The file feed: a CSV with one row per return and product becomes the payloads that the webhook would bring.

The columns are unknown (``contracts/zigzag.md``, File feed), so their names are a setting. Because a snapshot
is cumulative, a return is given out only when all its rows could be read: a part of a return would look like
a short one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sidecar.zigzag import names
from sidecar.zigzag.errors import Unreadable
from sidecar.zigzag.names import RETURN_FIELDS, ROW_FIELDS, ROWS, Aliases
from sidecar.zigzag.snapshot import MAX_ROWS, identify

MAX_LINES = 500_000
DELIMITERS = ",;\t|"
_PERSONAL_COLUMNS = names.PERSONAL


@dataclass(frozen=True)
class FeedReturn:
    """One return of the file: the webhook's inner object (all values text) and the lines it was read from."""

    payload: dict[str, Any]
    line_numbers: tuple[int, ...]


@dataclass(frozen=True)
class FeedProblem:
    """What could not be taken from the file. ``line`` counts from 1, the header is line 1."""

    line: int
    reason: str


@dataclass
class _Group:
    about: dict[str, str]
    rows: list[dict[str, str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problem: FeedProblem | None = None


def read_feed(
    lines: Iterable[str], columns: Mapping[str, str] | None = None, *, aliases: Aliases | None = None
) -> Iterator[FeedReturn | FeedProblem]:
    """The returns of a CSV file (an open text file or its lines), in the order of their first rows.

    ``columns`` maps header names to snapshot fields (ZIGZAG_FEED_COLUMNS); a header that is itself a field
    name or an alias needs no entry, every other column is left out, so that nobody's name slips in. ``,``,
    ``;``, tab and ``|`` are recognised, so is a byte order mark. The rows of one return need not be
    neighbours. A file that breaks off in the middle of a row gives out nothing but its problem. Raises
    ValueError when ``columns`` names an unknown field.
    """
    mapped = _mapped(columns or {})
    return _read(lines, mapped, aliases or names.current())


def _mapped(columns: Mapping[str, str]) -> dict[str, str]:
    known = {*RETURN_FIELDS, *ROW_FIELDS} - {ROWS}
    for column, name in columns.items():
        if name not in known:
            raise ValueError(f"feed columns: {column!r} -> {name!r}: the fields are {', '.join(sorted(known))}")
    return {names.fold(column): name for column, name in columns.items()}


def _read(lines: Iterable[str], columns: Mapping[str, str], aliases: Aliases) -> Iterator[FeedReturn | FeedProblem]:
    groups: dict[str, _Group] = {}
    problems: list[FeedProblem] = []
    line = 1
    try:
        text = iter(lines)
        first = next(text, "").removeprefix("\ufeff")
        if not first.strip():
            yield FeedProblem(1, "the file has no header")
            return
        reader = csv.reader(chain([first], text), delimiter=_delimiter(first, columns, aliases), strict=True)
        header = [_fields(name, columns, aliases) for name in next(reader)]
        missing = _missing(header)
        if missing:
            yield FeedProblem(1, f"no column for {missing}; map one with ZIGZAG_FEED_COLUMNS")
            return
        line = reader.line_num + 1
        for cells in reader:
            if line > MAX_LINES:
                yield FeedProblem(line, f"the file has more than {MAX_LINES} lines; split it between two returns")
                return
            if any(cell.strip() for cell in cells):
                _take(cells, line, header, groups, problems)
            line = reader.line_num + 1
    except csv.Error as error:
        yield FeedProblem(line, f"the file is no readable CSV from here on ({error}); nothing was taken from it")
        return
    except UnicodeDecodeError as error:
        yield FeedProblem(line, f"the file is not {error.encoding} from here on; nothing was taken from it")
        return
    yield from problems
    for group in groups.values():
        if group.problem is not None:
            yield group.problem
        else:
            yield FeedReturn({**group.about, ROWS: group.rows}, tuple(group.lines))


def _delimiter(first: str, columns: Mapping[str, str], aliases: Aliases) -> str:
    def known(delimiter: str) -> int:
        names_here = next(csv.reader(io.StringIO(first), delimiter=delimiter), [])
        return sum(
            bool(_fields(name, columns, aliases)[0] or _fields(name, columns, aliases)[1]) for name in names_here
        )

    return max(DELIMITERS, key=known)


def _fields(column: str, columns: Mapping[str, str], aliases: Aliases) -> tuple[str | None, str | None]:
    """(field of the return, field of its row) that a column holds; ``returnOption`` is of the row."""
    folded = names.fold(column.strip())
    name = columns.get(folded)
    if name is None and folded in _PERSONAL_COLUMNS:
        return None, None
    of_row = name if name in ROW_FIELDS else None if name else aliases.field_of_row(column.strip())
    of_return = name if name in RETURN_FIELDS else None if name else aliases.field_of_return(column.strip())
    if of_row is not None or of_return == ROWS:
        return None, of_row
    return of_return, None


def _missing(header: list[tuple[str | None, str | None]]) -> str:
    stated = {name for pair in header for name in pair if name}
    needed = ("returnId", "orderNumber", "productSku", "quantity")
    twice = sorted({name for pair in header for name in pair if name and header.count(pair) > 1})
    if twice:
        return f"one column each of {', '.join(twice)} (there are several)"
    return ", ".join(name for name in needed if name not in stated)


def _take(
    cells: list[str],
    line: int,
    header: list[tuple[str | None, str | None]],
    groups: dict[str, _Group],
    problems: list[FeedProblem],
) -> None:
    about = {pair[0]: cell.strip() for pair, cell in zip(header, cells, strict=False) if pair[0] and cell.strip()}
    row = {pair[1]: cell.strip() for pair, cell in zip(header, cells, strict=False) if pair[1]}
    try:
        return_id = identify(about)[1]
    except Unreadable as error:
        problems.append(FeedProblem(line, error.reason))
        return
    group = groups.setdefault(return_id, _Group(about))
    if group.problem is not None:
        return
    group.problem = _objection(group, about, len(cells), len(header), line, return_id)
    group.about.update(about)
    group.rows.append(row)
    group.lines.append(line)


def _objection(
    group: _Group, about: dict[str, str], cells: int, columns: int, line: int, return_id: str
) -> FeedProblem | None:
    left_out = f"return {return_id} was left out"
    if cells != columns:
        return FeedProblem(line, f"{left_out}: the row has {cells} cells, the header {columns}")
    if len(group.rows) >= MAX_ROWS:
        return FeedProblem(line, f"{left_out}: it has more than {MAX_ROWS} rows")
    # Two moments of one return in one file would be added up to goods that never came.
    for name, stated in about.items():
        if group.about.get(name, stated) != stated:
            return FeedProblem(line, f"{left_out}: its rows disagree about {name}")
    return None
