"""Every flag: who acts on it, how urgent it is, what it holds and what the next step is (DESIGN 5). A table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from sidecar.returns.lookups import same_word, sku_key
from sidecar.returns.model import Flag

CX, FINANCE, OPERATIONS, IT = "cx", "finance", "operations", "it"
INFO, WARNING, CRITICAL = "info", "warning", "critical"
UNKNOWN_OUTCOME_IS_CRITICAL_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class FlagRule:
    """What is always true of a code. ``holds``: "credit", "stock", "all" (of what it is about) or ""."""

    owner: str
    next_step: str
    severity: str = WARNING
    holds: str = ""
    mapped_by: str = ""  # the kind of mapping that settles it


RULES: Mapping[str, FlagRule] = MappingProxyType(
    {
        # cx
        "order_not_found": FlagRule(
            CX, "Find the right order number and correct it in ZigZag, or create the order in Oro.", holds="all"
        ),
        "sku_not_on_order": FlagRule(
            CX, "Ask the customer which order the goods belong to, or correct the SKU in ZigZag.", holds="all"
        ),
        "quantity_exceeds_order": FlagRule(
            CX, "Tell the customer how much can still be returned, and correct the request in ZigZag."
        ),
        "exchange_requested": FlagRule(
            CX, "Arrange the exchange or store credit with the customer, then resolve this flag.", holds="credit"
        ),
        "payload_unreadable": FlagRule(
            CX, "Look at the stored message and have ZigZag send the return again with readable values.", holds="all"
        ),
        # finance
        "currency_mismatch": FlagRule(
            FINANCE, "Decide the amount in the order's currency and credit it by hand in Oro.", holds="credit"
        ),
        "price_incomplete": FlagRule(
            FINANCE, "Check the price and tax of the order line in Oro against the credit memo."
        ),
        "fee_not_mapped": FlagRule(
            FINANCE, "Map the fee to a service SKU: deduct, review or ignore.", mapped_by="fees"
        ),
        "fee_needs_review": FlagRule(FINANCE, "Decide whether the customer pays this fee, and invoice it in Oro."),
        "fee_exceeds_credit": FlagRule(FINANCE, "Decide whether to invoice the part of the fee that the credit left."),
        "regraded_after_credit": FlagRule(
            FINANCE, "Decide whether to claim back the difference; the credit memo stays as it is."
        ),
        "cancelled_after_credit": FlagRule(
            FINANCE, "Decide whether to claim back the credit; the credit memo stays as it is."
        ),
        "credit_refused": FlagRule(
            FINANCE, "Read Oro's answer, correct its cause in Oro, then release to try again.", CRITICAL, "all"
        ),
        "posting_conflict": FlagRule(
            FINANCE, "Compare the credit memo in Oro with the posting here; they differ under one key.", CRITICAL, "all"
        ),
        "option_not_mapped": FlagRule(
            FINANCE,
            "Map the return option: refund, exchange or store_credit.",
            holds="credit",
            mapped_by="return_options",
        ),
        "outcome_unknown": FlagRule(
            FINANCE, "Nothing yet: Oro is being read. Release to try again at once.", WARNING, "all"
        ),
        # operations
        "unit_ambiguous": FlagRule(
            OPERATIONS, "Map the unit in which the warehouse scans this SKU.", holds="all", mapped_by="scan_units"
        ),
        "unit_not_resolved": FlagRule(
            OPERATIONS,
            "Map a scan unit that the product has in Oro, or add the unit to the product.",
            holds="all",
            mapped_by="scan_units",
        ),
        "unit_not_divisible": FlagRule(
            OPERATIONS,
            "Have the warehouse check the count and the scan unit; Oro's unit cannot hold it.",
            holds="all",
            mapped_by="scan_units",
        ),
        "received_short": FlagRule(OPERATIONS, "Ask the warehouse where the rest of the return is."),
        "received_over": FlagRule(
            OPERATIONS, "Decide what happens to the goods beyond the order; they are not credited."
        ),
        "received_over_request": FlagRule(
            OPERATIONS, "Nothing: more came back than was announced, within what was ordered.", INFO
        ),
        "sku_inactive": FlagRule(
            OPERATIONS, "Decide where the goods go; release to pay the credit. Stock is never raised.", holds="all"
        ),
        "warehouse_not_mapped": FlagRule(
            OPERATIONS, "Map the warehouse: destination or hub.", holds="stock", mapped_by="warehouses"
        ),
        "reason_not_mapped": FlagRule(OPERATIONS, "Map the return reason when convenient.", INFO, mapped_by="reasons"),
        "grade_not_mapped": FlagRule(
            OPERATIONS, "Map the grade: credit percent and what becomes of the goods.", holds="all", mapped_by="grades"
        ),
        "status_not_mapped": FlagRule(
            OPERATIONS, "Map the status word to a milestone.", holds="all", mapped_by="tracking_statuses"
        ),
        "stale_return": FlagRule(OPERATIONS, "Ask the warehouse for the state of the return in ZigZag."),
        "edited_in_oro": FlagRule(
            OPERATIONS,
            "Find out who edits returns in Oro, then close this: the return was set back to what ZigZag says.",
        ),
        # it
        "zigzag_unreachable": FlagRule(IT, "Check the network and ZigZag's status; it is retried by itself."),
        "oro_unreachable": FlagRule(IT, "Check the network and OroCommerce; it is retried by itself."),
        "bundle_switched_off": FlagRule(IT, "Switch the return bundle on in Oro's system configuration.", CRITICAL),
        "credentials_refused": FlagRule(IT, "Set new credentials and restart.", CRITICAL),
        "attempts_exhausted": FlagRule(
            IT, "Read the last error, remove its cause, then release to try again.", CRITICAL
        ),
        "retailer_unknown": FlagRule(IT, "Check ZIGZAG_RETAILER_CODE, or have ZigZag stop sending this retailer."),
    }
)

OWNER: Mapping[str, str] = MappingProxyType({code: rule.owner for code, rule in RULES.items()})
MAPPED_BY: Mapping[str, str] = MappingProxyType(
    {code: rule.mapped_by for code, rule in RULES.items() if rule.mapped_by}
)
# What a person may release: sku_inactive pays; the others merely mean "try again now".
RELEASABLE = frozenset({"sku_inactive", "credit_refused", "attempts_exhausted", "outcome_unknown"})
_NEVER_REVIEWED = frozenset({"received_short"})  # the credit follows the count; the flag asks where the rest is


def severity(code: str, age: timedelta | None = None) -> str:
    """info, warning or critical. An unknown outcome is critical when it is older than 15 minutes."""
    if code == "outcome_unknown" and age is not None and age > UNKNOWN_OUTCOME_IS_CRITICAL_AFTER:
        return CRITICAL
    return RULES[code].severity


def puts_in_review(open_codes: Iterable[str]) -> bool:
    """Whether a return with these open flags is in review."""
    return any(severity(code) != INFO and code not in _NEVER_REVIEWED for code in open_codes)


def settled_by(kind: str) -> frozenset[str]:
    """The codes that a change of this kind of mapping may settle (both kinds of status words settle one code)."""
    kinds = {"order_statuses": "tracking_statuses"}
    return frozenset(code for code, mapped_by in MAPPED_BY.items() if mapped_by == kinds.get(kind, kind))


def cause_of(subject: str, sku: str, mapping: tuple[str, str] | None) -> str:
    """What a flag is about beyond its own return: the word that lacks a mapping, else the SKU, else its subject.

    Flags of one code and cause end with one decision: 17 returns wait for one reason code.
    """
    if mapping is not None:
        kind, source = mapping
        return f"{kind}:{same_word(kind, source)}"
    return f"sku:{sku_key(sku)}" if sku else subject


class Raised:
    """The flags of one return while it is planned: one per cause and object, with what is at stake added up."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._flags: dict[tuple[str, str], Flag] = {}
        self._by_line: dict[str, dict[str, None]] = {}

    def add(
        self,
        code: str,
        subject: str,
        message: str,
        *,
        amount: Decimal | None = None,
        sku: str = "",
        line_keys: Collection[str] = (),
        mapping: tuple[str, str] | None = None,
        holds: str | None = None,
    ) -> None:
        """Raises a flag, or adds to the one of the same code and subject."""
        rule = RULES[code]
        holds = rule.holds if holds is None else holds
        known = self._flags.get((code, subject))
        if known is None:
            self._flags[code, subject] = Flag(
                code=code,
                subject=subject,
                message=message,
                next_step=rule.next_step,
                line_key=next(iter(line_keys), None),
                sku=sku,
                amount=amount,
                currency=self._currency if amount is not None else "",
                holds=holds,
                mapping=mapping,
            )
        elif amount is not None:
            self._flags[code, subject] = replace(
                known, amount=(known.amount or Decimal(0)) + amount, currency=self._currency
            )
        if holds:
            for line_key in line_keys:
                self._by_line.setdefault(line_key, {})[code] = None

    def held_by(self, line_key: str) -> tuple[str, ...]:
        """The codes that hold something of a document line."""
        return tuple(sorted(self._by_line.get(line_key, ())))

    def flags(self) -> tuple[Flag, ...]:
        """In the order of code and subject, so that the same facts give the same answer."""
        return tuple(self._flags[key] for key in sorted(self._flags))
