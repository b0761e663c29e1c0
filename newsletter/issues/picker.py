"""The pick: a pure function of articles, history, date and seed.

No clock, no randomness but a hash, no I/O: the same input gives the same issue on any machine. Scores are
whole points, so that no platform's floating point can change an order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from newsletter.content.article import REVIEW_LIMIT, Article, Section, review_state
from newsletter.content.flag import is_emergency_topic
from newsletter.errors import PickError
from newsletter.issues.issue import Issue, Pick, is_sensitive, section_key
from newsletter.issues.layout import DAILY, Fitted, Slot, fit

#: Changing anything that can change a pick changes this, so that old issues stay explained.
ALGORITHM = "1"
SECTION_GAP = timedelta(days=180)
LEAD_GAP = timedelta(days=14)
SUBJECT_LIMIT = 50


@dataclass(frozen=True)
class Used:
    """One section that an issue of this newsletter has used on *issued_on*."""

    issued_on: date
    article_id: str
    section_key: str
    is_lead: bool


@dataclass(frozen=True)
class _Candidate:
    article: Article
    section: Section
    fitted: Fitted
    score: int
    reasons: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"{self.article.id}: {self.section.heading}"


@dataclass(frozen=True)
class _Rules:
    """What history forbids on one date, and how points are given."""

    day: date
    seed: str
    history: Sequence[Used]
    review_limit: timedelta
    recent: dict[str, date] = field(default_factory=dict)
    leads: dict[str, date] = field(default_factory=dict)
    last_used: dict[str, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for used in self.history:
            gap = abs(used.issued_on - self.day)
            if gap < SECTION_GAP:
                self.recent[used.section_key] = used.issued_on
            if used.is_lead and gap < LEAD_GAP:
                self.leads[used.article_id] = used.issued_on
            before = self.last_used.get(used.article_id, date.min)
            if used.issued_on < self.day:
                self.last_used[used.article_id] = max(before, used.issued_on)

    def candidate(self, article: Article, section: Section, slot: Slot) -> _Candidate | None:
        """*section* scored for *slot*, or None when a rule or the budget forbids it."""
        if section_key(article.id, section.kind, section.heading) in self.recent:
            return None
        fitted = fit(section, slot.budget, continues=bool(article.url))
        if fitted is None:
            return None
        score, reasons = self._score(article, section, slot, fitted)
        return _Candidate(article, section, fitted, score, reasons)

    def _score(
        self, article: Article, section: Section, slot: Slot, fitted: Fitted
    ) -> tuple[int, tuple[str, ...]]:
        preference = 60 - 10 * min(slot.kinds.index(section.kind), 6)
        age = (self.day - (article.reviewed_on or self.day)).days
        fresh = max(0, 200 - 200 * max(0, age) // self.review_limit.days)
        used = self.last_used.get(article.id)
        rest = 200 if used is None else min(200, (self.day - used).days)
        sources = min(100, 25 * len(article.references))
        jitter = (
            int.from_bytes(
                hashlib.sha256(f"{self.seed}|{article.id}|{section.position}".encode()).digest()[:4]
            )
            % 201
        )
        reasons = (
            f"{section.kind.value} fits the slot: {preference} of 60",
            f"reviewed {age} days before: {fresh} of 200",
            f"not used within {SECTION_GAP.days} days: 200 of 200"
            if used is None
            else f"article last used {used}: {rest} of 200",
            f"{len(article.references)} references: {sources} of 100",
            f"the day's draw: {jitter} of 200",
            f"{fitted.words} of {slot.budget} words"
            + (", trailing blocks left out with a link to the whole" if fitted.cut else ", whole"),
        )
        return preference + fresh + rest + sources + jitter, reasons


def seed_for(newsletter: str, day: date) -> str:
    """The seed of one issue: the same on every machine, different every day."""
    return hashlib.sha256(f"{newsletter}|{day.isoformat()}|{ALGORITHM}".encode()).hexdigest()


def pick(
    articles: Sequence[Article],
    history: Sequence[Used],
    *,
    newsletter: str,
    day: date,
    seed: str,
    snapshot: str,
    language: str = "en",
    review_limit: timedelta = REVIEW_LIMIT,
) -> Issue:
    """Choose the issue of *day*: a lead condition, and one section from an article on another topic.

    No section comes again within 180 days, no article leads again within 14; articles without a review
    date, or reviewed longer than *review_limit* before *day* or after it, are never used.

    Raises:
        PickError: no article can lead; the reason counts what ruled the others out.
    """
    rules = _Rules(day, seed, history, review_limit)
    usable = sorted(
        (article for article in articles if _may_be_used(article, rules, language)), key=lambda one: one.id
    )
    leads = [lead for article in usable if (lead := _lead(article, rules))]
    if not leads:
        raise PickError(f"issue of {day}", _why_none(articles, usable, rules), "Ingest more articles.")
    leads.sort(key=lambda slots: (-_lead_score(slots), slots[0][1].article.id))
    chosen, runner_up = leads[0], leads[1] if len(leads) > 1 else None
    picks = [_to_pick(slot, one, runner_up=_counterpart(runner_up, slot)) for slot, one in chosen] + _others(
        chosen[0][1].article, usable, rules
    )
    subject, preheader = _headline(chosen[0][1].article, picks)
    return Issue(
        newsletter=newsletter,
        issued_on=day,
        subject=subject,
        preheader=preheader,
        picks=tuple(picks),
        seed=seed,
        snapshot=snapshot,
    )


def _may_be_used(article: Article, rules: _Rules, language: str) -> bool:
    spoken = article.lang.replace("_", "-").split("-")[0].lower()
    reviewed = review_state(article, rules.day, limit=rules.review_limit) == "reviewed"
    return article.status == "usable" and spoken == language and reviewed


def _lead(article: Article, rules: _Rules) -> list[tuple[Slot, _Candidate]]:
    """The slots that *article* would fill as the lead, or none when it may not or cannot."""
    if article.id in rules.leads:
        return []
    filled: list[tuple[Slot, _Candidate]] = []
    for slot in (slot for slot in DAILY if slot.from_lead):
        # Within one article the slot's order of kinds decides: its treatment before its self-care.
        best = sorted(
            _candidates([article], rules, slot),
            key=lambda one: (slot.kinds.index(one.section.kind), -one.score, one.section.position),
        )
        if best:
            filled.append((slot, best[0]))
        elif slot.required:
            return []
    return filled


def _candidates(articles: Sequence[Article], rules: _Rules, slot: Slot) -> list[_Candidate]:
    return [
        candidate
        for article in articles
        for section in article.sections
        if section.kind in slot.kinds and (candidate := rules.candidate(article, section, slot))
    ]


def _best(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    return sorted(candidates, key=lambda one: (-one.score, one.article.id, one.section.position))


def _lead_score(slots: Sequence[tuple[Slot, _Candidate]]) -> int:
    return sum(candidate.score for _, candidate in slots) // len(slots)


def _others(lead: Article, usable: Sequence[Article], rules: _Rules) -> list[Pick]:
    """One pick for each slot that is filled from an article on another topic than the lead's.

    Never from one on an emergency: its signs and what to do belong together, and only a lead has room.
    """
    elsewhere = [
        article
        for article in usable
        if article.id != lead.id
        and not _subjects(article) & _subjects(lead)
        and not is_emergency_topic(article.title)
    ]
    picks = []
    for slot in (slot for slot in DAILY if not slot.from_lead):
        best = _best(_candidates(elsewhere, rules, slot))
        if best:
            second = best[1].label if len(best) > 1 else None
            picks.append(_to_pick(slot, best[0], runner_up=second))
    return picks


def _subjects(article: Article) -> set[str]:
    """What *article* is about: two that share a topic, or a title where they have none, are on the same."""
    return {name.casefold().strip() for name in (*article.topics, article.title)}


def _counterpart(runner_up: Sequence[tuple[Slot, _Candidate]] | None, slot: Slot) -> str | None:
    return next((candidate.label for other, candidate in runner_up or () if other == slot), None)


def _to_pick(slot: Slot, chosen: _Candidate, *, runner_up: str | None) -> Pick:
    article, section = chosen.article, chosen.section
    return Pick(
        slot=slot.name,
        article_id=article.id,
        article_title=article.title,
        article_url=article.url,
        article_disclaimer=article.disclaimer,
        topics=article.topics,
        reviewed_on=article.reviewed_on or date.min,
        section_position=section.position,
        heading=section.heading,
        kind=section.kind,
        flags=section.flags,
        blocks=chosen.fitted.blocks,
        cut=chosen.fitted.cut,
        words=chosen.fitted.words,
        references=article.references,
        reasons=chosen.reasons,
        score=chosen.score,
        runner_up=runner_up,
    )


def _headline(lead: Article, picks: Sequence[Pick]) -> tuple[str, str]:
    """Subject (≤ 50 characters) and preheader. A sensitive condition is not named on a lock screen."""
    if any(is_sensitive(one) for one in picks if one.article_id == lead.id):
        return "Your health letter for today", "Today's condition, what helps, and when to seek help."
    other = next((_one_line(one.article_title) for one in picks if one.slot == "also_today"), None)
    sensitive = any(is_sensitive(one) for one in picks if one.slot == "also_today")
    preheader = "What it is, how it shows and when to seek help." + (
        f" Also today: {other}." if other and not sensitive else ""
    )
    title = _one_line(lead.title)
    forms = (f"{title}: the signs and what helps", f"{title}: what to know", title)
    fitting = (form for form in forms if title and len(form) <= SUBJECT_LIMIT)
    return next(fitting, "Today's condition and what helps"), preheader


def _one_line(title: str) -> str:
    """*title* fit for a header: a line break in it would end the header."""
    return "".join(letter for letter in " ".join(title.split()) if letter.isprintable())


def _why_none(articles: Sequence[Article], usable: Sequence[Article], rules: _Rules) -> str:
    if not articles:
        return "the content store holds no reviewed article"
    rested = [article for article in usable if article.id not in rules.leads]
    years = rules.review_limit.days // 365
    return (
        f"of {len(articles)} reviewed articles {len(usable)} are in this language and were reviewed within "
        f"{years} years before that day, {len(rested)} of them have not led within {LEAD_GAP.days} days, "
        f"and none of those has an overview, symptoms and treatment or self-care that fit and were not sent "
        f"within {SECTION_GAP.days} days"
    )
