"""What a forwarded letter or an automatic answer carries, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of enclosures; what is there is kept."""
    op.create_table(
        "enclosures",
        sa.Column("mail_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_enclosures")),
    )
