"""The number of a return's record in OroCommerce, for the link to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("returns", sa.Column("oro_return_id", sa.Text(), nullable=True))
