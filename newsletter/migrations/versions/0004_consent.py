"""Choices of a reader, links kept as hashes, a consent chain that survives erasure, and the journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.database import UTCDateTime
from newsletter.subscribers.token import link_digest

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of part 5; what is there is kept, and old consent records still verify."""
    _widen_readers()
    _hash_links()
    _widen_consents()
    _add_tables()


def _widen_readers() -> None:
    op.add_column(
        "subscribers", sa.Column("language", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "subscriptions", sa.Column("frequency", sa.Text(), server_default=sa.text("'daily'"), nullable=False)
    )
    op.add_column("subscriptions", sa.Column("paused_until", sa.Date(), nullable=True))
    op.drop_index("ix_subscriptions_audience", "subscriptions")
    op.create_index(
        "ix_subscriptions_audience", "subscriptions", ["newsletter", "state", "frequency", "id"], unique=False
    )
    op.add_column(
        "system_mails", sa.Column("language", sa.Text(), server_default=sa.text("''"), nullable=False)
    )


def _hash_links() -> None:
    op.create_table(
        "mailed_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("requested_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("spent_at", UTCDateTime(), nullable=True),
        sa.Column("new_address", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_mailed_links_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_mailed_links_digest")),
    )
    op.create_index(
        op.f("ix_mailed_links_subscription_id"), "mailed_links", ["subscription_id"], unique=False
    )
    old = sa.table(
        "confirm_requests",
        sa.column("handle", sa.LargeBinary),
        sa.column("subscription_id", sa.Integer),
        sa.column("message_id", sa.Text),
        sa.column("requested_at", UTCDateTime),
        sa.column("expires_at", UTCDateTime),
        sa.column("spent_at", UTCDateTime),
    )
    new = sa.table("mailed_links", sa.column("digest", sa.LargeBinary), sa.column("kind", sa.Text), *(
        sa.column(column.name, column.type) for column in old.columns if column.name != "handle"
    ))  # fmt: skip
    connection = op.get_bind()
    for row in connection.execute(sa.select(old)).mappings().all():
        values = {**row, "digest": link_digest(row["handle"]), "kind": "confirm"}
        del values["handle"]
        connection.execute(sa.insert(new).values(values))
    op.drop_table("confirm_requests")


def _widen_consents() -> None:
    """Columns become nullable, which SQLite does only in a new table."""
    op.create_table(
        "consent_ends",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_consent_ends_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_consent_ends")),
    )
    op.execute("CREATE TABLE consents_kept AS SELECT * FROM consents")
    op.drop_table("consents")
    texts = (
        *("newsletter", "purpose", "action", "address", "wording", "wording_sha256", "locale"),
        *("policy_version", "policy_sha256", "door", "page_url", "message_id", "template_sha256"),
        *("evidence", "actor", "software"),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("acted_at", UTCDateTime(), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("origin", sa.LargeBinary(), nullable=True),
        sa.Column("content_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("link", sa.LargeBinary(length=32), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_consents_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("subscriber_id", "sequence", name=op.f("uq_consents_subscriber_id")),
    )
    kept = (
        "id, subscriber_id, sequence, newsletter, action, address, wording, wording_sha256, policy_version, "
        "policy_sha256, door, page_url, message_id, evidence, acted_at, salt, content_digest, previous, "
        "link, key_id, mac"
    )
    op.execute(
        f"INSERT INTO consents ({kept}, format, purpose, locale, template_sha256, actor, software) "  # noqa: S608 - fixed names
        f"SELECT {kept}, 1, '', '', '', '', '' FROM consents_kept"
    )
    op.drop_table("consents_kept")


def _add_tables() -> None:
    op.create_table(
        "journal_position",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("octets", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_position")),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("key", name=op.f("uq_imports_key")),
    )
    op.create_table(
        "limit_counts",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_limit_counts")),
    )
    op.create_table(
        "delivery_totals",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_delivery_totals_issue_id_issues")),
        sa.PrimaryKeyConstraint("issue_id", "state", name=op.f("pk_delivery_totals")),
    )
