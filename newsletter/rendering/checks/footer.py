"""What every letter owes its reader: the way out, who sends it, what it is not, and where help is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.issues.issue import is_sensitive
from newsletter.rendering.checks.check import Finding, Proof, named_parts
from newsletter.rendering.checks.mail import visible_words
from newsletter.rendering.view import PREFERENCES_HOLE, UNSUBSCRIBE_HOLE, disclaimer_of
from newsletter.settings import Settings


@dataclass(frozen=True)
class _Way:
    """A link that must be in both parts. *word*: what names it in the letter's language."""

    href: str
    word: str
    is_mark: bool


def unsubscribe(proof: Proof) -> Iterator[Finding]:
    """The way out."""
    return _way(proof, _Way(UNSUBSCRIBE_HOLE, proof.wording.gettext("Unsubscribe").casefold(), is_mark=True))


def preferences(proof: Proof) -> Iterator[Finding]:
    """The way to one's preferences."""
    return _way(proof, _Way(PREFERENCES_HOLE, proof.wording.gettext("Preferences").casefold(), is_mark=True))


def privacy(proof: Proof) -> Iterator[Finding]:
    """The way to the privacy policy."""
    said = "privacy" if proof.is_english else proof.wording.gettext("Privacy policy").casefold()
    return _way(proof, _Way(f"{proof.settings.base_url}/privacy", said, is_mark=False))


def privacy_policy(proof: Proof) -> Iterator[Finding]:
    """Whether the policy that readers agree to is the publisher's own."""
    settings = proof.settings
    if settings.privacy_policy is None:
        yield Finding("privacy_policy: still the shipped draft")
    if settings.privacy_version.startswith("draft"):
        yield Finding(f"privacy_version: still a draft, {settings.privacy_version}")


def postal_address(proof: Proof) -> Iterator[Finding]:
    """Where the publisher can be written to."""
    address = proof.settings.postal_address
    if Settings.model_fields["postal_address"].default == address:
        yield Finding(f"“{address}” is the shipped example", "warn")
    yield from _verbatim(proof, "the postal address", address)


def disclaimers(proof: Proof) -> Iterator[Finding]:
    """What the letter is not, in the publisher's words and in those of every article."""
    yield from _verbatim(proof, "the disclaimer", disclaimer_of(proof.settings, proof.wording))
    for part, words in named_parts(proof):
        # Scripts and sites look for these words (interfaces); an own disclaimer may have lost them.
        if proof.is_english and "general information" not in words.casefold():
            yield Finding(f"“general information” is not in the {part} part")
    for pick in proof.issue.picks:
        if pick.article_disclaimer:
            yield from _verbatim(proof, f"the disclaimer of {pick.article_title}", pick.article_disclaimer)


def emergency_notice(proof: Proof) -> Iterator[Finding]:
    """The number to call, in every letter; and first of all in one that is about an emergency."""
    number, crisis_line = proof.settings.emergency
    for part, words in named_parts(proof):
        if not _holds(words, number):
            yield Finding(f"{number} is not in the {part} part")
        is_crisis = any(is_sensitive(pick) for pick in proof.issue.picks)
        if is_crisis and crisis_line and not _holds(words, crisis_line):
            yield Finding(f"the crisis line {crisis_line} is not in the {part} part")
        if proof.issue.emergency is not None and not _holds(_before_lead(proof, part), number):
            yield Finding(f"{number} does not come before the lead in the {part} part")


def _way(proof: Proof, way: _Way) -> Iterator[Finding]:
    links = [link for link in proof.mail.links if link.href == way.href]
    named = [link for link in links if way.word in link.words.casefold()]
    if not links:
        yield Finding(f"{way.word}: no link in the HTML part")
    elif not any(link.words for link in named):
        yield Finding(f"{way.word}: the link in the HTML part does not say so")
    elif way.is_mark and proof.mail.html.count(way.href) != 1:
        yield Finding(f"{way.word}: {proof.mail.html.count(way.href)} links in the HTML part instead of one")
    said = _text_names(proof.mail.text, way.href)
    if not said:
        yield Finding(f"{way.word}: no link in the text part")
    elif not any(way.word in words for words in said):
        yield Finding(f"{way.word}: the link in the text part does not say so")
    elif way.is_mark and len(said) != 1:
        yield Finding(f"{way.word}: {len(said)} links in the text part instead of one")


def _text_names(text: str, href: str) -> list[str]:
    """For each place of *href* in the text part, the words that it goes by.

    They stand before it, on its line or on the one above; or where its number does, "Unsubscribe [3]".
    """
    lines = [line for line in text.splitlines() if line.strip()]
    address = re.compile(rf"(?<![\w/]){re.escape(href)}(?![\w/-])")
    named: list[str] = []
    for place, line in enumerate(lines):
        if not address.search(line):
            continue
        said = [*lines[max(0, place - 1) : place], address.sub("", line)]
        number = re.match(r"\s*(\[\d+\])", line)
        if number:
            said = [other for other in lines if number[1] in other and other is not line]
        named.append(" ".join(said).casefold())
    return named


def _verbatim(proof: Proof, name: str, said: str) -> Iterator[Finding]:
    wanted = " ".join(visible_words(said))
    for part, words in named_parts(proof):
        if wanted not in words:
            yield Finding(f"{name} is not in the {part} part word for word", "fail")


def _holds(words: str, number: str) -> bool:
    """Whether *number* stands in *words* by itself: 112 is not in 1125."""
    return re.search(rf"(?<![\d+]){re.escape(number)}(?![\d-])", words) is not None


def _before_lead(proof: Proof, part: str) -> str:
    """The words of a part up to the lead's title."""
    heading = proof.mail.tree.css_first("h1")
    title = " ".join(visible_words((heading.text() if heading else "") or proof.issue.lead.article_title))
    words = dict(named_parts(proof))[part]
    if part == "HTML":
        # The title may be told before, in the box itself: the heading is a block of its own.
        blocks = proof.mail.blocks
        return " ".join(blocks[: blocks.index(title)]) if title in blocks else words
    lines = [" ".join(visible_words(line)).casefold() for line in proof.mail.text.splitlines()]
    first_line = title[:40].casefold()
    place = next(
        (at for at, line in enumerate(lines) if line and first_line.startswith(line[:40])), len(lines)
    )
    return " ".join(visible_words("\n".join(proof.mail.text.splitlines()[:place])))
