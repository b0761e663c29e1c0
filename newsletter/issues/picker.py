"""The pick: a pure function of candidates, history, calendar, settings and date.

No clock, no randomness but a hash, no I/O: the same input gives the same issue on any machine. The lead
comes first, then what the operator pinned, then one slot after another, each time the section that adds
most (a greedy maximal marginal relevance: J. Carbonell and J. Goldstein, SIGIR 1998). Candidates are looked
at in the order of their points until none that follows could win, so nothing is cut off by a shortlist, and
an article that is not picked never changes what is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from newsletter.content.candidate import ALONE, CALL_OUT, Candidate, kind_bits
from newsletter.errors import PickError
from newsletter.issues.history import LADDER, Rung
from newsletter.issues.layout import RECAP, Slot
from newsletter.issues.ranking import REPEAT, SECTION_MAX, Ranking
from newsletter.issues.sections import Chosen, Sections
from newsletter.issues.selection import Brief, Search, Selection

_NOT_USABLE = "it is withdrawn, out of review, or for other readers"

#: The operator's own choice is bound by the rules on safety alone.
_BY_HAND = Rung("the operator's choice", 0, 0, topics=False, sensitive=False, whole=False)


def choose(ranking: Ranking, brief: Brief) -> Selection:
    """Choose the sections of an issue.

    Raises:
        PickError: not even the shortest issue can be made; the reason counts what ruled articles out.
    """
    week_lead = (brief.rules or ranking.rules).week_lead
    if brief.layout.by_week and brief.day.weekday() == RECAP and week_lead in ranking.index.by_id:
        return Selection((), (), 0, week_lead, is_recap=True)
    removed: Counter[str] = Counter()
    # The condition that a week has begun with is kept to on every rung before another takes over.
    for keeps in (True, False) if week_lead in ranking.index.by_id else (False,):
        for number, rung in enumerate(LADDER):
            attempt = _Attempt(ranking, brief, rung, keeps=keeps)
            if attempt.run():
                return attempt.selection(number)
            removed = attempt.removed
    raise PickError(f"issue of {brief.day}", _why_none(ranking, removed), "Bring in more articles.")


def _why_none(ranking: Ranking, removed: Counter[str]) -> str:
    index = ranking.index
    if not index.candidates:
        gone = ", ".join(f"{count} {reason}" for reason, count in sorted(index.catalogue.removed.items()))
        return "the content store holds no article that may be used" + (f" ({gone})" if gone else "")
    in_review = len(ranking.order)
    counted = "; ".join(f"{count} {reason}" for reason, count in sorted(removed.items())) or "none fits"
    return (
        f"of {len(index.candidates)} articles that may be used {in_review} are in review on that day, and "
        f"with every soft rule relaxed no issue can be made of them: {counted}"
    )


@dataclass
class _Found:
    """The two best of a search."""

    best: list[tuple[int, str, list[Chosen]]] = field(default_factory=list)
    looked_at: int = 0
    removed: Counter[str] = field(default_factory=Counter)

    def add(self, score: int, label: str, chosen: list[Chosen]) -> None:
        self.best = sorted([*self.best, (score, label, chosen)], key=lambda one: (-one[0], one[1]))[:2]

    def is_settled(self, most: int) -> bool:
        """Whether nothing with *most* points at best can be among the two."""
        return len(self.best) == 2 and most < self.best[1][0]

    def search(self) -> Search:
        removed = tuple(sorted(self.removed.items()))
        score = self.best[0][0]
        if len(self.best) < 2:
            return Search(self.looked_at, removed, score=score)
        second, _, chosen = self.best[1]
        return Search(self.looked_at, removed, chosen[0], score, second)


class _Attempt:
    """One try to make the issue on one rung of the ladder."""

    def __init__(self, ranking: Ranking, brief: Brief, rung: Rung, *, keeps: bool) -> None:
        """*keeps*: only the article that leads this week may lead."""
        self.ranking, self.brief, self.rung, self.keeps = ranking, brief, rung, keeps
        self.index = ranking.index
        self.rules = brief.rules or ranking.rules
        self.sections = self._sections(rung)
        self.chosen: list[tuple[Chosen, Search]] = []
        self.notes: list[str] = []
        self.removed: Counter[str] = Counter()
        self.by_hand = False
        self.slots = self._slots()

    def run(self) -> bool:
        """Whether the issue could be made."""
        lead_slots = [slot for slot in self.slots if slot.from_lead and not slot.is_myth]
        required = any(slot.required for slot in lead_slots)
        if lead_slots and not self._choose_lead(lead_slots, required=required) and required:
            return False
        self._place_pins()
        for slot in self.slots:
            if not slot.from_lead and not self._fill(slot):
                return False
        if not self.chosen or not self._goes_outside():
            return False
        self._add_myths()
        return True

    def selection(self, rung: int) -> Selection:
        """What was chosen, in reading order."""
        names = [slot.name for slot in self.slots]
        wanted = [name for name in self.brief.hand.order if name in names]
        order = [*wanted, *(name for name in names if name not in wanted)]
        lead = self._lead()
        rest = [one for one in self.chosen if one is not lead]
        # What is told of the lead stands together: below another's title it would be taken for that one's.
        rest.sort(key=lambda one: (self._is_aside(one[0], lead[0]), order.index(one[0].slot.name)))
        chosen, searches = zip(lead, *rest, strict=True)
        return Selection(
            chosen, searches, rung, lead[0].candidate.id, notes=tuple(self.notes), by_hand=self.by_hand
        )

    def _is_aside(self, one: Chosen, lead: Chosen) -> bool:
        return one.place != lead.place or one.slot.is_myth

    def _lead(self) -> tuple[Chosen, Search]:
        """The first section of the lead; in a layout without one, the first section in the layout's order."""
        return min(self.chosen, key=lambda one: self._rank(one[0].slot))

    def _rank(self, slot: Slot) -> tuple[bool, bool, int]:
        return slot.is_myth, not slot.from_lead, self.slots.index(slot)

    def _sections(self, rung: Rung) -> Sections:
        brief = self.brief
        return Sections(self.ranking, self.rules, brief.seed, brief.hand, rung, is_gentle=brief.is_gentle)

    def _add_myths(self) -> None:
        """The myth of the lead's article, where its front matter has one."""
        place = self._lead()[0].place
        for slot in self.slots:
            myth = self.sections.best(place, slot, (ALONE,)) if slot.is_myth else ""
            if isinstance(myth, Chosen):
                self.chosen.append((myth, Search(1)))

    def _slots(self) -> tuple[Slot, ...]:
        """The day's slots; in a series, a lead that starts in mid-week is introduced first."""
        layout, day = self.brief.layout, self.brief.day
        slots = layout.on(day)
        if layout.by_week and self.rules.week_lead not in self.index.by_id:
            slots = (*(slot for slot in layout.introduction if slot not in slots), *slots)
        return slots

    def _choose_lead(self, slots: list[Slot], *, required: bool) -> bool:
        forced = self.brief.hand.lead or self._pinned_lead(slots)
        if forced and self._lead_by_hand(forced, slots):
            return True
        week_lead = self.rules.week_lead
        if self.keeps:
            place = self.index.by_id[week_lead]
            filled = self._article_rule(self.index.candidates[place]) or self.sections.fill(place, slots)
            self.chosen = [(one, Search(1)) for one in filled] if isinstance(filled, list) else []
            return bool(self.chosen)
        if week_lead in self.index.by_id:
            self.notes.append(f"{week_lead}, which leads this week, is left: nothing of it fits this day")
        if not required:
            return False
        found = self._best_lead(slots)
        self.removed.update(found.removed)
        if not found.best:
            return False
        runner_up = found.best[1] if len(found.best) > 1 else None
        search = found.search()
        for one in found.best[0][2]:
            other = (
                next((each for each in runner_up[2] if each.slot == one.slot), None) if runner_up else None
            )
            self.chosen.append((one, replace(search, runner_up=other)))
        return True

    def _pinned_lead(self, slots: list[Slot]) -> str:
        pinned = (self.brief.hand.pins[slot.name][0] for slot in slots if slot.name in self.brief.hand.pins)
        return next(pinned, "")

    def _lead_by_hand(self, article_id: str, slots: list[Slot]) -> bool:
        place = self.index.by_id.get(article_id)
        if place is None or self.ranking.points[place] < 0:
            self.notes.append(f"{article_id} cannot lead as decided: {_NOT_USABLE}")
            return False
        if (article_id, None) in self.brief.hand.bans:
            self.notes.append(f"{article_id} cannot lead as decided: it is banned")
            return False
        slots = [*self._introduction(article_id, slots), *slots]
        filled = self._sections(_BY_HAND).fill(place, slots)
        if not isinstance(filled, list):
            self.notes.append(f"{article_id} cannot lead as decided: its sections {filled}")
            return False
        self.slots = (*(slot for slot in slots if slot not in self.slots), *self.slots)
        self.chosen = [(one, Search()) for one in filled]
        lacking = [
            slot.name for slot in slots if slot.required and all(one.slot is not slot for one in filled)
        ]
        without = f", without {' and '.join(lacking)}" if lacking else ""
        self.notes.append(f"{article_id} leads by decision, however lately it was sent{without}")
        self.by_hand = True
        return True

    def _introduction(self, article_id: str, slots: list[Slot]) -> list[Slot]:
        """In a series, the slots that introduce a lead which is not the week's."""
        layout = self.brief.layout
        if not layout.by_week or article_id == self.rules.week_lead:
            return []
        return [slot for slot in layout.introduction if slot not in slots]

    def _best_lead(self, slots: list[Slot]) -> _Found:
        found = _Found()
        for points, place in self.ranking.looked_at(self.brief.interests):
            if found.is_settled(points + SECTION_MAX):
                break
            found.looked_at += 1
            filled = self._fill_lead(place, slots)
            if isinstance(filled, str):
                found.removed[filled] += 1
                continue
            own = points - self.ranking.points[place]
            score = points + sum(one.section_points for one in filled) // len(filled)
            found.add(score, self.index.candidates[place].id, [replace(one, interest=own) for one in filled])
        return found

    def _fill_lead(self, place: int, slots: list[Slot]) -> list[Chosen] | str:
        one = self.index.candidates[place]
        if reason := self._lead_rule(one) or self._article_rule(one):
            return reason
        memo, key = self.brief.memo, (place, self.rung.said, self.rules.after_sensitive)
        # What the edition's own readers were sent lately is not the same for all of them.
        if memo is None or one.id in self.rules.own_articles:
            return self._fill_whole_lead(place, slots)
        if key not in memo:
            memo[key] = self._fill_whole_lead(place, slots)
        return memo[key]

    def _fill_whole_lead(self, place: int, slots: list[Slot]) -> list[Chosen] | str:
        filled = self.sections.fill(place, slots)
        if isinstance(filled, list) and self.brief.layout.by_week and not self._lasts_the_week(place, filled):
            return "have not enough sections for a week"
        return filled

    def _lead_rule(self, one: Candidate) -> str:
        gap = self.rung.lead_gap
        return f"led within {gap} days" if self.rules.lead_age.get(one.id, gap) < gap else ""

    def _article_rule(self, one: Candidate) -> str:
        if (one.id, None) in self.brief.hand.bans:
            return "banned"
        if self.rung.topics and not self.rules.full_topics.isdisjoint(one.topics):
            return "on a topic of both issues beside it"
        return ""

    def _lasts_the_week(self, place: int, filled: list[Chosen]) -> bool:
        """Whether every later issue of the week can be filled, too, each with sections of its own."""
        if not self.rung.whole:
            return True
        told = {one.facts.position for one in filled}
        for weekday in range(self.brief.day.weekday() + 1, 7):
            if weekday == RECAP or weekday not in self.brief.weekdays:
                continue
            slots = [slot for slot in self.brief.layout.slots if weekday in slot.weekdays and slot.from_lead]
            later = self.sections.fill(place, slots, told=told)
            if any(slot.required for slot in slots) and not isinstance(later, list):
                return False
            told.update(one.facts.position for one in later if isinstance(one, Chosen))
        return True

    def _place_pins(self) -> None:
        """Put what the operator pinned to slots that are not the lead's."""
        for slot in self.slots:
            pin = self.brief.hand.pins.get(slot.name)
            if pin is None or slot.from_lead:
                continue
            place = self.index.by_id.get(pin[0])
            pinned = self.sections.pinned(place, slot, pin[1]) if place is not None else _NOT_USABLE
            if any(one.candidate.id == pin[0] for one, _ in self.chosen):
                pinned = "the issue has a section of that article already"
            if isinstance(pinned, str):
                self.notes.append(f"{pin[0]} cannot stand in {slot.name} as decided: {pinned}")
            else:
                self.chosen.append((pinned, Search()))
                self.by_hand = True

    def _fill(self, slot: Slot) -> bool:
        """Fill *slot* from other articles; False when it is required and cannot be."""
        while sum(one.slot is slot for one, _ in self.chosen) < slot.count:
            found = self._best_other(slot)
            self.removed.update(found.removed)
            if not found.best:
                break
            self.chosen.append((found.best[0][2][0], found.search()))
        filled = sum(one.slot is slot for one, _ in self.chosen)
        return filled >= slot.count or not slot.required or (not self.rung.whole and bool(self.chosen))

    def _best_other(self, slot: Slot) -> _Found:
        """The best section of an article on another topic than all so far.

        Never of one on an emergency: its signs and what to do belong together, and only a lead has room.
        """
        found = _Found()
        subjects = {name for one, _ in self.chosen for name in _subjects(one.candidate)}
        kinds = Counter(one.facts.kind for one, _ in self.chosen)
        missing = self.brief.interests & ~self._covered()
        outside = self.brief.interests if self.chosen and not self._goes_outside() else 0
        is_first = slot is self.slots[0] and all(one.slot is not slot for one, _ in self.chosen)
        candidates = self.index.candidates
        wanted = kind_bits(frozenset(slot.kinds))
        for points, place in self.ranking.looked_at(missing, wanted, outside=outside):
            if found.is_settled(points + SECTION_MAX):
                break
            one = candidates[place]
            if one.is_emergency or not subjects.isdisjoint(one.topics):
                continue
            if _title(one) in subjects:
                continue
            found.looked_at += 1
            reason = self._lead_rule(one) if is_first else ""
            reason = reason or self._article_rule(one)
            best = reason or self.sections.best(place, slot, (ALONE, CALL_OUT), kinds)
            if isinstance(best, str):
                found.removed[best] += 1
                continue
            own = points - self.ranking.points[place]
            repeat = -REPEAT * kinds[best.facts.kind]
            if not found.is_settled(best.score + own + repeat):
                best = replace(best, interest=own, repeat=repeat)
                found.add(best.score, one.id, [best])
        return found

    def _covered(self) -> int:
        covered = 0
        for one, _ in self.chosen:
            covered |= self.ranking.interests_of(one.place)
        return covered

    def _goes_outside(self) -> bool:
        """Whether something in the issue lies outside its readers' interests; always so without any."""
        wanted = self.brief.interests
        return not wanted or any(not self.ranking.interests_of(one.place) & wanted for one, _ in self.chosen)


def _subjects(one: Candidate) -> set[str]:
    """What an article is about: two that share a topic, or a title where they have none, are on the same."""
    return {*one.topics, _title(one)}


def _title(one: Candidate) -> str:
    return one.title.casefold().strip()
