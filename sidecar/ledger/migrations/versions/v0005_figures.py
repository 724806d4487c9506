"""Indexes that hold the figures of the desk's first page, so that 100,000 returns are counted without being read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_returns_figures", "returns", ["state", "milestone"])
    op.create_index("ix_inbox_received", "inbox", ["source", "received_at"])
    confirmed = sa.text("state = 'confirmed'")
    op.create_index(
        "ix_postings_figures",
        "postings",
        ["confirmed_at", "kind", "currency", "net", "tax", "total"],
        sqlite_where=confirmed,
        postgresql_where=confirmed,
    )
    live = sa.text("state IN ('open', 'assigned')")
    op.create_index(
        "ix_flags_figures",
        "flags",
        ["owner", "severity", "currency", "amount", "first_seen_at", "due_at"],
        sqlite_where=live,
        postgresql_where=live,
    )
