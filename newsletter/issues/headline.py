"""Subject and preheader: from rules, in several forms, never the same form twice in a row.

At most 50 characters, specific, and true of what follows: no fear, no cure, no reply that is none. A
condition that many keep private is not named: a subject stands on lock screens (standards: EDPB Guidelines
2/2023 and C-21/23 on how little makes health data).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.content.private_topic import private_topics
from newsletter.issues.issue import Pick, is_sensitive

SUBJECT_LIMIT = 50

#: What the issue of a series is about, by the slot of its day.
PARTS = {
    "overview": "what it is",
    "causes": "where it comes from",
    "signs": "the signs",
    "diagnosis": "how it is found",
    "what_helps": "what helps",
    "living": "living with it",
    "recap": "the week in short",
}


@dataclass(frozen=True)
class Form:
    """A form of a subject: its name, its words, and the slots that must be filled for them to be true."""

    name: str
    words: str
    slots: frozenset[str] = frozenset()


_DAILY = (
    Form("signs", "{title}: the signs and what helps", frozenset({"signs", "what_helps"})),
    Form("know", "{title}: what to know"),
    Form("help", "{title}: when to seek help", frozenset({"seek_help"})),
    Form("explained", "{title}, explained", frozenset({"overview"})),
    Form("title", "{title}"),
)
_SERIES = (
    Form("part", "{title}: {part}"),
    Form("week", "This week, {title}: {part}"),
    Form("turned", "{title} this week: {part}"),
)
_DIGEST = (
    Form("more", "{title}, and more for your {period}"),
    Form("week", "This {period}: {title} and more"),
    Form("title", "{title} and other reading"),
)
#: For titles too long for any form, and for what is not named.
_DISCREET = (
    Form("today", "Your health letter for today"),
    Form("dated", "Your health letter of {date}"),
    Form("reading", "Some reading on health, {date}"),
)
_DISCREET_DIGEST = (
    Form("weekly", "Your {period}ly health letter"),
    Form("dated", "Your health letter of {date}"),
    Form("reading", "This {period}’s reading on health"),
)
_FORMS = {"daily": _DAILY, "series": _SERIES, "digest": _DIGEST}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def headline(
    picks: Sequence[Pick],
    *,
    layout: str,
    day: date,
    seed: str,
    last_form: str,
    is_discreet: bool = False,
    period: str = "week",
) -> tuple[str, str, str]:
    """Subject, preheader and the name of the subject's form.

    *picks* in reading order; *last_form* is that of the issue before; *is_discreet*: name nothing, whatever
    the lead is about (an edition whose subject would tell what its readers chose).
    """
    lead = picks[0]
    title = one_line(lead.article_title)
    names = {pick.slot for pick in picks}
    part = next((PARTS[pick.slot] for pick in picks if pick.slot in PARTS and pick.slot != "overview"), "")
    values = {
        "title": title,
        "part": part or PARTS["overview"],
        "date": f"{day.day} {_MONTHS[day.month - 1]}",
        "period": period,
    }
    private = is_discreet or any(_is_private(one) for one in picks if one.article_id == lead.article_id)
    named = () if private or not title else _FORMS[layout]
    quiet = _DISCREET_DIGEST if layout == "digest" else _DISCREET
    for forms in (named, quiet):
        fitting = [
            (form, subject)
            for form in forms
            if form.slots <= names and form.name != last_form
            if len(subject := form.words.format(**values)) <= SUBJECT_LIMIT
        ]
        if fitting:
            form, subject = fitting[_turn(seed) % len(fitting)]
            return subject, _preheader(picks, layout, values, private=private), form.name
    raise AssertionError("two of the quiet forms always fit")  # pragma: no cover


def one_line(title: str) -> str:
    """*title* fit for a header: a line break in it would end the header."""
    return "".join(letter for letter in " ".join(title.split()) if letter.isprintable())


def names_what_is_private(text: str, picks: Sequence[Pick]) -> bool:
    """Whether *text*, written by an operator, names a private topic, or a condition told of as sensitive."""
    lower = text.casefold()
    titles = {one_line(one.article_title).casefold() for one in picks if is_sensitive(one)}
    return bool(private_topics(text, ())) or any(title and title in lower for title in titles)


def _is_private(pick: Pick) -> bool:
    """Whether its title is kept off lock screens: for what the section tells, or for what it is called."""
    return is_sensitive(pick) or bool(private_topics(pick.article_title, ()))


def _preheader(picks: Sequence[Pick], layout: str, values: Mapping[str, str], *, private: bool) -> str:
    lead = picks[0]
    others = [
        one_line(one.article_title)
        for one in picks[1:]
        if one.article_id != lead.article_id and not one.is_myth and not _is_private(one)
    ]
    others = [title for title in dict.fromkeys(others) if title]
    if layout == "digest":
        said = f"Also this {values['period']}" if not private else f"This {values['period']}"
        return (
            f"{said}: {', '.join(others[:2])}."
            if others
            else "Short reads on several subjects, with sources."
        )
    if layout == "series":
        return (
            f"Our subject of the week, day by day: {values['part']}."
            if not private
            else "Our subject of the week."
        )
    first = _promise([pick.slot for pick in picks if pick.article_id == lead.article_id], private=private)
    return first if private or not others else f"{first} Also today: {others[0]}."


def _promise(slots: Sequence[str], *, private: bool) -> str:
    """What the letter tells of its condition, and no more than it does."""
    names = (
        ("today's condition", "", "what helps") if private else ("what it is", "how it shows", "what helps")
    )
    said = [
        name
        for slot, name in zip(("overview", "signs", "what_helps"), names, strict=True)
        if slot in slots and name and (private or slot != "what_helps" or len(slots) < 3)
    ]
    if "seek_help" in slots:
        said.append("when to seek help")
    if not said:
        return "Something to read on your health, with its sources."
    *before, last = said
    joined = f"{', '.join(before)}{',' if private and len(before) > 1 else ''} and {last}" if before else last
    return f"{joined[0].upper()}{joined[1:]}."


def _turn(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}|subject".encode()).digest()[:4])
