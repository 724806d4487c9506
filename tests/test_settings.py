"""The environment: what is taken, what is refused and with which words, and that no secret shows."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from sidecar.settings import Secret, Settings, SettingsError, load

COMPLETE = {
    "ORO_BASE_URL": "https://shop.example.com/",
    "ORO_CLIENT_ID": "bridge",
    "ORO_CLIENT_SECRET": "oro-secret",
    "ZIGZAG_USERNAME": "retailer",
    "ZIGZAG_PASSWORD": "zigzag-secret",
    "ZIGZAG_RETAILER_CODE": "GL123",
}


def problems(environ: dict[str, str], *need: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(environ, need=need)
    lines = str(caught.value).splitlines()
    assert lines == list(caught.value.problems)
    return lines


def test_an_empty_environment_gives_the_defaults_of_the_contract() -> None:
    found = load({})
    assert found.oro_api_prefix == "/admin/api"
    assert found.oro_token_path == "/oauth2-token"
    assert found.oro_concurrency == 3
    assert found.zigzag_base_url == "https://api.returns.international"
    assert (found.zigzag_api_prefix, found.zigzag_token_path) == ("/Return/api/v1", "/Account/Token")
    assert (found.zigzag_return_path, found.zigzag_returns_path) == ("/Returns/{returnId}", "/Returns")
    assert found.zigzag_pull == "full"
    assert found.zigzag_webhook_auth == "header:X-ZigZag-Key"
    assert (found.zigzag_timezone.key, found.returns_timezone.key) == ("UTC", "UTC")
    assert found.database_url == "sqlite:///var/sidecar.db"
    assert found.redis_url == ""
    assert found.bind == "127.0.0.1:8000"
    assert found.sync_interval_seconds == 300
    assert (found.credit_trigger, found.stock_trigger, found.credit_mode) == ("graded", "restocked", "issue")
    assert (found.stock_unit, found.inactive_sku) == ("primary", "hold")


def test_a_complete_environment_is_taken() -> None:
    environ = {**COMPLETE, "ORO_CONCURRENCY": " 5 ", "RETURNS_TIMEZONE": "Europe/London"}
    found = load(environ, need=("oro", "zigzag"))
    assert found.oro_base_url == "https://shop.example.com"
    assert found.oro_client_secret.reveal() == "oro-secret"
    assert found.oro_concurrency == 5
    assert found.returns_timezone.key == "Europe/London"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load({"BIND": "", "REDIS_URL": "  "}) == load({})


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        load({}).bind = "0.0.0.0:1"  # type: ignore[misc]


def test_the_ledger_file_lies_under_var_dir_unless_said_otherwise() -> None:
    assert load({"VAR_DIR": "/srv/bridge"}).database_url == "sqlite:////srv/bridge/sidecar.db"
    assert Settings(var_dir=Path("elsewhere")).database_url == "sqlite:///elsewhere/sidecar.db"
    stated = {"VAR_DIR": "/srv/bridge", "DATABASE_URL": "postgresql+psycopg://u:p@h/ledger"}
    assert load(stated).database_url == "postgresql+psycopg://u:p@h/ledger"


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("ORO_BASE_URL", "shop.example.com", "https://host"),
        ("ORO_BASE_URL", "https://shop.example.com?x=1", "without user, query and fragment"),
        ("ORO_BASE_URL", "https://[broken", "https://host"),
        ("ORO_BASE_URL", "https://shop.example.com:99999", "https://host"),
        ("ORO_API_PREFIX", "admin/api", "begins with /"),
        ("ORO_CONCURRENCY", "0", "whole number from 1 to 32"),
        ("ORO_CONCURRENCY", "2.5", "whole number from 1 to 32"),
        ("ZIGZAG_RATE_PER_SECOND", "nan", "number from 0.1 to 1000"),
        ("ZIGZAG_RETAILER_CODE", "GL:123", "no colon"),
        ("ZIGZAG_TOKEN_PATH", "token", "/Account/Token, or a full URL"),
        ("ZIGZAG_RETURN_PATH", "/Returns", "{returnId}"),
        ("ZIGZAG_PULL", "sometimes", "one of full, single, off"),
        ("ZIGZAG_WEBHOOK_AUTH", "hmac-md5:X-Sign", "hmac-sha256:"),
        ("ZIGZAG_WEBHOOK_NETWORKS", "10.0.0.1/8", "203.0.113.0/24"),
        ("ZIGZAG_TIMEZONE", "London", "Europe/London"),
        ("ZIGZAG_TIMEZONE", "../../etc/passwd", "Europe/London"),
        ("ZIGZAG_FIELD_ALIASES", '["orderNumber"]', "JSON object"),
        ("ZIGZAG_FIELD_ALIASES", '{"orderNumber": 5}', "JSON object"),
        ("ZIGZAG_FIELD_ALIASES", '{"orderNo": "x"}', "no field of a return"),
        ("ZIGZAG_FEED_COLUMNS", '{"Return No": "returnNo"}', "returnId"),
        ("DATABASE_URL", "postgres://host/name", "postgresql+psycopg://"),
        ("DATABASE_URL", "sqlite://", "cannot live in memory"),
        ("DATABASE_URL", "sqlite:///:memory:", "cannot live in memory"),
        ("REDIS_URL", "localhost:6379", "redis://host:6379/0"),
        ("BIND", "8000", "127.0.0.1:8000"),
        ("BIND", "127.0.0.1:70000", "127.0.0.1:8000"),
        ("SYNC_INTERVAL_SECONDS", "-1", "from 0 to 86400"),
        ("CREDIT_TRIGGER", "received", "one of graded, restocked"),
        ("STOCK_TRIGGER", "always", "one of graded, restocked"),
        ("CREDIT_MODE", "Issue", "one of issue, draft"),
        ("STOCK_UNIT", "case", "one of primary, order_line"),
        ("INACTIVE_SKU", "drop", "one of hold, credit"),
        ("LOG_LEVEL", "LOUD", "one of DEBUG"),
    ],
)
def test_a_malformed_setting_is_named_with_what_it_should_be(name: str, text: str, wanted: str) -> None:
    (line,) = problems({name: text})
    assert line.startswith(f"{name} must")
    assert wanted in line


def test_everything_that_is_wrong_is_said_at_once_one_line_each() -> None:
    lines = problems({"BIND": "x", "CREDIT_MODE": "x", "ORO_BASE_URL": "x"}, "oro", "zigzag", "webhook")
    assert [line.split()[0] for line in lines] == [
        "ORO_BASE_URL",  # malformed, so it is not missing as well
        "BIND",
        "CREDIT_MODE",
        "ORO_CLIENT_ID",
        "ORO_CLIENT_SECRET",
        "ZIGZAG_RETAILER_CODE",
        "ZIGZAG_USERNAME",
        "ZIGZAG_PASSWORD",
        "ZIGZAG_WEBHOOK_SECRET",
    ]


def test_without_pulling_nobody_signs_in_at_zigzag() -> None:
    (line,) = problems({"ZIGZAG_PULL": "off"}, "zigzag")
    assert line.startswith("ZIGZAG_RETAILER_CODE is missing")


def test_an_unknown_need_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        load({}, need=("orro",))


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-a-file\n")
    found = load({"ORO_CLIENT_SECRET_FILE": str(file), "DATABASE_URL_FILE": ""})
    assert found.oro_client_secret.reveal() == "from-a-file"


@pytest.mark.parametrize("name", ["ORO_CLIENT_SECRET", "ZIGZAG_PASSWORD", "ZIGZAG_WEBHOOK_SECRET", "SIDECAR_API_KEY"])
def test_every_secret_may_lie_in_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-a-file")
    assert getattr(load({f"{name}_FILE": str(file)}), name.lower()) == Secret("from-a-file")


def test_a_file_of_a_secret_that_cannot_be_used_is_one_line_and_not_missing_as_well(tmp_path: Path) -> None:
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.touch()
    binary.write_bytes(b"\xff\xfe\x00")
    need = {name: value for name, value in COMPLETE.items() if name != "ORO_CLIENT_SECRET"}
    for path, words in ((tmp_path / "none", "No such file"), (empty, "is empty"), (binary, "not text")):
        (line,) = problems({**need, "ORO_CLIENT_SECRET_FILE": str(path)}, "oro")
        assert line.startswith("ORO_CLIENT_SECRET_FILE")
        assert words in line
    (line,) = problems({**COMPLETE, "ORO_CLIENT_SECRET_FILE": str(empty)}, "oro")
    assert line.startswith("ORO_CLIENT_SECRET and ORO_CLIENT_SECRET_FILE are both set")


def test_the_secret_of_basic_is_user_and_password() -> None:
    (line,) = problems({"ZIGZAG_WEBHOOK_AUTH": "basic", "ZIGZAG_WEBHOOK_SECRET": "nothing-else"})
    assert line.startswith("ZIGZAG_WEBHOOK_SECRET must look like user:password")
    assert "nothing-else" not in line
    assert load({"ZIGZAG_WEBHOOK_AUTH": "basic"}).zigzag_webhook_auth == "basic"


def test_a_name_that_is_nearly_ours_is_not_ignored_in_silence() -> None:
    (line,) = problems({"ZIGZAG_WEBHOOK_NETWORK": "203.0.113.0/24"})
    assert line == "ZIGZAG_WEBHOOK_NETWORK is no setting: did you mean ZIGZAG_WEBHOOK_NETWORKS?"
    foreign = {"ZIGZAG_BRIDGE_SERVICE_HOST": "10.0.0.1", "ORO_DB_URL": "pgsql://oro", "PATH": "/bin"}
    assert load(foreign) == load({})


def test_lists_and_tables_are_read() -> None:
    found = load(
        {
            "ZIGZAG_WEBHOOK_NETWORKS": "203.0.113.0/24, 2001:db8::/32",
            "ZIGZAG_FIELD_ALIASES": '{"orderNumber": "order_no", "returnId": ["rma", "return_no"]}',
            "ZIGZAG_FEED_COLUMNS": '{"Return No": "returnId"}',
        }
    )
    assert [str(each) for each in found.zigzag_webhook_networks] == ["203.0.113.0/24", "2001:db8::/32"]
    assert found.zigzag_field_aliases == {"orderNumber": ("order_no",), "returnId": ("rma", "return_no")}
    assert found.zigzag_feed_columns == {"Return No": "returnId"}


def test_a_full_url_is_accepted_as_token_path() -> None:
    found = load({"ZIGZAG_TOKEN_PATH": "https://login.example.com/token"})
    assert found.zigzag_token_path == "https://login.example.com/token"


def test_no_secret_shows() -> None:
    environ = {
        **COMPLETE,
        "SIDECAR_API_KEY": "key-secret",
        "ZIGZAG_WEBHOOK_SECRET": "hook-secret",
        "DATABASE_URL": "postgresql+psycopg://bridge:db-secret@db/ledger?password=other-secret&x=1",
        "REDIS_URL": "redis://:redis-secret@cache:6379/0",
    }
    found = load(environ, need=("oro", "zigzag", "webhook"))
    shown = f"{found} {found!r} {found.describe()} {found.oro_client_secret} {[found.oro_client_secret]!r}"
    assert "-secret" not in shown
    assert found.describe()["DATABASE_URL"] == "postgresql+psycopg://bridge:***@db/ledger?password=***&x=1"
    assert found.describe()["REDIS_URL"] == "redis://:***@cache:6379/0"
    assert found.describe()["ORO_CLIENT_SECRET"] == "***"
    assert load({}).describe()["ORO_CLIENT_SECRET"] == ""
    assert len(found.secrets()) == 4


def test_no_problem_repeats_what_may_hold_a_password() -> None:
    lines = problems(
        {
            "DATABASE_URL": "mysql://bridge:hush@db/ledger",
            "REDIS_URL": "amqp://bridge:hush@cache",
            "ORO_BASE_URL": "https://bridge:hush@shop.example.com",
        }
    )
    assert len(lines) == 3
    assert "hush" not in " ".join(lines)


def test_a_secret_is_compared_but_never_pickled() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert not Secret()
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret("a"))


def test_a_test_may_change_one_setting() -> None:
    assert replace(load({}), credit_trigger="restocked").credit_trigger == "restocked"


def test_allowed_times_replace_only_what_they_name() -> None:
    times = load({"STALE_AFTER": "received=36h, graded=off"}).stale_after.times
    assert times["received"].total_seconds() == 36 * 3600
    assert "graded" not in times
    assert times["requested"].days == 21


@pytest.mark.parametrize("text", ["received", "received=3", "received=0d", "arrived=3d", "received=99999d", "=3d", ","])
def test_allowed_times_that_make_no_sense_are_refused(text: str) -> None:
    (problem,) = problems({"STALE_AFTER": text})
    assert problem.startswith("STALE_AFTER must look like requested=21d,received=36h,graded=off")
