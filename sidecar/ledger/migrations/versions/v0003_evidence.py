"""What the desk counts and explains by: orders behind plans, moments of a return, words used, causes of flags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sidecar.ledger import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The same as sidecar.returns.flags.cause_of, for the flags that stand already.
CAUSE = """
UPDATE flags SET cause = CASE
    WHEN mapping_kind IN ('grades', 'order_statuses', 'tracking_statuses')
        THEN mapping_kind || ':' || replace(replace(replace(lower(mapping_source), ' ', ''), '_', ''), '-', '')
    WHEN mapping_kind IN ('fees', 'scan_units') THEN mapping_kind || ':' || upper(trim(mapping_source))
    WHEN mapping_kind IS NOT NULL THEN mapping_kind || ':' || trim(mapping_source)
    WHEN sku <> '' THEN 'sku:' || upper(trim(sku))
    ELSE subject
END
"""


def upgrade() -> None:
    for column in (
        sa.Column("order_digest", sa.Text(), nullable=False, server_default=""),
        sa.Column("milestone_at", columns.UtcDateTime(), nullable=True),
        sa.Column("received_at", columns.UtcDateTime(), nullable=True),
        sa.Column("graded_at", columns.UtcDateTime(), nullable=True),
    ):
        op.add_column("returns", column)
    op.create_index("ix_returns_status", "returns", ["status", "milestone_at"])
    op.create_index("ix_returns_graded", "returns", ["graded_at"])
    op.create_table(
        "words",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("return_pk", columns.Id, nullable=False),
        sa.ForeignKeyConstraint(["return_pk"], ["returns.id"], name=op.f("fk_words_return_pk")),
        sa.PrimaryKeyConstraint("kind", "word", "return_pk", name=op.f("pk_words")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_postings_created", "postings", ["created_at", "key"])
    op.add_column("flags", sa.Column("cause", sa.Text(), nullable=False, server_default=""))
    op.execute(CAUSE)
    op.create_index("ix_flags_closed", "flags", ["state", "closed_at"])
    live = sa.text("state IN ('open', 'assigned')")
    op.create_index("ix_flags_live", "flags", ["code", "cause"], sqlite_where=live, postgresql_where=live)
