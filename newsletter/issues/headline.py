"""Subject and preheader: from rules, in several forms, never the same form twice in a row.

At most 50 characters, specific, and true of what follows: no fear, no cure, no reply that is none. A
condition that many keep private is not named: a subject stands on lock screens (standards: EDPB Guidelines
2/2023 and C-21/23 on how little makes health data).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.content.private_topic import private_topics
from newsletter.issues.issue import Pick, is_sensitive
from newsletter.wording import Wording, message, wording_of

SUBJECT_LIMIT = 50

#: What the issue of a series is about, by the slot of its day.
PARTS = {
    "overview": message("what it is"),
    "causes": message("where it comes from"),
    "signs": message("the signs"),
    "diagnosis": message("how it is found"),
    "what_helps": message("what helps"),
    "living": message("living with it"),
    "recap": message("the week in short"),
}


@dataclass(frozen=True)
class Form:
    """A form of a subject: its name, its words, and the slots that must be filled for them to be true."""

    name: str
    words: str
    slots: frozenset[str] = frozenset()


_DAILY = (
    Form("signs", message("%(title)s: the signs and what helps"), frozenset({"signs", "what_helps"})),
    Form("know", message("%(title)s: what to know")),
    Form("help", message("%(title)s: when to seek help"), frozenset({"seek_help"})),
    Form("explained", message("%(title)s, explained"), frozenset({"overview"})),
    Form("title", message("%(title)s")),
)
_SERIES = (
    Form("part", message("%(title)s: %(part)s")),
    Form("week", message("This week, %(title)s: %(part)s")),
    Form("turned", message("%(title)s this week: %(part)s")),
)
_WEEKLY = (
    Form("more", message("%(title)s, and more for your week")),
    Form("week", message("This week: %(title)s and more")),
    Form("title", message("%(title)s and other reading")),
)
_MONTHLY = (
    Form("more", message("%(title)s, and more for your month")),
    Form("week", message("This month: %(title)s and more")),
    Form("title", message("%(title)s and other reading")),
)
#: For titles too long for any form, and for what is not named.
_DISCREET = (
    Form("today", message("Your health letter for today")),
    Form("dated", message("Your health letter of %(date)s")),
    Form("reading", message("Some reading on health, %(date)s")),
)
_DISCREET_WEEKLY = (
    Form("weekly", message("Your weekly health letter")),
    Form("dated", message("Your health letter of %(date)s")),
    Form("reading", message("This week’s reading on health")),
)
_DISCREET_MONTHLY = (
    Form("weekly", message("Your monthly health letter")),
    Form("dated", message("Your health letter of %(date)s")),
    Form("reading", message("This month’s reading on health")),
)
_FORMS = {"daily": _DAILY, "series": _SERIES, "weekly digest": _WEEKLY, "monthly digest": _MONTHLY}
_QUIET_FORMS = {"weekly digest": _DISCREET_WEEKLY, "monthly digest": _DISCREET_MONTHLY}
_ALSO = {
    "weekly digest": message("Also this week: %(titles)s."),
    "monthly digest": message("Also this month: %(titles)s."),
}
_HOLDS = {
    "weekly digest": message("This week: %(titles)s."),
    "monthly digest": message("This month: %(titles)s."),
}


def headline(
    picks: Sequence[Pick],
    *,
    layout: str,
    day: date,
    seed: str,
    last_form: str,
    is_discreet: bool = False,
    period: str = "week",
    wording: Wording | None = None,
) -> tuple[str, str, str]:
    """Subject, preheader and the name of the subject's form.

    *picks* in reading order; *last_form* is that of the issue before; *is_discreet*: name nothing, whatever
    the lead is about (an edition whose subject would tell what its readers chose); *period*: what a digest is
    of; *wording*: the newsletter's, English if not given.
    """
    wording = wording or wording_of()
    lead = picks[0]
    title = one_line(lead.article_title)
    names = {pick.slot for pick in picks}
    told = (PARTS[pick.slot] for pick in picks if pick.slot in PARTS and pick.slot != "overview")
    part = next(told, PARTS["overview"])
    values = {
        "title": title,
        "part": wording.gettext(part),
        "date": wording.day_and_month(day),
    }
    private = is_discreet or any(_is_private(one) for one in picks if one.article_id == lead.article_id)
    name = f"{period}ly digest" if layout == "digest" else layout
    named = () if private or not title else _FORMS[name]
    quiet = _QUIET_FORMS.get(name, _DISCREET)
    told_as = [
        (form, wording.gettext(form.words, **values)) for form in (*named, *quiet) if form.slots <= names
    ]
    fitting = [
        (form, subject)
        for form, subject in told_as
        if form.name != last_form and len(subject) <= SUBJECT_LIMIT
    ]
    # By name while a name fits; in a language of long words the shortest must do.
    by_name = [one for one in fitting if one[0] in named] or fitting or [min(told_as, key=_length)]
    form, subject = by_name[_turn(seed) % len(by_name)]
    return subject, _preheader(picks, name, wording, part=values["part"], private=private), form.name


def _length(told: tuple[Form, str]) -> int:
    return len(told[1])


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


def _preheader(picks: Sequence[Pick], layout: str, wording: Wording, *, part: str, private: bool) -> str:
    lead = picks[0]
    others = [
        one_line(one.article_title)
        for one in picks[1:]
        if one.article_id != lead.article_id and not one.is_myth and not _is_private(one)
    ]
    others = [title for title in dict.fromkeys(others) if title]
    if layout.endswith("digest"):
        if not others:
            return wording.gettext("Short reads on several subjects, with sources.")
        form = _ALSO[layout] if not private else _HOLDS[layout]
        return wording.gettext(form, titles=wording.listed(others[:2]))
    if layout == "series":
        if private:
            return wording.gettext("Our subject of the week.")
        return wording.gettext("Our subject of the week, day by day: %(part)s.", part=part)
    first = _promise(
        [pick.slot for pick in picks if pick.article_id == lead.article_id], wording, private=private
    )
    if private or not others:
        return first
    also = wording.gettext("Also today: %(title)s.", title=others[0])
    return f"{first} {also}"


def _promise(slots: Sequence[str], wording: Wording, *, private: bool) -> str:
    """What the letter tells of its condition, and no more than it does."""
    names = (
        (message("today’s condition"), "", message("what helps"))
        if private
        else (message("what it is"), message("how it shows"), message("what helps"))
    )
    said = [
        name
        for slot, name in zip(("overview", "signs", "what_helps"), names, strict=True)
        if slot in slots and name and (private or slot != "what_helps" or len(slots) < 3)
    ]
    if "seek_help" in slots:
        said.append(message("when to seek help"))
    if not said:
        return wording.gettext("Something to read on your health, with its sources.")
    joined = wording.listed([wording.gettext(name) for name in said])
    return wording.gettext("%(list)s.", list=f"{joined[0].upper()}{joined[1:]}")


def _turn(seed: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}|subject".encode()).digest()[:4])
