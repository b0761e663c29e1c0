"""Which domains have most letters of an issue, and which send most back, without looking at the others."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index what is counted of an issue by how much it is."""
    for name in ("accepted", "rejected", "returned"):
        op.create_index(f"ix_issue_domains_{name}", "issue_domains", ["issue_id", name])
