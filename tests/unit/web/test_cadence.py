from __future__ import annotations

from datetime import time

import pytest

from newsletter.settings import WEEKDAYS, NewsletterSettings, Weekday
from newsletter.web.cadence import cadence
from newsletter.wording import wording_of


@pytest.mark.parametrize(
    ("weekdays", "zone", "words"),
    [
        (WEEKDAYS, "UTC", "every day at 07:00 (UTC)"),
        (WEEKDAYS[:5], "Europe/London", "every weekday at 07:00 (London time)"),
        (("sun",), "America/New_York", "every Sunday at 07:00 (New York time)"),
        (("thu", "mon", "tue"), "UTC", "every Monday, Tuesday and Thursday at 07:00 (UTC)"),
    ],
)
def test_a_visitor_reads_in_words_when_the_letters_come(
    weekdays: tuple[Weekday, ...], zone: str, words: str
) -> None:
    newsletter = NewsletterSettings(weekdays=weekdays, timezone=zone, send_at=time(7), compose_at=time(6))
    assert cadence(newsletter, wording_of()) == words


def test_a_visitor_of_a_monthly_letter_reads_that_it_is_one():
    newsletter = NewsletterSettings(cadence="monthly", weekdays=("mon",))
    assert cadence(newsletter, wording_of()) == "once a month, at 07:00 (UTC)"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "cada jueves y domingo a las 07:00 (hora de Calcuta)"),
        ("bn", "প্রতি বৃহস্পতিবার এবং রবিবার ০৭:০০টায় (কোলকাতা সময়)"),
    ],
)
def test_a_visitor_reads_it_in_the_language_of_the_page(language: str, words: str) -> None:
    newsletter = NewsletterSettings(weekdays=("thu", "sun"), timezone="Asia/Kolkata")
    assert cadence(newsletter, wording_of(language)) == words
