"""A reader chooses how often letters come, and when they rest, behind a fresh link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from newsletter.errors import SubscriberError
from newsletter.settings import Settings
from newsletter.subscribers.origin import Origin
from newsletter.subscribers.store import apply_event, pause, set_frequency
from newsletter.subscribers.subscriber import Event, Frequency, State
from newsletter.wording import message
from newsletter.workflows.open_profile import open_profile
from newsletter.workflows.record_choice import Choosing, record_choice
from newsletter.workflows.workplace import Workplace

LONGEST_PAUSE = timedelta(days=365)


def pause_limits(settings: Settings, newsletter: str, *, now: datetime) -> tuple[date, date]:
    """The first and the last date on which letters may come again, in the time zone of *newsletter*."""
    every = settings.newsletters
    zone = next((one.zone for one in every if one.name == newsletter), every[0].zone)
    today = now.astimezone(zone).date()
    return today + timedelta(days=1), today + LONGEST_PAUSE


def change_frequency(
    workplace: Workplace, token: str, wanted: Mapping[str, Frequency], *, origin: Origin | None = None
) -> tuple[str, ...]:
    """How often each newsletter of *wanted* (by name) comes; the names of those that changed.

    Left alone: a newsletter that does not offer it, or that the reader does not get.

    Raises:
        TokenError: the fresh link does not work.
    """
    offering = {one.name for one in workplace.settings.newsletters if one.offers_weekly}
    changed = []
    with workplace.database.write() as connection:
        profile = open_profile(connection, workplace, token)
        for each in profile.subscriptions:
            frequency = wanted.get(each.newsletter, each.frequency)
            has_it = each.state in (State.ACTIVE, State.PAUSED)
            if each.newsletter not in offering or not has_it or frequency is each.frequency:
                continue
            set_frequency(connection, each.id, frequency)
            choosing = Choosing(newsletter=each.newsletter, evidence=f"how often: {frequency}", origin=origin)
            record_choice(connection, workplace, profile.subscriber, choosing, now=workplace.clock.now())
            changed.append(each.newsletter)
    return tuple(changed)


def pause_letters(
    workplace: Workplace, token: str, *, until: date, origin: Origin | None = None
) -> tuple[str, ...]:
    """No letters before the date *until*; the names of the newsletters that rest. Pausing again moves it.

    Raises:
        TokenError: the fresh link does not work.
        SubscriberError: the date is not one of the next 365 days; the reason is a message.
    """
    now = workplace.clock.now()
    resting = []
    with workplace.database.write() as connection:
        profile = open_profile(connection, workplace, token)
        first, last = pause_limits(workplace.settings, profile.subscription.newsletter, now=now)
        if until < first:
            raise SubscriberError("the date", message("Choose a date from tomorrow on."))
        if until > last:
            raise SubscriberError("the date", message("Choose a date within a year from today."))
        for each in profile.subscriptions:
            if not pause(connection, each, until=until, now=now):
                continue
            resting.append(each.newsletter)
            if each.paused_until == until:
                continue
            choosing = Choosing(
                newsletter=each.newsletter, evidence=f"paused until {until.isoformat()}", origin=origin
            )
            record_choice(connection, workplace, profile.subscriber, choosing, now=now)
    return tuple(resting)


def resume_letters(workplace: Workplace, token: str, *, origin: Origin | None = None) -> tuple[str, ...]:
    """End a pause now; the names of the newsletters that come again.

    Raises:
        TokenError: the fresh link does not work.
    """
    now = workplace.clock.now()
    woken = []
    with workplace.database.write() as connection:
        profile = open_profile(connection, workplace, token)
        for each in profile.subscriptions:
            if each.state is not State.PAUSED or not apply_event(connection, each, Event.RESUME, now=now):
                continue
            choosing = Choosing(newsletter=each.newsletter, evidence="the pause ended early", origin=origin)
            record_choice(connection, workplace, profile.subscriber, choosing, now=now)
            woken.append(each.newsletter)
    return tuple(woken)
