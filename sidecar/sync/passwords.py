"""Passwords: what one must look like, and how its hash is made and compared (scrypt, with werkzeug's parameters)."""

from __future__ import annotations

import secrets
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

METHOD = "scrypt:32768:8:1"  # N, r, p: 32 MiB and about a tenth of a second each
SHORTEST, LONGEST = 12, 200


class Unsuitable(ValueError):
    """A password that may not be used; the text says why."""


def check_suitable(password: str, name: str) -> None:
    """Raises Unsuitable. Length is what counts; a rule on kinds of characters only makes people write ``Passw0rd!``."""
    if len(password) < SHORTEST:
        raise Unsuitable(f"A password has at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise Unsuitable(f"A password has at most {LONGEST} characters.")
    if name and name.casefold() in password.casefold() and len(password) < SHORTEST + len(name):
        raise Unsuitable("The password is little more than the user's name.")
    if len(set(password)) < 5:
        raise Unsuitable("The password repeats too few characters.")


def hashed(password: str) -> str:
    return generate_password_hash(password, METHOD)


def matches(password: str, password_hash: str | None) -> bool:
    """Takes as long without a hash to compare with, so that time does not tell whether there is such a user."""
    known = check_password_hash(password_hash or _nobody(), password[: LONGEST + 1])
    return known and password_hash is not None


def is_old(password_hash: str) -> bool:
    """Whether a new hash would be made in another way."""
    return not password_hash.startswith(f"{METHOD}$")


def generated() -> str:
    """A password for one who is handed it: 100 random bits in letters that cannot be mistaken for each other."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


@cache
def _nobody() -> str:
    return hashed(secrets.token_urlsafe(16))
