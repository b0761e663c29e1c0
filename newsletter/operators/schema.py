"""The tables of this room, on the one MetaData of the operational database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from newsletter.database import UTCDateTime, metadata

#: *name_key* is the name without case; *totp_step* the last time step a code was taken for.
operators = Table(
    "operators",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("name_key", String(128), nullable=False, unique=True),
    Column("roles", Text, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    # What passkeys know the account by: it says nothing (W3C Web Authentication, section 14.6.1).
    Column("handle", LargeBinary, nullable=False, unique=True),
    Column("password_hash", Text),
    Column("password_set_at", UTCDateTime),
    Column("totp_sealed", LargeBinary),
    Column("totp_confirmed_at", UTCDateTime),
    Column("totp_step", BigInteger),
)

operator_passkeys = Table(
    "operator_passkeys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("used_at", UTCDateTime),
)

#: A challenge that a passkey is to sign. It is deleted when it is answered, rightly or not.
operator_challenges = Table(
    "operator_challenges",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("act", String(12), nullable=False),
    Column("bound_to", LargeBinary, nullable=False),
    Column("operator_id", Integer, ForeignKey("operators.id")),
    Column("ends_at", UTCDateTime, nullable=False, index=True),
)

operator_recovery_codes = Table(
    "operator_recovery_codes",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False, index=True),
    Column("used_at", UTCDateTime),
)

operator_invitations = Table(
    "operator_invitations",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False, index=True),
    Column("created_at", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False),
    Column("used_at", UTCDateTime),
)

#: Who is signed in. A row without its token signs nobody in: only the token's hash is kept.
operator_sessions = Table(
    "operator_sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("operator_id", Integer, ForeignKey("operators.id"), nullable=False, index=True),
    Column("is_complete", Boolean, nullable=False),
    Column("means", String(12), nullable=False),
    Column("client", String(80), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("seen_at", UTCDateTime, nullable=False),
    Column("fresh_until", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False, index=True),
)

#: Failed sign-ins by a keyed hash of a name or a client network.
operator_attempts = Table(
    "operator_attempts",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", UTCDateTime, nullable=False, index=True),
    Column("waits_until", UTCDateTime, nullable=False),
)

#: What was done. The database refuses to change or delete a line (migration 0009).
audit_lines = Table(
    "audit_lines",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", UTCDateTime, nullable=False),
    Column("operator_id", Integer),
    Column("operator", Text, nullable=False),
    Column("act", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_audit_lines_act", "act", "id"),
    Index("ix_audit_lines_operator", "operator", "id"),
)

#: Where the chain ends: a single row, by which lines that are missing from its end are found.
audit_end = Table(
    "audit_end",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("line_id", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
