"""Mappings in the ledger: compiled once per version, imported whole or not at all, releasing what waited."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sidecar.ledger import flags, returns, work
from sidecar.ledger import mappings as rows
from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.ledger.migrations import migrate
from sidecar.returns.defaults import DEFAULT_MAPPINGS
from sidecar.returns.model import Disposition, FeeTreatment, Flag, WarehouseRule
from sidecar.sync import flagging, mappings

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def change(ledger: Ledger, kind: str, source: str, value: Any) -> mappings.Changed:
    return mappings.change(ledger, kind, source, value, "ann", NOW)


def load(ledger: Ledger) -> Any:
    with ledger.read() as conn:
        return mappings.load(conn)


def waits(ledger: Ledger, return_id: str, *found: Flag) -> int:
    """A return at rest with these open flags."""
    with ledger.begin() as conn:
        pk = returns.ensure(conn, "GL123", return_id, "SO-1", NOW)
        flags.reconcile(conn, pk, return_id, "SO-1", flagging.drafts(found, NOW), NOW)
    return pk


def due(ledger: Ledger) -> list[int]:
    with ledger.read() as conn:
        return sorted(work.due_now(conn, NOW))


def about(code: str, subject: str, kind: str, source: str, holds: str = "all") -> Flag:
    return Flag(code, subject, "so it is", "map it", holds=holds, mapping=(kind, source))


def test_a_new_ledger_has_the_defaults(ledger: Ledger) -> None:
    found = load(ledger)
    for kind in mappings.KINDS:
        assert dict(getattr(found, kind)) == dict(getattr(DEFAULT_MAPPINGS, kind))


def test_what_is_stored_is_read_by_the_rules(ledger: Ledger) -> None:
    change(ledger, "grades", "E", {"credit_percent": "33.3", "disposition": "scrap"})
    change(ledger, "warehouses", "GB0064", {"role": "destination", "oro_code": "main"})
    change(ledger, "fees", "returnCost", {"service_sku": "SVC", "treatment": "deduct"})
    found = load(ledger)
    assert found.grades["E"].credit_percent == Fraction(333, 10)
    assert found.grades["E"].disposition is Disposition.SCRAP
    assert found.warehouses == {"GB0064": WarehouseRule("destination", "main")}
    assert found.fees["returnCost"].treatment is FeeTreatment.DEDUCT
    assert found.version > 0


def test_they_are_compiled_once_per_version_and_ledger(ledger: Ledger, tmp_path: Path) -> None:
    change(ledger, "reasons", "12", "a")
    assert load(ledger) is load(ledger)
    before = load(ledger)
    change(ledger, "reasons", "12", "b")
    assert load(ledger) is not before
    url = f"sqlite:///{tmp_path}/other.db"
    migrate(url)
    other = open_ledger(url)
    change(other, "reasons", "12", "of the other")
    change(other, "reasons", "12", "b of the other")
    assert load(ledger).reasons == {"12": "b"}
    assert load(other).reasons == {"12": "b of the other"}
    other.dispose()


@pytest.mark.parametrize(
    ("flag", "kind", "source", "value"),
    [
        (about("grade_not_mapped", "E", "grades", "E"), "grades", " e ", {"credit_percent": 0, "disposition": "scrap"}),
        (about("warehouse_not_mapped", "GB1", "warehouses", "GB1"), "warehouses", "GB1", {"role": "hub"}),
        (about("reason_not_mapped", "12", "reasons", "12"), "reasons", "12", "wrong_size"),
        (about("fee_not_mapped", "returnCost", "fees", "returnCost"), "fees", "RETURNCOST", {"treatment": "ignore"}),
        (about("option_not_mapped", "2", "return_options", "2"), "return_options", "2", "refund"),
        (
            about("status_not_mapped", "Put away", "tracking_statuses", "Put away"),
            "tracking_statuses",
            "PUT-AWAY",
            "graded",
        ),
        (about("status_not_mapped", "Ok", "order_statuses", "Ok"), "order_statuses", "ok", "graded"),
        (about("unit_ambiguous", "GLOVE", "scan_units", "GLOVE"), "scan_units", "glove", "case"),
        (about("unit_ambiguous", "GLOVE", "scan_units", "GLOVE"), "scan_units", "GLOVE@GB0064", "case"),
        (about("unit_not_resolved", "GLOVE", "scan_units", "GLOVE"), "scan_units", "*", "each"),
        (about("unit_not_divisible", "GLOVE", "scan_units", "GLOVE"), "scan_units", "GLOVE", "each"),
    ],
)
def test_a_mapping_wakes_what_waited_for_it_and_nothing_else(
    ledger: Ledger, flag: Flag, kind: str, source: str, value: Any
) -> None:
    waiting = waits(ledger, "waiting", flag)
    waits(ledger, "other", about("grade_not_mapped", "Q", "grades", "Q"), about("unit_ambiguous", "Q", "reasons", "Q"))
    assert change(ledger, kind, source, value).due == 1
    assert due(ledger) == [waiting]


def test_a_mapping_taken_back_wakes_too(ledger: Ledger) -> None:
    change(ledger, "scan_units", "GLOVE", "pallet")
    waiting = waits(ledger, "1", about("unit_not_resolved", "GLOVE", "scan_units", "GLOVE"))
    assert change(ledger, "scan_units", "GLOVE", None).due == 1
    assert due(ledger) == [waiting]


def test_one_that_says_the_same_wakes_nobody(ledger: Ledger) -> None:
    change(ledger, "scan_units", "GLOVE", "case")
    waits(ledger, "1", about("unit_not_resolved", "GLOVE", "scan_units", "GLOVE"))
    assert change(ledger, "scan_units", "GLOVE", "case").changed is False
    assert due(ledger) == []


def test_a_file_is_one_change(ledger: Ledger) -> None:
    waiting = [
        waits(ledger, "1", about("grade_not_mapped", "E", "grades", "E")),
        waits(ledger, "2", about("warehouse_not_mapped", "GB1", "warehouses", "GB1")),
    ]
    waits(ledger, "3", about("grade_not_mapped", "Q", "grades", "Q"))
    text = """
