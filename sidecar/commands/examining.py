"""What doctor looks at, one finding per thing, cheapest first. Nothing is changed anywhere, no secret is repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis.exceptions import RedisError, ResponseError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sidecar import embedded
from sidecar import settings as settings_module
from sidecar.jobs.liveness import living
from sidecar.jobs.queue import connect
from sidecar.ledger import alerts, inbox, keys, signals, users, work
from sidecar.ledger import flags as flag_rows
from sidecar.ledger.engine import Ledger, NewerLedger, open_ledger
from sidecar.ledger.migrations import NotMigrated, check_migrated
from sidecar.oro.errors import OroError
from sidecar.returns.flags import MAPPED_BY
from sidecar.settings import Settings, SettingsError
from sidecar.sync import mappings, telling
from sidecar.sync.build import build_channels, build_oro, build_zigzag
from sidecar.sync.watching import spoken
from sidecar.zigzag.errors import ZigZagError

OK, NOTE, BAD = "ok", "note", "bad"
DISPATCHER_SILENT_AFTER = timedelta(seconds=20)
WAITS_TOO_LONG = timedelta(minutes=15)
OLDEST_REDIS = embedded.OLDEST
RUN = "Start it: python -m sidecar run (or the process alone, see Procfile), and read its log."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``advice`` says what to do when it is not well."""

    what: str
    level: str
    detail: str
    advice: str = ""


def examine(environ: Mapping[str, str], about_to: Callable[[str], object] = lambda _: None) -> Iterator[Finding]:
    """Every finding; what cannot be looked at because of an earlier one is left out.

    ``about_to`` is told what comes next, as an upstream that is away takes its time.
    """
    found = yield from _settings(environ)
    if found is None:
        return
    about_to("ledger")
    yield from _ledger(found)
    about_to("redis")
    yield from _redis(found)
    if found.oro_base_url and found.oro_client_id and found.oro_client_secret:
        about_to("oro")
        yield from _oro(found)
    if found.zigzag_pull == "off" or (found.zigzag_username and found.zigzag_password):
        about_to("zigzag")
        yield from _zigzag(found)


def _settings(environ: Mapping[str, str]) -> Any:
    """Yields findings; returns the settings, or None when not even those that are right can be used."""
    try:
        found = settings_module.load(environ, need=("oro", "zigzag"))
        yield Finding("settings", OK, "complete")
    except SettingsError as error:
        for line in error.problems:
            yield Finding("settings", BAD, line, "Set it in the environment; the README's table has every setting.")
        try:
            found = settings_module.load(environ)
        except SettingsError:
            return None
    if not found.zigzag_webhook_secret:
        yield Finding(
            "webhook",
            NOTE,
            "ZIGZAG_WEBHOOK_SECRET is not set: every delivery of ZigZag is refused",
            "Set it, unless ZigZag sends no webhooks and the pull is enough.",
        )
    return found


# --- the ledger, and what it knows of the others -------------------------------------------------------------------


def _ledger(found: Settings) -> Iterator[Finding]:
    try:
        check_migrated(found.database_url)
    except NotMigrated as error:
        yield Finding("ledger", BAD, str(error), "Run: python -m sidecar migrate")
        return
    except NewerLedger as error:
        yield Finding("ledger", BAD, str(error), "")
        return
    except DBAPIError as error:
        reason = str(error.orig or error).strip().splitlines()[0]
        yield Finding("ledger", BAD, reason, "Check DATABASE_URL, and that the database runs and lets us in.")
        return
    yield Finding("ledger", OK, f"{found.describe()['DATABASE_URL']}, migrated")
    ledger = open_ledger(found.database_url)
    try:
        yield from _kept(ledger, found, datetime.now(UTC))
    finally:
        ledger.dispose()


def _kept(ledger: Ledger, found: Settings, now: datetime) -> Iterator[Finding]:
    with ledger.read() as conn:
        yield _dispatcher(signals.get(conn, "dispatcher"), now)
        yield _waiting(conn, now)
        yield _messages(conn, now)
        yield _critical(conn)
        yield from _mappings(conn)
        yield from _people(conn, found)
        yield _alerts(conn, found)


