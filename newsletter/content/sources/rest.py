"""One post as WordPress and ClassicPress give it over REST, checked field by field.

Nothing in it is trusted to be there or to have its type: plug-ins add, drop and rewrite fields. What search
engine plug-ins add (``yoast_head``, ``rank_math_…``) is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from newsletter.content.article import Article
from newsletter.content.cleaning import clean_inline, clean_title, safe_url
from newsletter.content.sources.item import Refused
from newsletter.content.sources.post import Post, moment_of, read_post

#: Taxonomies whose terms are topics; authors, formats and plug-ins' own are not.
TOPIC_TAXONOMIES = ("category", "post_tag")
MAX_TOPICS = 20

# The category of posts that have none, in English and as its slug begins elsewhere.
_NO_CATEGORY = re.compile(r"uncategori[sz]ed(?:-\w+)?", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>")
#: WordPress holds ids in 64 bits; a longer number is no id.
_MAX_ID = 2**63


@dataclass(frozen=True)
class RestPost:
    """A post of a site. *modified* is its time of change as it came; *reason* why it is not to be used."""

    id: int
    post: Post
    modified: str = ""
    reason: str = ""

    @property
    def url(self) -> str:
        """Where readers find it; empty where the site says nothing of use."""
        return self.post.url

    def article(self, *, source: str = "wordpress") -> Article:
        """The article that the post is.

        WordPress knows when a post changed and not when somebody reviewed it: a review date comes from
        words of review in its text, or from nowhere.

        Raises:
            ParseError: it has no text, or its markup is refused.
        """
        return read_post(self.post, source=source)


def read_rest(value: object, *, lang: str = "en") -> RestPost | Refused:
    """The post in the decoded JSON *value*, in the site's language *lang*; Refused when it is none at all."""
    if not isinstance(value, dict):
        return Refused("post", f"is no object but {type(value).__name__}")
    number = value.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < _MAX_ID:
        return Refused("post", "has no id")
    title, content = _rendered(value, "title"), _rendered(value, "content")
    if title is None or content is None:
        return Refused(f"post {number}", f"has no {'title' if title is None else 'content'}: is it a post?")
    url = safe_url(text_of(value, "link"))
    post = Post(
        title=_BREAK.sub(" ", clean_inline(title)),
        content=content,
        # The same in the site's exports and feeds, whatever becomes of title and address.
        identity=_rendered(value, "guid") or url or f"post {number}",
        url=url,
        slug=text_of(value, "slug"),
        lang=lang,
        topics=tuple(_topics(value.get("_embedded"))),
        published_at=read_gmt(value.get("date_gmt")),
        modified_at=read_gmt(value.get("modified_gmt")),
    )
    return RestPost(number, post, text_of(value, "modified_gmt"), _reason(value))


def read_gmt(value: object) -> datetime | None:
    """The time in *value*, aware: WordPress writes UTC without saying so, and noughts for never.

    >>> read_gmt("2026-01-02T03:04:05")
    datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    """
    return moment_of(value) if isinstance(value, str) else None


def text_of(value: Mapping[str, Any], key: str) -> str:
    """The text at *key*, empty if there is none; half a character, as JSON can spell it, becomes "?"."""
    found = value.get(key)
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""


def _rendered(value: Mapping[str, Any], key: str) -> str | None:
    field = value.get(key)
    holder, inner = (field, "rendered") if isinstance(field, dict) else (value, key)
    return text_of(holder, inner) if isinstance(holder.get(inner), str) else None


def _reason(value: Mapping[str, Any]) -> str:
    status = value.get("status", "publish")
    if status != "publish":
        return f"is not published (its status is {clean_title(str(status))[:20]!r})"
    content = value.get("content")
    if isinstance(content, dict) and content.get("protected"):
        return "is protected by a password"
    return ""


def _topics(embedded: object) -> Iterator[str]:
    """Names of categories and tags, each once, in the site's order; an embed may be an error instead."""
    lists = embedded.get("wp:term") if isinstance(embedded, dict) else None
    names = (
        clean_title(unescape(text_of(term, "name")))
        for terms in (lists if isinstance(lists, list) else [])
        for term in (terms if isinstance(terms, list) else [])
        if isinstance(term, dict) and _is_topic(term)
    )
    yield from list(dict.fromkeys(name for name in names if name))[:MAX_TOPICS]


def _is_topic(term: Mapping[str, Any]) -> bool:
    none = any(_NO_CATEGORY.fullmatch(text_of(term, key)) for key in ("name", "slug"))
    return term.get("taxonomy") in TOPIC_TAXONOMIES and bool(text_of(term, "name")) and not none
