"""Options: what could stand in a slot of an issue, best first, with why or why not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from newsletter.content.candidate import ALONE, CALL_OUT, MYTH_POSITION, Candidate, kind_bits
from newsletter.issues.decision import Act, Decision
from newsletter.issues.history import LADDER, Rung
from newsletter.issues.issue import Issue
from newsletter.issues.layout import Slot
from newsletter.issues.ranking import Ranking
from newsletter.issues.sections import Chosen, Sections
from newsletter.issues.selection import Brief

#: As the picker's own for what an operator chooses: the rules on safety alone.
BY_HAND = Rung("the operator's choice", 0, 0, topics=False, sensitive=False, whole=False)
_SHOWN = 40
#: So many articles are looked at for one list: what is not among them is found by its words.
_LOOKED_AT = 400


@dataclass(frozen=True)
class Option:
    """A section that could stand in a slot.

    *refused*: why it cannot, whoever decides; *soft*: why the picker would not, which a person may go over.
    *act* is what puts it there (a lead brings its article's other sections along).
    """

    article_id: str
    title: str
    position: int | None
    heading: str
    kind: str
    words: int
    score: int
    act: Act
    refused: str = ""
    soft: str = ""

    def decision(self, day: date, slot: str) -> Decision:
        """What an operator decides who takes it for the issue of *day*."""
        if self.act is Act.LEAD:
            return Decision(act=Act.LEAD, issued_on=day, article_id=self.article_id)
        return Decision(
            act=Act.PIN, issued_on=day, slot=slot, article_id=self.article_id, position=self.position
        )


def options(
    ranking: Ranking, brief: Brief, issue: Issue, slot: Slot, *, words: str = "", limit: int = _SHOWN
) -> list[Option]:
    """What could stand in *slot* of *issue* instead, best first: articles with all *words* in them.

    For a slot of the lead that is another section of it, or another article as the lead.
    """
    asked = words.casefold().split()
    lead = ranking.index.by_id.get(issue.lead.article_id) if issue.picks else None
    found: list[Option] = []
    if slot.from_lead and lead is not None and _has(ranking.index.candidates[lead], asked):
        found += _own(ranking, brief, issue, slot, lead)
    places = _places(ranking, slot, asked)
    make = _as_lead if slot.from_lead else _as_pin
    others = (place for place in places if not (slot.from_lead and place == lead))
    free: list[Option] = []
    refused: list[Option] = []
    for place in islice(others, _LOOKED_AT):
        if len(found) + len(free) >= limit:
            break
        one = make(ranking, brief, issue, slot, place)
        if one is not None:
            (refused if one.refused else free).append(one)
    # What the picker would take comes first, and what nobody can last: a list of refusals helps nobody.
    free.sort(key=lambda option: (bool(option.soft), -option.score))
    return [*found, *free, *refused][:limit]


def _places(ranking: Ranking, slot: Slot, asked: Collection[str]) -> Iterator[int]:
    candidates, kinds = ranking.index.candidates, kind_bits(frozenset(slot.kinds))
    for place in ranking.order:
        one = candidates[place]
        if one.kinds & kinds and (not asked or _has(one, asked)):
            yield place


def _has(one: Candidate, asked: Collection[str]) -> bool:
    return all(word in one.said for word in asked)


def _sections(ranking: Ranking, brief: Brief, rung: Rung) -> Sections:
    rules = brief.rules or ranking.rules
    return Sections(ranking, rules, brief.seed, brief.hand, rung, is_gentle=brief.is_gentle)


def _own(ranking: Ranking, brief: Brief, issue: Issue, slot: Slot, place: int) -> Iterator[Option]:
    """The lead's other sections of a kind that the slot takes."""
    one, by_hand = ranking.index.candidates[place], _sections(ranking, brief, BY_HAND)
    shown = {pick.section_position for pick in issue.picks if pick.article_id == one.id}
    for facts in one.sections:
        if facts.kind not in slot.kinds or facts.position in shown or facts.position == MYTH_POSITION:
            continue
        chosen = by_hand.best(place, _only(slot, facts.kind.value), (ALONE, CALL_OUT, facts.companion))
        points = chosen.score if isinstance(chosen, Chosen) else ranking.points[place]
        refused = "it is banned" if brief.hand.bans_section(one.id, facts.position) else ""
        yield Option(
            one.id, one.title, facts.position, facts.heading, facts.kind.value, facts.words, points, Act.PIN,
            refused,
        )  # fmt: skip


def _only(slot: Slot, kind: str) -> Slot:
    return Slot(slot.name, tuple(one for one in slot.kinds if one.value == kind), slot.budget)


def _as_lead(ranking: Ranking, brief: Brief, issue: Issue, slot: Slot, place: int) -> Option | None:
    """The article as the lead."""
    del issue
    one = ranking.index.candidates[place]
    slots = [each for each in brief.layout.on(brief.day) if each.from_lead and not each.is_myth]
    filled = _sections(ranking, brief, BY_HAND).fill(place, slots)
    refused, soft = _lead_rules(ranking, brief, one)
    if isinstance(filled, str):
        return Option(
            one.id,
            one.title,
            None,
            "",
            "",
            0,
            ranking.points[place],
            Act.LEAD,
            refused or f"its sections {filled}",
        )
    own = next((each for each in filled if each.slot.name == slot.name), filled[0])
    if not soft:
        strict = _sections(ranking, brief, LADDER[0]).fill(place, slots)
        soft = f"its sections {strict}" if isinstance(strict, str) else ""
    score = ranking.points[place] + sum(each.section_points for each in filled) // len(filled)
    return Option(
        one.id, one.title, None, own.facts.heading, own.facts.kind.value, sum(each.words for each in filled),
        score, Act.LEAD, refused, soft,
    )  # fmt: skip


def _lead_rules(ranking: Ranking, brief: Brief, one: Candidate) -> tuple[str, str]:
    rules = brief.rules or ranking.rules
    refused = "it is banned" if (one.id, None) in brief.hand.bans else ""
    gap = LADDER[0].lead_gap
    return refused, f"it led within {gap} days" if rules.lead_age.get(one.id, gap) < gap else ""


def _as_pin(ranking: Ranking, brief: Brief, issue: Issue, slot: Slot, place: int) -> Option | None:
    """The article's best section for a slot that is not the lead's."""
    one = ranking.index.candidates[place]
    by_hand = _sections(ranking, brief, BY_HAND)
    tried = [
        by_hand.pinned(place, slot, facts.position)
        for facts in one.sections
        if facts.kind in slot.kinds and facts.words and facts.position != MYTH_POSITION
    ]
    if not tried:
        return None
    can = [each for each in tried if isinstance(each, Chosen)]
    here = next((pick for pick in issue.picks if pick.article_id == one.id), None)
    if not can:
        refused = next(each for each in tried if isinstance(each, str))
        return Option(one.id, one.title, None, "", "", 0, ranking.points[place], Act.PIN, refused)
    best = max(can, key=lambda each: (each.score, -each.facts.position))
    if here is not None and here.slot == slot.name and here.section_position == best.facts.position:
        return None
    taken = here is not None and here.slot != slot.name
    return Option(
        one.id, one.title, best.facts.position, best.facts.heading, best.facts.kind.value, best.words,
        best.score, Act.PIN, "the issue has a section of that article already" if taken else "",
        _soft(ranking, brief, issue, slot, place),
    )  # fmt: skip


def _soft(ranking: Ranking, brief: Brief, issue: Issue, slot: Slot, place: int) -> str:
    one, rules = ranking.index.candidates[place], brief.rules or ranking.rules
    strict = _sections(ranking, brief, LADDER[0]).best(place, slot, (ALONE, CALL_OUT))
    if isinstance(strict, str):
        return f"its sections {strict}"
    if not rules.full_topics.isdisjoint(one.topics):
        return "it is on a topic of both issues beside it"
    told = {topic for pick in issue.picks if pick.slot != slot.name for topic in pick.topics}
    return "the issue is on its topic already" if not told.isdisjoint(one.topics) else ""
