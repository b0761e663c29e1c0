"""The mails that the tests of CSS and accessibility, and the pictures, look at.

A new kind of mail is added to sample_mails. Each is rendered by the code that renders what is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter import samples
from newsletter.content.article import Article
from newsletter.content.sources.document import read_document
from newsletter.issues.decision import Act, Decision
from newsletter.issues.issue import Issue
from newsletter.issues.store import uses_of
from newsletter.rendering.edition import Edition, render_edition
from newsletter.rendering.notice import (
    Alert,
    Notice,
    address_notice,
    alert_notice,
    confirmation_notice,
    data_notice,
    erased_notice,
    preferences_notice,
    welcome_notice,
)
from newsletter.settings import NewsletterSettings, Settings
from newsletter.wording import LANGUAGES
from tests.unit.factory import desk, picked

#: A Monday on which the samples are in review.
MONDAY = date(2026, 11, 23)
LAYOUTS = ("daily", "series", "digest")
#: Articles of one short page for each language but English, written for these tests.
OTHER_LANGUAGES = Path(__file__).parent.parent / "articles"
SITE = "https://letter.example"
#: Named in a mail, and never fetched: tests and pictures answer for it themselves.
LOGO = "https://letter.example/logo.png"


@dataclass(frozen=True)
class Mail:
    """One mail as it would be sent, but for the links of its reader."""

    name: str
    html: str
    text: str
    errors: tuple[str, ...]


@cache
def sample_mails() -> dict[str, str]:
    """The HTML of each kind of mail by name."""
    return {one.name: one.html for one in mails()}


@cache
def mails() -> tuple[Mail, ...]:
    """Each kind of mail: every layout, language and special letter, and every system mail."""
    return (*_letters(), *_languages(), *_notices())


def articles_in(folder: Path) -> list[Article]:
    """The articles of *folder*, all usable on MONDAY."""
    paths = (path for path in sorted(folder.glob("*.*")) if path.suffix in (".md", ".txt"))
    read = [read_document(path) for path in paths]
    dated = [one if one.reviewed_on else one.model_copy(update={"reviewed_on": MONDAY}) for one in read]
    return [one.model_copy(update={"status": "usable"}) for one in dated]


def week_of(articles: Sequence[Article], lead_id: str, *, days: int = 6, settings: Settings) -> list[Issue]:
    """The issues of a week of the series about one article, from Monday on."""
    week: list[Issue] = []
    for ahead in range(days):
        used = [one for issue in week for one in uses_of(issue)]
        decisions = [] if week else [Decision(act=Act.LEAD, article_id=lead_id)]
        day = MONDAY + timedelta(days=ahead)
        at = desk(settings, layout="series")
        week.append(picked(articles, used, day=day, at=at, week=week, decisions=decisions))
    return week


def edition_mail(name: str, issue: Issue, *, settings: Settings | None = None, **newsletter: object) -> Mail:
    """*issue* rendered under *name*."""
    made: Edition = render_edition(
        issue,
        settings=settings or Settings(region="GB", base_url=SITE),
        newsletter=NewsletterSettings.model_validate(newsletter),
    )
    return Mail(name, made.html, made.text, made.errors)


def _letters() -> Iterator[Mail]:
    articles = articles_in(Path(samples.__file__).parent)
    ids = {one.slug.partition("-")[0]: one.id for one in articles}
    settings = Settings(region="GB", base_url=SITE)
    daily = picked(articles, day=MONDAY, at=desk(settings))
    yield edition_mail("issue-daily", daily)
    week = week_of(articles, ids["asthma"], settings=settings)
    yield edition_mail("issue-series", week[2], layout="series")
    yield edition_mail("issue-recap", week[5], layout="series")
    digest = picked(articles, day=MONDAY, at=desk(settings, layout="digest"))
    yield edition_mail("issue-digest", digest, layout="digest")
    stroke = [Decision(act=Act.LEAD, article_id=ids["stroke"])]
    emergency = picked(articles, day=MONDAY, at=desk(settings), decisions=stroke)
    yield edition_mail("issue-emergency", emergency)
    with TemporaryDirectory() as folder:
        tokens = Path(folder) / "email" / "tokens.toml"
        tokens.parent.mkdir()
        tokens.write_text(f'[logo]\nurl = "{LOGO}"\nalt = "Health House"\nwidth = 48\n', encoding="utf-8")
        own = Settings.model_validate(
            {
                "region": "GB",
                "base_url": SITE,
                "templates": folder,
                "footer_links": [{"words": "Our app", "url": f"{SITE}/app"}],
            }
        )
        yield edition_mail("issue-logo", daily, settings=own)


def _languages() -> Iterator[Mail]:
    for language in LANGUAGES[1:]:
        yield _in(language, f"issue-{language}")
    yield _in("ar", "issue-series-ar", layout="series", weekdays=["mon", "tue"])
    stories = {"name": "story", "kinds": ["overview", "symptoms"], "article": "other", "count": 2}
    yield _in("ar", "issue-digest-ar", layout="digest", slots=[stories])


def _in(language: str, name: str, **newsletter: object) -> Mail:
    """A letter of the articles in *language*; *newsletter* overrides its settings."""
    given = {"language": language, "title": _TITLES[language], **newsletter}
    articles = [one for one in articles_in(OTHER_LANGUAGES) if one.lang == language]
    settings = Settings(base_url=SITE, publisher=_TITLES[language])
    issue = picked(articles, day=MONDAY, at=desk(settings, **given))
    return edition_mail(name, issue, settings=settings, **given)


_TITLES = {"bn": "প্রতিদিনের স্বাস্থ্য", "es": "Salud de cada día", "ar": "صحتك كل يوم", "hi": "रोज़ की सेहत"}


def _notices() -> Iterator[Mail]:
    settings = Settings(base_url=SITE)
    for language in ("en", "ar"):
        newsletter = NewsletterSettings.model_validate(
            {"language": language, "title": _TITLES.get(language, "Daily Health")}
        )
        suffix = "" if language == "en" else f"-{language}"
        for name, notice in _notices_of(settings, newsletter).items():
            yield Mail(f"{name}{suffix}", notice.html, notice.text, notice.errors)


_REASONS = {
    Alert.HELD: "the mail has no postal address",
    Alert.NOTHING_SENT: "the relay refused the connection",
    Alert.BREAKER: "31 of 1,200 addresses do not exist",
    Alert.PAUSED: "of its first 50 messages, 7 were refused",
    Alert.SIGNUPS: "12 of 400 confirmation mails were answered within a day",
    Alert.WEBHOOK: "the webhook of clinic is off: it has taken nothing for 5 days; the last answer was: 503",
}


def _notices_of(settings: Settings, newsletter: NewsletterSettings) -> dict[str, Notice]:
    confirm = f"{SITE}/confirm/v1.k1.{'a' * 24}.{'b' * 22}"
    preferences = f"{SITE}/preferences/v1.k1.{'a' * 24}.{'b' * 22}"
    unsubscribe = f"{SITE}/unsubscribe/v1.k1.{'a' * 24}.{'b' * 22}"
    return {
        "confirmation": confirmation_notice(
            settings, newsletter, confirm_url=confirm, privacy_url=f"{SITE}/privacy"
        ),
        "welcome": welcome_notice(
            settings,
            newsletter,
            latest_url=f"{SITE}/issues/daily/2026-11-23",
            preferences_url=preferences,
            unsubscribe_url=unsubscribe,
        ),
        "preferences-link": preferences_notice(settings, newsletter, preferences_url=preferences),
        "data-export": data_notice(settings, newsletter, download_url=f"{SITE}/preferences/v1.k1.data"),
        "erasure-done": erased_notice(settings, newsletter),
        "address-change": address_notice(settings, newsletter, confirm_url=confirm),
        **{
            f"alert-{alert.value.replace('_', '-')}": alert_notice(
                settings,
                newsletter,
                alert,
                day=None if alert in (Alert.SIGNUPS, Alert.WEBHOOK) else MONDAY,
                reason=_REASONS.get(alert, ""),
            )
            for alert in Alert
        },
    }
