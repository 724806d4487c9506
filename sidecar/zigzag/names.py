"""What ZigZag calls its fields: the names of the contract and whatever else a setting adds to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

ROWS = "products"
RETURN_FIELDS = (
    "retailerCode",
    "orderNumber",
    "returnId",
    "carrier",
    "returnCost",
    "returnCostCurrency",
    "warehouse",
    "warehouseReference",
    "trackingId",
    "dateTimeStatusChange",
    "lastTrackingStatus",
    "orderStatus",
    "returnOption",
    ROWS,
)
ROW_FIELDS = (
    "productSku",
    "productTitle",
    "grade",
    "quantity",
    "returnReason",
    "returnReasonId",
    "currency",
    "itemCost",
    "returnOption",
    "orderLineItemNumber",
)
PERSONAL = frozenset({"customername", "salutation"})
"""Folded names that are dropped at every depth before anything is stored (DESIGN, law 8)."""

_LONGEST_NAME = 100


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def fold(name: str) -> str:
    """A name without case, spaces and punctuation: ``Customer_Name`` and ``customerName`` are the same."""
    return _folded(name) if len(name) <= _LONGEST_NAME else ""


class Aliases:
    """Which incoming name means which field, for the return and for its rows; matched by ``fold``.

    The contract's own name wins over an alias, an earlier alias over a later one, when a body holds several.
    """

    def __init__(self, extra: Mapping[str, str | Iterable[str]] | None = None) -> None:
        """``extra``: field name of the contract -> one alias or several. Raises ValueError on an unknown
        field."""
        extra = extra or {}
        for field in extra:
            if field not in RETURN_FIELDS and field not in ROW_FIELDS:
                known = ", ".join(sorted({*RETURN_FIELDS, *ROW_FIELDS}))
                raise ValueError(f"field aliases: {field!r} is no field of a return; the fields are {known}")
        self._of_return = _table(RETURN_FIELDS, extra)
        self._of_row = _table(ROW_FIELDS, extra)

    def of_return(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The known fields of a return by the contract's names; everything else is left out."""
        return _renamed(body, self._of_return)

    def of_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The known fields of a product row by the contract's names; everything else is left out."""
        return _renamed(row, self._of_row)

    def field_of_return(self, name: str) -> str | None:
        """The field of a return that ``name`` means, None when it means none."""
        return self._of_return.get(fold(name), (None, 0))[0]

    def field_of_row(self, name: str) -> str | None:
        """The field of a product row that ``name`` means, None when it means none."""
        return self._of_row.get(fold(name), (None, 0))[0]


def _table(fields: Iterable[str], extra: Mapping[str, str | Iterable[str]]) -> dict[str, tuple[str, int]]:
    table = {fold(field): (field, 0) for field in fields}
    for field in fields:
        names = extra.get(field, ())
        for rank, name in enumerate([names] if isinstance(names, str) else names, start=1):
            folded = fold(str(name))
            if not folded:
                raise ValueError(f"field aliases: an alias of {field} must be a name, not {name!r}")
            taken = table.setdefault(folded, (field, rank))
            if taken[0] != field:
                raise ValueError(f"field aliases: {name!r} cannot mean both {taken[0]} and {field}")
    return table


def _renamed(body: Mapping[str, Any], table: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    for key, value in body.items():
        meaning = table.get(fold(str(key)))
        if meaning is None:
            continue
        field, rank = meaning
        if rank == 0 and key != field:
            rank = 1  # the exact spelling wins over another one, whatever their order in the body
        if field not in found or rank < ranks[field]:
            found[field], ranks[field] = value, rank
    return found


class _Current:
    aliases = Aliases()


def current() -> Aliases:
    """The aliases of this process, used where a caller names none."""
    return _Current.aliases


def use(extra: Mapping[str, str | Iterable[str]] | None) -> None:
    """Set the aliases of this process once at its start (``ZIGZAG_FIELD_ALIASES``). Raises ValueError."""
    _Current.aliases = Aliases(extra)
