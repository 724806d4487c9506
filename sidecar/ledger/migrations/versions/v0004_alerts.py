"""Alerts: what people were told, and the messages on their way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sidecar.ledger import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_marks",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("flag_id", columns.Id, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("told_at", columns.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_alert_marks")),
    )
    op.create_index("ix_alert_marks_flag", "alert_marks", ["flag_id", "kind"])
    op.create_index("ix_alert_marks_batch", "alert_marks", ["batch"])
    op.create_table(
        "alert_notices",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", columns.Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", columns.UtcDateTime(), nullable=False),
        sa.Column("sent_at", columns.UtcDateTime(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_alert_notices_key")),
    )
    op.create_index("ix_alert_notices_due", "alert_notices", ["state", "next_attempt_at"])
    op.create_index("ix_alert_notices_owner", "alert_notices", ["owner", "kind", "created_at"])
