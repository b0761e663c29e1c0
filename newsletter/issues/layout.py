"""The daily layout: which slots an issue has, what may fill them, and how much may be said in each."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.content.article import Block, Flag, Kind, Paragraph, Section

#: Kinds that come whole or not at all: half of a treatment is worse than none.
WHOLE_KINDS = frozenset({Kind.TREATMENT, Kind.MEDICATIONS, Kind.WHEN_TO_SEEK_HELP})
#: Flags that forbid cutting for the same reason.
WHOLE_FLAGS = frozenset({Flag.DOSE, Flag.WARNING, Flag.EMERGENCY})

#: The end of a sentence, with closing quotes and footnote numbers behind it.
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*[\[\]\d,\s]*$")
#: A last sentence that points to what comes next.
_POINTS_ON = re.compile(r"\b(?:the following|as follows|(?:listed|described|shown|given) below)\b[^.!?]*.?$")


@dataclass(frozen=True)
class Slot:
    """A place in the issue. *kinds* in order of preference; *budget* in words.

    *from_lead*: filled from the lead article, otherwise from one on another topic. *required*: an
    article that cannot fill it cannot lead.
    """

    name: str
    kinds: tuple[Kind, ...]
    budget: int
    from_lead: bool = True
    required: bool = True


DAILY: tuple[Slot, ...] = (
    Slot("overview", (Kind.OVERVIEW,), budget=170),
    Slot("signs", (Kind.SYMPTOMS,), budget=220),
    Slot("what_helps", (Kind.TREATMENT, Kind.SELF_CARE), budget=280),
    # Where the article has none, the mail shows the region's own call-out in its place.
    Slot("seek_help", (Kind.WHEN_TO_SEEK_HELP,), budget=260, required=False),
    Slot(
        "also_today",
        (
            Kind.PREVENTION,
            Kind.SELF_CARE,
            Kind.RISK_FACTORS,
            Kind.CAUSES,
            Kind.DIAGNOSIS,
            Kind.TYPES,
            Kind.FAQ,
        ),
        budget=180,
        from_lead=False,
        required=False,
    ),
)


@dataclass(frozen=True)
class Fitted:
    """The blocks of a section that a slot may show, and whether trailing ones were left out."""

    blocks: tuple[Block, ...]
    cut: bool
    words: int


def fit(section: Section, budget: int, *, continues: bool) -> Fitted | None:
    """What of *section* fits *budget* words, or None.

    Treatment, medications, when to seek help, and any section with a dose or warning come whole or not at
    all, and a section without a word not at all. Others may lose trailing blocks only, never part of a list
    or table, never so that a sentence announcing a list stands alone, and only when *continues* (there is
    an address to read on at).
    """
    if not section.words:
        return None
    if section.words <= budget:
        return Fitted(section.blocks, cut=False, words=section.words)
    if section.kind in WHOLE_KINDS or WHOLE_FLAGS & set(section.flags) or not continues:
        return None
    kept: list[Block] = []
    words = 0
    for block in section.blocks:
        words += len(block.plain().split())
        if words > budget:
            break
        kept.append(block)
    while kept and _announces(kept[-1]):
        kept.pop()
    if not kept:
        return None
    return Fitted(tuple(kept), cut=True, words=sum(len(block.plain().split()) for block in kept))


def _announces(block: Block) -> bool:
    """Whether *block* is a paragraph that only makes sense with what follows it."""
    if not isinstance(block, Paragraph):
        return False
    text = block.plain()
    return not _SENTENCE_END.search(text) or bool(_POINTS_ON.search(text))
