"""The snapshot: what ZigZag sends about one return, read leniently into the value that the rules speak about.

Nothing here guesses. What cannot be read becomes a sentence in ``Snapshot.problems``; only a body without a
usable return id, or one that is no JSON object at all, is refused (``Unreadable``). Source:
``contracts/zigzag.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from sidecar.returns.model import Snapshot, SnapshotRow
from sidecar.zigzag import exact_json, names
from sidecar.zigzag.errors import Unreadable
from sidecar.zigzag.exact_json import MAX_DEPTH, dumps, loads
from sidecar.zigzag.names import Aliases
from sidecar.zigzag.reading import Moment, Money, Needed, Quantity, Text, plain_text

__all__ = [
    "MAX_ROWS",
    "SnapshotRowSchema",
    "SnapshotSchema",
    "Unreadable",
    "digest",
    "dumps",
    "identifier",
    "identify",
    "loads",
    "parse",
    "scrub",
    "unwrap",
]

MAX_ROWS = 1000
MAX_PROBLEMS = 50
CLOCK_TOLERANCE = timedelta(hours=24)
"""A date further ahead than this is a wrong clock, not a zone mistaken for another."""

LONGEST_ID = 100
LONGEST_WORD = 255
LONGEST_TITLE = 500
_EMPTY: tuple[Any, ...] = (None, "", [], {})


class SnapshotRowSchema(Schema):
    """One product row: one SKU in one grade."""

    class Meta:
        unknown = EXCLUDE

    sku = Needed(LONGEST_WORD, data_key="productSku", metadata={"description": "The retailer's SKU."})
    quantity = Quantity(
        required=True,
        metadata={"description": "Asked for until the goods are received, then counted. No unit."},
    )
    grade = Text(LONGEST_WORD, metadata={"description": "Empty: not graded yet."})
    title = Text(LONGEST_TITLE, data_key="productTitle")
    reason = Text(LONGEST_WORD, data_key="returnReason")
    reason_id = Text(LONGEST_WORD, data_key="returnReasonId")
    currency = Text(LONGEST_WORD, metadata={"description": "Of itemCost."})
    item_cost = Money(data_key="itemCost", allow_none=True, metadata={"description": "Per piece."})
    return_option = Text(LONGEST_WORD, data_key="returnOption")
    order_line_item_number = Text(
        LONGEST_WORD,
        data_key="orderLineItemNumber",
        metadata={"description": "The retailer's order line, taken as the Oro order line id."},
    )


class SnapshotSchema(Schema):
    """One return as it stands, whole and cumulative. Other fields are stored and otherwise ignored."""

    class Meta:
        unknown = EXCLUDE

    return_id = Needed(LONGEST_ID, data_key="returnId")
    retailer_code = Text(LONGEST_ID, data_key="retailerCode")
    order_number = Needed(LONGEST_ID, data_key="orderNumber")
    at = Moment(
        required=True,
        data_key="dateTimeStatusChange",
        metadata={"description": "dd-MM-yyyyTHH:mm:ssZ or ISO 8601; ZIGZAG_TIMEZONE without a zone."},
    )
    order_status = Text(LONGEST_WORD, data_key="orderStatus")
    tracking_status = Text(LONGEST_WORD, data_key="lastTrackingStatus")
    carrier = Text(LONGEST_WORD)
    tracking_id = Text(LONGEST_WORD, data_key="trackingId")
    warehouse = Text(LONGEST_WORD)
    warehouse_reference = Text(LONGEST_WORD, data_key="warehouseReference")
    return_cost = Money(data_key="returnCost", allow_none=True)
    return_cost_currency = Text(LONGEST_WORD, data_key="returnCostCurrency")
    return_option = Text(LONGEST_WORD, data_key="returnOption")
    rows = fields.List(fields.Nested(SnapshotRowSchema), data_key=names.ROWS)


_RETURN = SnapshotSchema(exclude=("rows",))
_ROW = SnapshotRowSchema()


def scrub(body: Any) -> Any:
    """A copy without ``customerName`` and ``salutation``, in any spelling and at any depth.

    Raises Unreadable beyond ``MAX_DEPTH`` levels, which ``loads`` lets nobody reach.
    """
    return _scrubbed(body, MAX_DEPTH + 1)


def _scrubbed(value: Any, levels: int) -> Any:
    if isinstance(value, Mapping):
        if not levels:
            raise Unreadable(f"the body is nested deeper than {MAX_DEPTH} levels")
        return {
            key: item if type(item) is str else _scrubbed(item, levels - 1)  # most are text
            for key, item in value.items()
            if names.fold(str(key)) not in names.PERSONAL
        }
    if isinstance(value, list | tuple):
        if not levels:
            raise Unreadable(f"the body is nested deeper than {MAX_DEPTH} levels")
        return [_scrubbed(item, levels - 1) for item in value]
    return value


def unwrap(body: Any, *, aliases: Aliases | None = None) -> list[dict[str, Any]]:
    """The returns of a body, scrubbed: ``{"data": {...}}``, a bare object, or a list of them.

    Raises Unreadable when there is none or one of them has no usable ``returnId``; the others are then in its
    ``readable``.
    """
    known = aliases or names.current()
    inner = _inner(body, known)
    found = [_inner(item, known) for item in inner] if isinstance(inner, list) else [inner]
    if not found:
        raise Unreadable("the body holds no return")
    readable: list[dict[str, Any]] = []
    reasons: list[str] = []
    for number, item in enumerate(found, start=1):
        try:
            payload = _one(item, known)
        except Unreadable as error:
            reasons.append(error.reason if len(found) == 1 else f"return {number} of {len(found)}: {error.reason}")
        else:
            readable.append(payload)
    if reasons:
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        raise Unreadable(reasons[0] + more, tuple(readable))
    return readable


def _one(item: Any, aliases: Aliases) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise Unreadable(f"a return must be an object, not {type(item).__name__}")
    payload: dict[str, Any] = scrub(item)
    identify(payload, aliases=aliases)
    return payload


def _inner(body: Any, aliases: Aliases) -> Any:
    if isinstance(body, dict) and "returnId" not in aliases.of_return(body):
        for key, value in body.items():
            if names.fold(str(key)) == "data" and isinstance(value, dict | list):
                return value
    return body


def identify(payload: Mapping[str, Any], *, aliases: Aliases | None = None) -> tuple[str, str, str]:
    """(retailer code, return id, order number) of a return, as text of at most ``LONGEST_ID`` characters.

    Retailer code and order number are "" when missing or unusable. Raises Unreadable when the return id is:
    an id is never cut or cleaned, because two returns must not become one.
    """
    stated = (aliases or names.current()).of_return(payload)
    return_id = identifier(stated.get("returnId"))
    if not return_id:
        wrong = "has no returnId" if stated.get("returnId") in _EMPTY else "has a returnId we cannot use"
        raise Unreadable(f"the return {wrong}")
    return identifier(stated.get("retailerCode")), return_id, identifier(stated.get("orderNumber"))


def identifier(value: Any) -> str:
    """An id as text of at most ``LONGEST_ID`` printable characters; "" for what cannot be one."""
    text = value.strip() if isinstance(value, str) else plain_text(value) if isinstance(value, int) else None
    # "." and ".." would climb in the path of a request.
    if not text or len(text) > LONGEST_ID or not text.isprintable() or text in (".", ".."):
        return ""
    return text


def digest(scrubbed: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a scrubbed payload, lower-case hex.

    Equal for two deliveries of one snapshot, whatever the order of their keys.
    """
    return hashlib.sha256(exact_json.canonical(scrubbed)).hexdigest()


