"""DESIGN 5: every code has an owner, a severity and one next step."""

from __future__ import annotations

from datetime import timedelta

from sidecar.returns import flags

OWNERS = {
    "cx": "order_not_found sku_not_on_order quantity_exceeds_order exchange_requested payload_unreadable",
    "finance": "currency_mismatch price_incomplete fee_not_mapped fee_needs_review fee_exceeds_credit "
    "regraded_after_credit cancelled_after_credit credit_refused posting_conflict option_not_mapped outcome_unknown",
    "operations": "unit_ambiguous unit_not_resolved unit_not_divisible received_short received_over "
    "received_over_request sku_inactive warehouse_not_mapped reason_not_mapped grade_not_mapped status_not_mapped "
    "stale_return edited_in_oro",
    "it": "zigzag_unreachable oro_unreachable bundle_switched_off credentials_refused attempts_exhausted "
    "retailer_unknown",
}


def test_every_code_of_the_design_has_its_owner() -> None:
    assert dict(flags.OWNER) == {code: owner for owner, codes in OWNERS.items() for code in codes.split()}


def test_severities() -> None:
    critical = {code for code in flags.OWNER if flags.severity(code) == "critical"}
    assert critical == {
        "posting_conflict",
        "credit_refused",
        "credentials_refused",
        "bundle_switched_off",
        "attempts_exhausted",
    }
    assert {code for code in flags.OWNER if flags.severity(code) == "info"} == {
        "received_over_request",
        "reason_not_mapped",
    }


def test_an_unknown_outcome_becomes_critical_after_15_minutes() -> None:
    ages = [None, timedelta(minutes=15), timedelta(minutes=15, seconds=1)]
    assert [flags.severity("outcome_unknown", age) for age in ages] == ["warning", "warning", "critical"]


def test_what_puts_a_return_in_review() -> None:
    assert not flags.puts_in_review([])
    assert not flags.puts_in_review(["received_over_request", "reason_not_mapped", "received_short"])
    assert flags.puts_in_review(["received_short", "received_over"])


def test_every_flag_tells_one_next_step() -> None:
    assert all(rule.next_step.endswith(".") for rule in flags.RULES.values())


def test_which_codes_a_mapping_may_settle() -> None:
    assert flags.settled_by("grades") == {"grade_not_mapped"}
    assert flags.settled_by("scan_units") == {"unit_ambiguous", "unit_not_resolved", "unit_not_divisible"}
    assert flags.settled_by("order_statuses") == flags.settled_by("tracking_statuses") == {"status_not_mapped"}
