"""What a web page says about itself for machines: JSON-LD, meta elements, links, the language.

Shapes: schema.org Article and MedicalWebPage (lastReviewed, reviewedBy), Open Graph, HTML's own meta names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.content.cleaning import clean_title, safe_url
from newsletter.content.sources.fragment import topics_of
from newsletter.content.sources.post import MAX_TITLE, day_of, lang_of, moment_of, title_of

#: Longer JSON-LD is not read, and of a page's no more than so many things.
MAX_JSON = 500_000
MAX_THINGS = 2000
MAX_TOPICS = 20

_JOINTS = re.compile(r"\s+[|»·•]+\s+|\s*::\s*|\s+[–—-]\s+")
_FIRM_JOINT = re.compile(r"^\s+[|»·•]+\s+|\s*::\s*$")
_REVIEWED = ("last-reviewed", "lastreviewed", "last_reviewed", "reviewed_on", "dcterms.reviewed", "reviewed")
_REVIEWER = ("reviewer", "reviewed-by", "reviewedby", "medical-reviewer")
_PUBLISHED = ("article:published_time", "datepublished", "dc.date", "dcterms.created", "publish-date", "date")
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified")


@dataclass(frozen=True)
class Metadata:
    """What the page says about itself; empty where it says nothing."""

    title: str = ""
    site: str = ""
    url: str = ""
    lang: str = "en"
    published_at: datetime | None = None
    modified_at: datetime | None = None
    reviewed_on: date | None = None
    reviewer: str = ""
    topics: tuple[str, ...] = ()


def read_metadata(tree: LexborHTMLParser, *, url: str = "") -> Metadata:
    """What the page in *tree*, which was fetched from *url* if that is known, says about itself."""
    metas = _metas(tree)
    things = list(_things(tree))
    site = clean_title(_first(metas, ("og:site_name", "application-name")))
    address = _address(tree, metas, url)
    title = _first(metas, ("og:title", "twitter:title")) or _text(things, ("headline",))
    printed = tree.css_first("head title")
    if not title and printed is not None:
        title = printed.text(deep=True)
    return Metadata(
        title=bare_title(clean_title(title), site=site, url=address),
        site=site,
        url=address,
        lang=_lang(tree, things),
        published_at=_moment(things, "datePublished", metas, _PUBLISHED),
        modified_at=_moment(things, "dateModified", metas, _MODIFIED),
        reviewed_on=day_of(_text(things, ("lastReviewed",)) or _first(metas, _REVIEWED)),
        reviewer=title_of(_names(things, "reviewedBy") or _first(metas, _REVIEWER)),
        topics=_topics(things, metas),
    )


def bare_title(title: str, *, site: str = "", url: str = "") -> str:
    """*title* less the site's name after it, where it is known or stands behind a bar.

    >>> bare_title("Asthma: causes - Harbour Health", site="Harbour Health")
    'Asthma: causes'
    """
    joints = list(_JOINTS.finditer(title))
    if joints:
        last = joints[-1]
        ending = title[last.end() :].strip()
        host = re.sub(r"[^a-z0-9]", "", urlsplit(url).hostname or "") if url else ""
        known = ending.casefold() == site.casefold() or (
            bool(host) and len(ending) > len("abc") and re.sub(r"[^a-z0-9]", "", ending.lower()) in host
        )
        if known or _FIRM_JOINT.match(last[0]):
            title = title[: last.start()]
    return title[:MAX_TITLE].strip()


def _metas(tree: LexborHTMLParser) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in tree.css("meta"):
        attributes = node.attributes
        name = (
            attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
        ).lower()
        content = attributes.get("content")
        if name and content:
            found.setdefault(name, []).append(content)
    return found


def _first(metas: Mapping[str, Sequence[str]], names: Iterable[str]) -> str:
    return next((value for name in names for value in metas.get(name, ()) if value.strip()), "")


def _things(tree: LexborHTMLParser) -> Iterator[Mapping[str, Any]]:
    """Every object in the page's JSON-LD, outermost first."""
    count = 0
    for script in tree.css('script[type="application/ld+json"]'):
        text = script.text(deep=True)
        if len(text) > MAX_JSON:
            continue
        try:
            queue = [json.loads(text)]
        except (ValueError, RecursionError):
            continue
        for value in queue:
            count += 1
            if count > MAX_THINGS:
                return
            if isinstance(value, dict):
                yield value
                queue.extend(inner for inner in value.values() if isinstance(inner, (dict, list)))
            elif isinstance(value, list):
                queue.extend(inner for inner in value if isinstance(inner, (dict, list)))


def _text(things: Iterable[Mapping[str, Any]], names: Iterable[str]) -> str:
    values = (thing.get(name) for thing in things for name in names)
    return next((value for value in values if isinstance(value, str) and value.strip()), "")


def _names(things: Iterable[Mapping[str, Any]], key: str) -> str:
    """The names of the people or organisations that the first thing with *key* gives there."""
    for thing in things:
        given = thing.get(key)
        people = given if isinstance(given, list) else [given]
        names = [person.get("name") if isinstance(person, dict) else person for person in people]
        said = ", ".join(clean_title(name) for name in names if isinstance(name, str) and name.strip())
        if said:
            return said
    return ""


def _moment(
    things: Iterable[Mapping[str, Any]], key: str, metas: Mapping[str, Sequence[str]], names: Iterable[str]
) -> datetime | None:
    return moment_of(_text(things, (key,))) or moment_of(_first(metas, names))


def _address(tree: LexborHTMLParser, metas: Mapping[str, Sequence[str]], url: str) -> str:
    links = (node.attributes.get("href") or "" for node in tree.css('link[rel~="canonical"]'))
    for given in (*links, _first(metas, ("og:url",))):
        if given and (address := safe_url(_joined(url, given))):
            return address
    return safe_url(url)


def _joined(base: str, given: str) -> str:
    """*given* against *base*, where it is relative and *base* is known."""
    if not base or given.lower().startswith(("http:", "https:")):
        return given
    try:
        return urljoin(base, given)
    except ValueError:
        return ""


def _lang(tree: LexborHTMLParser, things: Iterable[Mapping[str, Any]]) -> str:
    root: LexborNode | None = tree.css_first("html")
    given = (root.attributes.get("lang") or "") if root is not None else ""
    return lang_of(given or _text(things, ("inLanguage",)) or "en")


def _topics(things: Iterable[Mapping[str, Any]], metas: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    named: list[str] = list(metas.get("article:tag", ()))
    for thing in things:
        keywords = thing.get("keywords")
        if isinstance(keywords, str):
            named.extend(keywords.split(","))
        elif isinstance(keywords, list):
            named.extend(word for word in keywords if isinstance(word, str))
    return topics_of([*named, *metas.get("article:section", ())])[:MAX_TOPICS]
