"""The mails that the tests of CSS and accessibility look at. A new kind of mail is added to sample_mails."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from newsletter import samples
from newsletter.content.sources.document import read_document
from newsletter.rendering.edition import render_edition
from newsletter.rendering.notice import confirmation_notice
from newsletter.settings import NewsletterSettings, Settings
from tests.unit.factory import desk, picked

#: A Monday on which the samples are in review.
MONDAY = date(2026, 11, 23)
LAYOUTS = ("daily", "series", "digest")


@cache
def sample_mails() -> dict[str, str]:
    """The HTML of each kind of mail by name."""
    settings = Settings()
    site = "https://letter.example"
    confirmation = confirmation_notice(
        settings,
        settings.newsletter(),
        confirm_url=f"{site}/confirm/token",
        privacy_url=f"{site}/privacy",
    )
    return {
        **{f"issue-{layout}": _issue(layout) for layout in LAYOUTS},
        "confirmation": confirmation.html,
    }


def _issue(layout: str) -> str:
    folder = Path(samples.__file__).parent
    articles = [read_document(path) for path in sorted(folder.glob("*.md"))]
    issue = picked(articles, day=MONDAY, at=desk(layout=layout))
    newsletter = NewsletterSettings.model_validate({"layout": layout})
    return render_edition(issue, settings=Settings(), newsletter=newsletter).html
