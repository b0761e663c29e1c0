"""Layouts: which slots an issue has, what may fill them, and how much may be said in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from newsletter.content.accompaniment import KINDS
from newsletter.content.article import Kind
from newsletter.content.candidate import kind_bits
from newsletter.errors import SettingsError
from newsletter.settings import WEEKDAYS, NewsletterSettings, SlotSettings

#: A kind that is no section: the myth of an article's front matter.
MYTH = "myth"


@dataclass(frozen=True)
class Slot:
    """A place in the issue.

    *kinds* in order of preference; *budget* in words; *count*: how many sections it takes, each from
    another article where they are not the lead's. *from_lead*: filled from the lead article, otherwise from
    one on another topic than all before. *required*: without it, *count* times, there is no issue.
    *needs*: slots that must be filled for this one to be. *as_companion*: filled only when another section
    has to be shown with it. *weekdays* (0 is Monday): only in issues of these; empty: in all. *is_myth*:
    takes the lead's myth instead of a section.
    """

    name: str
    kinds: tuple[Kind, ...]
    budget: int
    from_lead: bool = True
    required: bool = True
    count: int = 1
    needs: tuple[str, ...] = ()
    as_companion: bool = False
    weekdays: frozenset[int] = frozenset()
    is_myth: bool = False

    @cached_property
    def takes(self) -> str:
        """What kinds in how many words, as one word."""
        return f"{'+'.join(sorted(self.kinds))} {self.budget}"


@dataclass(frozen=True)
class Layout:
    """The slots of an issue in reading order. *by_week*: one lead a week, told over its issues."""

    name: str
    slots: tuple[Slot, ...]
    by_week: bool = False

    def on(self, day: date) -> tuple[Slot, ...]:
        """The slots of the issue of *day*."""
        return tuple(slot for slot in self.slots if not slot.weekdays or day.weekday() in slot.weekdays)

    @property
    def introduction(self) -> tuple[Slot, ...]:
        """In a series, the slots of its first day, which introduce a lead that begins in mid-week."""
        return tuple(slot for slot in self.slots if 0 in slot.weekdays and not slot.as_companion)

    @property
    def kinds(self) -> int:
        """The kinds that any slot takes, as bits."""
        return kind_bits(frozenset(kind for slot in self.slots for kind in slot.kinds))

    def weekday_name(self, weekday: int) -> str:
        """The first slot that a weekday's issue is about, for "tomorrow" lines; empty where it has none."""
        own = (slot.name for slot in self.slots if weekday in slot.weekdays and slot.required)
        return next(own, "")


#: The weekday of a series on which the week is told again.
RECAP = 5

_SEEK_HELP = Slot("seek_help", (Kind.WHEN_TO_SEEK_HELP,), budget=260, required=False)
_ALSO = (Kind.SELF_CARE, Kind.RISK_FACTORS, Kind.CAUSES, Kind.DIAGNOSIS, Kind.TYPES, Kind.FAQ, Kind.PROGNOSIS)

DAILY = Layout(
    "daily",
    (
        Slot("overview", (Kind.OVERVIEW,), budget=170),
        Slot("signs", (Kind.SYMPTOMS,), budget=220),
        Slot("what_helps", (Kind.TREATMENT, Kind.SELF_CARE), budget=280, needs=("seek_help",)),
        # Where the article has none, the mail shows the region's own call-out in its place.
        _SEEK_HELP,
        Slot("also_today", _ALSO, budget=180, from_lead=False, required=False),
        Slot("prevention", (Kind.PREVENTION,), budget=90, from_lead=False, required=False),
        Slot("myth", (Kind.OTHER,), budget=60, required=False, is_myth=True),
    ),
)


def _weekly(weekday: int, name: str, *kinds: Kind, budget: int = 320) -> Slot:
    return Slot(name, kinds, budget=budget, weekdays=frozenset({weekday}))


