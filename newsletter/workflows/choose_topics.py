"""A reader chooses topics, behind a fresh link: health data, so with a consent of its own.

Nothing here names a topic: not the consent record, not an error. What was chosen is kept sealed and goes
to the reader's own page and the grouping into editions, nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.content.private_topic import PRIVATE_TOPICS
from newsletter.issues.desk import offered_topics
from newsletter.subscribers.consent import Action, ConsentAct, Subject
from newsletter.subscribers.ledger import consent_records
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.seal import Sealer
from newsletter.subscribers.subscriber import State
from newsletter.subscribers.topics import TopicChoice, set_topics, topics_of
from newsletter.workflows.open_profile import OpenProfile, open_profile
from newsletter.workflows.record_choice import Choosing, Shown, record_choice
from newsletter.workflows.workplace import Workplace


class Kept(StrEnum):
    """What became of a choice of topics."""

    SAVED = "saved"
    UNCHANGED = "unchanged"
    FORGOTTEN = "forgotten"
    REFUSED = "refused for want of consent"


@dataclass(frozen=True, kw_only=True)
class TopicDesk:
    """What a reader may choose (*offered*; nothing when none of their newsletters offers topics) and chose.

    *newsletter*: the one that offers them; *agreed_at*: since when a consent to keep topics stands, and
    *agreed_to*: to what sentence.
    """

    newsletter: str
    offered: tuple[str, ...]
    chosen: TopicChoice
    agreed_at: datetime | None
    agreed_to: Shown | None


def topic_desk(connection: Connection, workplace: Workplace, profile: OpenProfile) -> TopicDesk:
    """The topics of the reader whose profile is open.

    Raises:
        SubscriberError: what is kept was sealed under another key file.
    """
    has_it = {each.newsletter for each in profile.subscriptions if each.state in (State.ACTIVE, State.PAUSED)}
    offering = [one for one in workplace.settings.newsletters if one.name in has_it and one.topics]
    sealer = Sealer(workplace.keyring)
    standing = _standing_consent(connection, profile)
    return TopicDesk(
        newsletter=offering[0].name if offering else profile.subscription.newsletter,
        offered=tuple(sorted({topic for one in offering for topic in offered_topics(one)})),
        chosen=topics_of(connection, sealer, profile.subscription.id),
        agreed_at=standing.acted_at if standing else None,
        agreed_to=Shown(standing.wording, standing.locale) if standing else None,
    )


def choose_topics(
    workplace: Workplace,
    token: str,
    *,
    interests: Collection[str],
    never: Collection[str],
    consent: Shown | None,
    origin: Origin | None = None,
) -> Kept:
    """Keep what the reader chose, if a consent stands or *consent* (the words they ticked) is given now.

    An empty choice is the wish to forget an earlier one. Topics that are not offered are left out.

    Raises:
        TokenError: the fresh link does not work.
        SettingsError: the policy cannot be read.
    """
    with workplace.database.write() as connection:
        profile = open_profile(connection, workplace, token)
        desk = topic_desk(connection, workplace, profile)
        choice = TopicChoice(
            interests=frozenset(interests) & frozenset(desk.offered),
            never=frozenset(never) & frozenset(PRIVATE_TOPICS) if desk.offered else frozenset(),
        )
        if choice == TopicChoice():
            return _forget(connection, workplace, profile, desk, origin=origin)
        if desk.agreed_at is None and consent is None:
            return Kept.REFUSED
        if desk.agreed_at is not None and choice == desk.chosen:
            return Kept.UNCHANGED
        now = workplace.clock.now()
        set_topics(connection, Sealer(workplace.keyring), profile.subscriber.id, choice, now=now)
        is_new = desk.agreed_at is None
        choosing = Choosing(
            newsletter=desk.newsletter,
            purpose=Subject.TOPICS,
            action=Action.CONFIRM if is_new else Action.CHANGE,
            evidence="topics chosen, their own box ticked" if is_new else "topics chosen otherwise",
            shown=consent if is_new else None,
            origin=origin,
        )
        record_choice(connection, workplace, profile.subscriber, choosing, now=now)
    return Kept.SAVED


def forget_topics(workplace: Workplace, token: str, *, origin: Origin | None = None) -> Kept:
    """Delete the reader's topics and withdraw the consent to keep them; letters come as before.

    Raises:
        TokenError: the fresh link does not work.
    """
    with workplace.database.write() as connection:
        profile = open_profile(connection, workplace, token)
        desk = topic_desk(connection, workplace, profile)
        return _forget(connection, workplace, profile, desk, origin=origin)


def _forget(
    connection: Connection,
    workplace: Workplace,
    profile: OpenProfile,
    desk: TopicDesk,
    *,
    origin: Origin | None,
) -> Kept:
    if desk.agreed_at is None and desk.chosen == TopicChoice():
        return Kept.UNCHANGED
    now = workplace.clock.now()
    set_topics(connection, Sealer(workplace.keyring), profile.subscriber.id, TopicChoice(), now=now)
    choosing = Choosing(
        newsletter=desk.newsletter,
        purpose=Subject.TOPICS,
        action=Action.WITHDRAW,
        evidence="topics forgotten",
        origin=origin,
    )
    record_choice(connection, workplace, profile.subscriber, choosing, now=now)
    return Kept.FORGOTTEN


def _standing_consent(connection: Connection, profile: OpenProfile) -> ConsentAct | None:
    """The consent to keep topics that was given last, unless it was withdrawn since."""
    given = None
    for record in consent_records(connection, profile.subscriber.id):
        if record.act is None or record.act.purpose is not Subject.TOPICS:
            continue
        if record.act.action is Action.CONFIRM:
            given = record.act
        elif record.act.action is Action.WITHDRAW:
            given = None
    return given