grades: {A: {credit_percent: 100, disposition: restock}, E: {credit_percent: 10, disposition: scrap}}
warehouses: {GB1: {role: hub}}
"""
    assert mappings.import_file(ledger, text, "ann", NOW) == mappings.ImportResult(changed=2, same=1, due=2)
    assert due(ledger) == waiting
    assert mappings.import_file(ledger, text, "ann", NOW) == mappings.ImportResult(changed=0, same=3, due=0)
    with ledger.read() as conn:
        assert [row.changed_by for row in rows.history(conn, "grades", "E")] == ["ann"]


def test_a_file_keeps_what_it_does_not_name(ledger: Ledger) -> None:
    change(ledger, "reasons", "12", "a")
    mappings.import_file(ledger, "reasons: {13: b}", "ann", NOW)
    assert load(ledger).reasons == {"12": "a", "13": "b"}


def test_a_file_with_one_error_changes_nothing(ledger: Ledger) -> None:
    before = load(ledger).version
    with pytest.raises(mappings.MappingFileError):
        mappings.import_file(ledger, "reasons: {12: a}\ngrades: {A: {credit_percent: 500}}", "ann", NOW)
    assert load(ledger).version == before


def test_what_is_exported_changes_nothing_when_imported(ledger: Ledger) -> None:
    change(ledger, "grades", "E", {"credit_percent": "33.3", "disposition": "scrap"})
    change(ledger, "return_options", "", "exchange")
    with ledger.read() as conn:
        text = mappings.export(conn)
    assert "credit_percent: 33.3" in text
    assert mappings.import_file(ledger, text, "ann", NOW).changed == 0


def test_the_list_says_who_set_what(ledger: Ledger) -> None:
    change(ledger, "grades", "A", {"credit_percent": 90, "disposition": "restock"})
    with ledger.read() as conn:
        listed = {(row.kind, row.source): (row.value, row.changed_by) for row in mappings.listing(conn)}
    assert listed["grades", "A"] == ("credit_percent 90, disposition restock", "ann")
    assert listed["grades", "B"][1] == "default"
