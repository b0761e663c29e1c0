"""The letters so far: an index by month, a page for each, and a feed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from newsletter.clock import local_date
from newsletter.rendering.archive import ArchivedIssue, archive, last_of_month, months
from newsletter.rendering.atom import MAX_ENTRIES, MEDIA_TYPE, Entry, Feed, atom_feed
from newsletter.settings import NewsletterSettings
from newsletter.web.freshness import fresh
from newsletter.web.page import Pages, pages_of, workplace_of
from newsletter.web.security import LETTER_POLICY
from newsletter.wording import Wording
from newsletter.workflows.show_letter import feed_address, letter_address, publication_title, show_letter

router = APIRouter()
SHOW = ["GET", "HEAD"]
#: Newest months of a newsletter that the index shows in full; the older ones are a link away.
MONTHS_IN_FULL = 2
#: One address for one issue: fromisoformat also reads 20261122 and 2026-W47-7.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOINDEX = {"X-Robots-Tag": "noindex"}


@dataclass(frozen=True)
class Line:
    """A letter on a shelf, as the page says it."""

    path: str
    day: str
    date: str
    title: str
    preheader: str


@dataclass(frozen=True)
class Month:
    """A month of letters: its name ("2026-03"), its words, and how many there are in its digits."""

    name: str
    words: str
    count: str


@dataclass(frozen=True)
class Shelf:
    """The letters of one publication: months in full, and every month there is, by year."""

    name: str
    title: str
    language: str
    feed: str
    signup: str
    filled: list[tuple[Month, list[Line]]]
    years: list[tuple[str, list[Month]]]


@router.api_route("/issues", methods=SHOW)
@router.api_route("/issues/", methods=SHOW)
def archive_page(request: Request, month: str = "") -> Response:
    """Every issue that has gone out, newest first: the newest months, or the one that is asked for."""
    workplace, pages = workplace_of(request), pages_of(request)
    asked = _day(f"{month}-01") if month else None
    if month and asked is None:
        raise HTTPException(404)
    with workplace.database.read() as connection:
        shelves = [
            shelf
            for publication in workplace.settings.publications
            if (shelf := _shelf(connection, publication, asked, pages=pages)).years
            or publication in workplace.settings.newsletters
        ]
    if asked and not any(shelf.filled for shelf in shelves):
        raise HTTPException(404)
    page = pages.page(
        "archive",
        title=_title(pages.wording(), asked),
        month=month,
        shelves=shelves,
        is_indexed=_is_indexed(request),
    )
    page.headers.update({} if _is_indexed(request) else _NOINDEX)
    return fresh(request, page)


@router.api_route("/issues/{newsletter}/feed.atom", methods=SHOW)
def feed(request: Request, newsletter: str) -> Response:
    """The newest letters of a newsletter for feed readers: general editions alone."""
    workplace = workplace_of(request)
    known = _publication(request, newsletter)
    base, wording = workplace.settings.base_url, pages_of(request).wording(known.language)
    with workplace.database.read() as connection:
        lines = archive(connection, known.name, limit=MAX_ENTRIES)
    made = Feed(
        url=feed_address(base, known.name),
        archive_url=f"{base}/issues/",
        title=publication_title(known, wording),
        author=workplace.settings.publisher,
        language=known.language,
        entries=[_entry(base, known, one, wording) for one in lines],
    )
    headers = {} if _is_indexed(request) else _NOINDEX
    response = Response(atom_feed(made), media_type=MEDIA_TYPE, headers=headers)
    return fresh(request, response, changed_at=made.updated_at)


@router.api_route("/issues/{day}", methods=SHOW)
def first_issue_page(request: Request, day: str) -> Response:
    """An issue of the first newsletter."""
    return issue_page(request, workplace_of(request).settings.newsletters[0].name, day)


@router.api_route("/issues/{newsletter}/{day}", methods=SHOW)
def issue_page(request: Request, newsletter: str, day: str) -> Response:
    """The web version of an issue, shared by all its readers: its personal links lead to general pages."""
    return _letter_page(request, newsletter, day, None)


@router.api_route("/issues/{newsletter}/{day}/{name}", methods=SHOW)
def topic_edition_page(request: Request, newsletter: str, day: str, name: str) -> Response:
    """The web version of a topic edition: listed nowhere, under a name that tells nothing."""
    return _letter_page(request, newsletter, day, name)


def _letter_page(request: Request, newsletter: str, day: str, name: str | None) -> Response:
    pages, issued_on = pages_of(request), _day(day)
    if issued_on is None:
        raise HTTPException(404)
    known = _publication(request, newsletter)
    shown = show_letter(
        workplace_of(request),
        known,
        issued_on,
        name=name,
        templates=pages.environment(known.language),
        tokens=pages.tokens,
    )
    if shown is None:
        raise HTTPException(404)
    is_indexed = name is None and _is_indexed(request)
    response = HTMLResponse(shown.html or "", headers={"Content-Security-Policy": LETTER_POLICY})
    if shown.html is None:
        wording = pages.wording(known.language)
        said = wording.date(shown.withdrawn_on) if shown.withdrawn_on else ""
        response = pages.page(
            "letter_gone", language=known.language, title=shown.name, date=said, is_indexed=is_indexed
        )
    response.headers.update({} if is_indexed else _NOINDEX)
    return fresh(request, response, is_shared=name is None)


def _title(wording: Wording, asked: date | None) -> str:
    if asked is None:
        return wording.gettext("Letters so far")
    return wording.gettext("Letters of %(month)s", month=wording.month(asked))


def _shelf(
    connection: Connection, newsletter: NewsletterSettings, asked: date | None, *, pages: Pages
) -> Shelf:
    wording = pages.wording(newsletter.language)
    counts = months(connection, newsletter.name)
    wanted = [one for one in counts if one == asked] if asked else list(counts)[:MONTHS_IN_FULL]
    lines = (
        archive(connection, newsletter.name, first=wanted[-1], last=last_of_month(wanted[0]))
        if wanted
        else []
    )
    named = {
        one: Month(f"{one:%Y-%m}", wording.month(one), wording.number(count)) for one, count in counts.items()
    }
    return Shelf(
        name=newsletter.name,
        title=publication_title(newsletter, wording),
        language=newsletter.language,
        feed=feed_address("", newsletter.name),
        signup=pages.signup_path(newsletter.audience.newsletter),
        filled=[
            (named[one], [_line(newsletter, line, wording) for line in of_month])
            for one, of_month in groupby(lines, key=lambda line: line.issued_on.replace(day=1))
        ],
        years=[
            (wording.number(year), [named[one] for one in of_year])
            for year, of_year in groupby(named, lambda one: one.year)
        ],
    )


def _line(newsletter: NewsletterSettings, one: ArchivedIssue, wording: Wording) -> Line:
    title, preheader = _told(newsletter, one, wording)
    return Line(
        path=letter_address("", newsletter.name, one.issued_on),
        day=one.issued_on.isoformat(),
        date=wording.date(one.issued_on, weekday=True),
        title=title,
        preheader=preheader,
    )


def _entry(base: str, newsletter: NewsletterSettings, one: ArchivedIssue, wording: Wording) -> Entry:
    title, summary = _told(newsletter, one, wording)
    return Entry(
        url=letter_address(base, newsletter.name, one.issued_on),
        title=title,
        summary=summary,
        published_at=one.sent_at,
        updated_at=max(one.sent_at, one.withdrawn_at or one.sent_at),
    )


def _told(newsletter: NewsletterSettings, one: ArchivedIssue, wording: Wording) -> tuple[str, str]:
    """What a letter is called, and a line on it; where a part was withdrawn, they say that and no more."""
    title = one.title or f"{publication_title(newsletter, wording)}, {wording.date(one.issued_on)}"
    if one.withdrawn_at is None:
        return title, one.preheader
    withdrawn_on = wording.date(local_date(one.withdrawn_at, newsletter.timezone))
    return title, wording.gettext("A part of this letter was withdrawn on %(date)s.", date=withdrawn_on)


def _publication(request: Request, name: str) -> NewsletterSettings:
    """The newsletter or weekly digest called *name*; 404 when there is none."""
    for one in workplace_of(request).settings.publications:
        if one.name == name:
            return one
    raise HTTPException(404)


def _is_indexed(request: Request) -> bool:
    return workplace_of(request).settings.archive == "public"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
