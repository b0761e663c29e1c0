"""The script of a site's form: how much of it a visitor has to load."""

from __future__ import annotations

from datetime import time

import pytest

from newsletter.settings import WEEKDAYS, NewsletterSettings, Settings, SiteSettings, Weekday
from newsletter.web.form_script import MOST_BYTES, form_script
from newsletter.web.page import Pages
from newsletter.wording import LANGUAGES

#: As many newsletters as a large publisher has, each with a name and a time of its own.
TITLES = (
    "Daily Health Letter",
    "Heart and Circulation",
    "Living with Diabetes",
    "Mothers and Children",
    "Healthy Ageing",
)
DAYS: tuple[tuple[Weekday, ...], ...] = (WEEKDAYS, WEEKDAYS[:5], ("mon", "thu"), ("tue",), ("sat", "sun"))


def of_a_large_publisher() -> Settings:
    newsletters = [
        NewsletterSettings(
            name=title.lower().replace(" ", "-"),
            title=title,
            sender=f"{title} <letter@newsletter.riverside-clinic.example.org>",
            weekdays=DAYS[number],
            send_at=time(7 + number, 30),
            timezone="Asia/Dhaka",
        )
        for number, title in enumerate(TITLES)
    ]
    return Settings(
        base_url="https://newsletter.riverside-clinic.example.org/health/letters",
        newsletters=tuple(newsletters),
        proof_of_work=True,
        sites=(SiteSettings(key="riverside-clinic", origins=("https://www.riverside-clinic.example.org",)),),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_is_small_also_for_a_large_publisher(language: str) -> None:
    settings = of_a_large_publisher()
    code = form_script(settings, Pages(settings), settings.every_site[0], lang=language)
    assert all(title in code for title in TITLES)
    assert len(code.encode()) <= MOST_BYTES


def test_says_what_the_form_shows_and_no_more() -> None:
    settings = of_a_large_publisher()
    alone = settings.model_copy(update={"newsletters": settings.newsletters[:1]})
    code = form_script(alone, Pages(alone), alone.every_site[0])
    assert "Leave this empty" not in code
    assert TITLES[0] not in code.replace(f"Yes, send me {TITLES[0]}", "")  # nothing to choose
    assert "every Monday" not in code
