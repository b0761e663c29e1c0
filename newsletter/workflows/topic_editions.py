"""Which editions an issue has beside the general one, and which of them a reader is sent."""

from __future__ import annotations

import base64
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from newsletter.errors import PickError
from newsletter.issues.issue import Issue
from newsletter.issues.topic_set import (
    GENTLE,
    TopicSet,
    canonical,
    editions_for,
    resolve,
    topic_set_key,
    topics_in,
)
from newsletter.rendering.store import EditionFacts
from newsletter.settings import NewsletterSettings
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.token import Keyring, Purpose
from newsletter.subscribers.topics import TopicChoice, count_choices
from newsletter.workflows.drafting import Drafting
from newsletter.workflows.workplace import Workplace

log = logging.getLogger(__name__)

#: Bytes of the name of an edition's web page: nobody guesses it, and it tells nothing.
_NAME_BYTES = 12


@dataclass(frozen=True)
class WantedEdition:
    """An edition that readers asked for; *readers* chose just its topics."""

    topic_set: str
    readers: int
    issue: Issue


def wanted_editions(
    workplace: Workplace, newsletter: NewsletterSettings, desk: Drafting
) -> Iterator[WantedEdition]:
    """The editions for the topics that enough readers chose, and the gentle one if anybody may need it.

    One that cannot be made is left out: its readers get the next best. Topics are in no log line.
    """
    name, frequency = newsletter.audience
    with workplace.database.read() as connection:
        choices = count_choices(connection, Sealer(workplace.keyring), name, frequency=frequency)
    if not choices:
        return
    wanted = group(choices, desk)
    sets = editions_for(wanted)
    lacking = 0
    for topics, readers in sets.items():
        if not topics:
            continue
        try:
            yield WantedEdition(topic_set_key(topics), readers, desk.for_topics(topics))
        except PickError:
            lacking += 1
    if any(choice.never for choice in choices):
        try:
            yield WantedEdition(GENTLE, 0, desk.gentle())
        except PickError:
            lacking += 1
    log.info("%s %s: %d topic editions, %d could not be made", newsletter.name, desk.day, len(sets), lacking)


def group(choices: Mapping[TopicChoice, int], desk: Drafting) -> Counter[TopicSet]:
    """How many readers want each set of topics on the day."""
    wanted: Counter[TopicSet] = Counter()
    for choice, readers in choices.items():
        wanted[canonical(choice.interests, desk.desk.offered, desk.day)] += readers
    return wanted


def edition_of(
    choice: TopicChoice, editions: Mapping[str, EditionFacts], *, offered: tuple[str, ...], day: date
) -> str | None:
    """The key of the edition that a reader who made this *choice* is sent.

    The largest within the reader's topics; if it speaks of what the reader never wants, the gentle one; None
    when that is not there, or speaks of it, too. What a reader never wants is never relaxed.
    """
    sets = {topics_in(key): facts.readers for key, facts in editions.items() if key != GENTLE}
    key = topic_set_key(resolve(canonical(choice.interests, offered, day), sets))
    for one in (key, GENTLE):
        if one in editions and not choice.never & editions[one].private:
            return one
    return None


def edition_path(keyring: Keyring, newsletter: str, day: date, topic_set: str) -> str | None:
    """The last part of an edition's web address: opaque, shared by its readers; None for the general one."""
    if not topic_set:
        return None
    mac = keyring.mac(Purpose.EDITION, f"{newsletter}|{day.isoformat()}|{topic_set}".encode())
    return base64.urlsafe_b64encode(mac[:_NAME_BYTES]).decode("ascii")
