"""Who may use the console, their sessions, and the audit, whose lines the database keeps as they are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from newsletter.database import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_SQLITE_TRIGGERS = """
CREATE TRIGGER audit_lines_stay_as_they_are BEFORE UPDATE ON audit_lines
BEGIN SELECT RAISE(ABORT, 'a line of the audit is never changed'); END
--
CREATE TRIGGER audit_lines_stay BEFORE DELETE ON audit_lines
BEGIN SELECT RAISE(ABORT, 'a line of the audit is never deleted'); END
--
CREATE TRIGGER audit_lines_come_last BEFORE INSERT ON audit_lines
WHEN EXISTS (SELECT 1 FROM audit_lines WHERE id >= NEW.id)
BEGIN SELECT RAISE(ABORT, 'a line of the audit comes after all others'); END
"""  # the last one: INSERT OR REPLACE deletes without the second
_POSTGRESQL_TRIGGERS = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a line of the audit is never changed or deleted'; END $$
--
CREATE TRIGGER audit_lines_stay BEFORE UPDATE OR DELETE ON audit_lines
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()
--
CREATE TRIGGER audit_lines_are_not_emptied BEFORE TRUNCATE ON audit_lines
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
"""


def upgrade() -> None:
    """Make the tables of operators, their sessions and the audit; what is there is kept."""
    _make_operators()
    _make_credentials()
    _make_sessions()
    _make_audit()


def _make_operators() -> None:
    op.create_table(
        "operators",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=128), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_set_at", UTCDateTime(), nullable=True),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", UTCDateTime(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("name_key", name=op.f("uq_operators_name_key")),
        sa.UniqueConstraint("handle", name=op.f("uq_operators_handle")),
    )


def _make_credentials() -> None:
    _make_owned(
        "operator_passkeys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.UniqueConstraint("credential_id", name=op.f("uq_operator_passkeys_credential_id")),
        key="id",
    )
    _make_owned(
        "operator_recovery_codes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        key="digest",
    )
    _make_owned(
        "operator_invitations",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        key="digest",
    )


def _make_sessions() -> None:
    _make_owned(
        "operator_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("means", sa.String(length=12), nullable=False),
        sa.Column("client", sa.String(length=80), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("fresh_until", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("digest", name=op.f("uq_operator_sessions_digest")),
        key="id",
    )
    op.create_index(op.f("ix_operator_sessions_ends_at"), "operator_sessions", ["ends_at"])
    op.create_table(
        "operator_challenges",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("bound_to", sa.LargeBinary(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_operator_challenges_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_operator_challenges")),
    )
    op.create_index(op.f("ix_operator_challenges_ends_at"), "operator_challenges", ["ends_at"])
    op.create_table(
        "operator_attempts",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", UTCDateTime(), nullable=False),
        sa.Column("waits_until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_operator_attempts")),
    )
    op.create_index(op.f("ix_operator_attempts_failed_at"), "operator_attempts", ["failed_at"])


def _make_owned(name: str, *parts: sa.Column[Any] | sa.UniqueConstraint, key: str) -> None:
    """A table whose rows belong to an operator each."""
    op.create_table(
        name,
        *parts,
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f(f"fk_{name}_operator_id_operators")
        ),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_operator_id"), name, ["operator_id"])


def _make_audit() -> None:
    op.create_table(
        "audit_lines",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_lines")),
    )
    op.create_index("ix_audit_lines_act", "audit_lines", ["act", "id"])
    op.create_index("ix_audit_lines_operator", "audit_lines", ["operator", "id"])
    end = op.create_table(
        "audit_end",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_end")),
    )
    connection = op.get_bind()
    connection.execute(sa.insert(end).values(id=1, line_id=0, hash=b"\0" * 32))
    is_postgresql = connection.dialect.name == "postgresql"
    for statement in (_POSTGRESQL_TRIGGERS if is_postgresql else _SQLITE_TRIGGERS).split("\n--\n"):
        connection.exec_driver_sql(statement)
