"""From the environment to one frozen ``Settings`` (contracts/sidecar.md, Configuration).

A setting is one field: its name in capitals is the variable, its form says what it should look like.
``load`` collects every problem before it raises, so that a person mends all of them at once.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sidecar import setting_forms as forms
from sidecar.returns.staleness import Allowances
from sidecar.setting_forms import Network
from sidecar.zigzag.webhook_auth import Verifier

MASK = "***"
SHORTEST_KEY = 32


class SettingsError(Exception):
    """The environment cannot be used. Its text is one line per bad setting; ``problems`` holds the lines."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Secret:
    """A text that shows in no repr, str, format or log; ``reveal`` gives it to who must send it."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Secret({MASK if self._text else ''})"

    def __str__(self) -> str:
        return MASK if self._text else ""

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a Secret is not pickled: it would lie readable in a queue or a file")


def _setting(read: Callable[[str], Any], default: Any, wanted: str = "", *, private: bool = False) -> Any:
    """One setting, read by ``read``; ``wanted`` says what is missing when it is.

    The text of a ``private`` one is never repeated in a problem, and NAME_FILE may name a file that holds it.
    """
    metadata = {"read": read, "wanted": wanted, "private": private}
    default_of = {"default_factory": dict} if default == {} else {"default": default}
    return field(**default_of, metadata=metadata)


def _secret(wanted: str) -> Any:
    return _setting(Secret, Secret(), wanted, private=True)


def _secret_url(wanted: str) -> Any:
    return _setting(lambda text: Secret(forms.secret_url(text)), Secret(), wanted, private=True)


@dataclass(frozen=True, repr=False)
class Settings:
    """Everything the environment decides. Texts that were not given and have no default are empty."""

    oro_base_url: str = _setting(forms.web_url, "", "the address of OroCommerce, such as https://shop.example.com")
    oro_client_id: str = _setting(forms.text, "", "the id of the OAuth application", private=True)
    oro_client_secret: Secret = _secret("the secret of the OAuth application")
    oro_api_prefix: str = _setting(forms.path, "/admin/api")
    oro_token_path: str = _setting(forms.path, "/oauth2-token")
    oro_concurrency: int = _setting(forms.number(int, 1, 32), 3)  # parallel requests per worker

    zigzag_base_url: str = _setting(forms.web_url, "https://api.returns.international")
    zigzag_username: str = _setting(forms.text, "", "the user name of ZigZag's API", private=True)
    zigzag_password: Secret = _secret("the password of ZigZag's API")
    zigzag_retailer_code: str = _setting(forms.retailer_code, "", "the code ZigZag gave you, such as GL123")
    zigzag_api_prefix: str = _setting(forms.path, "/Return/api/v1")
    zigzag_token_path: str = _setting(forms.path_or_url, "/Account/Token")
    zigzag_return_path: str = _setting(forms.return_path, "/Returns/{returnId}")
    zigzag_returns_path: str = _setting(forms.path, "/Returns")
    zigzag_pull: Literal["full", "single", "off"] = _setting(forms.one_of("full", "single", "off"), "full")
    zigzag_concurrency: int = _setting(forms.number(int, 1, 32), 4)  # parallel requests per worker
    zigzag_rate_per_second: float = _setting(forms.number(float, 0.1, 1000), 10.0)  # requests per worker
    zigzag_webhook_auth: str = _setting(forms.text, "header:X-ZigZag-Key")  # see _check_webhook
    zigzag_webhook_secret: Secret = _secret("the secret that ZigZag's webhook brings")
    zigzag_webhook_networks: tuple[Network, ...] = _setting(forms.networks, ())  # empty: from anywhere
    zigzag_field_aliases: Mapping[str, tuple[str, ...]] = _setting(forms.aliases, {})  # other names of fields
    zigzag_feed_columns: Mapping[str, str] = _setting(forms.columns, {})  # header of the file -> field
    zigzag_timezone: ZoneInfo = _setting(forms.zone, ZoneInfo("UTC"))  # of dates without a zone
    returns_timezone: ZoneInfo = _setting(forms.zone, ZoneInfo("UTC"))  # of business days and periods

    var_dir: Path = _setting(Path, Path("var"))  # ledger file, embedded server's socket and files
    database_url: str = _setting(forms.database_url, "", private=True)  # default: sidecar.db under var_dir
    redis_url: str = _setting(forms.redis_url, "", private=True)  # empty: embedded server
    sidecar_api_key: Secret = _secret("one key with every scope, for the bundle")
    bind: str = _setting(forms.bind, "127.0.0.1:8000")
    trusted_proxies: int = _setting(forms.number(int, 0, 10), 0)  # proxies in front whose headers count
    desk_url: str = _setting(forms.web_url, "")  # where people reach the desk; https makes its cookies Secure
    sidecar_secret_key: Secret = _secret("the key that signs the desk's cookies")  # empty: made once, in the ledger
    oidc_issuer: str = _setting(forms.web_url, "", "the address of the OpenID Connect issuer")  # empty: passwords only
    oidc_client_id: str = _setting(forms.text, "", "the id of the desk at the issuer", private=True)
    oidc_client_secret: Secret = _secret("the secret of the desk at the issuer")
    oidc_role_claim: str = _setting(forms.text, "groups")  # the claim whose words OIDC_ROLES translates
    oidc_roles: Mapping[str, str] = _setting(forms.roles, {})  # word of the claim -> role of the desk
    log_level: str = _setting(forms.one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")

    sync_interval_seconds: int = _setting(forms.number(int, 0, 86_400), 300)  # 0: no scheduled pull
    web_workers: int = _setting(forms.number(int, 1, 64), 2)
    workers: int = _setting(forms.number(int, 1, 64), 2)  # worker processes that `run` starts
    page_size: int = _setting(forms.number(int, 1, 50), 50)  # returns per job (DESIGN 3)
    lease_seconds: int = _setting(forms.number(int, 2, 3600), 120)  # claim on an order or a page of work

    credit_trigger: Literal["graded", "restocked"] = _setting(forms.one_of("graded", "restocked"), "graded")
    stock_trigger: Literal["graded", "restocked"] = _setting(forms.one_of("graded", "restocked"), "restocked")
    credit_mode: Literal["issue", "draft"] = _setting(forms.one_of("issue", "draft"), "issue")
    stock_unit: Literal["primary", "order_line"] = _setting(forms.one_of("primary", "order_line"), "primary")
    inactive_sku: Literal["hold", "credit"] = _setting(forms.one_of("hold", "credit"), "hold")
    stale_after: Allowances = _setting(forms.allowances, Allowances())  # how long a return may stay at a milestone

    alert_email_from: str = _setting(forms.mail_address, "", "the address that alerts come from")
    alert_email_to: tuple[str, ...] = _setting(forms.mail_addresses, ())  # who is told when no owner's list is set
    alert_email_to_cx: tuple[str, ...] = _setting(forms.mail_addresses, ())
    alert_email_to_finance: tuple[str, ...] = _setting(forms.mail_addresses, ())
    alert_email_to_operations: tuple[str, ...] = _setting(forms.mail_addresses, ())
    alert_email_to_it: tuple[str, ...] = _setting(forms.mail_addresses, ())
    alert_smtp_host: str = _setting(forms.host, "", "the mail server")
    alert_smtp_port: int = _setting(forms.number(int, 1, 65535), 587)
    alert_smtp_tls: Literal["starttls", "tls", "off"] = _setting(forms.one_of("starttls", "tls", "off"), "starttls")
    alert_smtp_username: str = _setting(forms.text, "", private=True)
    alert_smtp_password: Secret = _secret("the password of the mail server's user")
    alert_slack_url: Secret = _secret_url("the address of Slack's incoming webhook")
    alert_teams_url: Secret = _secret_url("the address of a Teams workflow")
    alert_webhook_url: Secret = _secret_url("the address of your own receiver")
    alert_webhook_secret: Secret = _secret("the secret that signs what is sent to ALERT_WEBHOOK_URL")
    alert_interval_minutes: int = _setting(forms.number(int, 1, 1440), 15)  # per owner, at most one alert in this time
    alert_digest_hour: int | None = _setting(forms.hour, 7)  # in RETURNS_TIMEZONE; None: no digest
    silent_webhook_hours: int = _setting(forms.number(int, 0, 8760), 72)  # 0: never too silent
    silent_pull_minutes: int = _setting(forms.number(int, 0, 10_080), 60)
    silent_work_minutes: int = _setting(forms.number(int, 0, 10_080), 15)
    silent_upstream_minutes: int = _setting(forms.number(int, 0, 10_080), 10)

    def __post_init__(self) -> None:
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.var_dir / 'sidecar.db'}")

    def describe(self) -> dict[str, str]:
        """Every setting by its variable's name, secrets and passwords in URLs masked."""
        return {each.name.upper(): _shown(getattr(self, each.name)) for each in fields(self)}

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret that is set, so that the log can look for them (``logs.configure``)."""
        values = (getattr(self, each.name) for each in fields(self))
        return tuple(value for value in values if isinstance(value, Secret) and value)

    def __repr__(self) -> str:
        return "Settings(" + ", ".join(f"{name}={value!r}" for name, value in self.describe().items()) + ")"


NEEDS: Mapping[str, tuple[str, ...]] = {
    "oro": ("oro_base_url", "oro_client_id", "oro_client_secret"),
    "zigzag": ("zigzag_retailer_code", "zigzag_username", "zigzag_password"),
    "retailer": ("zigzag_retailer_code",),
    "webhook": ("zigzag_webhook_secret",),
}
"""What a process cannot work without, by what it talks to."""

_OURS = (
    *("ORO_C", "ZIGZAG_", "CREDIT_", "STOCK_", "RETURNS_", "SIDECAR_", "INACTIVE_", "SYNC_", "TRUSTED_"),
    *("DESK_", "OIDC_", "ALERT_", "SILENT_", "STALE_"),
)


def load(environ: Mapping[str, str], need: Iterable[str] = ()) -> Settings:
    """The settings that ``environ`` states; a variable that is empty counts as not set.

    ``need`` names what must be complete, see ``NEEDS``: a worker needs ``oro`` and ``zigzag``; the web process needs
    neither to store what arrives, but must know whose returns they are. Raises SettingsError with every problem, one
    line each.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    stated: set[str] = set()  # whatever its worth: what is malformed is not missing as well
    for each in fields(Settings):
        name = each.name.upper()
        try:
            text = _stated(environ, name, each.metadata["private"])
        except ValueError as error:
            problems.append(str(error))
            stated.add(each.name)
            continue
        if not text:
            continue
        stated.add(each.name)
        try:
            values[each.name] = each.metadata["read"](text)
        except ValueError as error:
            # A password may stand in any address, so an address with an @ is not repeated either.
            repeat = not each.metadata["private"] and "@" not in text
            problems.append(f"{name} {error}" + (f", not {text[:80]!r}" if repeat else ""))
    problems += _missing(stated, values.get("zigzag_pull") == "off", need)
    problems += _check_webhook(values)
    problems += _check_desk(values, stated)
    problems += _check_alerts(stated)
    problems += _misspelled(environ)
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def _stated(environ: Mapping[str, str], name: str, private: bool) -> str:
    """What the environment states for one name, or for a private one the file named by NAME_FILE."""
    text = environ.get(name, "").strip()
    file = environ.get(f"{name}_FILE", "").strip() if private else ""
    if not file:
        return text
    if text:
        raise ValueError(f"{name} and {name}_FILE are both set: keep one of them")
    try:
        text = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"{name}_FILE must name a file that can be read, not {file!r}: {reason}") from None
    if not text:
        raise ValueError(f"{name}_FILE names a file that is empty: {file!r}")
    return text


