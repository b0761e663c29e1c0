"""What the picker needs: decisions, topic editions, readers' topics, and more of what was sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.database import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns; issues that are there count as general editions on no topic."""
    op.add_column("issues", sa.Column("form", sa.String(16), nullable=False, server_default=sa.text("''")))
    op.add_column("issues", sa.Column("title", sa.String(400), nullable=False, server_default=sa.text("''")))
    op.add_column("deliveries", sa.Column("edition", sa.LargeBinary(), nullable=True))
    _widen_picks()
    _widen_editions()
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("newsletter", sa.String(length=40), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=False),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_newsletter_issued_on", "decisions", ["newsletter", "issued_on"])
    op.create_table(
        "reader_topics",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_reader_topics_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_reader_topics")),
    )


def _widen_picks() -> None:
    """A primary key cannot be changed in place on SQLite: the rows are kept aside."""
    op.execute("CREATE TABLE picks_kept AS SELECT * FROM picks")
    op.drop_table("picks")
    op.create_table(
        "picks",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("topic_set", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.String(length=200), nullable=False),
        sa.Column("section_key", sa.String(length=600), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("is_sensitive", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_picks_issue_id_issues")),
        sa.PrimaryKeyConstraint("issue_id", "topic_set", "position", name=op.f("pk_picks")),
    )
    op.execute(
        "INSERT INTO picks (issue_id, topic_set, position, article_id, section_key, is_lead, topics, "
        "is_sensitive) SELECT issue_id, '', position, article_id, section_key, is_lead, '[]', false "
        "FROM picks_kept"
    )
    op.drop_table("picks_kept")


def _widen_editions() -> None:
    op.execute("CREATE TABLE editions_kept AS SELECT * FROM editions")
    op.drop_table("editions")
    op.create_table(
        "editions",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("topic_set", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("preheader", sa.String(length=400), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rendered_at", UTCDateTime(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("readers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("private", sa.String(length=400), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_editions_issue_id_issues")),
        sa.PrimaryKeyConstraint("issue_id", "language", "topic_set", name=op.f("pk_editions")),
    )
    op.execute(
        "INSERT INTO editions (issue_id, language, topic_set, subject, preheader, html, text, sha256, "
        "rendered_at, size) SELECT issue_id, language, '', subject, preheader, html, text, sha256, "
        "rendered_at, size FROM editions_kept"
    )
    op.drop_table("editions_kept")
