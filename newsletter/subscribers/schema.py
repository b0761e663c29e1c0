"""The tables of this room, on the one MetaData of the operational database."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from newsletter.database import UTCDateTime, metadata

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    # Names the reader's consent chain, and nothing else: it is in no link.
    Column("handle", LargeBinary(12), nullable=False, unique=True),
    # Empty once the reader was erased; *canonical* is then the handle in hex behind "#".
    Column("address", Text, nullable=False),
    Column("canonical", Text, nullable=False, unique=True),
    Column("created_at", UTCDateTime, nullable=False),
    # A suppression is a keyed hash, which SQL cannot compare with an address: this mirrors it for queries.
    Column("suppressed", Boolean, nullable=False, server_default=false()),
    Column("language", Text, nullable=False, server_default=text("''")),
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
    Column("frequency", Text, nullable=False, server_default=text("'daily'")),
    Column("paused_until", Date),
    # The site through whose form the reader came last; empty: none.
    Column("site", Text, nullable=False, server_default=text("''")),
    UniqueConstraint("subscriber_id", "newsletter"),
    # Delivery pages through the active ones by id.
    Index("ix_subscriptions_audience", "newsletter", "state", "frequency", "id"),
)

# What a reader chose is health data: sealed, and never joined to anything that is shown.
reader_topics = Table(
    "reader_topics",
    metadata,
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
)

#: Links that were mailed to be answered: confirm, ask again, preferences, data, address. The handle that
#: their token carries is kept as a hash, so that whoever reads this table cannot make the link.
mailed_links = Table(
    "mailed_links",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("subscription_id", Integer, ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("message_id", Text, nullable=False),
    Column("requested_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False),
    Column("spent_at", UTCDateTime),
    # Of a change of address: where the link went. Empty otherwise.
    Column("new_address", Text, nullable=False, server_default=text("''")),
    # Of a confirmation: the site through whose form it was asked for. Empty: none.
    Column("site", Text, nullable=False, server_default=text("''")),
    Index("ix_mailed_links_site", "site", "kind", "requested_at"),
)

#: Further newsletters of the same reader that one confirmation link is about.
also_asked = Table(
    "also_asked",
    metadata,
    Column("link_id", Integer, ForeignKey("mailed_links.id", ondelete="CASCADE"), primary_key=True),
    Column("subscription_id", Integer, ForeignKey("subscriptions.id", ondelete="CASCADE"), primary_key=True),
    # Through whose form it was asked for; and whether the mail names it, or somebody added it afterwards.
    Column("site", Text, nullable=False),
    Column("in_mail", Boolean, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    # Which fields the content digest covers (consent.FORMAT).
    Column("format", Integer, nullable=False),
    # The content, up to the salt. Erasure empties it; the digest of what it was stays.
    Column("newsletter", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("wording_sha256", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("policy_sha256", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("page_url", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("template_sha256", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("software", Text, nullable=False),
    Column("acted_at", UTCDateTime),
    Column("salt", LargeBinary(16)),
    # Where the act came from (network address, browser), sealed and not part of the content: kept 30 days.
    Column("origin", LargeBinary),
    Column("content_digest", LargeBinary(32), nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
    Column("link", LargeBinary(32), nullable=False),
    Column("key_id", Text, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    UniqueConstraint("subscriber_id", "sequence"),
)

#: The end of each chain, sealed anew with every record (consent.seal_end): that the newest ones were cut off
#: would not show otherwise. It goes with its reader's row.
consent_ends = Table(
    "consent_ends",
    metadata,
    Column("subscriber_id", Integer, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
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

#: How far into the journal (journal.py) this database has come: one row. A restored backup is behind.
journal_position = Table(
    "journal_position",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("octets", Integer, nullable=False),
)

#: How far each import has come, so that one that was killed goes on where it was.
imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    # SHA-256 over the file, the newsletter and the basis: the same import again.
    Column("key", Text, nullable=False, unique=True),
    Column("rows_done", Integer, nullable=False),
    Column("report", Text, nullable=False),
    Column("started_at", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("finished_at", UTCDateTime),
)

#: Fixed windows of counted acts, by keyed hash of who did them (limit.py).
limit_counts = Table(
    "limit_counts",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    Column("ends_at", UTCDateTime, nullable=False),
    Column("count", Integer, nullable=False),
)

#: Each counted act until its window has passed over it, by keyed hash of who did it (limit.py): for limits
#: that must hold over any stretch of time.
limit_hits = Table(
    "limit_hits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", LargeBinary(32), nullable=False, index=True),
    Column("ends_at", UTCDateTime, nullable=False, index=True),
)

#: Proofs of work that were handed in, by hash, until they would be too old anyway.
spent_challenges = Table(
    "spent_challenges",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("ends_at", UTCDateTime, nullable=False),
)

#: What a request with an idempotency key was, and how it was answered, by keyed hashes (idempotency.py).
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("request", LargeBinary(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False),
)

#: Sign-ups by site and UTC date: taken (counted for every one, known address or not, so that all cost one
#: commit), mailed a confirmation, and confirmed (counted on the day of the sign-up).
signup_counts = Table(
    "signup_counts",
    metadata,
    Column("site", Text, primary_key=True),
    Column("counted_on", Date, primary_key=True),
    Column("taken", Integer, nullable=False),
    Column("mailed", Integer, nullable=False),
    Column("confirmed", Integer, nullable=False),
)

#: What stops by itself when figures go wrong: open while *closed_at* is empty; only what came after it was
#: closed counts for the next time.
breakers = Table(
    "breakers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("opened_at", UTCDateTime, nullable=False),
    Column("closed_at", UTCDateTime),
)

#: Keys to the JSON API (api_key.py), as hashes. *beginning*: of the key itself, to tell it by.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(60), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("beginning", String(12), nullable=False),
    Column("scope", String(12), nullable=False),
    Column("site", String(40), nullable=False),
    Column("newsletter", String(40), nullable=False),
    Column("made_at", UTCDateTime, nullable=False),
    Column("used_on", Date),
    Column("revoked_at", UTCDateTime),
)
