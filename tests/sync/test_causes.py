"""What is stuck, by cause: the desk's list of 17 returns that wait for one reason code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sidecar.ledger import causes as rows
from sidecar.ledger import flags, return_plans, returns
from sidecar.ledger.engine import Ledger
from sidecar.returns.flags import RULES
from sidecar.returns.model import DocumentLine, Flag
from sidecar.returns.titles import TITLES
from sidecar.sync import causes, decisions, flagging
from sidecar.sync.causes import CauseFilter
from tests.ledger import builders

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def stands(
    ledger: Ledger, return_id: str, *found: Flag, order: str = "SO-1", now: datetime = NOW, sku: str = ""
) -> int:
    """A return with these open flags; with ``sku`` it has a line of it."""
    with ledger.begin() as conn:
        pk = returns.ensure(conn, "GL123", return_id, order, now)
        if sku:
            row = returns.by_pks(conn, [pk])[0]
            line = DocumentLine(line_key=f"{return_id}/1", identity="line:1", sku=sku)
            return_plans.save_plans(conn, {pk: builders.plan(line)}, previous={pk: row}, now=now)
        flags.reconcile(conn, pk, return_id, order, flagging.drafts(found, now), now)
    return pk


def no_grade(word: str, amount: str | None = None, currency: str = "EUR") -> Flag:
    return Flag(
        "grade_not_mapped",
        word,
        f"The grade {word} is not mapped.",
        "Map it.",
        amount=None if amount is None else Decimal(amount),
        currency=currency if amount else "",
        holds="all",
        mapping=("grades", word),
    )


def about_sku(code: str, sku: str) -> Flag:
    return Flag(code, sku, f"{sku} is odd.", "Look.", sku=sku)


def seen(ledger: Ledger, **wanted: str) -> list[tuple[str, str, int]]:
    found = causes.page(ledger, CauseFilter(**wanted), now=NOW)  # type: ignore[arg-type]
    return [(each.code, each.about, each.returns) for each in found.causes]


def test_returns_that_wait_for_one_word_are_one_cause_with_their_money_by_currency(ledger: Ledger) -> None:
    for n in range(3):
        stands(ledger, f"R{n}", no_grade("E", "10.10"))
    stands(ledger, "R9", no_grade("e", "7.00", "GBP"))
    stands(ledger, "R10", no_grade("F"))
    found = causes.page(ledger, CauseFilter(), now=NOW)
    first, second = found.causes
    assert (first.title, first.about, first.returns, first.flags) == (TITLES["grade_not_mapped"], 'grade "E"', 4, 4)
    assert first.amounts == {"EUR": Decimal("30.30"), "GBP": Decimal("7.00")}
    assert first.mapping == ("grades", "E")
    assert (second.about, second.returns, second.amounts) == ('grade "F"', 1, {})
    assert (found.total, found.pages) == (2, 1)


def test_without_a_word_the_sku_is_the_cause_and_without_a_sku_what_the_flag_itself_names(ledger: Ledger) -> None:
    for n in (1, 2):
        stands(
            ledger, f"R{n}", about_sku("received_short", "GLOVE"), Flag("order_not_found", "SO-7", "No.", "Find it.")
        )
    stands(ledger, "R3", about_sku("received_short", "LAMP"))
    assert sorted(seen(ledger)) == [
        ("order_not_found", "SO-7", 2),
        ("received_short", "SKU GLOVE", 2),
        ("received_short", "SKU LAMP", 1),
    ]


def test_the_critical_come_first_then_what_stands_longest(ledger: Ledger) -> None:
    stands(ledger, "R1", no_grade("E"), now=NOW)
    stands(ledger, "R2", no_grade("F"), now=NOW - timedelta(days=2))
    stands(ledger, "R3", Flag("credit_refused", "k", "No.", "Read."), now=NOW)
    found = causes.page(ledger, CauseFilter(), now=NOW)
    assert [(each.code, each.about) for each in found.causes] == [
        ("credit_refused", "k"),
        ("grade_not_mapped", 'grade "F"'),
        ("grade_not_mapped", 'grade "E"'),
    ]
    assert [(each.severity, each.overdue) for each in found.causes] == [
        ("critical", False),
        ("warning", True),
        ("warning", False),
    ]
    assert found.causes[1].first_seen_at == NOW - timedelta(days=2)


def test_filters_narrow_the_list(ledger: Ledger) -> None:
    stands(ledger, "R1", no_grade("E"))
    stands(ledger, "R2", Flag("credit_refused", "k", "No.", "Read."))
    assert seen(ledger, owner="finance") == [("credit_refused", "k", 1)]
    assert seen(ledger, code="grade_not_mapped") == [("grade_not_mapped", 'grade "E"', 1)]
    assert seen(ledger, severity="critical") == [("credit_refused", "k", 1)]
    assert seen(ledger, owner="cx") == []


def test_a_text_is_found_in_return_order_and_sku_and_a_percent_sign_is_only_itself(ledger: Ledger) -> None:
    stands(ledger, "413-A", no_grade("E"), order="SO-77")
    stands(ledger, "500", about_sku("received_short", "LAMP"), no_grade("F"), order="SO-12", sku="Lamp")
    assert seen(ledger, text="413-a") == seen(ledger, text=" so-77 ") == [("grade_not_mapped", 'grade "E"', 1)]
    assert {code for code, _, _ in seen(ledger, text="LAMP")} == {"received_short", "grade_not_mapped"}
    assert seen(ledger, text="lam") == [("received_short", "SKU LAMP", 1)]
    assert seen(ledger, text="%") == seen(ledger, text="_") == []


def test_one_person_who_has_all_of_it_is_named(ledger: Ledger) -> None:
    stands(ledger, "R1", no_grade("E"))
    stands(ledger, "R2", no_grade("E"))
    one, two = causes.flags_of(ledger, "grade_not_mapped", "grades:e", now=NOW)
    decisions.assign(ledger, one.id, assignee="ann", actor="ann", now=NOW)
    (cause,) = causes.page(ledger, CauseFilter(), now=NOW).causes
    assert (cause.assigned, cause.assignee) == (1, "")
    decisions.assign(ledger, two.id, assignee="ann", actor="ann", now=NOW)
    (cause,) = causes.page(ledger, CauseFilter(state="assigned"), now=NOW).causes
    assert (cause.assigned, cause.assignee) == (2, "ann")
    assert seen(ledger, state="open") == []
    assert seen(ledger, assigned_to="bob") == []


def test_what_was_closed_is_found_for_thirty_days(ledger: Ledger) -> None:
    stands(ledger, "R1", no_grade("E"))
    (flag,) = causes.flags_of(ledger, "grade_not_mapped", "grades:e", now=NOW)
    decisions.resolve(ledger, flag.id, note="by hand", actor="ann", now=NOW)
    assert seen(ledger) == []
    assert seen(ledger, state="resolved") == [("grade_not_mapped", 'grade "E"', 1)]
    assert causes.page(ledger, CauseFilter(state="resolved"), now=NOW + timedelta(days=31)).causes == ()


def test_pages_follow_one_another_without_gap_or_repeat(ledger: Ledger) -> None:
    for n in range(5):
        stands(ledger, f"R{n}", no_grade(f"X{n}"))
    pages = [causes.page(ledger, CauseFilter(), now=NOW, number=n, per_page=2) for n in (1, 2, 3, 4)]
    assert [each.about for page in pages for each in page.causes] == [f'grade "X{n}"' for n in range(5)]
    assert {(page.total, page.pages) for page in pages} == {(5, 3)}


def test_a_cause_is_found_by_its_name_as_long_as_a_flag_of_it_stands(ledger: Ledger) -> None:
    stands(ledger, "R1", no_grade("E", "3.00"))
    found = causes.one(ledger, "grade_not_mapped", "grades:e", now=NOW)
    assert found is not None
    assert found.amounts == {"EUR": Decimal("3.00")}
    assert causes.one(ledger, "grade_not_mapped", "grades:q", now=NOW) is None


def test_words_without_a_mapping_are_listed_with_what_waits_for_them(ledger: Ledger) -> None:
    stands(ledger, "R1", no_grade("E", "10.00"))
    stands(
        ledger,
        "R2",
        no_grade("E", "5.00"),
        Flag("warehouse_not_mapped", "GB1", "No.", "Map.", mapping=("warehouses", "GB1")),
    )
    with ledger.read() as conn:
        found = [(word.kind, word.source, word.returns, word.amounts) for word in rows.waiting_words(conn)]
        only = rows.waiting_words(conn, "warehouses")
    assert found == [("grades", "E", 2, {"EUR": Decimal("15.00")}), ("warehouses", "GB1", 1, {})]
    assert [word.source for word in only] == ["GB1"]


def test_every_code_has_a_headline() -> None:
    assert TITLES.keys() == RULES.keys()
