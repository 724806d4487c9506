"""Errors as OroCommerce words them (contracts/oro.md section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One entry of `errors`; `pointer` and `parameter` exclude each other."""

    status: int
    title: str
    detail: str | None = None
    pointer: str | None = None
    parameter: str | None = None

    def rendered(self, plain: bool) -> dict[str, Any]:
        entry: dict[str, Any] = {} if plain else {"status": str(self.status)}
        entry["title"] = self.title
        if self.detail is not None:
            entry["detail"] = self.detail
        if self.pointer is not None:
            entry["source"] = {"pointer": self.pointer}
        elif self.parameter is not None:
            entry["source"] = {"parameter": self.parameter}
        return entry


class Refused(Exception):
    """The request is answered with these problems; the first one's status is the status of the answer."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].title if problems else "")
        self.problems = problems


class EmptyAnswer(Exception):
    """401 and 405 have no body at all ([10-12], [35-37])."""

    def __init__(self, status: int, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(str(status))
        self.status = status
        self.headers = headers


def not_found() -> Problem:
    """[14, 16]"""
    return Problem(404, "not found http exception", "An entity with the requested identifier does not exist.")


def switched_off() -> Problem:
    """Bundle recording 71: no detail."""
    return Problem(404, "not found http exception")


def conflict() -> Problem:
    """What a unique index of the database becomes; bundle recordings 15, 20, 21, 42."""
    return Problem(409, "conflict constraint", "The entity already exists.")


def access_denied() -> Problem:
    """Bundle recording 56."""
    return Problem(403, "access denied exception", "No access to this type of entities.")


def not_blank(pointer: str) -> Problem:
    return Problem(400, "not blank constraint", "This value should not be blank.", pointer)


def not_allowed(*methods: str) -> EmptyAnswer:
    return EmptyAnswer(405, (("Allow", ", ".join(methods)),))
