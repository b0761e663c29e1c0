"""Topic editions: which sets of topics get an edition of their own, so that none of them points at anybody.

Sets hold at most three of at most twenty topics, 1,351 with the empty one, which is the general edition. A
set with fewer than fifty readers gets none: they are sent the largest set within theirs that has one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import combinations

#: More topics than these are taken in turn, so that every one has its day.
MAX_SET = 3
#: Fewer readers than these do not hide each other.
MIN_READERS = 50

GENERAL = ""
#: The edition without any sensitive section.
GENTLE = "gentle"

TopicSet = tuple[str, ...]


def canonical(interests: Collection[str], offered: Collection[str], day: date) -> TopicSet:
    """The set of *interests* (those that are *offered*) that counts on *day*, in alphabetical order.

    Of more than three the next three have their turn each day.
    """
    wanted = sorted(set(interests) & set(offered))
    if len(wanted) <= MAX_SET:
        return tuple(wanted)
    first = day.toordinal() * MAX_SET % len(wanted)
    return tuple(sorted((wanted + wanted)[first : first + MAX_SET]))


def topic_set_key(topics: TopicSet) -> str:
    """The name that an edition for *topics* is kept under: "asthma+heart"; "" for the general one."""
    return "+".join(topics)


def topics_in(key: str) -> TopicSet:
    """The topics that the edition kept under *key* is for."""
    return tuple(key.split("+")) if key and key != GENTLE else ()


def sets_of(offered: Collection[str]) -> list[TopicSet]:
    """Every set that may have an edition, the general one first."""
    topics = sorted(offered)
    return [chosen for size in range(MAX_SET + 1) for chosen in combinations(topics, size)]


def editions_for(wanted: Mapping[TopicSet, int], *, least: int = MIN_READERS) -> dict[TopicSet, int]:
    """The sets that get an edition, each with how many readers chose just it; the general one always.

    *wanted* counts readers by their set. Sets that fewer than *least* readers would be sent are given up,
    the largest first, and their readers counted where resolve() sends them, until every set that is left has
    enough.
    """
    kept = {topics for topics in wanted if topics}
    # A set within another may gather enough readers from those that are given up.
    kept |= {subset for topics in kept for subset in subsets(topics) if subset}
    while True:
        counts = _shared_out(wanted, kept)
        small = [topics for topics in kept if counts[topics] < least]
        if not small:
            return {topics: wanted.get(topics, 0) for topics in [(), *sorted(kept)]}
        largest = max(len(topics) for topics in small)
        kept -= {topics for topics in small if len(topics) == largest}


def resolve(topics: TopicSet, editions: Mapping[TopicSet, int]) -> TopicSet:
    """The edition that readers of *topics* are sent: the largest within theirs, then the one chosen most."""
    within = [subset for subset in subsets(topics) if subset in editions]
    return min(within, key=lambda subset: (-len(subset), -editions[subset], subset), default=())


def subsets(topics: TopicSet) -> Iterator[TopicSet]:
    """Every set within *topics*, itself and the empty one among them."""
    for size in range(len(topics) + 1):
        yield from combinations(topics, size)


def _shared_out(wanted: Mapping[TopicSet, int], kept: Collection[TopicSet]) -> Counter[TopicSet]:
    """Readers by the set in *kept* that they are sent."""
    own = {topics: wanted.get(topics, 0) for topics in kept}
    counts: Counter[TopicSet] = Counter()
    for topics, readers in wanted.items():
        counts[resolve(topics, own)] += readers
    return counts
