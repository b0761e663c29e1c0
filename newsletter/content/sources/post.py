"""One post of a site, its fields apart from its content, to an article; exports, feeds and REST alike."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import unquote

from newsletter.content.article import Article
from newsletter.content.cleaning import clean_title, safe_url
from newsletter.content.sectioning import article_id, build_sections, slugify, title_from_name
from newsletter.content.sources.fragment import Fragment, drafts_of, topics_of
from newsletter.errors import ParseError

_TAG = re.compile(r"<[^<>]*>")
_LANG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
MAX_TITLE = 300


@dataclass(frozen=True)
class Post:
    """A post as its site gives it; *title* may hold HTML, *content* does. *identity* never changes."""

    title: str
    content: str
    identity: str
    url: str = ""
    slug: str = ""
    lang: str = "en"
    topics: tuple[str, ...] = ()
    published_at: datetime | None = None
    modified_at: datetime | None = None
    raw: bool = False


def read_post(post: Post, *, source: str) -> Article:
    """The article that *post* is; *source* is what to call its origin.

    Raises:
        ParseError: there is no text in it, or its markup is refused.
    """
    title = title_of(post.title) or title_from_name(clean_title(post.slug)) or "Untitled"
    fragment = drafts_of(post.content, name=title, title=title, raw=post.raw)
    url = safe_url(post.url)
    slug = clean_title(unquote(post.slug))
    return assemble(
        fragment,
        Article(
            id=article_id(title, post.identity or url or slug),
            source=source,
            url=url,
            slug=slugify(slug) if slug else slugify(title),
            title=title,
            lang=lang_of(post.lang),
            published_at=post.published_at,
            modified_at=post.modified_at,
            topics=topics_of(post.topics),
            sections=(),
        ),
    )


def assemble(fragment: Fragment, article: Article) -> Article:
    """*article* with the sections of *fragment* and the page data that *article* does not have itself.

    Raises:
        ParseError: the fragment holds no text.
    """
    sections, empty = build_sections(fragment.drafts, title=article.title, lang=article.lang)
    if not sections:
        raise ParseError(article.title, "there is no text in it", "Check that it was saved whole.")
    reviewed_on = article.reviewed_on or fragment.reviewed_on
    return article.model_copy(
        update={
            "url": article.url or fragment.url,
            "published_at": article.published_at or fragment.published_at,
            "modified_at": article.modified_at or fragment.modified_at,
            "reviewed_on": reviewed_on,
            "reviewer": article.reviewer or fragment.reviewer,
            "status": "usable" if reviewed_on else "unreviewed",
            "topics": article.topics or fragment.topics,
            "sections": sections,
            "disclaimer": "\n\n".join(fragment.disclaimer),
            "references": (*article.references, *fragment.references),
            "left_out": (*article.left_out, *fragment.left_out, *empty),
        }
    )


def title_of(markup: str) -> str:
    """A title that may hold HTML and references, as one line of text.

    >>> title_of("Asthma &amp; <em>you</em>")
    'Asthma & you'
    """
    return clean_title(html.unescape(_TAG.sub("", markup)))[:MAX_TITLE].rstrip()


def lang_of(tag: str) -> str:
    """*tag* as a language tag ("en_US" is "en-US"); "en" for what is none."""
    first, *rest = tag.strip().replace("_", "-").split("-")
    tag = "-".join((first.lower(), *rest))
    return tag if _LANG.fullmatch(tag) else "en"


def moment_of(text: str) -> datetime | None:
    """The moment that an ISO date or time gives, in UTC; without zone it is UTC. None for anything else."""
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1 else None


def day_of(text: str) -> date | None:
    """The day that an ISO date or time gives, as it is written there; None for anything else."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