def _missing(stated: Collection[str], pull_is_off: bool, need: Iterable[str]) -> Iterable[str]:
    by_name = {each.name: each for each in fields(Settings)}
    for what in need:
        # Without pulling nobody signs in at ZigZag; only whose returns these are must be known.
        names = NEEDS[what][:1] if what == "zigzag" and pull_is_off else NEEDS[what]
        for name in names:
            if name not in stated:
                metadata, variable = by_name[name].metadata, name.upper()
                or_file = f" (or {variable}_FILE, a file that holds it)" if metadata["private"] else ""
                yield f"{variable} is missing: {metadata['wanted']}{or_file}"


def _check_webhook(values: Mapping[str, Any]) -> Iterable[str]:
    """The one who checks the credential knows its form; without a secret only the mode can be judged."""
    auth = values.get("zigzag_webhook_auth", "header:X-ZigZag-Key")
    secret = values.get("zigzag_webhook_secret", Secret()).reveal()
    try:
        Verifier.from_setting(auth, secret or "user:password")
    except ValueError as error:
        yield str(error)


def _check_desk(values: Mapping[str, Any], stated: Collection[str]) -> Iterable[str]:
    """Single sign-on is complete or off; a key that could be guessed would let anybody sign cookies."""
    key = values.get("sidecar_secret_key", Secret()).reveal()
    if key and len(key) < SHORTEST_KEY:
        yield f"SIDECAR_SECRET_KEY must have at least {SHORTEST_KEY} characters, such as: openssl rand -hex 32"
    if "oidc_issuer" in stated:
        for name in ("oidc_client_id", "oidc_client_secret", "oidc_roles", "desk_url"):
            if name not in stated:
                yield f"{name.upper()} is missing: OIDC_ISSUER switches single sign-on on, which needs it"


