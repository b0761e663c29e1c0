"""An independent check of the picker's rules: derived again from the issues and the articles alone.

It shares no code with the picker but the articles themselves, and says every rule in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from newsletter.content.article import Article, Flag, Kind, Section
from newsletter.issues.issue import Issue, Pick

#: What may be relaxed on the ladder, by the words with which the trace tells it.
TOPICS = "the same topic may come three issues running"
SENSITIVE = "sensitive subjects may come two days running"
SHORTER = "the issue is shorter than its layout"
NEVER_CUT_KINDS = {Kind.TREATMENT, Kind.MEDICATIONS, Kind.WHEN_TO_SEEK_HELP}
NEVER_CUT_FLAGS = {Flag.DOSE, Flag.WARNING, Flag.EMERGENCY}
EMERGENCY = re.compile(
    r"\b(stroke|heart attack|cardiac arrest|anaphyla|overdos|poisoning|suicid|sepsis|meningitis)",
    re.IGNORECASE,
)
LURID = re.compile(r"^(re|fwd?):|\b(cure|miracle|breakthrough|shocking|deadly)", re.IGNORECASE)
NEEDS_HELP_FLAGS = {Flag.DOSE, Flag.CONTRAINDICATION, Flag.INTERACTION}


def broken_rules(issues: Sequence[Issue], *, load: Callable[[str], Article], by_week: bool) -> list[str]:
    """Every rule that *issues*, in order of date, break; a sentence each."""
    articles: dict[str, Article] = {}

    def article(article_id: str) -> Article:
        if article_id not in articles:
            articles[article_id] = load(article_id)
        return articles[article_id]

    found: list[str] = []
    for place, issue in enumerate(issues):
        said = [
            *_whole(issue),
            *(fault for pick in issue.picks for fault in _text(pick, issue, article(pick.article_id))),
            *_company(issue, article),
            *_gaps(issue, issues[:place], by_week=by_week),
            *_neighbours(issue, issues[:place], by_week=by_week),
            *_subject(issue, issues[:place]),
        ]
        found += [f"{issue.issued_on}: {fault}" for fault in said]
    return found


def _whole(issue: Issue) -> Iterator[str]:
    if not issue.picks:
        yield "is empty"
        return
    slots = {pick.slot for pick in issue.picks}
    shorter = issue.trace is not None and SHORTER in issue.trace.relaxed
    if (
        issue.week is None
        and "story" not in slots
        and not shorter
        and not slots >= {"overview", "signs", "what_helps"}
    ):
        yield f"has only {sorted(slots)}"
    # An article on an emergency is told whole, as the lead, or not at all.
    for pick in issue.picks:
        if pick.article_id != issue.lead.article_id and EMERGENCY.search(pick.article_title):
            yield f"{pick.article_id} is on an emergency and does not lead"
    # Every other section is of another article, on another topic than all before it.
    seen: list[set[str]] = []
    ids: list[str] = []
    for pick in issue.picks:
        about = {topic.casefold() for topic in pick.topics}
        if (
            pick.article_id != issue.lead.article_id
            and pick.article_id not in ids
            and any(about & one for one in seen)
        ):
            yield f"{pick.article_id} is on a topic that the issue has already"
        if pick.article_id not in ids:
            ids.append(pick.article_id)
            seen.append(about)


def _text(pick: Pick, issue: Issue, article: Article) -> Iterator[str]:
    if pick.slot == "recap":
        return
    reviewed = article.reviewed_on
    if reviewed is None or not reviewed <= issue.issued_on <= reviewed + timedelta(days=3 * 365):
        yield f"{article.id} is out of review"
    if article.status != "usable" or not article.lang.startswith("en"):
        yield f"{article.id} may not be used"
    if pick.is_myth:
        told = (pick.heading, " ".join(block.plain() for block in pick.blocks))
        if article.myth is None or told != (article.myth.claim, article.myth.fact):
            yield f"the myth of {article.id} is not what the article says"
        return
    section = next((one for one in article.sections if one.position == pick.section_position), None)
    if section is None:
        yield f"{article.id} has no section {pick.section_position}"
    elif pick.blocks != section.blocks[: len(pick.blocks)] or not pick.blocks:
        yield f"{pick.heading} of {article.id} is not what the article says"
    elif len(pick.blocks) < len(section.blocks) and not (pick.cut and _may_be_cut(section, article)):
        yield f"{pick.heading} of {article.id} is cut"


def _may_be_cut(section: Section, article: Article) -> bool:
    return (
        section.kind not in NEVER_CUT_KINDS and not NEVER_CUT_FLAGS & set(section.flags) and bool(article.url)
    )


def _company(issue: Issue, article: Callable[[str], Article]) -> Iterator[str]:
    """A treatment, or what speaks of doses, goes with "when to seek help": its own, or the region's."""
    for pick in issue.picks:
        needs = pick.kind in (Kind.TREATMENT, Kind.MEDICATIONS) or NEEDS_HELP_FLAGS & set(pick.flags)
        if pick.slot == "recap" or pick.kind is Kind.WHEN_TO_SEEK_HELP or not needs:
            continue
        own = [
            one
            for one in article(pick.article_id).sections
            if one.kind is Kind.WHEN_TO_SEEK_HELP and one.words
        ]
        shown = any(
            other.article_id == pick.article_id and other.kind is Kind.WHEN_TO_SEEK_HELP
            for other in issue.picks
        )
        if own and not shown:
            yield f"{pick.heading} of {pick.article_id} stands without its “when to seek help”"
        if not own and not pick.standing_call_out:
            yield f"{pick.heading} of {pick.article_id} stands without a call-out"