def _dispatcher(signal: signals.Signal | None, now: datetime) -> Finding:
    if signal is None:
        return Finding("dispatcher", BAD, "has never run", RUN)
    if now - signal.at > DISPATCHER_SILENT_AFTER:
        silent = now - signal.at
        said = spoken(silent) if silent >= timedelta(minutes=2) else f"{silent.seconds} seconds"
        return Finding("dispatcher", BAD, f"silent for {said}", RUN)
    return Finding("dispatcher", OK, f"leads: {signal.detail}")


def _waiting(conn: Connection, now: datetime) -> Finding:
    found = work.counts(conn, now)
    text = f"{found.due} due, {found.queued} in work, {found.later} tried again later"
    if found.oldest_due_at is not None and now - found.oldest_due_at > WAITS_TOO_LONG:
        late = f"{text}; the oldest has waited for {spoken(now - found.oldest_due_at)}"
        return Finding("returns", BAD, late, "Look whether workers run and what they log; start more with WORKERS.")
    return Finding("returns", OK, text)


def _messages(conn: Connection, now: datetime) -> Finding:
    stuck = inbox.unsettled_returns(conn, now - WAITS_TOO_LONG)
    if stuck:
        advice = "They are tried again each night; now: python -m sidecar sync --all"
        return Finding("messages", BAD, f"{len(stuck)} returns have messages that nobody has applied", advice)
    return Finding("messages", OK, "every message is applied, superseded or flagged")


def _critical(conn: Connection) -> Finding:
    open_ones: Counter[str] = Counter()
    for row in flag_rows.counts(conn):
        open_ones[row.code] += row.count if row.severity == "critical" else 0
    open_ones = +open_ones
    if open_ones:
        said = ", ".join(f"{code} ({count})" for code, count in open_ones.items())
        return Finding("flags", BAD, f"critical and open: {said}", "python -m sidecar flags list; docs/runbook.md")
    return Finding("flags", OK, "none that is open is critical")


def _mappings(conn: Connection) -> Iterator[Finding]:
    listed = mappings.listing(conn)
    if not any(row.kind == "warehouses" for row in listed):
        advice = "python -m sidecar mappings set warehouses GB0064 role=destination oro_code=main"
        yield Finding("mappings", NOTE, "no warehouse is mapped: no stock can be raised", advice)
    waiting: dict[tuple[str, str], set[int]] = {}
    for kind in sorted({*MAPPED_BY.values(), "order_statuses"}):
        for pk, _, word, _ in flag_rows.live_with_mapping(conn, kind):
            waiting.setdefault((kind, word), set()).add(pk)
    for (kind, word), pks in sorted(waiting.items()):
        count = f"{len(pks)} return" + ("s" if len(pks) > 1 else "")
        advice = f"python -m sidecar mappings set {kind} '{word}' ...   (docs/mappings.md)"
        yield Finding("mappings", NOTE if kind == "reasons" else BAD, f"{kind} '{word}': {count} wait for it", advice)
    if not waiting:
        yield Finding("mappings", OK, "every word that was seen is known")


def _people(conn: Connection, found: Settings) -> Iterator[Finding]:
    if not found.sidecar_api_key and not any(key.revoked_at is None for key in keys.list_keys(conn)):
        # Its buttons need sync, its Test Connection read.
        make = "python -m sidecar keys create --name oro --scope sync --scope read"
        advice = f"Set SIDECAR_API_KEY for the bundle, or: {make}"
        yield Finding("keys", NOTE, "there is no API key: Oro's buttons cannot reach us", advice)
    else:
        yield Finding("keys", OK, "there is a key for the bundle")
    if not found.oidc_issuer and not any(user.disabled_at is None for user in users.all_users(conn)):
        advice = "python -m sidecar users add ann --role finance --role operations"
        yield Finding("desk", NOTE, "nobody can sign in at the desk", advice)
    elif not found.desk_url.startswith("https:"):
        advice = "Set DESK_URL=https://...; then cookies are Secure and alerts link to the desk."
        yield Finding("desk", NOTE, f"DESK_URL is {found.desk_url or 'not set'}, not https", advice)
    else:
        yield Finding("desk", OK, found.desk_url)