SERIES = Layout(
    "series",
    (
        _weekly(0, "overview", Kind.OVERVIEW, Kind.TYPES),
        _weekly(1, "causes", Kind.CAUSES, Kind.RISK_FACTORS, Kind.TYPES, Kind.PREVENTION),
        _weekly(2, "signs", Kind.SYMPTOMS, Kind.COMPLICATIONS),
        _weekly(3, "diagnosis", Kind.DIAGNOSIS, Kind.PROGNOSIS, Kind.COMPLICATIONS, Kind.TYPES),
        _weekly(4, "what_helps", Kind.TREATMENT, Kind.SELF_CARE, Kind.MEDICATIONS, budget=450),
        Slot("seek_help", (Kind.WHEN_TO_SEEK_HELP,), budget=260, required=False, weekdays=frozenset({4})),
        Slot("seek_help", (Kind.WHEN_TO_SEEK_HELP,), budget=260, required=False, as_companion=True,
             weekdays=frozenset({0, 1, 2, 3, 6})),
        Slot("living", (Kind.SELF_CARE, Kind.PREVENTION, Kind.PROGNOSIS, Kind.FAQ), budget=320,
             required=False, weekdays=frozenset({6})),
        Slot("also_today", _ALSO, budget=180, from_lead=False, required=False, weekdays=frozenset({6})),
        Slot("myth", (Kind.OTHER,), budget=60, required=False, is_myth=True, weekdays=frozenset({3})),
    ),
    by_week=True,
)  # fmt: skip

DIGEST = Layout(
    "digest",
    (
        Slot(
            "story",
            (Kind.OVERVIEW, Kind.SYMPTOMS, Kind.SELF_CARE, Kind.RISK_FACTORS, Kind.CAUSES, Kind.DIAGNOSIS),
            budget=150,
            from_lead=False,
            count=4,
        ),
        Slot("prevention", (Kind.PREVENTION,), budget=90, from_lead=False, required=False),
        Slot("myth", (Kind.OTHER,), budget=60, required=False, is_myth=True),
    ),
)

LAYOUTS = {layout.name: layout for layout in (DAILY, SERIES, DIGEST)}


def layout_of(newsletter: NewsletterSettings) -> Layout:
    """The layout of *newsletter*: a shipped one, with slots of its own where it has some.

    Raises:
        SettingsError: a slot names a kind or another slot that there is not.
    """
    shipped = LAYOUTS[newsletter.layout]
    if not newsletter.slots:
        return shipped
    slots = tuple(_slot(newsletter.name, one) for one in newsletter.slots)
    names = {slot.name for slot in slots}
    for slot in slots:
        unknown = [name for name in slot.needs if name not in names]
        if unknown:
            _refuse(newsletter.name, slot.name, f"needs: found {unknown[0]!r}", sorted(names))
    for slot in slots:
        if set(slot.kinds) <= KINDS and not _has_help(slot, slots):
            allowed = ["a slot of the lead, with one of kind when_to_seek_help on the same days"]
            _refuse(newsletter.name, slot.name, "treatments need “when to seek help” beside them", allowed)
    if not any(slot.required for slot in slots):
        _refuse(
            newsletter.name, slots[0].name, "no slot of the layout is required", ["required = true in one"]
        )
    return Layout(shipped.name, slots, by_week=shipped.by_week)


def _has_help(slot: Slot, slots: Sequence[Slot]) -> bool:
    """Whether a slot for treatments has one beside it for "when to seek help", of the same article."""
    helps = (other for other in slots if Kind.WHEN_TO_SEEK_HELP in other.kinds and other.from_lead)
    return slot.from_lead and any(other.weekdays in (frozenset(), slot.weekdays) for other in helps)


def _slot(newsletter: str, given: SlotSettings) -> Slot:
    known = [kind.value for kind in Kind]
    unknown = [kind for kind in given.kinds if kind not in known and kind != MYTH]
    if unknown:
        _refuse(newsletter, given.name, f"kinds: found {unknown[0]!r}", [*known, MYTH])
    is_myth = MYTH in given.kinds
    if is_myth and len(given.kinds) > 1:
        _refuse(newsletter, given.name, "kinds: a myth stands alone", [f'kinds = ["{MYTH}"]'])
    return Slot(
        name=given.name,
        kinds=(Kind.OTHER,) if is_myth else tuple(Kind(kind) for kind in given.kinds),
        budget=given.words,
        from_lead=given.article == "lead",
        required=given.required,
        count=given.count,
        needs=given.needs,
        weekdays=frozenset(WEEKDAYS.index(weekday) for weekday in given.weekdays),
        is_myth=is_myth,
    )


def _refuse(newsletter: str, slot: str, found: str, allowed: Sequence[str]) -> None:
    raise SettingsError(f"newsletter {newsletter}, slot {slot}", found, f"Allowed: {', '.join(allowed)}.")
