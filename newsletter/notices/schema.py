"""The tables of this room, on the one MetaData of the operational database."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from newsletter.database import UTCDateTime, metadata

#: What a site is still to be told of one reader. The body is emptied once it was taken.
webhook_events = Table(
    "webhook_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("event_id", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("subscriber_id", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UTCDateTime, nullable=False),
    Column("last_reply", Text, nullable=False),
    # When the receiver first said no to this very event: not when it was down.
    Column("refused_since", UTCDateTime),
    Index("ix_webhook_events_due", "site", "state", "next_at"),
    Index("ix_webhook_events_order", "subscriber_id", "site", "state"),
)

#: How the receiver of each site fares: one that fails is left alone for a while, and at last switched off.
webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("site", Text, primary_key=True),
    Column("failing_since", UTCDateTime),
    Column("failures", Integer, nullable=False),
    Column("next_at", UTCDateTime),
    Column("disabled_at", UTCDateTime),
    Column("reason", Text, nullable=False),
)