def _alerts(conn: Connection, found: Settings) -> Finding:
    channels = build_channels(found)
    if not channels:
        advice = "Set ALERT_SMTP_HOST and ALERT_EMAIL_TO, or a chat's address; then: python -m sidecar alerts test"
        return Finding("alerts", NOTE, "nobody is told when something is wrong", advice)
    unsent = sum(count for _, state, count in alerts.counts(conn) if state != alerts.SENT)
    if unsent:
        advice = "See why: python -m sidecar alerts list. Try: python -m sidecar alerts test"
        return Finding("alerts", BAD, f"{unsent} messages could not be sent", advice)
    untold = [owner for owner in telling.OWNERS if not any(channel.serves(owner) for channel in channels)]
    if untold:
        return Finding(
            "alerts", BAD, f"nobody is told for {', '.join(untold)}", "Set ALERT_EMAIL_TO for everybody else."
        )
    return Finding("alerts", OK, f"by {', '.join(channel.name for channel in channels)}")


# --- the others themselves -----------------------------------------------------------------------------------------


def _redis(found: Settings) -> Iterator[Finding]:
    url = found.redis_url or embedded.url_of(found.var_dir)
    if url is None:
        try:
            program = embedded.find_server()
        except embedded.EmbeddedServerError as error:
            yield Finding("redis", BAD, str(error), "Install redis-server, or set REDIS_URL.")
            return
        yield Finding("redis", BAD, f"the embedded server ({program.name}) does not run", RUN)
        return
    with closing(connect(url, quick=True)) as connection:
        try:
            connection.ping()
            yield _server(connection, embedded_one=not found.redis_url)
            alive = len(living(connection, datetime.now(UTC)))
        except RedisError as error:
            advice = "Check REDIS_URL and that the server runs. Nothing is lost meanwhile: work waits in the ledger."
            yield Finding("redis", BAD, f"does not answer ({type(error).__name__})", advice)
            return
    yield Finding("workers", OK, f"{alive} alive") if alive else Finding("workers", BAD, "none is alive", RUN)


def _server(connection: Any, embedded_one: bool) -> Finding:
    version = str(connection.info("server").get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        return Finding("redis", BAD, f"version {version} is too old", "Redis 6.2 or newer is needed, or Valkey.")
    try:
        policy = connection.config_get("maxmemory-policy").get("maxmemory-policy", "")
    except ResponseError:  # many hosted servers do not tell
        policy = ""
    if policy not in ("", "noeviction"):
        advice = "Set maxmemory-policy noeviction, so that no queued job is thrown away when memory is short."
        return Finding("redis", NOTE, f"answers, but its maxmemory-policy is {policy}", advice)
    return Finding("redis", OK, "embedded, answers" if embedded_one else f"answers, version {version}")


def _oro(found: Settings) -> Iterator[Finding]:
    try:
        for each in build_oro(found).documents.check():
            yield Finding("oro", OK if each.ok else BAD, f"{each.subject}: {each.detail}", each.remedy)
    except OroError as error:
        yield Finding("oro", BAD, str(error), "Check ORO_BASE_URL and that this machine may connect to it.")


def _zigzag(found: Settings) -> Iterator[Finding]:
    client = build_zigzag(found)
    if client is None:
        yield Finding("zigzag", OK, "not pulled (ZIGZAG_PULL=off): webhooks and files only")
        return
    with closing(client):
        try:
            client.check()
            yield Finding("zigzag", OK, "token: ZigZag issues tokens to this user")
        except ZigZagError as error:
            yield Finding("zigzag", BAD, f"token: {error}", _remedy(error, "ZIGZAG_TOKEN_PATH"))
            return
        if found.zigzag_pull != "full":
            return
        try:
            next(iter(client.changed_since(datetime.now(UTC), page_size=1)), None)
            yield Finding("zigzag", OK, "list of changes: can be read")
        except ZigZagError as error:
            yield Finding("zigzag", BAD, f"list of changes: {error}", _remedy(error, "ZIGZAG_RETURNS_PATH"))


def _remedy(error: ZigZagError, path: str) -> str:
    if error.kind == "credentials_refused":
        return "Check ZIGZAG_USERNAME, ZIGZAG_PASSWORD and ZIGZAG_RETAILER_CODE with ZigZag."
    if error.kind == "throttled":
        return "ZigZag asks for silence: try again later, and lower ZIGZAG_RATE_PER_SECOND if it happens often."
    if error.kind == "unreachable":
        return "Check ZIGZAG_BASE_URL and that this machine may connect to it."
    return f"Ask ZigZag for the right path and set ZIGZAG_API_PREFIX and {path}; without a list: ZIGZAG_PULL=single."
