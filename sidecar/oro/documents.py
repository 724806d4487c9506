"""Documents and postings: written by one POST, read back by their keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sidecar.oro import bodies, checking, errors
from sidecar.oro.client import OroClient
from sidecar.oro.jsonapi import Page, all_related, attribute, exact, moment, money, optional, related, text
from sidecar.oro.multiget import multi_get, query
from sidecar.returns.model import Document, Posting


@dataclass(frozen=True)
class Written:
    """Oro's ids of what one POST wrote. ``created``: the return (or the memo) is new."""

    return_id: str
    credit_id: str | None = None
    movement_ids: tuple[str, ...] = ()
    created: bool = False

    @property
    def posting_id(self) -> str | None:
        """The id the posting is known by: of its memo or, for stock alone, of its first movement."""
        return self.credit_id or (self.movement_ids[0] if self.movement_ids else None)


@dataclass(frozen=True)
class FoundMove:
    """A stock movement in Oro; ``quantity`` in the level's unit."""

    key: str
    level_id: str | None
    quantity: Fraction


@dataclass(frozen=True)
class FoundPosting:
    """What Oro holds under a posting key.

    A movement carries no digest, so a stock-only posting is found with ``digest`` None and its first movement
    in ``first_move``; ``is_same`` compares either kind.
    """

    key: str
    oro_id: str
    digest: str | None
    total: Decimal
    currency: str
    return_external_id: str
    first_move: FoundMove | None = None

    def is_same(self, posting: Posting, digest: str) -> bool:
        """Whether this is ``posting`` itself and not another one under its key."""
        if self.first_move is None:
            return self.digest == digest
        if posting.credits or not posting.stock or self.return_external_id != posting.return_id:
            return False
        move = posting.stock[0]
        return (self.first_move.level_id, self.first_move.quantity) == (move.level_id, move.quantity)


@dataclass(frozen=True)
class RemoteLine:
    """A return's line as Oro shows it, quantities in ``unit``."""

    line_key: str
    sku: str
    unit: str
    requested: Fraction
    received: Fraction
    accepted: Fraction
    credited: Fraction
    restocked: Fraction


@dataclass(frozen=True)
class RemoteReturn:
    """A return as Oro shows it."""

    id: str
    external_id: str
    status: str
    sync_state: str
    revision: int
    updated_at: datetime | None
    source_updated_at: datetime | None
    review_reason: str
    lines: tuple[RemoteLine, ...]


_CREDITS = query(
    "orderReturn",
    {
        bodies.CREDITS: "postingKey,digest,totalValue,currency,orderReturn",
        bodies.RETURNS: "externalId",
    },
)
_MOVEMENTS = query(
    "orderReturn",
    {bodies.MOVEMENTS: "postingKey,quantity,inventoryLevel,orderReturn", bodies.RETURNS: "externalId"},
)
_RETURNS = query(
    "lineItems",
    {
        bodies.RETURNS: ("externalId,status,syncState,revision,updatedAt,sourceUpdatedAt,reviewReason,lineItems"),
        bodies.LINES: (
            "lineKey,productSku,productUnitCode,requestedQuantity,receivedQuantity,acceptedQuantity,"
            "creditedQuantity,restockedQuantity"
        ),
    },
)


