"""The tables of this room, on the one MetaData of the operational database."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from newsletter.database import UTCDateTime, metadata

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("handle", LargeBinary(12), nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("canonical", Text, nullable=False, unique=True),
    Column("created_at", UTCDateTime, nullable=False),
    # A suppression is a keyed hash, which SQL cannot compare with an address: this mirrors it for queries.
    Column("suppressed", Boolean, nullable=False, server_default=false()),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("newsletter", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("handle", LargeBinary(12), nullable=False, unique=True),
    Column("created_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("confirmed_at", UTCDateTime),
    UniqueConstraint("subscriber_id", "newsletter"),
    # Delivery pages through the active ones by id.
    Index("ix_subscriptions_audience", "newsletter", "state", "id"),
)

# What a reader chose is health data: sealed, and never joined to anything that is shown.
reader_topics = Table(
    "reader_topics",
    metadata,
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)

confirm_requests = Table(
    "confirm_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("handle", LargeBinary(12), nullable=False, unique=True),
    Column("subscription_id", Integer, ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("message_id", Text, nullable=False),
    Column("requested_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False),
    Column("spent_at", UTCDateTime),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("newsletter", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("wording_sha256", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("policy_sha256", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("page_url", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("acted_at", UTCDateTime, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("content_digest", LargeBinary(32), nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
    Column("link", LargeBinary(32), nullable=False),
    Column("key_id", Text, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    UniqueConstraint("subscriber_id", "sequence"),
)

#: Every policy text that a consent refers to: a hash alone would prove nothing once the file has changed.
policies = Table(
    "policies",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("version", Text, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("first_used_at", UTCDateTime, nullable=False),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("key_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
)

#: How many sign-ups came in. Counted for every one, known address or not, so that all cost one commit.
signup_counts = Table(
    "signup_counts",
    metadata,
    Column("newsletter", Text, primary_key=True),
    Column("counted_on", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)
