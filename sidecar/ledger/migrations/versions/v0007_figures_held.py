"""Indexes that hold what is counted: no message, posting or flag is read for a sum.

The state comes first and takes the place of a condition: a statement names it by a bound parameter, and then SQLite
does not see that a partial index would answer.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

POSTINGS = ["state", "confirmed_at", "kind", "currency", "net", "tax", "total"]
FLAGS = ["state", "owner", "severity", "currency", "amount", "first_seen_at", "due_at"]


def upgrade() -> None:
    op.create_index("ix_inbox_figures", "inbox", ["source", "state", "seen"])
    op.drop_index("ix_postings_figures", "postings")
    op.create_index("ix_postings_figures", "postings", POSTINGS)
    op.drop_index("ix_flags_figures", "flags")
    op.create_index("ix_flags_figures", "flags", FLAGS)
