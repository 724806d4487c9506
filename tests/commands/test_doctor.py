"""The doctor, with each thing broken in turn: it finds that one, says what to do, and its exit code tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner
from rq.utils import utcformat

from sidecar.cli import cli
from sidecar.commands.examining import BAD, NOTE, OK, Finding, examine
from sidecar.ledger import alerts, flags, inbox, signals, users, work
from sidecar.ledger.engine import Ledger
from sidecar.ledger.migrations import migrate
from sidecar.sandbox.zigzag.faults import Fault
from tests.ledger.builders import a_return, draft, incoming
from tests.sync.town import Town, town

OAUTH_SECRET = "the secret of the OAuth application (or ORO_CLIENT_SECRET_FILE, a file that holds it)"
PASSWORD_SET = {"password_hash": "hash", "must_change": False, "actor": "test"}


@dataclass
class Patient:
    """A whole installation that is well. ``environ`` is what its doctor sees."""

    place: Town
    environ: dict[str, str]
    redis: Any

    @property
    def ledger(self) -> Ledger:
        return self.place.ledger

    def look(self, **changed: str) -> list[Finding]:
        return list(examine({**self.environ, **changed}))

    def unwell(self, **changed: str) -> list[tuple[str, str]]:
        return [(each.what, each.detail) for each in self.look(**changed) if each.level != OK]

    def only(self, **changed: str) -> Finding:
        """The one thing that is not well."""
        (found,) = [each for each in self.look(**changed) if each.level != OK]
        return found


@pytest.fixture
def patient(ledger: Ledger, ledger_url: str, redis_url: str, tmp_path: Path) -> Iterator[Patient]:
    more = {
        "SIDECAR_API_KEY": "the-key-of-the-bundle",
        "DESK_URL": "https://returns.example.com",
        "ALERT_SLACK_URL": "https://hooks.example.com/secret-part",
        "REDIS_URL": redis_url,
    }
    connection = redis.Redis.from_url(redis_url)
    connection.flushall()
    now = datetime.now(UTC)
    connection.sadd("rq:workers", "rq:worker:one")
    connection.hset("rq:worker:one", "last_heartbeat", utcformat(now))
    with town(ledger, ledger_url, tmp_path / "var", **more) as place:
        with ledger.begin() as conn:
            signals.beat(conn, "dispatcher", now, detail="host:1")
            users.add(conn, name="ann", roles=["finance"], full_name="", now=now, **PASSWORD_SET)
        settings = place.settings
        stated = {
            "ORO_BASE_URL": settings.oro_base_url,
            "ORO_CLIENT_ID": "sidecar",
            "ORO_CLIENT_SECRET": "secret",
            "ZIGZAG_BASE_URL": settings.zigzag_base_url,
            "ZIGZAG_USERNAME": "demo",
            "ZIGZAG_PASSWORD": "demo",
            "ZIGZAG_RETAILER_CODE": "GL123",
            "ZIGZAG_WEBHOOK_SECRET": "webhook-secret",
            "DATABASE_URL": ledger_url,
            "VAR_DIR": str(tmp_path / "var"),
            **more,
        }
        yield Patient(place, stated, connection)
    connection.close()


def test_where_all_is_well_the_doctor_says_so_with_status_0(patient: Patient) -> None:
    assert patient.unwell() == []
    shown = CliRunner().invoke(cli, ["doctor"], env={**patient.environ, "COLUMNS": "80"})
    assert shown.exit_code == 0
    assert shown.output.endswith("All is well.\n")
    assert max(map(len, shown.output.splitlines())) <= 80
    quiet = CliRunner().invoke(cli, ["doctor", "--quiet"], env=patient.environ)
    assert quiet.output.strip() == "All is well."


def test_what_needs_somebody_ends_with_status_1_and_its_advice_below_it(patient: Patient) -> None:
    patient.place.shop.api_enabled = False
    shown = CliRunner().invoke(cli, ["doctor"], env={**patient.environ, "COLUMNS": "80"})
    assert shown.exit_code == 1
    assert "!!   oro" in shown.output
    assert "Web API" in shown.output
    assert shown.output.rstrip().endswith("Needs somebody: 1.")


def test_every_setting_that_is_missing_or_misspelled_is_named_and_the_rest_still_looked_at(patient: Patient) -> None:
    found = patient.look(ORO_CLIENT_SECRET="", CREDIT_TRIGER="graded")
    settings = [each.detail for each in found if each.what == "settings"]
    assert settings == [
        f"ORO_CLIENT_SECRET is missing: {OAUTH_SECRET}",
        "CREDIT_TRIGER is no setting: did you mean CREDIT_TRIGGER?",
    ]
    assert {each.what for each in patient.look(ORO_CLIENT_SECRET="")} >= {"ledger", "redis", "zigzag"}


def test_no_secret_is_repeated(patient: Patient) -> None:
    said = repr(patient.look()) + repr(patient.look(ORO_CLIENT_SECRET="another", ZIGZAG_PASSWORD="another"))
    for secret in ("webhook-secret", "the-key-of-the-bundle", "secret-part", "another"):
        assert secret not in said


def test_a_ledger_that_is_not_there_or_older(patient: Patient, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.db"
    found = patient.only(DATABASE_URL=url)
    assert (found.what, found.detail) == ("ledger", "The ledger does not exist yet.")
    assert found.advice == "Run: python -m sidecar migrate"
    assert not (tmp_path / "none.db").exists()
    migrate(url)
    assert ("dispatcher", "has never run") in patient.unwell(DATABASE_URL=url)


def test_a_database_that_cannot_be_reached(patient: Patient) -> None:
    found = patient.only(DATABASE_URL="postgresql+psycopg://bridge:pass-word@127.0.0.1:1/none")
    assert found.what == "ledger"
    assert "Connection refused" in found.detail
    assert "pass-word" not in found.detail


def test_a_redis_that_is_away(patient: Patient) -> None:
    found = patient.only(REDIS_URL="redis://127.0.0.1:1/0")
    assert (found.what, found.detail) == ("redis", "does not answer (ConnectionError)")


def test_a_redis_that_would_throw_jobs_away(patient: Patient) -> None:
    patient.redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        found = patient.only()
    finally:
        patient.redis.config_set("maxmemory-policy", "noeviction")
    assert (found.level, found.detail) == (NOTE, "answers, but its maxmemory-policy is allkeys-lru")


def test_an_embedded_server_that_does_not_run(patient: Patient) -> None:
    found = patient.only(REDIS_URL="")
    assert found.what == "redis"
    assert "does not run" in found.detail
    assert "python -m sidecar run" in found.advice


def test_workers_that_died(patient: Patient) -> None:
    patient.redis.hset("rq:worker:one", "last_heartbeat", utcformat(datetime.now(UTC) - timedelta(minutes=2)))
    assert patient.unwell() == [("workers", "none is alive")]


def test_a_dispatcher_that_died(patient: Patient) -> None:
    with patient.ledger.begin() as conn:
        signals.beat(conn, "dispatcher", datetime.now(UTC) - timedelta(minutes=3))
    assert patient.unwell() == [("dispatcher", "silent for 3 minutes")]
    with patient.ledger.begin() as conn:
        signals.beat(conn, "dispatcher", datetime.now(UTC) - timedelta(seconds=45))
    ((what, said),) = patient.unwell()
    assert (what, re.sub(r"4[5-9]|5\d", "N", said)) == ("dispatcher", "silent for N seconds")


def test_returns_that_wait_too_long(patient: Patient) -> None:
    since = datetime.now(UTC) - timedelta(minutes=20)
    with patient.ledger.begin() as conn:
        work.make_due(conn, [a_return(conn)], since, pull=False, reason="test", correlation_id="")
    found = patient.only()
    assert found.detail == "1 due, 0 in work, 0 tried again later; the oldest has waited for 20 minutes"


def test_messages_that_nobody_applied(patient: Patient) -> None:
    with patient.ledger.begin() as conn:
        inbox.store(conn, incoming(received_at=datetime.now(UTC) - timedelta(minutes=20)))
    assert patient.unwell() == [("messages", "1 returns have messages that nobody has applied")]


# --- Oro ----------------------------------------------------------------------------------------------------------


def test_oro_that_does_not_answer(patient: Patient) -> None:
    found = patient.only(ORO_BASE_URL="http://127.0.0.1:1")
    assert found.what == "oro"
    assert found.advice == "Check ORO_BASE_URL and that this machine may connect to it."


def test_oro_credentials_that_are_refused(patient: Patient) -> None:
    found = patient.only(ORO_CLIENT_SECRET="wrong")
    assert found.detail.startswith("token: ")
    assert "ORO_CLIENT_SECRET" in found.advice


def test_oro_whose_web_api_is_off(patient: Patient) -> None:
    patient.place.shop.api_enabled = False
    advice = {each.advice for each in patient.look() if each.level == BAD}
    assert any("General Setup > Integrations > Web API" in each for each in advice)


def test_oro_whose_bundle_is_switched_off_or_not_installed(patient: Patient) -> None:
    for name in ("bundle_enabled", "bundle_installed"):
        setattr(patient.place.shop, name, False)
        found = [each for each in patient.look() if each.level == BAD]
        setattr(patient.place.shop, name, True)
        assert [each.detail.partition(":")[0] for each in found] == [
            "orderreturns",
            "orderreturncredits",
            "orderreturnstockmovements",
        ]
        assert {each.advice for each in found} == {
            "Install the returns bundle, and switch it on under System > Configuration > Commerce > Orders > Returns."
        }


def test_a_role_in_oro_that_may_read_but_not_create(patient: Patient) -> None:
    patient.place.shop.role = "read_only"
    found = [each for each in patient.look() if each.level == BAD]
    assert [each.detail.partition(":")[0] for each in found] == [
        "orderreturns",
        "orderreturncredits",
        "orderreturnstockmovements",
    ]
    assert all("can be read, but not created" in each.detail for each in found)
    assert all("and to create them" in each.advice for each in found)


def test_looking_creates_nothing_in_oro(patient: Patient) -> None:
    before = patient.place.shop.books()
    assert patient.unwell() == []
    assert patient.place.shop.books() == before


# --- ZigZag -------------------------------------------------------------------------------------------------------


def test_zigzag_that_does_not_answer(patient: Patient) -> None:
    found = patient.only(ZIGZAG_BASE_URL="http://127.0.0.1:1")
    assert (found.what, found.advice) == ("zigzag", "Check ZIGZAG_BASE_URL and that this machine may connect to it.")


def test_zigzag_credentials_that_are_refused(patient: Patient) -> None:
    found = patient.only(ZIGZAG_PASSWORD="wrong")
    assert found.detail.startswith("token: ZigZag credentials_refused")
    assert found.advice.startswith("Check ZIGZAG_USERNAME, ZIGZAG_PASSWORD")


def test_a_list_of_changes_that_is_elsewhere(patient: Patient) -> None:
    found = patient.only(ZIGZAG_RETURNS_PATH="/Elsewhere")
    assert found.detail.startswith("list of changes: ")
    assert "ZIGZAG_RETURNS_PATH" in found.advice
    assert "ZIGZAG_PULL=single" in found.advice
    assert patient.unwell(ZIGZAG_RETURNS_PATH="/Elsewhere", ZIGZAG_PULL="single") == []


def test_zigzag_that_asks_for_silence(patient: Patient) -> None:
    patient.place.house.faults.add(Fault("status", where="returns", status=429, times=None))
    assert "ZIGZAG_RATE_PER_SECOND" in patient.only().advice


def test_without_pull_zigzag_is_left_alone(patient: Patient) -> None:
    found = patient.look(
        ZIGZAG_PULL="off", ZIGZAG_USERNAME="", ZIGZAG_PASSWORD="", ZIGZAG_BASE_URL="http://127.0.0.1:1"
    )
    assert [each.detail for each in found if each.what == "zigzag"] == [
        "not pulled (ZIGZAG_PULL=off): webhooks and files only"
    ]


# --- mappings and people ------------------------------------------------------------------------------------------


def test_critical_flags_that_are_open(patient: Patient) -> None:
    with patient.ledger.begin() as conn:
        flags.raise_for_return(
            conn, a_return(conn), draft("credit_refused", severity="critical", mapping_kind=None), datetime.now(UTC)
        )
        flags.raise_for_return(conn, a_return(conn), draft("received_short", mapping_kind=None), datetime.now(UTC))
    assert patient.unwell() == [("flags", "critical and open: credit_refused (1)")]


def test_words_that_were_seen_and_are_not_mapped_come_with_what_to_type(patient: Patient) -> None:
    now = datetime.now(UTC)
    with patient.ledger.begin() as conn:
        for return_id in ("1", "2"):
            pk = a_return(conn, return_id)
            grade = draft("grade_not_mapped", "Z", mapping_kind="grades", mapping_source="Z")
            flags.raise_for_return(conn, pk, grade, now)
    found = patient.only()
    assert found.detail == "grades 'Z': 2 returns wait for it"
    assert found.advice.startswith("python -m sidecar mappings set grades 'Z'")


def test_nobody_who_could_sign_in_call_or_be_told_is_a_note_and_no_failure(patient: Patient) -> None:
    with patient.ledger.begin() as conn:
        ann = users.by_name(conn, "ann")
        assert ann is not None
        users.disable(conn, ann, "test", datetime.now(UTC))
    found = patient.look(SIDECAR_API_KEY="", ALERT_SLACK_URL="", ZIGZAG_WEBHOOK_SECRET="")
    noted = {each.what: each.level for each in found if each.level != OK}
    assert noted == {"webhook": NOTE, "keys": NOTE, "desk": NOTE, "alerts": NOTE}
    (keys,) = [each for each in found if each.what == "keys"]
    assert "--scope sync --scope read" in keys.advice, "the bundle's Test Connection reads a mapping"


def test_alerts_that_nobody_gets(patient: Patient) -> None:
    mail = {"ALERT_SLACK_URL": "", "ALERT_SMTP_HOST": "smtp.example.com", "ALERT_EMAIL_FROM": "r@example.com"}
    found = patient.only(**mail, ALERT_EMAIL_TO_IT="it@example.com")
    assert found.detail == "nobody is told for cx, finance, operations"
    now = datetime.now(UTC)
    with patient.ledger.begin() as conn:
        alerts.add_notice(conn, key="k", channel="slack", owner="it", kind="alert", body={}, now=now)
    assert patient.only().detail == "1 messages could not be sent"
