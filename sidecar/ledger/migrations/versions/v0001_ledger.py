"""The ledger as it begins: every table, and triggers that keep postings and the audit trail as written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sidecar.ledger import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What of a posting never changes, whatever asks for it; a confirmed one changes in nothing.
FIXED = (
    "key", "return_pk", "order_key", "n", "kind", "status", "currency", "net", "tax", "total", "digest", "body",
    "evidence", "created_at",
)  # fmt: skip
DIFFERS = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FIXED)


def upgrade() -> None:
    _tables()
    # Alembic cannot write an index on an expression for both databases in one way.
    op.execute("CREATE INDEX ix_return_lines_sku ON return_lines (upper(sku))")
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def _sqlite_triggers() -> None:
    differs = DIFFERS.replace("IS DISTINCT FROM", "IS NOT")
    for name, event, table, when, why in (
        ("audit_no_update", "UPDATE", "audit", "1", "the audit trail is append-only"),
        ("audit_no_delete", "DELETE", "audit", "1", "the audit trail is append-only"),
        ("postings_fixed", "UPDATE", "postings", f"OLD.state = 'confirmed' OR {differs}", "a posting does not change"),
        ("postings_no_delete", "DELETE", "postings", "1", "a posting is never deleted"),
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{why}'); END"
        )


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    call = "EXECUTE FUNCTION refuse_change"
    op.execute(
        "CREATE TRIGGER audit_fixed BEFORE UPDATE OR DELETE ON audit FOR EACH ROW "
        f"{call}('the audit trail is append-only')"
    )
    op.execute(
        "CREATE TRIGGER postings_fixed BEFORE UPDATE ON postings FOR EACH ROW "
        f"WHEN (OLD.state = 'confirmed' OR {DIFFERS}) {call}('a posting does not change')"
    )
    op.execute(
        f"CREATE TRIGGER postings_no_delete BEFORE DELETE ON postings FOR EACH ROW {call}('a posting is never deleted')"
    )


def _tables() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", columns.UtcDateTime(), nullable=True),
        sa.Column("last_used_at", columns.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
    )
    op.create_index(
        "uq_api_keys_name_in_use",
        "api_keys",
        ["name"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "audit",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("at", columns.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("detail", columns.Json(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_return_id", "audit", ["return_id", "id"], unique=False)
    op.create_index("ix_audit_subject", "audit", ["subject", "id"], unique=False)
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", columns.Id, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("received_at", columns.UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", columns.UtcDateTime(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("retailer_code", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("order_identifier", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", columns.UtcDateTime(), nullable=True),
        sa.Column("milestone_rank", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "retailer_code",
            "return_id",
            "digest",
            "occurrence",
            name=op.f("uq_inbox_retailer_code_return_id_digest_occurrence"),
        ),
    )
    op.create_index(
        "ix_inbox_new",
        "inbox",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index("ix_inbox_return", "inbox", ["retailer_code", "return_id", "id"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("token", columns.Id, nullable=False),
        sa.Column("expires_at", columns.UtcDateTime(), nullable=False),
        sa.Column("claimed_at", columns.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "mappings",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", columns.Json(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", columns.UtcDateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mappings")),
    )
    op.create_index("ix_mappings_word", "mappings", ["kind", "source", "id"], unique=False)
    op.create_table(
        "orders_read",
        sa.Column("order_key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", columns.Json(), nullable=False),
        sa.Column("read_at", columns.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("order_key", "digest", name=op.f("pk_orders_read")),
    )
    op.create_table(
        "returns",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("retailer_code", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("order_identifier", sa.Text(), nullable=False),
        sa.Column("order_key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("warehouse", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("owed", columns.Money(), nullable=False),
        sa.Column("snapshots", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", columns.UtcDateTime(), nullable=False),
        sa.Column("last_snapshot_at", columns.UtcDateTime(), nullable=True),
        sa.Column("changed_at", columns.UtcDateTime(), nullable=False),
        sa.Column("synced_at", columns.UtcDateTime(), nullable=True),
        sa.Column("source_updated_at", columns.UtcDateTime(), nullable=True),
        sa.Column("document_digest", sa.Text(), nullable=False),
        sa.Column("planned_digest", sa.Text(), nullable=False),
        sa.Column("document", columns.Json(), nullable=True),
        sa.Column("pins", columns.Json(), nullable=True),
        sa.Column("intake", columns.Json(), nullable=True),
        sa.Column("intake_digest", sa.Text(), nullable=False),
        sa.Column("applied_inbox_id", columns.Id, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("retailer_code", "return_id", name=op.f("uq_returns_retailer_code_return_id")),
    )
    op.create_index("ix_returns_changed", "returns", ["changed_at", "id"], unique=False)
    op.create_index("ix_returns_milestone", "returns", ["milestone", "changed_at", "id"], unique=False)
    op.create_index("ix_returns_order_key", "returns", ["order_key"], unique=False)
    op.create_index("ix_returns_state", "returns", ["state", "changed_at", "id"], unique=False)
    op.create_table(
        "signals",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("at", columns.UtcDateTime(), nullable=False),
        sa.Column("since", columns.UtcDateTime(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("value", columns.Json(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_signals")),
    )
    op.create_table(
        "flags",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("return_pk", columns.Id, nullable=True),
        sa.Column("return_id", sa.Text(), nullable=False),
        sa.Column("order_identifier", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("line_key", sa.Text(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("amount", columns.Money(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("holds", sa.Text(), nullable=False),
        sa.Column("mapping_kind", sa.Text(), nullable=True),
        sa.Column("mapping_source", sa.Text(), nullable=True),
        sa.Column("first_seen_at", columns.UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", columns.UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("assigned_to", sa.Text(), nullable=False),
        sa.Column("closed_at", columns.UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("closed_reason", sa.Text(), nullable=False),
        sa.Column("person_released", sa.Boolean(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["return_pk"], ["returns.id"], name=op.f("fk_flags_return_pk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
        sa.UniqueConstraint("scope", "code", "subject", name=op.f("uq_flags_scope_code_subject")),
    )
    op.create_index("ix_flags_code", "flags", ["code", "state", "urgency", "id"], unique=False)
    op.create_index("ix_flags_mapping", "flags", ["mapping_kind", "mapping_source"], unique=False)
    op.create_index("ix_flags_owner", "flags", ["owner", "state", "urgency", "id"], unique=False)
    op.create_index("ix_flags_return", "flags", ["return_pk"], unique=False)
    op.create_index("ix_flags_return_id", "flags", ["return_id"], unique=False)
    op.create_index("ix_flags_state", "flags", ["state", "urgency", "id"], unique=False)
    op.create_index("ix_flags_urgency", "flags", ["urgency", "id"], unique=False)
    op.create_table(
        "postings",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("return_pk", columns.Id, nullable=False),
        sa.Column("order_key", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", columns.Money(), nullable=False),
        sa.Column("tax", columns.Money(), nullable=False),
        sa.Column("total", columns.Money(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", columns.Json(), nullable=False),
        sa.Column("evidence", columns.Json(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", columns.Id, nullable=True),
        sa.Column("sent_at", columns.UtcDateTime(), nullable=True),
        sa.Column("confirmed_at", columns.UtcDateTime(), nullable=True),
        sa.Column("oro_id", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["return_pk"], ["returns.id"], name=op.f("fk_postings_return_pk")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_postings")),
        sa.UniqueConstraint("return_pk", "n", name=op.f("uq_postings_return_pk_n")),
    )
    op.create_index("ix_postings_order_key", "postings", ["order_key"], unique=False)
    op.create_index("ix_postings_state", "postings", ["state", "created_at"], unique=False)
    op.create_table(
        "requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("return_pk", columns.Id, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("finished_at", columns.UtcDateTime(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["return_pk"], ["returns.id"], name=op.f("fk_requests_return_pk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index(
        "ix_requests_pending_return",
        "requests",
        ["return_pk"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index(
        "uq_requests_pending",
        "requests",
        ["kind", "target"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "return_lines",
        sa.Column("return_pk", columns.Id, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("line_key", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("order_line_id", sa.Text(), nullable=True),
        sa.Column("requested", columns.Quantity(), nullable=False),
        sa.Column("received", columns.Quantity(), nullable=False),
        sa.Column("accepted", columns.Quantity(), nullable=False),
        sa.Column("credited", columns.Quantity(), nullable=False),
        sa.Column("restocked", columns.Quantity(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("parts", columns.Json(), nullable=False),
        sa.Column("held_by", columns.Json(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["return_pk"], ["returns.id"], name=op.f("fk_return_lines_return_pk")),
        sa.PrimaryKeyConstraint("return_pk", "n", name=op.f("pk_return_lines")),
    )
    op.create_table(
        "work",
        sa.Column("return_pk", columns.Id, nullable=False),
        sa.Column("due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("queued_until", columns.UtcDateTime(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("done_generation", sa.Integer(), nullable=False),
        sa.Column("pull", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_error_code", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["return_pk"], ["returns.id"], name=op.f("fk_work_return_pk")),
        sa.PrimaryKeyConstraint("return_pk", name=op.f("pk_work")),
    )
    op.create_index("ix_work_due", "work", ["due_at"], unique=False)
    op.create_index(
        "ix_work_job",
        "work",
        ["job_id"],
        unique=False,
        sqlite_where=sa.text("queued_until IS NOT NULL"),
        postgresql_where=sa.text("queued_until IS NOT NULL"),
    )
