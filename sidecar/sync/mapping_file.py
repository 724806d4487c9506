"""The mapping file: YAML in which every word is taken exactly as written.

YAML turns unquoted ``12``, ``012``, ``NO`` and ``2026-01-01`` into numbers, booleans and dates; grades and reason codes
look just like that. So nodes are read as text and never constructed: ``NO`` is the word NO, ``012`` is not 12. What has
no text (``~``, nothing) is refused by line.
"""

from __future__ import annotations

from typing import Any

import yaml

from sidecar.returns.lookups import same_word
from sidecar.sync.mapping_values import (
    KINDS,
    InvalidMapping,
    Problem,
    Raw,
    shown,
    validate_value,
)

LARGEST = 1024 * 1024
_NULL = "tag:yaml.org,2002:null"
_STANDARD = "tag:yaml.org,2002:"


class MappingFileError(InvalidMapping):
    """A mapping file that was refused as a whole; ``problems`` lists every error with its line."""

    def __str__(self) -> str:
        count = len(self.problems)
        return f"{count} error{'s' * (count != 1)}\n" + "\n".join(f"  {problem}" for problem in self.problems)


class _Refused(yaml.MarkedYAMLError):
    pass


class _Composer(yaml.SafeLoader):
    """Composes nodes only. Aliases are refused: they are of no use here and can multiply without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise _Refused(problem="aliases (*name) are not used in mapping files", problem_mark=mark)
        return super().compose_node(parent, index)


def parse_file(text: str) -> Raw:
    """The mappings that a file names, valid and normalised. Raises MappingFileError with all its errors."""
    problems: list[Problem] = []
    root = _root(text)
    found: Raw = {}
    for key, node in _pairs(root, "", problems):
        kind = _word(key, "", problems)
        if kind is None:
            continue
        if kind not in KINDS:
            problems.append(
                Problem(f"/{pointer_step(kind)}", f"is no kind; the kinds are {', '.join(KINDS)}", _line(key))
            )
        elif kind in found:
            problems.append(Problem(f"/{kind}", "is there twice", _line(key)))
        else:
            found[kind] = _kind(kind, node, problems)
    if problems:
        raise MappingFileError(sorted(problems, key=lambda problem: problem.line or 0))
    return found


def write_file(mappings: Raw) -> str:
    """The YAML of mappings, readable back by ``parse_file`` to the same words; one line per word."""
    lines: list[str] = []
    for kind in KINDS:
        if not mappings.get(kind):
            continue
        lines.append(f"{kind}:")
        for source, value in sorted(mappings[kind].items()):
            lines.append(f"  {_quoted(source)}: {_written(shown(kind, value))}")
    return "\n".join(lines) + "\n" if lines else "{}\n"


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_written(item)}" for name, item in value.items()) + "}"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    """Plain where YAML takes it for that very text, else in quotes."""
    written: str = yaml.safe_dump(text, allow_unicode=True, width=10_000, default_flow_style=True)
    written = written.removesuffix("\n").removesuffix("\n...")
    flow = any(char in text for char in ",[]{}#&*!|>'\"%@`:?")
    return yaml.safe_dump(text, default_style='"', width=10_000, allow_unicode=True).strip() if flow else written


def _root(text: str) -> yaml.Node:
    if len(text) > LARGEST:
        raise MappingFileError([Problem("", f"is larger than {LARGEST} characters")])
    try:
        root = yaml.compose(text.removeprefix("\ufeff"), Loader=_Composer)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = f"is no YAML: {error.problem or error.context}"
        raise MappingFileError([Problem("", why, mark.line + 1 if mark else None)]) from None
    except yaml.YAMLError as error:
        raise MappingFileError([Problem("", f"is no YAML: {str(error).splitlines()[0]}")]) from None
    except RecursionError:
        raise MappingFileError([Problem("", "is nested too deeply")]) from None
    if not isinstance(root, yaml.MappingNode):
        raise MappingFileError([Problem("", f"must name kinds of mappings: {', '.join(KINDS)}", 1)])
    return root


def _kind(kind: str, node: yaml.Node, problems: list[Problem]) -> dict[str, Any]:
    pointer = f"/{kind}"
    if isinstance(node, yaml.ScalarNode) and node.tag == _NULL:
        return {}
    if not isinstance(node, yaml.MappingNode):
        problems.append(Problem(pointer, "must be a table of words and their meanings", _line(node)))
        return {}
    found: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for key, value_node in _pairs(node, pointer, problems):
        source = _word(key, pointer, problems)
        if source is None:
            continue
        source = source.strip()
        here = f"{pointer}/{pointer_step(source)}"
        first = seen.setdefault(same_word(kind, source), _line(key))
        if first != _line(key) or source in found:
            problems.append(Problem(here, f"is there twice; the same word stands in line {first}", _line(key)))
            continue
        before = len(problems)
        value = _value(value_node, here, problems)
        if len(problems) > before:
            continue
        try:
            found[source] = validate_value(kind, source, value)
        except InvalidMapping as error:
            problems.extend(
                Problem(here + problem.pointer, problem.message, _line(value_node)) for problem in error.problems
            )
    return found


def _value(node: yaml.Node, pointer: str, problems: list[Problem]) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _word(node, pointer, problems)
    if not isinstance(node, yaml.MappingNode):
        problems.append(Problem(pointer, "must be a word or an object, not a list", _line(node)))
        return None
    found: dict[str, Any] = {}
    for key, value in _pairs(node, pointer, problems):
        name = _word(key, pointer, problems)
        if name is None:
            continue
        if name in found:
            problems.append(Problem(f"{pointer}/{pointer_step(name)}", "is there twice", _line(key)))
        elif isinstance(value, yaml.ScalarNode):
            found[name] = _word(value, f"{pointer}/{pointer_step(name)}", problems)
        else:
            problems.append(Problem(f"{pointer}/{pointer_step(name)}", "must be a word or a number", _line(value)))
    return found


def _pairs(node: yaml.Node, pointer: str, problems: list[Problem]) -> list[tuple[yaml.Node, yaml.Node]]:
    if not node.tag.startswith(_STANDARD):
        problems.append(Problem(pointer, f"has the tag {node.tag}, which is not used here", _line(node)))
        return []
    return list(node.value)


def _word(node: yaml.Node, pointer: str, problems: list[Problem]) -> str | None:
    """The text of a scalar exactly as written, whatever YAML would make of it."""
    if not isinstance(node, yaml.ScalarNode) or not node.tag.startswith(_STANDARD):
        problems.append(Problem(pointer, "must be a plain word", _line(node)))
        return None
    if node.tag == _NULL:
        written = f" ({node.value})" if node.value else ""
        why = f'says nothing{written}; write "{node.value}" in quotes to mean it'
        problems.append(Problem(pointer, why, _line(node)))
        return None
    return str(node.value)


def pointer_step(word: str) -> str:
    """A word as one step of a JSON pointer (RFC 6901)."""
    return word.replace("~", "~0").replace("/", "~1")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
