"""Who may decide what at the desk: a role acts on the flags it owns and sets the mappings that settle them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

CX, FINANCE, OPERATIONS, IT, ADMIN = "cx", "finance", "operations", "it", "admin"
ROLES = (CX, FINANCE, OPERATIONS, IT, ADMIN)

SETS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "grades": frozenset({OPERATIONS, FINANCE}),  # operations raises their flag, finance answers for the percent
        "warehouses": frozenset({OPERATIONS}),
        "scan_units": frozenset({OPERATIONS}),
        "reasons": frozenset({OPERATIONS, CX}),
        "fees": frozenset({FINANCE}),
        "return_options": frozenset({FINANCE, CX}),
        "order_statuses": frozenset({OPERATIONS, IT}),
        "tracking_statuses": frozenset({OPERATIONS, IT}),
    }
)
"""Kind of mapping -> the roles that may set it. The admin may set all."""


def may_decide(roles: Collection[str], owner: str) -> bool:
    """Whether somebody with these roles may resolve, release or reopen a flag of ``owner``.

    Notes and assignments are everybody's.
    """
    return owner in roles or ADMIN in roles


def may_map(roles: Collection[str], kind: str) -> bool:
    """Whether somebody with these roles may set mappings of this kind."""
    return ADMIN in roles or bool(SETS.get(kind, frozenset()).intersection(roles))


def may_manage_users(roles: Collection[str]) -> bool:
    return ADMIN in roles
