"""Structured logs on stderr: one JSON object per line, or one plain line for a person at a terminal.

``bind`` names what the code is busy with (correlation_id, return_id, order, job); every line written inside
carries it, so that one correlation id follows a return from the webhook to Oro. Secrets and personal data are
taken out here, whoever logs them (DESIGN, law 8).
"""

from __future__ import annotations

import functools
import json
import logging
import re
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ParamSpec, Protocol, TextIO, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

MASK = "***"
LONGEST = 8_000  # characters of one value; a body of a megabyte belongs in the inbox, not in a log

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_bound: ContextVar[Mapping[str, Any]] = ContextVar("bound", default=_NOTHING)
_standard = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_reserved = frozenset({"time", "level", "logger", "event", "error", "trace"})
_private_name = re.compile(
    r"(pass(word|wd)|secret|token|authorization|api_?key|credential|cookie|customer_?name|salutation)$",
    re.IGNORECASE,
)
_private_text = re.compile(
    r"(?P<scheme>\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}"
    r"|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"  # a JWT
    r"|(?P<address>://[^:@/\s]*:)[^@/\s]+(?=@)"  # password in an address
    r"|(?P<pair>[\"']?(?:password|client_secret|access_token|api_key|customerName|salutation)[\"']?"
    r"\s*[=:]\s*[\"']?)[^\"'&,\s}]+",
    re.IGNORECASE,
)


class Hidden(Protocol):
    """What ``configure`` is told to look for: ``settings.Secret``."""

    def reveal(self) -> str: ...


class _Texts:
    """Secrets of this process, replaced wherever they turn up in a line."""

    pattern: re.Pattern[str] | None = None


@contextmanager
def bind(**fields: Any) -> Iterator[None]:
    """Every line logged inside carries these fields, without those that are None. For threads: ``carry``."""
    stated = {name: value for name, value in fields.items() if value is not None}
    token = _bound.set({**_bound.get(), **stated})
    try:
        yield
    finally:
        _bound.reset(token)


def current() -> Mapping[str, Any]:
    """What is bound here and now."""
    return dict(_bound.get())


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """The function with what is bound here and now, for a thread pool, whose threads have nothing bound."""
    fields = current()

    @functools.wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        with bind(**fields):
            return function(*args, **kwargs)

    return carried


def new_correlation_id() -> str:
    """A fresh id to bind as ``correlation_id`` where a request or a delivery comes in."""
    return uuid.uuid4().hex


def configure(level: str = "INFO", *, hide: Iterable[Hidden] = (), stream: TextIO | None = None) -> None:
    """Send every log line of this process to ``stream`` (stderr), replacing what was set before.

    Plain text when it is a terminal, else JSON. ``hide``: secrets of the settings (``Settings.secrets``),
    replaced wherever they turn up; those shorter than 6 characters only by their field's name.
    """
    out = stream if stream is not None else sys.stderr
    texts = sorted({text for secret in hide if len(text := secret.reveal()) >= 6}, key=len, reverse=True)
    _Texts.pattern = re.compile("|".join(map(re.escape, texts))) if texts else None
    handler = logging.StreamHandler(out)
    handler.setFormatter(PlainFormatter() if out.isatty() else JsonFormatter())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in ("urllib3", "rq", "alembic", "sqlalchemy"):  # our lines say it
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


class JsonFormatter(logging.Formatter):
    """One JSON object: time (UTC), level, logger, event, bound and own fields, error and trace."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _clean(record.getMessage()),
            **_fields(record),
            **_trouble(record),
        }
        return json.dumps(line, default=str)


class PlainFormatter(logging.Formatter):
    """Time, level, event, then name=value; a trace follows on its own lines."""

    def format(self, record: logging.LogRecord) -> str:
        trouble = _trouble(record)
        trace = trouble.pop("trace", "")
        pairs = {**_fields(record), **trouble}
        words = [
            datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S"),
            f"{record.levelname.lower():<8}",
            _printable(_clean(record.getMessage())),
            *(f"{name}={_printable(str(value))}" for name, value in pairs.items()),
        ]
        return " ".join(words) + (f"\n{trace}" if trace else "")


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    own = {name: value for name, value in vars(record).items() if name not in _standard}
    return {
        f"{name}_" if name in _reserved else name: _value(name, value)
        for name, value in {**_bound.get(), **own}.items()
    }


def _trouble(record: logging.LogRecord) -> dict[str, str]:
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    error = record.exc_info[1]
    trace = logging.Formatter().formatException(record.exc_info)
    # The end of a long trace says what happened: its beginning is cut.
    return {"error": _clean(f"{type(error).__name__}: {error}"), "trace": _clean(trace[-LONGEST:])}


def _value(name: str, value: Any) -> Any:
    if _private_name.search(name):
        return MASK if value else value
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(key): _value(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_value("", each) for each in value]
    return _clean(str(value))


def _clean(text: str) -> str:
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}... ({len(text)} characters)"
    if _Texts.pattern is not None:
        text = _Texts.pattern.sub(MASK, text)
    return _private_text.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    return (found["scheme"] or found["address"] or found["pair"] or "") + MASK


def _printable(text: str) -> str:
    """Without line breaks and escape sequences: a foreign text must not write into a terminal as it likes."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
