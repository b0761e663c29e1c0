"""System mails: the confirmation that a person asks for. Neutral, no promotion, one purpose."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.rendering.mjml import render_mjml
from newsletter.rendering.plain_text import render_text
from newsletter.settings import NewsletterSettings, Settings

#: How long a request for confirmation may be answered, and is kept.
CONFIRM_WITHIN_DAYS = 7


@dataclass(frozen=True)
class Notice:
    """The parts of one system mail."""

    subject: str
    html: str
    text: str


def confirmation_notice(
    settings: Settings, newsletter: NewsletterSettings, *, confirm_url: str, privacy_url: str
) -> Notice:
    """The mail that asks whether the person at an address really wants *newsletter*."""
    subject = f"Please confirm: {newsletter.title}"
    context = {
        "lang": newsletter.language,
        "title": newsletter.title,
        "subject": subject,
        "confirm_url": confirm_url,
        "privacy_url": privacy_url,
        "publisher": settings.publisher,
        "postal_address": settings.postal_address,
        "days": CONFIRM_WITHIN_DAYS,
    }
    return Notice(subject, render_mjml("confirm.mjml.j2", context), render_text("confirm.txt.j2", context))
