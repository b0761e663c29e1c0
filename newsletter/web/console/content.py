"""Content: the articles and what became of them, found by their words; one may be withdrawn."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import Response

from newsletter.content.article import Section
from newsletter.content.cleaning import clean_blocks
from newsletter.errors import RefusedError
from newsletter.operators.role import Right
from newsletter.web.console.route import Route, Visit
from newsletter.workflows.browse_content import CHOICES, Choice, browse, search, tell_story
from newsletter.workflows.withdraw import Consequence, withdraw

#: More than a sentence or two is for a report, and no reason.
MOST_REASON = 500
LABELS: dict[Choice, str] = {
    "all": "All",
    "reviewed": "Reviewed",
    "overdue": "Review overdue",
    "missing": "Never reviewed",
    "withdrawn": "Withdrawn",
}


def show_articles(visit: Visit) -> Response:
    """A page of articles, or of the sections that hold the words of *q*."""
    asked, place = visit.request.query_params, visit.workplace
    words = " ".join(asked.get("q", "").split())
    choice: Choice = next((each for each in CHOICES if each == asked.get("show")), "all")
    has_store = place.settings.content_path.is_file()
    page = found = None
    if has_store and words:
        found = search(place.settings, place.database, words, page=_number(asked.get("page", "")))
    elif has_store:
        after = asked.get("after", "")
        page = browse(place.settings, place.database, place.clock, choice=choice, after=after)
    return visit.page(
        "content.html.j2",
        words=words,
        choice=choice,
        choices=[(each, LABELS[each]) for each in CHOICES],
        is_first=not asked.get("after"),
        has_store=has_store,
        page=page,
        found=found,
    )


def show_article(visit: Visit) -> Response:
    """One article: its sections, whether it may be said, and the issues that did."""
    place, article_id = visit.workplace, visit.request.path_params["article_id"]
    story = tell_story(place.settings, place.database, place.clock, article_id)
    return visit.page(
        "article.html.j2",
        story=story,
        sections=[(section, _html(section)) for section in story.article.sections],
        may_withdraw=visit.may(Right.CONTENT) and story.withdrawn is None,
        most_reason=MOST_REASON,
    )


def _html(section: Section) -> Markup:
    return Markup(clean_blocks(section.html))  # noqa: S704 - cut down to the elements that an article may have


def withdraw_article(visit: Visit) -> Response:
    """Make an article unusable at once."""
    place, article_id = visit.workplace, visit.request.path_params["article_id"]
    reason = " ".join(visit.form.get("reason", "").split())[:MOST_REASON]
    story = tell_story(place.settings, place.database, place.clock, article_id)
    if not reason:
        raise RefusedError(f"article {article_id}", "is not withdrawn without a reason", "Say why.")
    done = withdraw(
        place.database, story.article.id, reason=reason, actor=visit.operator.name, clock=place.clock
    )
    ends = [end for _, end in done.issues]
    said = "The article is withdrawn." if done.was_new else "The article was withdrawn before."
    if discarded := ends.count(Consequence.DISCARDED):
        said += f" Issues that are composed anew without it: {discarded}."
    if held := ends.count(Consequence.HELD):
        said += f" Issues that were going out and are held: {held}."
    return visit.back(f"/console/content/articles/{quote(article_id)}", said)


def _number(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 5 else 1


ROUTES: tuple[Route, ...] = (
    Route("GET", "/console/content", Right.LOOK, show_articles),
    Route("GET", "/console/content/articles/{article_id}", Right.LOOK, show_article),
    Route("POST", "/console/content/articles/{article_id}/withdraw", Right.CONTENT, withdraw_article),
)