def _gaps(issue: Issue, before: Sequence[Issue], *, by_week: bool) -> Iterator[str]:
    if issue.trace is None:
        yield "has no trace"
        return
    for earlier in before:
        days = (_dated(issue.issued_on, by_week) - _dated(earlier.issued_on, by_week)).days
        if by_week and days == 0:
            continue
        if days < issue.trace.section_gap:
            told = {_name(pick) for pick in earlier.picks}
            for pick in issue.picks:
                if _name(pick) in told:
                    yield f"{pick.heading} of {pick.article_id} was sent {days} days before"
        if days < issue.trace.lead_gap and issue.lead.article_id == earlier.lead.article_id:
            yield f"{issue.lead.article_id} led {days} days before"


def _neighbours(issue: Issue, before: Sequence[Issue], *, by_week: bool) -> Iterator[str]:
    relaxed = issue.trace.relaxed if issue.trace else ()
    groups: dict[date, set[str]] = {}
    sensitive: dict[date, bool] = {}
    for one in [*before[-21:], issue]:
        dated = _dated(one.issued_on, by_week)
        groups.setdefault(dated, set()).update(
            topic.casefold() for pick in one.picks for topic in pick.topics
        )
        told = any(
            Flag.SENSITIVE in pick.flags and pick.kind is not Kind.WHEN_TO_SEEK_HELP for pick in one.picks
        )
        sensitive[dated] = sensitive.get(dated, False) or told
    *_, last = sorted(groups)
    near = sorted(groups)[-3:]
    if len(near) == 3 and TOPICS not in relaxed:
        for topic in sorted(groups[near[0]] & groups[near[1]] & groups[near[2]]):
            yield f"{topic} is in three issues running"
    if len(near) > 1 and SENSITIVE not in relaxed:
        days = (last - near[-2]).days
        if days <= (7 if by_week else 1) and sensitive[last] and sensitive[near[-2]]:
            yield "is sensitive, as the one before was"


def _subject(issue: Issue, before: Sequence[Issue]) -> Iterator[str]:
    if LURID.search(f"{issue.subject} {issue.preheader}".replace(issue.lead.article_title, "")):
        yield f"has the subject {issue.subject!r}"
    if not 0 < len(issue.subject) <= 50 or not issue.subject.isprintable():
        yield f"has the subject {issue.subject!r}"
    if before and before[-1].form == issue.form:
        yield f"has the subject form {issue.form!r} again"
    private = any(
        Flag.SENSITIVE in pick.flags and pick.kind is not Kind.WHEN_TO_SEEK_HELP
        for pick in issue.picks
        if pick.article_id == issue.lead.article_id
    )
    if private and issue.lead.article_title.casefold() in issue.subject.casefold():
        yield f"names {issue.lead.article_title}"
    if issue.lead.slot == "recap":
        week = [
            one
            for one in before
            if _dated(one.issued_on, by_week=True) == _dated(issue.issued_on, by_week=True)
        ]
        sent = " ".join(block.plain() for one in week for pick in one.picks for block in pick.blocks)
        for pick in issue.picks:
            for block in pick.blocks:
                # A whole sentence, or the names of all items of a list.
                told = block.plain()
                if told not in sent and not all(name in sent for name in told.rstrip(".").split("; ")):
                    yield f"says {block.plain()!r}, which was not sent"


def _name(pick: Pick) -> tuple[str, str, str]:
    return pick.article_id, pick.kind.value, pick.heading.casefold().strip()


def _dated(day: date, by_week: bool) -> date:  # noqa: FBT001 - a plain switch of this one file
    return day - timedelta(days=day.weekday()) if by_week else day
