"""Leases by sender, the pace of domains, and why an issue was stopped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.database import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of part 7; what is there is kept."""
    op.create_table(
        "senders",
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("leased_until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_senders")),
    )
    _pace()
    op.add_column("issues", sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("issues", sa.Column("canary_passed_at", UTCDateTime(), nullable=True))
    op.drop_index("ix_deliveries_owner", table_name="deliveries")
    op.drop_index("ix_deliveries_issue_id_state", table_name="deliveries")
    op.drop_column("deliveries", "leased_until")
    op.add_column("deliveries", sa.Column("relay", sa.String(length=40), nullable=True))
    # What waits is found by its time, which a delivery that was never tried now has, too.
    table = sa.table(
        "deliveries",
        sa.column("state", sa.String),
        sa.column("next_at", UTCDateTime),
        sa.column("queued_at", UTCDateTime),
    )
    waits = (table.c.state.in_(("queued", "deferred", "unknown"))) & table.c.next_at.is_(None)
    op.execute(sa.update(table).where(waits).values(next_at=table.c.queued_at))
    op.create_index("ix_deliveries_due", "deliveries", ["issue_id", "state", "next_at"], unique=False)


def _pace() -> None:
    op.create_table(
        "domain_paces",
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("held_until", UTCDateTime(), nullable=True),
        sa.Column("at_once", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_domain_paces")),
    )
    op.create_table(
        "pace_slots",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("free_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pace_slots")),
    )
    op.create_table(
        "relay_days",
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("counted_on", name=op.f("pk_relay_days")),
    )
