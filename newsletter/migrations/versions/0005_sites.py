"""Sites, what counts against abuse of their forms, and the queue of what they are told."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

from newsletter.database import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of part 6; what is there is kept."""
    op.add_column("subscriptions", sa.Column("site", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("mailed_links", sa.Column("site", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_index("ix_mailed_links_site", "mailed_links", ["site", "kind", "requested_at"], unique=False)
    op.create_table(
        "also_asked",
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("in_mail", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["mailed_links.id"],
            name=op.f("fk_also_asked_link_id_mailed_links"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_also_asked_subscription_id_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("link_id", "subscription_id", name=op.f("pk_also_asked")),
    )
    for name in ("alert", "reason"):
        op.add_column(
            "system_mails", sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)
        )
    _count_sites()
    _hold_back()
    _tell_sites()


def _count_sites() -> None:
    old = sa.table("signup_counts", sa.column("counted_on", sa.Text), sa.column("count", sa.Integer))
    per_day = sa.select(old.c.counted_on, sa.func.sum(old.c.count)).group_by(old.c.counted_on)
    kept = op.get_bind().execute(per_day).all()
    op.drop_table("signup_counts")
    new = op.create_table(
        "signup_counts",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("mailed", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", "counted_on", name=op.f("pk_signup_counts")),
    )
    # There were no sites before, and how many confirmed was not counted.
    rows = [
        {"site": "", "counted_on": date.fromisoformat(day), "taken": int(count), "mailed": 0, "confirmed": 0}
        for day, count in kept
    ]
    op.bulk_insert(new, rows)


def _hold_back() -> None:
    op.create_table(
        "limit_hits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_hits")),
    )
    op.create_index(op.f("ix_limit_hits_key"), "limit_hits", ["key"], unique=False)
    op.create_index(op.f("ix_limit_hits_ends_at"), "limit_hits", ["ends_at"], unique=False)
    op.create_table(
        "spent_challenges",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_challenges")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("request", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "breakers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_breakers")),
    )


def _tell_sites() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=False),
        sa.Column("last_reply", sa.Text(), nullable=False),
        sa.Column("refused_since", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_webhook_events_event_id")),
    )
    op.create_index("ix_webhook_events_due", "webhook_events", ["site", "state", "next_at"], unique=False)
    op.create_index(
        "ix_webhook_events_order", "webhook_events", ["subscriber_id", "site", "state"], unique=False
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("failing_since", UTCDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=True),
        sa.Column("disabled_at", UTCDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_webhook_endpoints")),
    )
