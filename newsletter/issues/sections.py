"""Which sections of one article may fill which slots, and with how many points.

Safety is here: what must come whole, what must be shown with it, what an operator banned, and for gentle
editions what is sensitive. No rung of the ladder changes any of that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from newsletter.content.article import Kind
from newsletter.content.candidate import ALONE, CALL_OUT, MYTH_POSITION, Candidate, Facts, section_key
from newsletter.content.excerpt import fitting
from newsletter.issues.decision import Hand
from newsletter.issues.history import Rules, Rung
from newsletter.issues.layout import Slot
from newsletter.issues.ranking import FIT, REPEAT, WHOLE, Ranking, draw

#: A required slot of the lead that its article cannot fill, for the counts of the trace.
_LACKS = "have no section for {slot} that fits, was not sent lately and can be shown with what it needs"


@dataclass(frozen=True)
class Chosen:
    """A section for a slot, with its points. *words* are those shown; fewer than its own: it is cut."""

    slot: Slot
    candidate: Candidate
    place: int
    facts: Facts
    words: int
    article_points: int
    fit: int
    whole: int
    draw: int
    interest: int = 0
    repeat: int = 0

    @property
    def section_points(self) -> int:
        """What the section itself adds to its article's points."""
        return self.fit + self.whole + self.draw

    @property
    def score(self) -> int:
        """All its points."""
        return self.article_points + self.section_points + self.interest + self.repeat

    @property
    def cut(self) -> bool:
        """Whether trailing blocks are left out."""
        return self.words < self.facts.words

    @property
    def key(self) -> str:
        """Names the section for the gap rules."""
        return _key(self.candidate, self.facts)

    @property
    def label(self) -> str:
        """Names it for people: "asthma: Symptoms"."""
        return f"{self.candidate.id}: {self.facts.heading}"


