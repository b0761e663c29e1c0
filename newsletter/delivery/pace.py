"""How fast mail may leave, kept in the database, where every process that sends reads it."""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, String, Table, Text

from newsletter.database import UTCDateTime, metadata

#: Domains that asked to be sent less: until when nothing goes there, and how many at once after that.
domain_paces = Table(
    "domain_paces",
    metadata,
    Column("domain", String(255), primary_key=True),
    Column("held_until", UTCDateTime),
    Column("at_once", Integer, nullable=False),
    Column("strikes", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)

#: When the next message may leave by a configured rate: "all", or the domain that the rate is for.
pace_slots = Table(
    "pace_slots",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("free_at", UTCDateTime, nullable=False),
)

#: How many messages left on each UTC day, for the warm-up of a new sender.
relay_days = Table(
    "relay_days",
    metadata,
    Column("counted_on", Date, primary_key=True),
    Column("sent", Integer, nullable=False),
)