_GO_TOGETHER = (
    ("alert_smtp_host", "alert_email_from"),
    ("alert_email_from", "alert_smtp_host"),
    ("alert_smtp_username", "alert_smtp_password"),
    ("alert_smtp_password", "alert_smtp_username"),
    ("alert_webhook_url", "alert_webhook_secret"),
    ("alert_webhook_secret", "alert_webhook_url"),
)


def _check_alerts(stated: Collection[str]) -> Iterable[str]:
    """Half a channel would tell nobody, in silence."""
    for one, other in _GO_TOGETHER:
        if one in stated and other not in stated:
            yield f"{other.upper()} is missing: {one.upper()} is set and does not work without it"
    lists = [name for name in (each.name for each in fields(Settings)) if name.startswith("alert_email_to")]
    if "alert_smtp_host" in stated and not any(name in stated for name in lists):
        yield "ALERT_EMAIL_TO is missing: ALERT_SMTP_HOST is set and there is nobody to write to"
    if "alert_smtp_host" not in stated and (lost := [name for name in lists if name in stated]):
        yield f"ALERT_SMTP_HOST is missing: {lost[0].upper()} is set and does not work without it"


def _misspelled(environ: Mapping[str, str]) -> Iterable[str]:
    """A name that is nearly one of ours would be ignored in silence, and with it perhaps an allow-list."""
    known = {each.name.upper() for each in fields(Settings)}
    known |= {f"{each.name.upper()}_FILE" for each in fields(Settings) if each.metadata["private"]}
    for name in environ:
        if name.startswith(_OURS) and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
            if near:
                yield f"{name} is no setting: did you mean {near[0]}?"


def _shown(value: object) -> str:
    if value is None:
        return "off"
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    if isinstance(value, Mapping):
        return json.dumps(value) if value else ""
    masked = re.sub(r"(://[^:@/]*):.*@", rf"\1:{MASK}@", str(value))
    return re.sub(r"(password=)[^&\s]*", rf"\1{MASK}", masked)