@dataclass
class Sections:
    """The sections that may be used on one rung of the ladder."""

    ranking: Ranking
    rules: Rules
    seed: str
    hand: Hand
    rung: Rung
    is_gentle: bool = False

    def fill(self, place: int, slots: Sequence[Slot], *, told: Collection[int] = ()) -> list[Chosen] | str:
        """The sections of one article for the lead's *slots*, in their order, or why it cannot fill them.

        *told* are positions that other issues of the week take. A section that must be shown with another
        brings it along or is not used; so does a slot with what it needs.
        """
        one = self.ranking.index.candidates[place]
        filled: dict[str, Chosen] = {}
        helps = [slot for slot in slots if Kind.WHEN_TO_SEEK_HELP in slot.kinds]
        own = [slot for slot in slots if slot not in helps and not slot.is_myth]
        lacking = next((slot.name for slot in own if slot.required and not _could_fill(one, slot)), None)
        if lacking and self.rung.whole:
            return _LACKS.format(slot=lacking)
        for slot in own:
            taken = {*told, *(each.facts.position for each in filled.values())}
            best = self._for_lead(place, slot, taken, helps)
            if best is not None:
                filled[slot.name] = best
        for slot in helps:
            companion = self._companion(place, slot, filled)
            if companion is not None:
                filled[slot.name] = companion
        for slot in slots:
            if slot.name in filled and any(not _is_met(one, name, filled, slots) for name in slot.needs):
                del filled[slot.name]
        missing = next((slot.name for slot in slots if slot.required and slot.name not in filled), None)
        if missing and self.rung.whole:
            return _LACKS.format(slot=missing)
        if not any(not slot.as_companion and slot not in helps and slot.name in filled for slot in slots):
            return _LACKS.format(slot="any slot")
        return [filled[slot.name] for slot in slots if slot.name in filled]

    def best(
        self, place: int, slot: Slot, companions: Collection[int], kinds: Counter[Kind] | None = None
    ) -> Chosen | str:
        """The best section of the article for *slot*, among those whose companion is one of *companions*.

        *kinds* are those that the issue has already. If there is none, the reason of the last one refused.
        """
        one = self.ranking.index.candidates[place]
        best: Chosen | None = None
        best_rank: tuple[int, int] | None = None
        reason = f"have no section for {slot.name}"
        for facts in one.sections:
            if facts.kind not in slot.kinds or (facts.position == MYTH_POSITION) is not slot.is_myth:
                continue
            refused = self._refused(one, facts) or ("" if facts.companion in companions else "need company")
            chosen = None if refused else self._chosen(place, slot, facts)
            if chosen is None:
                reason = refused or "are too long and may not be cut"
                continue
            repeats = kinds[facts.kind] if kinds else 0
            rank = (REPEAT * repeats - chosen.section_points, facts.position)
            if best_rank is None or rank < best_rank:
                best, best_rank = chosen, rank
        return best or reason

    def pinned(self, place: int, slot: Slot, position: int) -> Chosen | str:
        """The section that an operator pinned to *slot*, whole where it does not fit; or why it may not."""
        one = self.ranking.index.candidates[place]
        facts = next((facts for facts in one.sections if facts.position == position), None)
        if facts is None or not facts.words or facts.kind not in slot.kinds:
            return "it has no such section any more"
        refused = {
            "its review does not hold on this day": self.ranking.points[place] < 0,
            "an article on an emergency is told whole, as the lead, or not at all": one.is_emergency,
            "it is banned": self.hand.bans_section(one.id, position),
            "it is shown with its article’s “when to seek help”, as the lead, or not at all": facts.companion
            >= 0,
            "it is sensitive, and this edition is gentle": self.is_gentle and not facts.is_gentle,
        }
        reason = next((why for why, holds in refused.items() if holds), "")
        return reason or self._chosen(place, slot, facts) or self._points(place, slot, facts, facts.words)

    def _for_lead(
        self, place: int, slot: Slot, taken: Collection[int], helps: Sequence[Slot]
    ) -> Chosen | None:
        """Within one article the slot's order of kinds decides: its treatment before its self-care."""
        one = self.ranking.index.candidates[place]
        pin = self.hand.pins.get(slot.name)
        found = []
        for facts in one.sections:
            if facts.kind not in slot.kinds or facts.position in taken or facts.position == MYTH_POSITION:
                continue
            if self._refused(one, facts) or not self._has_company(place, facts, helps):
                continue
            chosen = self._chosen(place, slot, facts)
            if chosen is not None:
                is_pinned = pin == (one.id, facts.position)
                found.append(
                    (not is_pinned, slot.kinds.index(facts.kind), -chosen.score, facts.position, chosen)
                )
        return min(found, key=lambda each: each[:4])[4] if found else None

    def _has_company(self, place: int, facts: Facts, helps: Sequence[Slot]) -> bool:
        if facts.companion < 0:
            return True
        return any(self._help(place, slot, facts.companion) for slot in helps)

    def _help(self, place: int, slot: Slot, position: int) -> Chosen | None:
        """The section at *position* as what goes with another: told again within a week, if need be."""
        one = self.ranking.index.candidates[place]
        facts = next((facts for facts in one.sections if facts.position == position), None)
        if facts is None or self._refused(one, facts, is_companion=True):
            return None
        return self._chosen(place, slot, facts)

    def _companion(self, place: int, slot: Slot, filled: dict[str, Chosen]) -> Chosen | None:
        needed = [each.facts.companion for each in filled.values() if each.facts.companion >= 0]
        if needed:
            return self._help(place, slot, needed[0])
        if slot.as_companion:
            return None
        best = self.best(place, slot, (ALONE, CALL_OUT))
        return best if isinstance(best, Chosen) else None

    def _refused(self, one: Candidate, facts: Facts, *, is_companion: bool = False) -> str:
        """Why the section may not be used, in the words of the trace; empty when it may."""
        rules, rung = self.rules, self.rung
        if self.hand.bans_section(one.id, facts.position):
            return "banned"
        if self.is_gentle and not facts.is_gentle:
            return "sensitive, for a gentle edition"
        key = _key(one, facts)
        if rules.section_age.get(key, rung.section_gap) < rung.section_gap:
            return f"sent within {rung.section_gap} days"
        if key in rules.told_this_week and not is_companion:
            return "told this week"
        if rung.sensitive and rules.after_sensitive and facts.is_sensitive:
            return "sensitive, as the day before was"
        return ""

    def _chosen(self, place: int, slot: Slot, facts: Facts) -> Chosen | None:
        words = fitting(facts.words, facts.cuts, slot.budget)
        return None if words is None else self._points(place, slot, facts, words)

    def _points(self, place: int, slot: Slot, facts: Facts, words: int) -> Chosen:
        one = self.ranking.index.candidates[place]
        preference = slot.kinds.index(facts.kind) if facts.kind in slot.kinds else len(slot.kinds)
        return Chosen(
            slot=slot,
            candidate=one,
            place=place,
            facts=facts,
            words=words,
            article_points=self.ranking.points[place],
            fit=max(0, FIT - 10 * preference),
            whole=WHOLE if words == facts.words else 0,
            draw=draw(self.seed, one.id, facts.position),
        )


def _could_fill(one: Candidate, slot: Slot) -> bool:
    """Whether the article could fill the slot on any day: most cannot, and that is soon said."""
    return one.has_fitting(slot.takes, slot.kinds, slot.budget)


def _is_met(one: Candidate, name: str, filled: dict[str, Chosen], slots: Sequence[Slot]) -> bool:
    """Whether what a slot needs is there; the call-out stands in for a "when to seek help" there is not."""
    if name in filled:
        return True
    needed = next((slot for slot in slots if slot.name == name), None)
    if needed is None or Kind.WHEN_TO_SEEK_HELP not in needed.kinds:
        return False
    return not any(facts.kind in needed.kinds and facts.words for facts in one.sections)


def _key(one: Candidate, facts: Facts) -> str:
    return section_key(one.id, position=facts.position, kind=facts.kind, heading=facts.heading)