class OroDocuments:
    """Returns, credit memos and stock movements in Oro."""

    def __init__(self, client: OroClient) -> None:
        self.client = client

    def write(self, document: Document, posting: Posting | None, digest: str, synced_at: datetime) -> Written:
        """Write the document, and the posting with it, in exactly one POST: all of it or nothing.

        Raises OutcomeUnknown when it may have been done - also when the answer shows another posting than the
        one sent -, AlreadyPosted when the posting's key is taken, StaleDocument, RevisionConflict (also when
        another request created the return at the same moment [27]), ForeignLine or Refused when Oro did
        nothing and says why, and the errors of the link; ValueError, before the call, for what Oro could not
        store exactly.
        """
        body = bodies.build_body(document, posting, digest, synced_at)
        try:
            page, created = self.client.post(bodies.resource_of(posting), body)
        except errors.AlreadyPosted as error:
            if posting is not None:
                raise
            # No key of a posting was sent: what exists is the return itself, since a moment.
            raise errors.RevisionConflict(error.status, error.title, error.detail, said=error.said) from None
        try:
            return _written(page, created, document, posting, digest)
        except (errors.AnswerLacks, KeyError, TypeError, AttributeError) as error:
            detail = str(error) if isinstance(error, errors.AnswerLacks) else "it is not shaped as agreed"
            raise errors.OutcomeUnknown(200, "answer not as agreed", detail) from None

    def read_postings(self, keys: Mapping[str, bool]) -> dict[str, FoundPosting]:
        """What Oro holds under these posting keys (value: whether it has a credit memo); others are absent.

        One read for up to 100 memos, one for up to 100 stock-only postings. Not found is no proof that a call
        died. Raises OroError.
        """
        found: dict[str, FoundPosting] = {}
        memos = [key for key, is_credit in keys.items() if is_credit]
        for page in multi_get(self.client, bodies.CREDITS, "postingKey", memos, _CREDITS):
            for row in page.rows:
                key = text(attribute(row, "postingKey"))
                found[key] = FoundPosting(
                    key=key,
                    oro_id=str(row["id"]),
                    digest=text(attribute(row, "digest")),
                    total=money(attribute(row, "totalValue")) or Decimal(0),
                    currency=text(attribute(row, "currency")),
                    return_external_id=_external_id(page, related(row, "orderReturn")),
                )
        first = {bodies.movement_key(key, 1): key for key, is_credit in keys.items() if not is_credit}
        for page in multi_get(self.client, bodies.MOVEMENTS, "postingKey", first, _MOVEMENTS):
            for row in page.rows:
                move = FoundMove(
                    key=text(attribute(row, "postingKey")),
                    level_id=related(row, "inventoryLevel"),
                    quantity=exact(attribute(row, "quantity")) or Fraction(0),
                )
                key = first.get(move.key, "")
                found[key] = FoundPosting(
                    key=key,
                    oro_id=str(row["id"]),
                    digest=None,
                    total=Decimal(0),
                    currency="",
                    return_external_id=_external_id(page, related(row, "orderReturn")),
                    first_move=move,
                )
        return {key: posting for key, posting in found.items() if key in keys}

    def read_returns(self, external_ids: Collection[str]) -> dict[str, RemoteReturn]:
        """Returns by ZigZag's id, with their lines, 100 in one read; others are absent. Raises OroError."""
        wanted = set(external_ids)
        found: dict[str, RemoteReturn] = {}
        for page in multi_get(self.client, bodies.RETURNS, "externalId", external_ids, _RETURNS):
            for row in page.rows:
                external_id = text(attribute(row, "externalId"))
                revision = optional(row, "revision")
                found[external_id] = RemoteReturn(
                    id=str(row["id"]),
                    external_id=external_id,
                    status=text(attribute(row, "status")),
                    sync_state=text(attribute(row, "syncState")),
                    revision=revision if isinstance(revision, int) else 0,
                    updated_at=moment(optional(row, "updatedAt")),
                    source_updated_at=moment(optional(row, "sourceUpdatedAt")),
                    review_reason=text(optional(row, "reviewReason")),
                    lines=tuple(_remote_line(page, line_id) for line_id in all_related(row, "lineItems")),
                )
        return {external_id: one for external_id, one in found.items() if external_id in wanted}

    def check(self) -> list[checking.Finding]:
        """What ``doctor`` asks about Oro; raises nothing."""
        return checking.check(self.client)


def _written(page: Page, created: bool, document: Document, posting: Posting | None, digest: str) -> Written:
    """Read the answer and compare it with what was sent; AnswerLacks when it speaks of something else."""
    row = page.row
    if posting is None or not posting.credits:
        _agree("externalId", attribute(row, "externalId"), document.return_id)
        keys = bodies.movement_keys(posting) if posting is not None else []
        ids = {
            text(attribute(each, "postingKey")): str(each["id"])
            for each in (page.included if keys else ())
            if each["type"] == bodies.MOVEMENTS
        }
        _agree("stock movements", sorted(ids), sorted(keys))
        return Written(str(row["id"]), None, tuple(ids[key] for key in keys), created)
    _agree("postingKey", attribute(row, "postingKey"), posting.key)
    _agree("digest", attribute(row, "digest"), digest)
    _agree("currency", attribute(row, "currency"), posting.currency)
    _agree("totalValue", money(attribute(row, "totalValue")), posting.total)
    movements = all_related(row, "stockMovements")
    _agree("number of lines", len(all_related(row, "lines")), len(posting.lines))
    _agree("number of stock movements", len(movements), len(posting.stock))
    return_id = related(row, "orderReturn")
    if return_id is None:
        raise errors.AnswerLacks(200, "answer lacks orderReturn", "the memo names no return")
    return Written(return_id, str(row["id"]), tuple(movements), created)


def _agree(what: str, answered: object, sent: object) -> None:
    if answered != sent:
        raise errors.AnswerLacks(200, f"answer shows another {what}", f"{answered} instead of {sent}")


def _external_id(page: Page, return_id: str | None) -> str:
    if return_id is None:
        return ""
    return text(attribute(page.must_find(bodies.RETURNS, return_id), "externalId"))


def _remote_line(page: Page, line_id: str) -> RemoteLine:
    row = page.must_find(bodies.LINES, line_id)
    return RemoteLine(
        line_key=text(attribute(row, "lineKey")),
        sku=text(optional(row, "productSku")),
        unit=text(optional(row, "productUnitCode")),
        requested=exact(attribute(row, "requestedQuantity")) or Fraction(0),
        received=exact(attribute(row, "receivedQuantity")) or Fraction(0),
        accepted=exact(attribute(row, "acceptedQuantity")) or Fraction(0),
        credited=exact(attribute(row, "creditedQuantity")) or Fraction(0),
        restocked=exact(attribute(row, "restockedQuantity")) or Fraction(0),
    )
