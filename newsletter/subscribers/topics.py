"""What readers want to read about, and never want to: health data, so sealed wherever it is kept.

Only what groups readers into editions opens it (seal.py), and the reader's own page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, delete, false, insert, select

from newsletter.subscribers.schema import reader_topics, subscribers, subscriptions
from newsletter.subscribers.seal import SealedColumn, Sealer
from newsletter.subscribers.subscriber import State

_PAGE = 20_000
#: Where choices are sealed, for whoever seals them anew under another key.
SEALED_TOPICS = SealedColumn(
    reader_topics.c.subscriber_id, reader_topics.c.subscriber_id, reader_topics.c.sealed
)


@dataclass(frozen=True)
class TopicChoice:
    """Topics that a reader wants more of, and private topics that a reader never wants to be sent."""

    interests: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()


def set_topics(
    connection: Connection, sealer: Sealer, subscriber_id: int, choice: TopicChoice, *, now: datetime
) -> None:
    """Keep what a reader chose, in place of what was; nothing chosen leaves no trace."""
    connection.execute(delete(reader_topics).where(reader_topics.c.subscriber_id == subscriber_id))
    if choice.interests or choice.never:
        sealed = sealer.seal(_written(choice), owner=subscriber_id)
        connection.execute(
            insert(reader_topics).values(subscriber_id=subscriber_id, sealed=sealed, changed_at=now)
        )


def topics_of(connection: Connection, sealer: Sealer, subscription_id: int) -> TopicChoice:
    """What the reader of a subscription chose; nothing for most."""
    row = connection.execute(
        select(reader_topics.c.subscriber_id, reader_topics.c.sealed)
        .join(subscriptions, subscriptions.c.subscriber_id == reader_topics.c.subscriber_id)
        .where(subscriptions.c.id == subscription_id)
    ).one_or_none()
    return _read(sealer.open(row.sealed, owner=row.subscriber_id)) if row else TopicChoice()


def count_choices(
    connection: Connection, sealer: Sealer, newsletter: str, *, frequency: str | None = None
) -> Counter[TopicChoice]:
    """How many of *newsletter*'s active readers made each choice; those who made none are not counted.

    *frequency*: only those who want it so often.
    """
    return counted(sealer, _sealed_choices(connection, newsletter, frequency))


def counted(sealer: Sealer, sealed: Iterable[tuple[int, bytes]]) -> Counter[TopicChoice]:
    """How often each choice is among (owner, sealed choice) pairs, taken one at a time."""
    texts = Counter(sealer.open(blob, owner=owner) for owner, blob in sealed)
    counts: Counter[TopicChoice] = Counter()
    for text, number in texts.items():
        counts[_read(text)] += number
    return counts


def _sealed_choices(
    connection: Connection, newsletter: str, frequency: str | None
) -> Iterator[tuple[int, bytes]]:
    wanted = [] if frequency is None else [subscriptions.c.frequency == frequency]
    rows = connection.execution_options(yield_per=_PAGE).execute(
        select(reader_topics.c.subscriber_id, reader_topics.c.sealed)
        .join(subscriptions, subscriptions.c.subscriber_id == reader_topics.c.subscriber_id)
        .join(subscribers, subscribers.c.id == reader_topics.c.subscriber_id)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.state == State.ACTIVE,
            subscribers.c.suppressed == false(),
            *wanted,
        )
    )
    yield from ((owner, sealed) for owner, sealed in rows)


def _written(choice: TopicChoice) -> str:
    return "\n".join(sorted(choice.interests)) + "\f" + "\n".join(sorted(choice.never))


@lru_cache(maxsize=10_000)
def _read(text: str) -> TopicChoice:
    interests, _, never = text.partition("\f")
    return TopicChoice(
        frozenset(filter(None, interests.split("\n"))), frozenset(filter(None, never.split("\n")))
    )
