"""How many deliveries of an issue are in each state, kept as they change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATES = (
    *("queued", "sending", "accepted", "deferred", "rejected"),
    *("unknown", "bounced", "complained", "expired", "skipped"),
)


def upgrade() -> None:
    """Make the table and count what is there, this once; what was folded into totals moves into it."""
    counts = op.create_table(
        "issue_counts",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(state, sa.Integer(), nullable=False) for state in _STATES),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_issue_counts_issue_id_issues")),
        sa.PrimaryKeyConstraint("issue_id", "shard", name=op.f("pk_issue_counts")),
    )
    deliveries = sa.table("deliveries", sa.column("issue_id"), sa.column("state"))
    totals = sa.table("delivery_totals", sa.column("issue_id"), sa.column("state"), sa.column("count"))
    there = sa.select(deliveries.c.issue_id, deliveries.c.state, sa.func.count().label("count")).group_by(
        deliveries.c.issue_id, deliveries.c.state
    )
    every = sa.union_all(there, sa.select(totals.c.issue_id, totals.c.state, totals.c["count"])).subquery()
    by_state = [
        sa.func.sum(sa.case((every.c.state == state, every.c["count"]), else_=0)) for state in _STATES
    ]
    summed = sa.select(every.c.issue_id, sa.literal_column("0"), *by_state).group_by(every.c.issue_id)
    op.execute(sa.insert(counts).from_select(["issue_id", "shard", *_STATES], summed))
    op.drop_table("delivery_totals")
