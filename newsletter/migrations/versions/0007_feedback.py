"""What came back, what was counted of it, and the tray of what matched nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.database import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of part 8."""
    op.add_column("deliveries", sa.Column("refused_at", sa.String(length=4), nullable=True))
    _events()
    _failures()
    _counts()


def _events() -> None:
    op.create_table(
        "feedback_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("permanence", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("diagnostic", sa.Text(), nullable=False),
        sa.Column("consequence", sa.String(length=12), nullable=False),
        sa.Column("happened_at", UTCDateTime(), nullable=False),
        sa.Column("taken_at", UTCDateTime(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_feedback_events_subscriber_id_subscribers")
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_feedback_events_issue_id_issues")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_events")),
        sa.UniqueConstraint("key", name=op.f("uq_feedback_events_key")),
    )
    op.create_index(op.f("ix_feedback_events_taken_at"), "feedback_events", ["taken_at"])
    op.create_index(op.f("ix_feedback_events_subscriber_id"), "feedback_events", ["subscriber_id"])
    op.create_table(
        "feedback_tray",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("octets", sa.Integer(), nullable=False),
        sa.Column("about", sa.LargeBinary(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_tray")),
    )
    op.create_index(op.f("ix_feedback_tray_received_at"), "feedback_tray", ["received_at"])
    op.create_index(op.f("ix_feedback_tray_about"), "feedback_tray", ["about"])


def _failures() -> None:
    op.create_table(
        "reader_failures",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("blame", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_reader_failures_issue_id_issues")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_reader_failures_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("issue_id", "subscriber_id", name=op.f("pk_reader_failures")),
    )
    op.create_index("ix_reader_failures_domain", "reader_failures", ["issue_id", "domain", "blame"])
    op.create_index("ix_reader_failures_subscriber_id", "reader_failures", ["subscriber_id"])


def _counts() -> None:
    op.create_table(
        "issue_domains",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("relay", sa.String(length=40), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("accepted", "rejected", "returned", "blocked", "unfit", "complained", "failed")
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_issue_domains_issue_id_issues")),
        sa.PrimaryKeyConstraint("issue_id", "domain", "relay", name=op.f("pk_issue_domains")),
    )
    op.create_index("ix_issue_domains_domain", "issue_domains", ["domain", "issue_id"])
    op.create_table(
        "counted_issues",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("after_id", sa.Integer(), nullable=False),
        sa.Column("counted_at", UTCDateTime(), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_counted_issues_issue_id_issues")),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_counted_issues")),
    )
    op.create_table(
        "feedback_days",
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("counted_on", "name", name=op.f("pk_feedback_days")),
    )
