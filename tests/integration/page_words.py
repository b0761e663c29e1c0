"""What a visitor reads on a page, or hears read aloud; and which of it is English."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from newsletter.wording import Wording, messages

_SPOKEN = ("aria-label", "alt", "title", "placeholder")
_VOID = {"meta", "link", "input", "br", "img", "hr"}


class _Words(HTMLParser):
    """The text of a page, without what says that it is in another language, and without addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._apart = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag not in _VOID and (self._apart or (tag != "html" and "lang" in named) or tag == "bdi"):
            self._apart += 1
        if not self._apart:
            self.texts += [value for name in _SPOKEN if (value := named.get(name))]
            if named.get("name") == "description":
                self.texts.append(named["content"] or "")

    def handle_endtag(self, tag: str) -> None:
        if self._apart:
            self._apart -= 1

    def handle_data(self, data: str) -> None:
        if not self._apart and data.strip():
            self.texts += " ".join(data.split()).split(" – ")  # of a title, the page and the publication


def words(html: str) -> list[str]:
    """Each piece of text in the page's own language."""
    found = _Words()
    found.feed(html)
    return found.texts


def english_in(html: str, wording: Wording) -> list[str]:
    """Texts of a page that are our English, but for messages that the catalogue does not have yet."""
    missing = set(wording.missing)
    untold = [_pattern(one) for one in missing if _has_words(one)]
    english = [_pattern(one) for one in messages() if one not in missing and _has_words(one)]
    return [
        text
        for text in words(html)
        if any(one.fullmatch(text) for one in english) and not any(one.fullmatch(text) for one in untold)
    ]


def latin_in(html: str, wording: Wording) -> list[str]:
    """Texts of a page with a word in Latin letters, but for messages that the catalogue does not have yet."""
    untold = [_pattern(one) for one in wording.missing if _has_words(one)]
    return [
        text
        for text in words(html)
        if re.search(r"[A-Za-z]{2,}", re.sub("UTC|draft-1", "", text))
        and not any(one.fullmatch(text) for one in untold)
    ]


def _has_words(said: str) -> bool:
    return bool(re.search(r"[A-Za-z]{2,}", re.sub(r"%\(\w+\)s|UTC", "", said)))


def _pattern(said: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in re.split(r"%\(\w+\)s", said)))
