"""From an issue to an edition: the words and blocks of one mail, frozen in HTML and text with four holes.

The holes are the only freedom a message has: unsubscribe and preferences link, in each of the two parts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from newsletter.content.article import Flag, Kind, Reference
from newsletter.content.flag import is_emergency_topic
from newsletter.errors import RenderError
from newsletter.issues.issue import Issue, Pick, is_sensitive
from newsletter.rendering.mjml import render_mjml
from newsletter.rendering.plain_text import render_text
from newsletter.settings import NewsletterSettings, Settings

UNSUBSCRIBE_HOLE = "@@UNSUBSCRIBE@@"
PREFERENCES_HOLE = "@@PREFERENCES@@"
WORDS_PER_MINUTE = 200
MAX_HTML_BYTES = 95_000
_HOLE = re.compile(r"@@[A-Z]+@@")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SELF_HARM = re.compile(r"suicid|self[- ]harm", re.IGNORECASE)
_LABELS = {"also_today": "Also today", "prevention": "To stay well", "story": "Also this {period}"}
_PERIODS = {"weekly": "week", "monthly": "month"}
_LEAD_LABELS = {"daily": "Today’s condition", "series": "This week’s condition", "digest": "This {period}"}
#: What the issues of a series are about, for the lines on yesterday and tomorrow.
_NEXT = {
    "overview": "what it is",
    "causes": "where it comes from",
    "signs": "the signs",
    "diagnosis": "how it is found",
    "what_helps": "what helps",
    "recap": "the week in short",
    "living": "living with it",
}


@dataclass(frozen=True)
class Edition:
    """The frozen parts of an issue's mails. One with *errors* cannot be sent."""

    subject: str
    preheader: str
    html: str
    text: str
    errors: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 over everything a reader sees."""
        said = f"{self.subject}\0{self.preheader}\0{self.html}\0{self.text}"
        return hashlib.sha256(said.encode()).hexdigest()

    def filled(self, *, unsubscribe_url: str, preferences_url: str) -> tuple[str, str]:
        """HTML and text for one reader. Our URLs hold nothing that HTML would need escaped."""
        filling = {UNSUBSCRIBE_HOLE: unsubscribe_url, PREFERENCES_HOLE: preferences_url}

        def fill(match: re.Match[str]) -> str:
            return filling[match[0]]

        return _HOLE.sub(fill, self.html), _HOLE.sub(fill, self.text)


@dataclass(frozen=True)
class SectionView:
    """One section as both parts of the mail show it. *look*: plain, call-out or card.

    *is_titled*: its heading is shown; a lead's overview needs none below the title. *after_call_out*: the
    region's own "when to seek help" stands before it.
    """

    pick: Pick
    heading: str
    label: str
    look: str
    is_titled: bool
    after_call_out: bool
    has_warning: bool
    reviewed: str


@dataclass(frozen=True)
class ReferenceGroup:
    """The sources of one article; *start* is the number of the first."""

    title: str
    start: int
    entries: tuple[Reference, ...]


def render_edition(
    issue: Issue,
    *,
    settings: Settings,
    newsletter: NewsletterSettings,
    web_path: str | None = None,
    is_chosen: bool = False,
) -> Edition:
    """Render *issue*: pure, the same input gives the same bytes.

    *web_path*: the last part of the address of an edition that is not the general one; *is_chosen*: it is
    made for readers who chose topics, or not to be sent some.

    Raises:
        RenderError: content would be lost, a hole is missing, or the HTML is over 95 kB (Gmail cuts a mail
            at about 102 kB, and with it the way to unsubscribe).
    """
    context = {
        **edition_context(issue, settings=settings, newsletter=newsletter),
        "is_chosen": is_chosen,
    }
    if web_path:
        context["web_url"] = f"{context['web_url']}/{web_path}"
    edition = Edition(
        subject=issue.subject,
        preheader=issue.preheader,
        html=render_mjml("daily.mjml.j2", context),
        text=render_text("daily.txt.j2", context),
    )
    for part, said in (("HTML", edition.html), ("text", edition.text)):
        holes = sorted(_HOLE.findall(said))
        if holes != [PREFERENCES_HOLE, UNSUBSCRIBE_HOLE]:
            raise RenderError(
                f"the {part} part of {issue.issued_on}",
                f"must hold one unsubscribe and one preferences link, and holds {holes}",
                "Mend the template, or the article that holds such a mark.",
            )
    if len(edition.html.encode()) > MAX_HTML_BYTES:
        size = len(edition.html.encode())
        raise RenderError(f"the mail of {issue.issued_on}", f"is {size} bytes of HTML, over {MAX_HTML_BYTES}")
    return edition


def edition_context(
    issue: Issue, *, settings: Settings, newsletter: NewsletterSettings
) -> Mapping[str, object]:
    """Everything that both templates may say."""
    number, crisis_line = settings.emergency
    base = settings.base_url
    words = sum(pick.words for pick in issue.picks)
    told = any(pick.kind is Kind.WHEN_TO_SEEK_HELP and pick.blocks for pick in issue.picks)
    has_seek_help = told and not any(pick.standing_call_out for pick in issue.picks)
    return {
        "lang": newsletter.language,
        "title": newsletter.title,
        "publisher": settings.publisher,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "date": long_date(issue.issued_on, weekday=True),
        "minutes": max(1, round(words / WORDS_PER_MINUTE)),
        "lead_title": issue.lead.article_title,
        "lead_label": _lead_label(issue, newsletter),
        "week": _week(issue, f"{base}/issues/{newsletter.name}"),
        "sections": _sections(issue, _PERIODS[newsletter.cadence], has_seek_help=has_seek_help),
        "myths": [_section(pick, issue) for pick in issue.picks if pick.is_myth],
        "has_seek_help": has_seek_help,
        "has_card": any(pick.article_id != issue.lead.article_id for pick in issue.picks),
        "emergency_words": _emergency_words(issue.emergency),
        "is_crisis": any(is_sensitive(pick) for pick in issue.picks) and bool(crisis_line),
        "emergency_number": number,
        "crisis_line": crisis_line,
        "is_local_number": settings.region != "international" or bool(settings.emergency_number),
        "references": _references(issue.picks),
        "disclaimer": settings.disclaimer,
        "article_disclaimers": _disclaimers(issue.picks),
        "postal_address": settings.postal_address,
        "web_url": f"{base}/issues/{newsletter.name}/{issue.issued_on.isoformat()}",
        "subscribe_url": f"{base}/subscribe",
        "privacy_url": f"{base}/privacy",
        "unsubscribe_url": UNSUBSCRIBE_HOLE,
        "preferences_url": PREFERENCES_HOLE,
    }


def long_date(day: date, *, weekday: bool = False) -> str:
    """A date in words, without the machine's locale: "3 March 2026", "Tuesday, 3 March 2026"."""
    said = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{_DAYS[day.weekday()]}, {said}" if weekday else said


