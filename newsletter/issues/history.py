"""What was sent before, and what that forbids: the gap rules, and the ladder on which they are relaxed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

SECTION_GAP = timedelta(days=180)
LEAD_GAP = timedelta(days=14)
#: A topic may be in two of any three issues in a row.
TOPIC_WINDOW = 3
FAR = 1_000_000


@dataclass(frozen=True)
class Used:
    """One section that an issue of this newsletter has used on *issued_on*.

    *topics* are the article's, in lower case. *edition* is the topic set of the edition that used it, ""
    for the general one.
    """

    issued_on: date
    article_id: str
    section_key: str
    is_lead: bool
    topics: tuple[str, ...] = ()
    is_sensitive: bool = False
    edition: str = ""


@dataclass(frozen=True)
class History:
    """What this newsletter has sent near a day.

    *used* reaches SECTION_GAP back and ahead, *ever_used* names all articles since it began. *forms* are the
    subject forms of its issues by date; *begun_on* the date of its first issue, None before there is one.
    """

    used: tuple[Used, ...] = ()
    ever_used: frozenset[str] = frozenset()
    forms: Mapping[date, str] = field(default_factory=dict)
    begun_on: date | None = None

    def last_form(self, day: date) -> str:
        """The subject form of the last issue before *day*; empty when there is none."""
        before = [issued_on for issued_on in self.forms if issued_on < day]
        return self.forms[max(before)] if before else ""


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: the rules that still hold on it, and in words what it relaxed."""

    said: str
    section_gap: int
    lead_gap: int
    topics: bool = True
    sensitive: bool = True
    whole: bool = True


#: Tried from the top until an issue can be made. Every rung keeps what those above it relaxed. The rules on
#: safety are on none of them: they are never relaxed.
LADDER = (
    Rung("every rule holds", 180, 14),
    Rung("the same topic may come three issues running", 180, 14, topics=False),
    Rung("a section may come again after 90 days", 90, 14, topics=False),
    Rung("a section may come again after 45 days", 45, 14, topics=False),
    Rung("a section may come again after 22 days", 22, 14, topics=False),
    Rung("a section may come again after 11 days", 11, 14, topics=False),
    Rung("an article may lead again after 7 days", 11, 7, topics=False),
    Rung("a section may come again after 7 days", 7, 7, topics=False),
    Rung("sensitive subjects may come two days running", 7, 7, topics=False, sensitive=False),
    Rung("the issue is shorter than its layout", 7, 7, topics=False, sensitive=False, whole=False),
)


@dataclass(frozen=True)
class Rules:
    """What history forbids on one date, whatever the rung.

    *section_age* and *lead_age* are the days between *day* and the nearest use, before or after;
    *used_age* the days since an article was last used at all; *topic_age* since a topic was;
    *full_topics* those that were in two issues of a run of three already; *after_sensitive* whether an
    issue of the day before, or after, holds a sensitive section; *told_this_week* and *week_lead* what a
    series has told of whom; *own_articles* those that only topic editions have used.
    """

    day: date
    section_age: Mapping[str, int] = field(default_factory=dict)
    lead_age: Mapping[str, int] = field(default_factory=dict)
    used_age: Mapping[str, int] = field(default_factory=dict)
    topic_age: Mapping[str, int] = field(default_factory=dict)
    full_topics: frozenset[str] = frozenset()
    after_sensitive: bool = False
    told_this_week: frozenset[str] = frozenset()
    week_lead: str = ""
    own_articles: frozenset[str] = frozenset()


def rules_for(day: date, used: Iterable[Used], *, by_week: bool = False) -> Rules:
    """The rules of *day* after *used*, in any order.

    *by_week*: a week is one appearance, dated on its Monday, for every rule; what was used in the week of
    *day* counts for none of them, and names the week's lead and what it has told already.
    """
    dated: Callable[[date], date] = _monday if by_week else _same
    own = dated(day)
    entries = sorted(used, key=_order)
    this_week = [one for one in entries if by_week and dated(one.issued_on) == own and one.issued_on < day]
    others = [one for one in entries if dated(one.issued_on) != own]
    sections: dict[str, int] = {}
    leads: dict[str, int] = {}
    articles: dict[str, int] = {}
    topics: dict[str, int] = {}
    for one in others:
        days = (own - dated(one.issued_on)).days
        _nearest(sections, one.section_key, abs(days))
        if one.is_lead:
            _nearest(leads, one.article_id, abs(days))
        if days > 0:
            _nearest(articles, one.article_id, days)
            for topic in one.topics:
                _nearest(topics, topic, days)
    return Rules(
        day=day,
        section_age=sections,
        lead_age=leads,
        used_age=articles,
        topic_age=topics,
        full_topics=_full_topics(others, own, dated),
        after_sensitive=any(
            one.is_sensitive and abs((own - dated(one.issued_on)).days) <= (7 if by_week else 1)
            for one in others
        ),
        told_this_week=frozenset(one.section_key for one in this_week),
        own_articles=frozenset(one.article_id for one in entries if one.edition),
        week_lead=next((one.article_id for one in reversed(this_week) if one.is_lead), ""),
    )


def _full_topics(others: Iterable[Used], own: date, dated: Callable[[date], date]) -> frozenset[str]:
    """Topics that are in both other issues of any run of three that would hold the one of *own*."""
    by_date: dict[date, set[str]] = {}
    for one in others:
        by_date.setdefault(dated(one.issued_on), set()).update(one.topics)
    before = sorted(issued_on for issued_on in by_date if issued_on < own)[-(TOPIC_WINDOW - 1) :]
    after = sorted(issued_on for issued_on in by_date if issued_on > own)[: TOPIC_WINDOW - 1]
    near = [*before, *after]
    runs = [near[start : start + TOPIC_WINDOW - 1] for start in range(len(near) - TOPIC_WINDOW + 2)]
    full: set[str] = set()
    for run in runs:
        full |= set.intersection(*(by_date[issued_on] for issued_on in run))
    return frozenset(full)


def _nearest(ages: dict[str, int], key: str, days: int) -> None:
    ages[key] = min(days, ages.get(key, FAR))


def _order(one: Used) -> tuple[date, str, str]:
    return one.issued_on, one.edition, one.section_key


def _same(day: date) -> date:
    return day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
