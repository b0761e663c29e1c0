"""A WordPress or ClassicPress site read over its REST interface.

Pages shift while they are read, totals are wrong, plug-ins answer in HTML: so nothing here rests on a count
or on one pass. What is listed is what counts, and what is missing is asked for by name before it is gone.
(Rules and traps: developer.wordpress.org/rest-api and class-wp-rest-posts-controller.php.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from newsletter.content.fetch import Fetched, Fetcher, FetchError
from newsletter.content.sources.item import Refused
from newsletter.content.sources.rest import RestPost, read_rest, text_of
from newsletter.errors import ContentError

API_REL = "https://api.w.org/"
#: The most that WordPress gives in one page of a listing.
PER_PAGE = 100
#: Posts with their text come in smaller pages, to stay below the limit of a fetch.
PER_PAGE_WITH_TEXT = 50
#: A listing is read anew until a pass brings nothing new, but not for ever.
MAX_PASSES = 5
MAX_PAGES = 20_000
#: How much of the front page is searched for its links.
HEAD_BYTES = 256 * 1024
FIELDS = "id,guid,date_gmt,modified_gmt,slug,status,type,link,title,content,_links,_embedded"

_JSON = {"Accept": "application/json"}
_LINK = re.compile(r"<([^<>]*)>((?:\s*;[^,<]*)*)")
_LINK_TAG = re.compile(r"<link\b([^<>]{1,2000})>", re.IGNORECASE)
_REL = re.compile(r"""\brel\s*=\s*["']?([^"'<>;]+)""", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*["']?([^"'<>\s]+)""", re.IGNORECASE)
_HTML_LANG = re.compile(
    r"""<html\b[^<>]{0,500}?\blang\s*=\s*["']?([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)["'\s>]""",
    re.IGNORECASE,
)


class RestBlockedError(ContentError):
    """The site lives, but its REST interface is shut, off or answers nonsense: read its feed instead."""


class WordPress:
    """Reads one kind of post (*route*: "posts", "pages" or a custom one) of the site at *site_url*."""

    def __init__(self, site_url: str, fetcher: Fetcher, *, route: str = "posts") -> None:
        self.site_url = site_url if re.match(r"\w+://[^/]*/", site_url) else f"{site_url}/"
        self.route = route
        self.lang = "en"
        self._fetcher = fetcher
        self._root = ""

    def discover(self) -> str:
        """The root of the REST interface; asked for once. The site's language is noted on the way.

        It is looked for in the front page's Link header, in its ``<link>``, and where it lies on sites with
        and without pretty permalinks.

        Raises:
            RestBlockedError: it is nowhere.
            FetchError: the site cannot be fetched from.
        """
        if not self._root:
            self._root = self._advertised() or self._guessed()
        return self._root

    def changed(
        self, after: datetime | None = None, *, page: int = 1
    ) -> Iterator[tuple[int, list[RestPost | Refused]]]:
        """Page number and posts of each page, from *page* on, of what changed after *after*, oldest first.

        A post that changes while this goes on moves to the end and may hide another one: compare with
        listing() afterwards.

        Raises:
            RestBlockedError: no JSON comes any more.
            FetchError: the site cannot be fetched from.
        """
        query = {
            "_fields": FIELDS,
            "_embed": "wp:term",
            "orderby": "modified",
            "order": "asc",
            "per_page": str(PER_PAGE_WITH_TEXT),
        }
        if after is not None:
            # Without the Z it would be taken for the site's local time.
            query["modified_after"] = after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for number, values in self._pages(query, start=page):
            yield number, [read_rest(value, lang=self.lang) for value in values]

    def listing(self) -> dict[int, str]:
        """Every public post: its id, and the time of its last change as the site writes it.

        Ordered by id, so that new posts come last; read again until a pass brings nothing new, because a
        post that is taken away meanwhile moves others across the edge of a page.

        Raises:
            RestBlockedError: no JSON comes any more.
            FetchError: the site cannot be fetched from.
        """
        query = {"_fields": "id,modified_gmt", "orderby": "id", "order": "asc", "per_page": str(PER_PAGE)}
        listed: dict[int, str] = {}
        for _ in range(MAX_PASSES):
            known = len(listed)
            pages = 0
            for _, values in self._pages(query):
                pages += 1
                listed.update(_stamps(values))
            if len(listed) == known or pages < 2:
                break
        return listed

    def posts(self, ids: Sequence[int]) -> Iterator[list[RestPost | Refused]]:
        """The posts with these *ids*, in lots; those that are not public any more are left out.

        Raises:
            RestBlockedError: no JSON comes any more.
            FetchError: the site cannot be fetched from.
        """
        for start in range(0, len(ids), PER_PAGE_WITH_TEXT):
            lot = ids[start : start + PER_PAGE_WITH_TEXT]
            query = {
                "_fields": FIELDS,
                "_embed": "wp:term",
                "include": ",".join(map(str, lot)),
                "per_page": str(PER_PAGE_WITH_TEXT),
            }
            values = self._collection(query) or []
            wanted = set(lot)
            read = [read_rest(value, lang=self.lang) for value in values]
            # A site that does not heed "include" sends others; those are none of ours to judge here.
            yield [post for post in read if isinstance(post, Refused) or post.id in wanted]

    def is_gone(self, post_id: int, *, url: str = "") -> bool:
        """Whether the site says of this very post that it is no more: 404 or 410, and nothing else.

        A post in the bin or made private answers 401 or 403 over REST; then its public address *url* is
        asked, where that is known, and 404 or 410 there counts.

        Raises:
            RestBlockedError: the whole interface is gone, which says nothing of the post.
            FetchError: the site cannot be fetched from.
        """
        answer = self._fetcher.get(self._address(str(post_id), {"_fields": "id,status"}), headers=_JSON)
        if answer.status in (404, 410):
            if _error_code(answer) == "rest_no_route":
                raise _blocked(answer, "has no such route any more")
            return True
        if answer.status in (401, 403) and url:
            return self._fetcher.get(url).status in (404, 410)
        return False

    def _advertised(self) -> str:
        """The root that the front page names; empty when it names none or cannot be had itself."""
        answer = self._fetcher.get(self.site_url)
        refuse_trouble(answer)
        # Searched, not parsed: a page made to be parsed slowly must not cost anything here.
        head = answer.body[:HEAD_BYTES].decode("utf-8", "replace")
        lang = _HTML_LANG.search(head)
        self.lang = lang[1] if lang else "en"
        for address, parameters in _LINK.findall(answer.headers.get("link", "")):
            rel = _REL.search(parameters)
            if rel and API_REL in rel[1].split():
                return _joined(answer.url, address)
        for tag in _LINK_TAG.findall(head):
            rel, href = _REL.search(tag), _HREF.search(tag)
            if rel and href and API_REL in rel[1].split():
                return _joined(answer.url, unescape(href[1]))
        return ""

    def _guessed(self) -> str:
        base = self.site_url if self.site_url.endswith("/") else f"{self.site_url}/"
        for candidate in (f"{base}wp-json/", f"{base}?rest_route=/"):
            answer = self._fetcher.get(candidate, headers=_JSON)
            refuse_trouble(answer)
            index = _decoded(answer) if answer.status == 200 else None
            if isinstance(index, dict) and "wp/v2" in index.get("namespaces", []):
                return candidate
        reason = "shows no WordPress REST interface"
        raise RestBlockedError(self.site_url, reason, "Its feed is read instead.")

    def _address(self, below: str, query: Mapping[str, str]) -> str:
        """The address of ``wp/v2/{route}/{below}``, for roots that are a path and such that are a query."""
        parts = urlsplit(self.discover())
        route = f"wp/v2/{self.route}/{below}".rstrip("/")
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        path = parts.path
        if any(name == "rest_route" for name, _ in pairs):
            pairs = [
                (name, f"{value.rstrip('/')}/{route}" if name == "rest_route" else value)
                for name, value in pairs
            ]
        else:
            path = f"{path.rstrip('/')}/{route}"
        pairs += query.items()
        return urlunsplit((parts.scheme, parts.netloc, path, urlencode(pairs, safe=",/:"), ""))

    def _pages(self, query: Mapping[str, str], *, start: int = 1) -> Iterator[tuple[int, list[Any]]]:
        """The pages of a listing that hold anything. How many there are, the site is not believed.

        WordPress counts posts before it leaves out those that are not public, so a short page, or an empty
        one between others, is not the end: that is a 400, two empty pages, or a page with nothing new.
        """
        empty = 0
        seen: set[str] = set()
        for number in range(start, MAX_PAGES):
            values = self._collection({**query, "page": str(number)})
            if values is None:
                return
            empty = 0 if values else empty + 1
            if empty == 2:
                return
            names = {str(value.get("id")) if isinstance(value, dict) else repr(value) for value in values}
            if values and names <= seen:
                return
            seen |= names
            if values:
                yield number, values

    def _collection(self, query: Mapping[str, str]) -> list[Any] | None:
        """One page of posts, undecoded; None when the page lies past the end."""
        answer = self._fetcher.get(self._address("", query), headers=_JSON)
        refuse_trouble(answer)
        if answer.status == 400 and _error_code(answer) == "rest_post_invalid_page_number":
            return None
        if answer.status != 200:
            code = _error_code(answer)
            raise _blocked(answer, f"answers {answer.status}{f' ({code})' if code else ''}")
        values = _decoded(answer)
        if not isinstance(values, list):
            html = answer.body.lstrip()[:1] == b"<"
            raise _blocked(answer, "sends HTML instead of JSON" if html else "sends no list, or half of one")
        return values


def _joined(here: str, address: str) -> str:
    """The absolute form of *address*; empty where it is none."""
    try:
        joined = urljoin(here, address.strip())
        urlsplit(joined)
    except ValueError:
        return ""
    return joined


def _stamps(values: Sequence[object]) -> dict[int, str]:
    """Id and time of change of each listed post."""
    stamps: dict[int, str] = {}
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("id"), int) and value["id"] > 0:
            stamps[value["id"]] = text_of(value, "modified_gmt")
    return stamps


def _decoded(answer: Fetched) -> object:
    """The JSON of *answer*; None where there is none (RecursionError: nested to make a parser fall over)."""
    try:
        found: object = json.loads(answer.body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    return found


def _error_code(answer: Fetched) -> str:
    """WordPress's own name for an error, such as ``rest_post_invalid_id``."""
    said = _decoded(answer)
    return text_of(said, "code")[:60] if isinstance(said, dict) else ""


def _shown(url: str) -> str:
    """*url* for people: without the list of fields and what comes after it."""
    return url.split("_fields=", 1)[0].rstrip("?&")


def _blocked(answer: Fetched, reason: str) -> RestBlockedError:
    return RestBlockedError(_shown(answer.url), reason, "Its feed is read instead.")


def refuse_trouble(answer: Fetched) -> None:
    """Pass *answer* on, unless the site itself is in trouble or wants to be left alone for a while.

    Raises:
        FetchError: its status is 429 or one of the five hundreds.
    """
    if answer.status == 429 or answer.status >= 500:
        wait = answer.headers.get("retry-after", "")
        asked = f" and asks to wait {wait[:40]}" if wait else ""
        raise FetchError(
            _shown(answer.url), f"answers {answer.status}{asked}", "Try again later.", cause="down"
        )