def _lead_label(issue: Issue, newsletter: NewsletterSettings) -> str:
    label = _LABELS[issue.lead.slot] if _is_aside(issue) else _LEAD_LABELS[newsletter.layout]
    return label.format(period=_PERIODS[newsletter.cadence])


def _sections(issue: Issue, period: str, *, has_seek_help: bool) -> list[SectionView]:
    """The sections of *issue*; where one needs it, the standing call-out comes before the first card."""
    views = [
        replace(view, label=view.label.format(period=period))
        for view in (_section(pick, issue) for pick in issue.picks if not pick.is_myth)
    ]
    card = next((place for place, view in enumerate(views) if view.look == "card"), None)
    if card is not None and not has_seek_help:
        views[card] = replace(views[card], after_call_out=True)
    return views


def _section(pick: Pick, issue: Issue) -> SectionView:
    look = "plain"
    if pick.kind is Kind.WHEN_TO_SEEK_HELP:
        look = "call-out"
    elif pick.article_id != issue.lead.article_id:
        look = "card"
    return SectionView(
        pick=pick,
        heading=pick.heading,
        label=_LABELS.get(pick.slot, ""),
        look=look,
        is_titled=pick is not issue.lead or pick.kind is not Kind.OVERVIEW,
        after_call_out=False,
        has_warning=Flag.WARNING in pick.flags and pick.kind in (Kind.TREATMENT, Kind.MEDICATIONS),
        reviewed=long_date(pick.reviewed_on),
    )


def _is_aside(issue: Issue) -> bool:
    """Whether a series has nothing to tell of its condition today, and leads with another."""
    return issue.week is not None and issue.lead.slot in _LABELS


def _week(issue: Issue, base: str) -> dict[str, str]:
    """The lines on the issue before and the next one of a series; empty words where there is none."""
    week = issue.week
    if week is None:
        return {"before": "", "before_day": "", "before_url": "", "next": ""}
    before = week.before_on
    return {
        "before": week.before,
        "before_day": _before_day(issue.issued_on, before) if before else "",
        "before_url": f"{base}/{before.isoformat()}" if before else "",
        "next": _NEXT.get(week.next_slot, ""),
    }


def _before_day(day: date, before: date) -> str:
    return "Yesterday" if (day - before).days == 1 else f"On {_DAYS[before.weekday()]}"


def _emergency_words(pick: Pick | None) -> str:
    """When the number in the box is to be called; empty when no section is about an emergency."""
    if pick is None:
        return ""
    if _SELF_HARM.search(pick.article_title) or not is_emergency_topic(pick.article_title):
        return "If you are in danger now, or think of harming yourself, call"
    return f"{pick.article_title}: if you think this is happening to you or someone near you, call"


def _references(picks: Sequence[Pick]) -> list[ReferenceGroup]:
    """The references of every article used, in reading order, each once, numbered through."""
    groups: list[ReferenceGroup] = []
    seen: set[Reference] = set()
    for pick in picks:
        entries = tuple(dict.fromkeys(entry for entry in pick.references if entry not in seen))
        if entries:
            groups.append(ReferenceGroup(pick.article_title, len(seen) + 1, entries))
            seen.update(entries)
    return groups


def _disclaimers(picks: Sequence[Pick]) -> list[tuple[str, str]]:
    """(article title, its own disclaimer) for every article used that has one, each once."""
    found = ((pick.article_title, pick.article_disclaimer) for pick in picks if pick.article_disclaimer)
    return list(dict.fromkeys(found))
