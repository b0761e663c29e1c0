"""A reader looks at everything they may change, and switches newsletters on or off, behind a fresh link.

The link was mailed within a day, so whoever has it reads that mailbox: on is at once, as off is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.notices.webhook import EventType
from newsletter.subscribers.consent import Action
from newsletter.subscribers.journal import Act
from newsletter.subscribers.link import LinkKind, spend_links
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.store import add_subscription, apply_event, set_language
from newsletter.subscribers.subscriber import (
    Event,
    Frequency,
    State,
    Subscriber,
    Subscription,
    next_state,
)
from newsletter.subscribers.suppression import Reason, journal_entry, lift, suppression_of
from newsletter.subscribers.token import Purpose, new_handle
from newsletter.workflows.change_rhythm import pause_limits
from newsletter.workflows.choose_topics import TopicDesk, topic_desk
from newsletter.workflows.open_profile import OpenProfile, open_profile
from newsletter.workflows.record_choice import DOOR, Choosing, Shown, record_choice
from newsletter.workflows.take_back import can_take_back
from newsletter.workflows.tell_site import tell_site
from newsletter.workflows.unsubscribe import withdraw
from newsletter.workflows.workplace import Workplace

_HAS_IT = (State.ACTIVE, State.PAUSED)


class Change(StrEnum):
    """What became of one newsletter's switch."""

    NONE = "unchanged"
    ON = "switched on"
    OFF = "switched off"
    REFUSED = "never to be mailed"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One newsletter on the preferences page.

    *waiting*: asked for, not confirmed yet; *has_weekly*: a digest of the week may come in its place.
    """

    newsletter: str
    title: str
    on: bool
    waiting: bool
    frequency: Frequency
    has_weekly: bool
    paused_until: date | None


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """All that the page shows.

    *newsletter*: the one that mailed the link; *language*: the reader's own choice, or ""; *is_stopped*: no
    choice brings letters to this address again; *pause_until*: the first and last date of a pause.
    """

    address: str
    newsletter: str
    language: str
    is_stopped: bool
    choices: tuple[Choice, ...]
    pause_until: tuple[date, date]
    topics: TopicDesk
    unsubscribe_token: str

    @property
    def paused_until(self) -> date | None:
        """The date on which letters come again, if they rest."""
        return max((each.paused_until for each in self.choices if each.paused_until), default=None)


def look_at_preferences(workplace: Workplace, token: str) -> Preferences:
    """Everything that the reader with the fresh link *token* may change. Changes nothing.

    Raises:
        TokenError: the fresh link does not work.
    """
    now = workplace.clock.now()
    with workplace.database.read() as connection:
        profile = open_profile(connection, workplace, token)
        reason = suppression_of(connection, workplace.keyring, profile.subscriber.canonical)
        return Preferences(
            address=profile.subscriber.address,
            newsletter=profile.subscription.newsletter,
            language=profile.subscriber.language,
            is_stopped=reason is not None and not reason.lifted_by_opt_in,
            choices=_choices(workplace, profile, is_mailed=reason is None),
            pause_until=pause_limits(workplace.settings, profile.subscription.newsletter, now=now),
            topics=topic_desk(connection, workplace, profile),
            unsubscribe_token=workplace.keyring.token(Purpose.UNSUBSCRIBE, profile.subscription.handle),
        )


def switch_newsletters(
    workplace: Workplace, token: str, *, on: Collection[str], shown: Shown, origin: Origin | None = None
) -> dict[str, Change]:
    """Make *on* the newsletters (names) that this reader gets; *shown* is what the page said of that.

    Raises:
        TokenError: the fresh link does not work.
        SettingsError: the policy cannot be read.
    """
    now = workplace.clock.now()
    with workplace.database.write() as connection:
        profile = open_profile(connection, workplace, token)
        subscriber = profile.subscriber
        theirs = {each.newsletter: each for each in profile.subscriptions}
        reason = suppression_of(connection, workplace.keyring, subscriber.canonical)
        changes = {}
        for newsletter in workplace.settings.newsletters:
            name = newsletter.name
            if name not in on:
                continue
            changes[name] = _switch_on(
                connection,
                workplace,
                subscriber,
                theirs.get(name),
                reason=reason,
                choosing=Choosing(newsletter=name, evidence="", shown=shown, origin=origin),
                now=now,
            )
        # While nothing is mailed, nothing is on; when that ends, only what is ticked may come.
        if reason is None or Change.ON in changes.values():
            left = withdraw(
                connection,
                workplace,
                subscriber=subscriber,
                subscriptions=_on_but_not_ticked(workplace, profile.subscriptions, on),
                door=DOOR,
                evidence="POST of the preferences page",
                now=now,
                origin=origin,
            )
            changes.update(dict.fromkeys(left, Change.OFF))
    return changes


def change_language(workplace: Workplace, token: str, language: str, *, origin: Origin | None = None) -> bool:
    """Our pages and mails come to this reader in *language*, "" for each newsletter's own; False: as before.

    Raises:
        TokenError: the fresh link does not work.
    """
    with workplace.database.write() as connection:
        profile = open_profile(connection, workplace, token)
        if profile.subscriber.language == language:
            return False
        set_language(connection, profile.subscriber.id, language)
        choosing = Choosing(
            newsletter=profile.subscription.newsletter,
            evidence=f"language of pages and mails: {language or 'the newsletter’s'}",
            origin=origin,
        )
        record_choice(connection, workplace, profile.subscriber, choosing, now=workplace.clock.now())
    return True


def _switch_on(
    connection: Connection,
    workplace: Workplace,
    subscriber: Subscriber,
    current: Subscription | None,
    *,
    reason: Reason | None,
    choosing: Choosing,
    now: datetime,
) -> Change:
    """Start one newsletter, which ends a suppression (*reason*) where the reader may end it."""
    if current is not None and current.state in _HAS_IT and reason is None:
        return Change.NONE
    if current is not None and next_state(current.state, Event.CONFIRM) is None:
        return Change.REFUSED
    if not lift(connection, workplace.keyring, subscriber.canonical, journal=workplace.journal, now=now):
        return Change.REFUSED
    about = choosing.newsletter
    taken_back = reason is None and current is not None and can_take_back(current, now=now)
    if current is None:
        add_subscription(connection, subscriber.id, about, state=State.ACTIVE, handle=new_handle(), now=now)
    else:
        spend_links(connection, current.id, LinkKind.CONFIRM, now=now)
        if apply_event(connection, current, Event.UNDO if taken_back else Event.CONFIRM, now=now):
            tell_site(connection, workplace, current, EventType.CONFIRMED, now=now)
    if reason is not None or (current is not None and current.state is not State.PENDING):
        # Somebody is back: the journal must not take them off the list again.
        entry = journal_entry(workplace.keyring, subscriber.canonical, Act.JOIN, about=about, now=now)
        workplace.journal.append_after(connection, [entry])
    evidence = "a withdrawal taken back within 24 hours, by a" if taken_back else "a"
    done = Choosing(
        newsletter=about,
        action=Action.CONFIRM,
        evidence=f"{evidence} fresh mailed link",
        shown=choosing.shown,
        origin=choosing.origin,
    )
    record_choice(connection, workplace, subscriber, done, now=now)
    return Change.ON


def _on_but_not_ticked(
    workplace: Workplace, subscriptions: Iterable[Subscription], on: Collection[str]
) -> list[Subscription]:
    offered = {newsletter.name for newsletter in workplace.settings.newsletters}
    return [
        each
        for each in subscriptions
        if each.state in _HAS_IT and each.newsletter in offered and each.newsletter not in on
    ]


def _choices(workplace: Workplace, profile: OpenProfile, *, is_mailed: bool) -> tuple[Choice, ...]:
    theirs = {each.newsletter: each for each in profile.subscriptions}
    found = []
    for newsletter in workplace.settings.newsletters:
        current = theirs.get(newsletter.name)
        on = is_mailed and current is not None and current.state in _HAS_IT
        found.append(
            Choice(
                newsletter=newsletter.name,
                title=newsletter.title,
                on=on,
                waiting=current is not None and current.state is State.PENDING,
                frequency=current.frequency if current else Frequency.DAILY,
                has_weekly=newsletter.offers_weekly,
                paused_until=current.paused_until if current and on else None,
            )
        )
    return tuple(found)
