"""The tables of this room, on the one MetaData of the operational database."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from newsletter.database import UTCDateTime, metadata
from newsletter.subscribers.seal import SealedColumn

#: What came back about readers, each once. *key* tells a repeat; *raw* is what it was read from, sealed, and
#: there only while an operator may want to look.
feedback_events = Table(
    "feedback_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", LargeBinary(32), nullable=False, unique=True),
    Column("source", String(20), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("permanence", String(12), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("status", String(12), nullable=False),
    Column("diagnostic", Text, nullable=False),
    Column("consequence", String(12), nullable=False),
    Column("happened_at", UTCDateTime, nullable=False),
    Column("taken_at", UTCDateTime, nullable=False, index=True),
    # Empty where nobody was found: the key is kept all the same.
    Column("subscriber_id", ForeignKey("subscribers.id"), index=True),
    Column("issue_id", ForeignKey("issues.id")),
    Column("raw", LargeBinary),
)
SEALED_RAWS = SealedColumn(
    feedback_events.c.id, feedback_events.c.subscriber_id, feedback_events.c.raw
)  # an event without a reader has no raw

#: What came back and matched nothing of ours, for an operator to look at. *about* is a keyed hash of the
#: recipient that it names, so that an erasure finds it; the rest is sealed.
feedback_tray = Table(
    "feedback_tray",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(20), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("status", String(12), nullable=False),
    Column("received_at", UTCDateTime, nullable=False, index=True),
    Column("octets", Integer, nullable=False),
    Column("about", LargeBinary(32), index=True),
    Column("sealed", LargeBinary),
)
SEALED_TRAY = SealedColumn(feedback_tray.c.id, feedback_tray.c.id, feedback_tray.c.sealed)

#: Readers whose address failed in an issue, and what is held against them (blame.Blame).
reader_failures = Table(
    "reader_failures",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id"), primary_key=True),
    Column("domain", String(255), nullable=False),
    Column("blame", String(12), nullable=False),
    Index("ix_reader_failures_domain", "issue_id", "domain", "blame"),
    Index("ix_reader_failures_subscriber_id", "subscriber_id"),
)

#: What became of an issue at each domain and relay: *accepted* by the relay, *rejected* by it (5xx),
#: *returned* for good afterwards; of those, *blocked* and *unfit* were about us. *failed*: readers whose
#: address failed although it was reached before. "*" stands for every domain, or relay (count.ALL).
issue_domains = Table(
    "issue_domains",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("domain", String(255), primary_key=True),
    Column("relay", String(40), primary_key=True),
    *(
        Column(name, Integer, nullable=False)
        for name in ("accepted", "rejected", "returned", "blocked", "unfit", "complained", "failed")
    ),
    Index("ix_issue_domains_domain", "domain", "issue_id"),
    # The greatest of an issue are found without looking at the others (reputation.foremost_domains).
    *(Index(f"ix_issue_domains_{name}", "issue_id", name) for name in ("accepted", "rejected", "returned")),
)

#: How far the ledger of an issue has been counted; *counted_at* once it is whole.
counted_issues = Table(
    "counted_issues",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("after_id", Integer, nullable=False),
    Column("counted_at", UTCDateTime),
    # Once no more can come that would change who was to blame.
    Column("closed_at", UTCDateTime),
)

#: What came back by UTC date, in the words of the operator's daily line.
feedback_days = Table(
    "feedback_days",
    metadata,
    Column("counted_on", Date, primary_key=True),
    Column("name", String(20), primary_key=True),
    Column("count", Integer, nullable=False),
)
