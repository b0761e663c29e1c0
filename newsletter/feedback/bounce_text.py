"""Bounces that follow no standard: whom their words are about, by the rules of bounce_texts.toml."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from newsletter.feedback.bounce_rule import rules
from newsletter.feedback.field import addresses, valid

#: How many lines after an introduction an address may stand, and how many lines of reasons between two.
_NEAR, _BETWEEN = 5, 13
#: What is searched of one line, in characters.
MOST_LINE = 400
#: How far in, in characters, the first address of a list may stand.
MOST_INDENT = 20
#: So many characters below an address are taken for the reason; fewer, and it stands above.
_A_REASON = 12
#: So many rules of ``recipients``, the first, hold even for an address that we know as the sender's.
_SURE = 6
#: So many of them, the first, ask for a line that only a server writes.
_LINES = 5
#: Whom one report of no standard is believed to be about, at most.
MOST_RECIPIENTS = 50


def recipients_of(
    text: str, *, strangers: Iterable[str], library: Callable[[], Iterable[str]] = tuple
) -> list[tuple[str, str]]:
    """Each recipient that a report's own *text* names, with what is said of it.

    *strangers* are the sender's and the machine's own addresses: they are believed only where the words leave
    no doubt. *library* answers what flufl.bounce finds; it is asked after our surer rules.
    """
    never = {address.lower() for address in strangers}

    def anyone(address: str) -> str:
        kept = valid(address)
        return "" if rules().strangers.search(kept) else kept

    def someone(address: str) -> str:
        kept = anyone(address)
        return "" if kept.lower() in never else kept

    ways: tuple[Callable[[], list[tuple[str, int]]], ...] = (
        lambda: _introduced(text, someone),
        lambda: _told(text, someone, rules().recipients),
        lambda: [(address, max(0, text.find(address))) for each in library() if (address := someone(each))],
        lambda: _introduced(text, anyone),
        lambda: _told(text, anyone, rules().recipients[:_SURE]),
        lambda: _told(text, someone, rules().hints),
        lambda: _only(text, someone),
    )
    found = next((found for way in ways if (found := way())), [])
    return _with_words(text, found) if found else []


def lists_somebody(text: str) -> bool:
    """Whether a *text* names an address the way servers do: on a line made for it."""
    return bool(_introduced(text, valid) or _told(text, valid, rules().recipients[:_LINES]))


def _introduced(text: str, someone: Callable[[str], str]) -> list[tuple[str, int]]:
    """Addresses that stand on lines of their own after words such as "the following addresses failed:"."""
    found: list[tuple[str, int]] = []
    position, indent = 0, MOST_INDENT
    left = 0  # lines on which an address may still come
    for line in text.split("\n"):
        place = _listed(line, someone, indent=indent) if left else None
        made_of = rules().expanded.match(line) if found else None
        if place:
            found.append((place[0], position + place[1]))
            indent, left = _indent(line) + 1, _BETWEEN
        elif made_of and someone(made_of[1]):
            found.append((made_of[1], position + made_of.start(1)))
        elif line.strip() and left:
            left -= 1
        if not found and rules().introductions.search(line[:MOST_LINE]):
            left = _NEAR
        position += len(line) + 1
    return found[:MOST_RECIPIENTS]


def _listed(line: str, someone: Callable[[str], str], *, indent: int) -> tuple[str, int] | None:
    """The address that *line* lists, and where; none in a line further in: that tells of the one above."""
    match = rules().listed.match(line)
    if not match or _indent(line) > indent or rules().own.search(line):
        return None
    address = someone(match[1])
    return (address, match.start(1)) if address else None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _told(
    text: str, someone: Callable[[str], str], patterns: Iterable[re.Pattern[str]]
) -> list[tuple[str, int]]:
    """Addresses of lines that say by themselves whom they are about."""
    for pattern in patterns:
        found = [
            (address, match.start(match.lastindex or 0))
            for match in pattern.finditer(text)
            if (address := someone(match[match.lastindex or 0]))
        ]
        if found:
            return found[:MOST_RECIPIENTS]
    return []


def _only(text: str, someone: Callable[[str], str]) -> list[tuple[str, int]]:
    """The one address that is left when the sender's and the machines' are not counted."""
    kept = [line for line in text.split("\n") if not rules().own.search(line)]
    left = {address.lower(): address for address in addresses("\n".join(kept)) if someone(address)}
    return [(address, text.find(address)) for address in left.values()] if len(left) == 1 else []


def _with_words(text: str, found: list[tuple[str, int]]) -> list[tuple[str, str]]:
    """Each address once, with the words from its line to the next one's; a single one may need all."""
    places: dict[str, tuple[str, int]] = {}
    for address, place in found:
        places.setdefault(address.lower(), (address, place))
    ordered = sorted(places.values(), key=lambda pair: pair[1])
    begins = [text.rfind("\n", 0, place) + 1 for _, place in ordered]
    if len(ordered) == 1:
        below = text[begins[0] :]
        enough = len(below.replace(ordered[0][0], "").strip("<>: \n")) >= _A_REASON
        return [(ordered[0][0], below if enough else text)]
    ends = [*begins[1:], len(text)]
    return [
        (address, text[begin:end]) for (address, _), begin, end in zip(ordered, begins, ends, strict=True)
    ]
