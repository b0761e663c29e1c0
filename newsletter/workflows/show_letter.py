"""Show a letter that went out to anybody who asks: its web version."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import date

from jinja2 import Environment

from newsletter.clock import local_date
from newsletter.rendering.archive import PublishedEdition, published, published_topic_sets
from newsletter.rendering.structured_data import Publication, letter_data
from newsletter.rendering.tokens import Tokens
from newsletter.rendering.web_version import Frame, Letter, LetterLink, web_version
from newsletter.rendering.withdrawn_part import WithdrawnPart
from newsletter.settings import NewsletterSettings
from newsletter.wording import Wording, wording_of
from newsletter.workflows.topic_editions import edition_path
from newsletter.workflows.workplace import Workplace


@dataclass(frozen=True)
class Shown:
    """A letter's page; *html* is None where nothing of it may be shown any more, since *withdrawn_on*.

    *name* is that of its newsletter and its date.
    """

    name: str
    html: str | None
    withdrawn_on: date | None


def letter_address(base: str, newsletter: str, day: date) -> str:
    """The permanent address of a letter below *base*."""
    return f"{base}/issues/{newsletter}/{day.isoformat()}"


def feed_address(base: str, newsletter: str) -> str:
    """The address of a newsletter's feed below *base*."""
    return f"{base}/issues/{newsletter}/feed.atom"


def publication_title(newsletter: NewsletterSettings, wording: Wording) -> str:
    """What pages and feeds call a publication: a weekly digest is told from its newsletter."""
    if newsletter.audience.frequency == "weekly":
        return wording.gettext("%(title)s, once a week", title=newsletter.title)
    return newsletter.title


def find_letter(
    workplace: Workplace, newsletter: str, day: date, name: str | None
) -> PublishedEdition | None:
    """An edition that has gone out: the general one, or that which *name* stands for."""
    with workplace.database.read() as connection:
        if name is None:
            return published(connection, newsletter, day)
        for topic_set in published_topic_sets(connection, newsletter, day):
            own = edition_path(workplace.keyring, newsletter, day, topic_set) or ""
            if hmac.compare_digest(own.encode(), name.encode()):
                return published(connection, newsletter, day, topic_set)
    return None


def show_letter(
    workplace: Workplace,
    newsletter: NewsletterSettings,
    day: date,
    *,
    name: str | None,
    templates: Environment,
    tokens: Tokens,
) -> Shown | None:
    """The page of a letter that went out, or None when there is no such letter.

    *name* is the last part of the address of an edition that is not the general one. Personal links lead to
    general pages. What was withdrawn is taken out, dated by the newsletter's own calendar.
    """
    found = find_letter(workplace, newsletter.name, day, name)
    if found is None:
        return None
    base = workplace.settings.base_url
    html, _ = found.edition.filled(
        unsubscribe_url=f"{base}/unsubscribe", preferences_url=f"{base}/preferences"
    )
    parts = _parts(found, newsletter, is_general=name is None)
    make_frame = _general_frame if name is None else _frame
    frame = make_frame(workplace, newsletter, found, tokens)
    page = web_version(
        Letter(html, found.edition.subject, found.edition.preheader),
        frame=frame,
        templates=templates,
        wording=_wording(workplace, newsletter),
        withdrawn=parts,
    )
    withdrawn_on = max((part.withdrawn_on for part in parts), default=None)
    return Shown(f"{frame.publication}, {frame.date}", page, withdrawn_on)


def _parts(
    found: PublishedEdition, newsletter: NewsletterSettings, *, is_general: bool
) -> list[WithdrawnPart]:
    """What the letter lost. The issue's document knows the titles of the general edition alone."""
    titles = {pick.article_id: pick.article_title for pick in found.issue.picks} if is_general else {}
    return [
        WithdrawnPart(
            one.article_id,
            titles.get(one.article_id, ""),
            picks=one.picks,
            is_lead=one.is_lead,
            withdrawn_on=local_date(one.withdrawn_at, newsletter.timezone),
        )
        for one in found.lost
    ]


def _frame(
    workplace: Workplace, newsletter: NewsletterSettings, found: PublishedEdition, tokens: Tokens
) -> Frame:
    """The frame of any edition: indexed by nobody, without data that would name its topics."""
    base, wording = workplace.settings.base_url, _wording(workplace, newsletter)
    title, date_words = publication_title(newsletter, wording), wording.date(found.issue.issued_on)
    return Frame(
        publication=title,
        title=f"{title}, {date_words}",
        date=date_words,
        tokens=tokens,
        archive_url=f"{base}/issues/",
        subscribe_url=f"{base}/subscribe",
        feed_url=feed_address(base, newsletter.name),
        is_indexed=False,
    )


def _general_frame(
    workplace: Workplace, newsletter: NewsletterSettings, found: PublishedEdition, tokens: Tokens
) -> Frame:
    """The frame of the edition for everybody."""
    settings, issue = workplace.settings, found.issue
    frame = _frame(workplace, newsletter, found, tokens)
    url = letter_address(settings.base_url, newsletter.name, issue.issued_on)
    is_lead_lost = any(one.is_lead for one in found.lost)
    data = letter_data(
        issue,
        url=url,
        sent_at=found.sent_at,
        publication=Publication(
            frame.publication, newsletter.language, settings.publisher, archive_url=frame.archive_url
        ),
        title=frame.title if is_lead_lost else issue.lead.article_title if found.lost else "",
        withdrawn={one.article_id for one in found.lost},
        changed_at=max((one.withdrawn_at for one in found.lost), default=None),
    )

    def link(day: date | None) -> LetterLink | None:
        address = letter_address(settings.base_url, newsletter.name, day) if day else ""
        return LetterLink(address, _wording(workplace, newsletter).date(day)) if day else None

    return replace(
        frame,
        title=frame.title if is_lead_lost else f"{frame.publication}: {issue.lead.article_title}",
        canonical_url=url,
        earlier=link(found.earlier),
        later=link(found.later),
        is_indexed=settings.archive == "public",
        data=data,
    )


def _wording(workplace: Workplace, newsletter: NewsletterSettings) -> Wording:
    return wording_of(newsletter.language, overrides=workplace.settings.templates)