def parse(
    payload: Mapping[str, Any],
    *,
    received_at: datetime,
    zone: tzinfo,
    sequence: int,
    aliases: Aliases | None = None,
) -> Snapshot:
    """The snapshot that a stored payload states.

    ``received_at`` (aware) stands in for a date that is missing or unreadable, and for one that lies more
    than 24 hours after it; ``zone`` is that of dates without one. Raises Unreadable only when the return id
    is unusable.
    """
    known = aliases or names.current()
    retailer_code, return_id, order_number = identify(payload, aliases=known)
    stated = known.of_return(payload)
    problems: list[str] = []
    values = _loaded(_RETURN, stated, "", problems)
    if stated.get("orderNumber") not in _EMPTY and not order_number:
        problems.append("orderNumber cannot be used")
    if stated.get("retailerCode") not in _EMPTY and not retailer_code:
        problems.append("retailerCode cannot be used")
    at = _moment(values.pop("at", None), received_at, zone, problems)
    rows = _rows(stated.get(names.ROWS), known, problems)
    values.update(return_id=return_id, retailer_code=retailer_code, order_number=order_number)
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [f"and {len(problems) - MAX_PROBLEMS} more"]
    return Snapshot(at=at, rows=rows, sequence=sequence, problems=tuple(problems), **_given(values))


def _moment(stated: datetime | None, received_at: datetime, zone: tzinfo, problems: list[str]) -> datetime:
    received = received_at.astimezone(UTC)
    if stated is None:
        return received
    moment = (stated if stated.tzinfo is not None else stated.replace(tzinfo=zone)).astimezone(UTC)
    if moment - received > CLOCK_TOLERANCE:
        problems.append(f"dateTimeStatusChange lies ahead of the clock: {moment:%Y-%m-%dT%H:%M:%SZ}")
        return received
    return moment


def _rows(stated: Any, aliases: Aliases, problems: list[str]) -> tuple[SnapshotRow, ...]:
    if not isinstance(stated, list):
        problems.append("products is missing" if stated in _EMPTY else "products is not a list")
        return ()
    if len(stated) > MAX_ROWS:
        problems.append(f"products has {len(stated)} rows, only the first {MAX_ROWS} are read")
    rows = []
    for position, row in enumerate(stated[:MAX_ROWS]):
        if isinstance(row, Mapping):
            values = _loaded(_ROW, aliases.of_row(row), f"row {position + 1}: ", problems)
        else:
            problems.append(f"row {position + 1}: is not an object")
            values = {}
        given = _given(values)
        rows.append(
            SnapshotRow(position=position, sku=given.pop("sku", ""), quantity=given.pop("quantity", None), **given)
        )
    return tuple(rows)


def _loaded(schema: Schema, stated: dict[str, Any], where: str, problems: list[str]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(stated)
    except ValidationError as error:
        for field, complaints in error.messages_dict.items():
            problems.extend(f"{where}{field} {complaint}" for complaint in complaints)
        loaded = error.valid_data if isinstance(error.valid_data, dict) else {}
    return loaded


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
