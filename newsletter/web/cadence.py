"""When a newsletter comes, in words."""

from __future__ import annotations

from datetime import date, timedelta

from newsletter.settings import WEEKDAYS, NewsletterSettings
from newsletter.wording import Wording

_A_MONDAY = date(2024, 1, 1)


def cadence(newsletter: NewsletterSettings, wording: Wording) -> str:
    """When it comes, as a part of a sentence: "every day at 07:00 (UTC)"."""
    _, at = wording.gettext, _at(newsletter, wording)
    days = [day for day in WEEKDAYS if day in newsletter.weekdays]
    if newsletter.cadence == "monthly":
        return _("once a month, at %(time)s", time=at)
    if len(days) == len(WEEKDAYS):
        return _("every day at %(time)s", time=at)
    if days == list(WEEKDAYS[:5]):
        return _("every weekday at %(time)s", time=at)
    names = [wording.weekday(_A_MONDAY + timedelta(days=WEEKDAYS.index(day))) for day in days]
    # Translators: %(days)s is one weekday, or several as a list; %(time)s is "07:00 (Dhaka time)".
    return _("every %(days)s at %(time)s", days=wording.listed(names), time=at)


def _at(newsletter: NewsletterSettings, wording: Wording) -> str:
    _, time = wording.gettext, wording.digits(f"{newsletter.send_at:%H:%M}")
    if newsletter.timezone == "UTC":
        return _("%(time)s (UTC)", time=time)
    return _("%(time)s (%(place)s time)", time=time, place=wording.city(newsletter.timezone))
