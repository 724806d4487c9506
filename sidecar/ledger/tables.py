"""The tables. Migrations create them (a test holds both together); row values are in the module of each table family.

Columns stand in the order of the fields of their row value, so that a row becomes a value without naming each column.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from sidecar.ledger.columns import Id, Json, Money, Quantity, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _must(name: str, kind: Any = Text, *more: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, *more, nullable=False, **options)


def _may(name: str, kind: Any = Text, *more: Any) -> Column[Any]:
    return Column(name, kind, *more, nullable=True)


def _of_return(**options: Any) -> Column[Any]:
    return Column("return_pk", Id, ForeignKey("returns.id"), **options)


inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),
    _must("received_at", UtcDateTime),
    _must("last_seen_at", UtcDateTime),
    _must("source"),  # webhook, pull, feed, intake
    _must("retailer_code"),
    _must("return_id"),  # empty: the body could not be read
    _must("order_identifier"),
    _must("digest"),
    _must("occurrence", Integer),  # counts A, B, A: the same content again after another
    _may("payload"),
    _must("size", Integer),
    _may("at", UtcDateTime),
    _must("milestone_rank", Integer),
    _must("state"),  # new, applied, superseded, flagged
    _must("detail"),
    _must("seen", Integer),
    _must("correlation_id"),
    UniqueConstraint("retailer_code", "return_id", "digest", "occurrence"),
)
Index("ix_inbox_received", inbox.c.source, inbox.c.received_at)
Index("ix_inbox_figures", inbox.c.source, inbox.c.state, inbox.c.seen)
Index("ix_inbox_return", inbox.c.retailer_code, inbox.c.return_id, inbox.c.id)
Index(
    "ix_inbox_new",
    inbox.c.received_at,
    sqlite_where=inbox.c.state == text("'new'"),
    postgresql_where=inbox.c.state == text("'new'"),
)

returns = Table(
    "returns",
    metadata,
    Column("id", Id, primary_key=True),
    _must("retailer_code"),
    _must("return_id"),
    _must("order_identifier"),
    _must("order_key"),  # the identifier in lower case: what a claim is taken on
    _may("order_id"),
    _must("milestone"),
    _must("state"),  # pending, in_sync, review, failed
    _must("status"),  # the word Oro is to show
    _must("warehouse"),
    _must("tracking"),
    _must("carrier"),
    _must("currency"),
    _must("owed", Money),
    _must("snapshots", Integer),
    _must("first_seen_at", UtcDateTime),
    _may("last_snapshot_at", UtcDateTime),
    _must("changed_at", UtcDateTime),
    _may("synced_at", UtcDateTime),
    _may("source_updated_at", UtcDateTime),
    _must("document_digest"),  # of the last document that Oro confirmed
    _must("planned_digest"),
    _may("document", Json),
    _may("pins", Json),
    _may("intake", Json),
    _must("intake_digest"),
    _may("applied_inbox_id", Id),
    _must("revision", Integer),
    _must("order_digest"),  # of the order as the last plan read it, see orders_read; empty: Oro does not know it
    _may("milestone_at", UtcDateTime),  # when the milestone was first said
    _may("received_at", UtcDateTime),
    _may("graded_at", UtcDateTime),
    _may("oro_return_id"),
    UniqueConstraint("retailer_code", "return_id"),
)
Index("ix_returns_figures", returns.c.state, returns.c.milestone)
Index("ix_returns_order_key", returns.c.order_key)
Index("ix_returns_status", returns.c.status, returns.c.milestone_at)
Index("ix_returns_graded", returns.c.graded_at)
Index("ix_returns_changed", returns.c.changed_at, returns.c.id)
Index("ix_returns_state", returns.c.state, returns.c.changed_at, returns.c.id)
Index("ix_returns_milestone", returns.c.milestone, returns.c.changed_at, returns.c.id)

return_lines = Table(
    "return_lines",
    metadata,
    _of_return(primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    _must("identity"),
    _must("line_key"),
    _must("sku"),
    _must("unit"),
    _may("order_line_id"),
    _must("requested", Quantity),
    _must("received", Quantity),
    _must("accepted", Quantity),
    _must("credited", Quantity),
    _must("restocked", Quantity),
    _must("grade"),
    _must("disposition"),
    _must("reason_code"),
    _must("parts", Json),
    _must("held_by", Json),
    _must("gone", Boolean),  # no longer on the return; its number stays taken for ever
)
Index("ix_return_lines_sku", func.upper(return_lines.c.sku))

words = Table(
    "words",
    metadata,
    Column("kind", Text, primary_key=True),  # a kind of mapping, or skus
    Column("word", Text, primary_key=True),  # as mappings compare it, see returns.lookups.same_word
    _of_return(primary_key=True),
    sqlite_with_rowid=False,
)

postings = Table(
    "postings",
    metadata,
    Column("key", Text, primary_key=True),
    _of_return(nullable=False),
    _must("order_key"),
    _must("n", Integer),
    _must("state"),  # planned, sent, confirmed, unknown, refused
    _must("kind"),  # credit, stock
    _must("status"),  # issued, draft
    _must("currency"),
    _must("net", Money),
    _must("tax", Money),
    _must("total", Money),
    _must("digest"),
    _must("body", Json),  # exact lines, stock moves, fee
    _must("evidence", Json),
    _must("created_at", UtcDateTime),
    _must("attempts", Integer),
    _may("token", Id),  # fencing token of the claim under which it was sent last
    _may("sent_at", UtcDateTime),
    _may("confirmed_at", UtcDateTime),
    _may("oro_id"),
    _must("detail"),
    UniqueConstraint("return_pk", "n"),
)
Index(
    "ix_postings_figures",  # holds what is summed; the state first, as a partial index hides behind a bound parameter
    *(postings.c[name] for name in ("state", "confirmed_at", "kind", "currency", "net", "tax", "total")),
)
Index("ix_postings_order_key", postings.c.order_key)
Index("ix_postings_state", postings.c.state, postings.c.created_at)
Index("ix_postings_created", postings.c.created_at, postings.c.key)

orders_read = Table(
    "orders_read",
    metadata,
    Column("order_key", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    _must("body", Json),
    _must("read_at", UtcDateTime),
)

work = Table(
    "work",
    metadata,
    _of_return(primary_key=True),
    _may("due_at", UtcDateTime),  # null: idle
    _may("queued_until", UtcDateTime),
    _must("generation", Integer),
    _must("done_generation", Integer),
    _must("pull", Boolean),
    _must("attempts", Integer),
    _must("reason"),
    _must("last_error"),
    _must("last_error_code"),
    _must("correlation_id"),
    _must("job_id"),
)
Index("ix_work_due", work.c.due_at)
Index(
    "ix_work_job",
    work.c.job_id,
    sqlite_where=work.c.queued_until.is_not(None),
    postgresql_where=work.c.queued_until.is_not(None),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    _must("holder"),  # empty: given back
    _must("token", Id),
    _must("expires_at", UtcDateTime),
    _must("claimed_at", UtcDateTime),
)

flags = Table(
    "flags",
    metadata,
    Column("id", Id, primary_key=True),
    _must("scope"),  # empty for the whole system, else "return:" and its pk
    _of_return(nullable=True),
    _must("return_id"),
    _must("order_identifier"),
    _must("code"),
    _must("subject"),
    _must("owner"),
    _must("severity"),
    _must("state"),  # open, assigned, resolved, released
    _must("message"),
    _must("next_step"),
    _may("line_key"),
    _must("sku"),
    _may("amount", Money),
    _must("currency"),
    _must("holds"),
    _may("mapping_kind"),
    _may("mapping_source"),
    _must("first_seen_at", UtcDateTime),
    _must("last_seen_at", UtcDateTime),
    _must("count", Integer),
    _may("due_at", UtcDateTime),
    _must("assigned_to"),
    _may("closed_at", UtcDateTime),
    _must("closed_by"),
    _must("closed_reason"),
    _must("person_released", Boolean),
    _must("urgency", Integer),  # 0 critical, 1 warning, 2 info: the order of the desk
    _must("cause"),  # what it is about, beyond its own return: with the code it groups the flags that one decision ends
    UniqueConstraint("scope", "code", "subject"),
)
Index("ix_flags_return", flags.c.return_pk)
Index("ix_flags_return_id", flags.c.return_id)
Index("ix_flags_urgency", flags.c.urgency, flags.c.id)
Index("ix_flags_state", flags.c.state, flags.c.urgency, flags.c.id)
Index("ix_flags_owner", flags.c.owner, flags.c.state, flags.c.urgency, flags.c.id)
Index("ix_flags_code", flags.c.code, flags.c.state, flags.c.urgency, flags.c.id)
Index("ix_flags_mapping", flags.c.mapping_kind, flags.c.mapping_source)
Index("ix_flags_closed", flags.c.state, flags.c.closed_at)
LIVE = text("state IN ('open', 'assigned')")
Index("ix_flags_live", flags.c.code, flags.c.cause, sqlite_where=LIVE, postgresql_where=LIVE)
Index(
    "ix_flags_figures",
    *(flags.c[name] for name in ("state", "owner", "severity", "currency", "amount", "first_seen_at", "due_at")),
)

mappings = Table(
    "mappings",
    metadata,
    Column("id", Id, primary_key=True),  # the version
    _must("kind"),
    _must("source"),
    _may("value", Json),  # null: deleted
    _must("changed_by"),
    _must("changed_at", UtcDateTime),
    _must("note"),
)
Index("ix_mappings_word", mappings.c.kind, mappings.c.source, mappings.c.id)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    _must("name"),
    _must("prefix"),
    _must("hash", Text, unique=True),
    _must("scopes"),
    _must("created_at", UtcDateTime),
    _must("created_by"),
    _may("revoked_at", UtcDateTime),
    _may("last_used_at", UtcDateTime),
)
Index(
    "uq_api_keys_name_in_use",
    api_keys.c.name,
    unique=True,
    sqlite_where=api_keys.c.revoked_at.is_(None),
    postgresql_where=api_keys.c.revoked_at.is_(None),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    _must("at", UtcDateTime),
    _must("actor"),
    _must("action"),
    _must("subject"),
    _must("return_id"),
    _may("detail", Json),
    _must("correlation_id"),
)
Index("ix_audit_at", audit.c.at)
Index("ix_audit_return_id", audit.c.return_id, audit.c.id)
Index("ix_audit_subject", audit.c.subject, audit.c.id)

requests = Table(
    "requests",
    metadata,
    Column("id", Text, primary_key=True),
    _must("kind"),  # return, order
    _must("target"),
    _of_return(nullable=True),
    _must("state"),  # queued, running, done, failed
    _must("detail"),
    _must("created_at", UtcDateTime),
    _may("finished_at", UtcDateTime),
    _must("generation", Integer),
    _must("actor"),
)
PENDING = text("state IN ('queued', 'running')")
Index(
    "uq_requests_pending",
    requests.c.kind,
    requests.c.target,
    unique=True,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)
Index("ix_requests_pending_return", requests.c.return_pk, sqlite_where=PENDING, postgresql_where=PENDING)

signals = Table(
    "signals",
    metadata,
    Column("name", Text, primary_key=True),
    _must("ok", Boolean),
    _must("at", UtcDateTime),
    _must("since", UtcDateTime),
    _must("detail"),
    _may("value", Json),
)

counters = Table("counters", metadata, Column("name", Text, primary_key=True), _must("value", Id))

alert_marks = Table(
    "alert_marks",
    metadata,
    Column("subject", Text, primary_key=True),  # kind and flag id, or the link's name
    _may("flag_id", Id),
    _must("kind"),  # critical, past due, link
    _must("owner"),
    _must("text"),
    _must("batch"),
    _must("told_at", UtcDateTime),
)
Index("ix_alert_marks_flag", alert_marks.c.flag_id, alert_marks.c.kind)
Index("ix_alert_marks_batch", alert_marks.c.batch)

alert_notices = Table(
    "alert_notices",
    metadata,
    Column("id", Id, primary_key=True),
    _must("key", Text, unique=True),
    _must("channel"),
    _must("owner"),
    _must("kind"),  # alert, digest
    _must("body", Json),
    _must("state"),  # waiting, sent, given_up
    _must("created_at", UtcDateTime),
    _must("attempts", Integer),
    _must("next_attempt_at", UtcDateTime),
    _may("sent_at", UtcDateTime),
    _must("detail"),
)
Index("ix_alert_notices_due", alert_notices.c.state, alert_notices.c.next_attempt_at)
Index("ix_alert_notices_owner", alert_notices.c.owner, alert_notices.c.kind, alert_notices.c.created_at)
