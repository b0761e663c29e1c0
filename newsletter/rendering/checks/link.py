"""Where links lead, and whether their words say so."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, urlsplit

from newsletter.rendering.checks.check import Finding, Proof
from newsletter.rendering.view import PREFERENCES_HOLE, UNSUBSCRIBE_HOLE

#: The only links that differ between readers: filled when a letter is made.
OUR_MARKS = frozenset({PREFERENCES_HOLE, UNSUBSCRIBE_HOLE})

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_TELEPHONE = re.compile(r"\+?[0-9][0-9().*#-]*")
_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SHORTENERS = frozenset(
    {
        "bit.ly", "buff.ly", "cutt.ly", "dlvr.it", "fb.me", "goo.gl", "is.gd", "lnkd.in", "ow.ly",
        "rb.gy", "rebrand.ly", "s.id", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd",
    }
)  # fmt: skip
#: Parameters that tell who came from where; those of the second group tell which reader it was.
_TRACKERS = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|mkt_tok|igshid|mc_cid|_hsenc|_hsmi", re.IGNORECASE
)
_READERS = re.compile(
    r"mc_eid|e?-?mail|email_?address|subscriber(?:_?id)?|recipient(?:_?id)?|contact_?id|user_?id|uid",
    re.IGNORECASE,
)
#: Addresses that only lead on to another one, by the beginning of their host or by their path.
_REDIRECTS = re.compile(
    r"(?:click|clicks|track|trk|links?|go|redirect|email)\.[^/]*/(?:ls/)?(?:click|ss|c|t|r|track|redirect)\b"
    r"|[^/]*/(?:redirect|track/click|clickthrough|ls/click)\b",
    re.IGNORECASE,
)
_VAGUE = frozenset(
    {
        "click", "click here", "click this link", "continue", "continue reading", "details", "find out more",
        "go", "go here", "here", "info", "learn more", "link", "more", "more info", "more information",
        "read", "read here", "read more", "read on", "see here", "see more", "tap here", "this", "this link",
        "this page", "view", "view more", "website",
    }
)  # fmt: skip
_BARE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def unusable(proof: Proof) -> Iterator[Finding]:
    """Links that lead nowhere for a reader, whatever they say."""
    for link in proof.mail.links:
        if not is_usable(link.href) and not _is_relative(link.href):
            yield Finding(f"not usable: {link.href or '(empty)'}")


def relative(proof: Proof) -> Iterator[Finding]:
    """Links that mean something on a page only: a mail has no address that they could start from."""
    for link in proof.mail.links:
        if _is_relative(link.href):
            yield Finding(f"relative: {link.href}")


def shortened(proof: Proof) -> Iterator[Finding]:
    """Links that hide where they lead."""
    for link in proof.mail.links:
        parts = _parts(link.href)
        if parts is None:
            continue
        host = (parts.hostname or "").removeprefix("www.")
        if host in _SHORTENERS:
            yield Finding(f"shortened: {link.href}")
        elif _REDIRECTS.match(f"{host}{parts.path}"):
            yield Finding(f"leads on to another address: {link.href}")


def tracking(proof: Proof) -> Iterator[Finding]:
    """Links that tell their site where a reader came from, or who it was."""
    for link in proof.mail.links:
        parts = _parts(link.href)
        if parts is None:
            continue
        names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        if link.href not in OUR_MARKS and any(mark in link.href for mark in OUR_MARKS):
            yield Finding(f"would name the reader to its site: {link.href}", "fail")
        elif any(_TRACKERS.fullmatch(name) or _READERS.fullmatch(name) for name in names):
            yield Finding(f"carries a tracker: {link.href}")


def unencrypted(proof: Proof) -> Iterator[Finding]:
    """Links by http, in a letter of a newsletter that is on https itself."""
    if not proof.settings.base_url.startswith("https:"):
        return
    for link in proof.mail.links:
        if link.href.lower().startswith("http:"):
            yield Finding(link.href)


def without_words(proof: Proof) -> Iterator[Finding]:
    """Links whose words do not say where they lead."""
    targets: dict[str, set[str]] = defaultdict(set)
    for link in proof.mail.links:
        words = link.words.casefold().strip(" .…:→›»")
        if not words:
            yield Finding(f"without words: {link.href}", "fail")
            continue
        targets[words].add(link.href.rstrip("/"))
        if words in _VAGUE:
            yield Finding(f"“{link.words}” says nothing of {link.href}")
        elif _BARE.fullmatch(words):
            yield Finding(f"an address is all that it says: {link.words}")
    for words, hrefs in targets.items():
        if len(hrefs) > 1 and words not in _VAGUE:
            yield Finding(f"“{words}” leads to {len(hrefs)} different addresses")


def unreachable(proof: Proof) -> Iterator[Finding]:
    """Links that were asked and gave nothing."""
    for link, why in proof.unreachable.items():
        yield Finding(f"{link} {why}")


def is_usable(href: str) -> bool:
    """Whether a reader's mail program can open *href*: a whole web address, a mailbox, a number, a mark."""
    if href in OUR_MARKS:
        return True
    scheme, _, rest = href.partition(":")
    if scheme.lower() == "tel":
        return bool(_TELEPHONE.fullmatch(rest))
    if scheme.lower() == "mailto":
        return bool(_MAILBOX.fullmatch(rest.partition("?")[0]))
    return _parts(href) is not None and not any(letter.isspace() for letter in href)


def _is_relative(href: str) -> bool:
    return bool(href) and href not in OUR_MARKS and (not _SCHEME.match(href))


@lru_cache(maxsize=500)
def _parts(href: str) -> SplitResult | None:
    """*href* in parts, if it is a whole web address."""
    try:
        parts = urlsplit(href)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_whole else None
