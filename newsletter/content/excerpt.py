"""Where a section may end early: never inside a list, table, dose or warning, never in mid-announcement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content.article import Block, Flag, Kind, Paragraph, Section
from newsletter.content.language.script import STOPS
from newsletter.content.word import count_words

#: Kinds that come whole or not at all: half of a treatment is worse than none.
WHOLE_KINDS = frozenset({Kind.TREATMENT, Kind.MEDICATIONS, Kind.WHEN_TO_SEEK_HELP})
#: Flags that forbid cutting for the same reason.
WHOLE_FLAGS = frozenset({Flag.DOSE, Flag.WARNING, Flag.EMERGENCY})

#: The end of a sentence, with closing quotes and footnote numbers behind it.
_SENTENCE_END = re.compile(rf"[{STOPS}][\"'”’)\]]*[\[\]\d,\s]*$")
#: A last sentence that points to what comes next.
_POINTS_ON = re.compile(r"\b(?:the following|as follows|(?:listed|described|shown|given) below)\b[^.!?]*.?$")


@dataclass(frozen=True)
class Fitted:
    """The blocks of a section that a slot may show, and whether trailing ones were left out."""

    blocks: tuple[Block, ...]
    cut: bool
    words: int


def cut_points(section: Section, *, continues: bool) -> list[tuple[int, int]]:
    """Where *section* may end early, as (blocks kept, words kept), shortest first; often nowhere.

    Treatment, medications, when to seek help, and any section with a dose, warning or emergency come whole
    or not at all. Others may lose trailing blocks only, never so that a sentence announcing a list stands
    alone, and only when *continues* (there is an address to read on at).
    """
    if section.kind in WHOLE_KINDS or WHOLE_FLAGS & set(section.flags) or not continues:
        return []
    points: list[tuple[int, int]] = []
    words = 0
    for kept, block in enumerate(section.blocks[:-1], 1):
        words += count_words(block.plain())
        if words and not _announces(block):
            points.append((kept, words))
    return points


def fitting(words: int, cuts: Sequence[int], budget: int) -> int | None:
    """How many words of a section fit *budget*: all *words*, the longest of its *cuts*, or None.

    *cuts* are the words kept at each cut point, shortest first. A section without a word never fits.
    """
    if not words:
        return None
    if words <= budget:
        return words
    return max((cut for cut in cuts if cut <= budget), default=None)


def fit(section: Section, budget: int, *, continues: bool) -> Fitted | None:
    """What of *section* fits *budget* words by the rules of cut_points, or None."""
    points = cut_points(section, continues=continues)
    words = fitting(section.words, [kept for _, kept in points], budget)
    if words is None:
        return None
    if words == section.words:
        return Fitted(section.blocks, cut=False, words=words)
    blocks = next(blocks for blocks, kept in points if kept == words)
    return Fitted(section.blocks[:blocks], cut=True, words=words)


def _announces(block: Block) -> bool:
    """Whether *block* is a paragraph that only makes sense with what follows it."""
    if not isinstance(block, Paragraph):
        return False
    text = block.plain()
    return not _SENTENCE_END.search(text) or bool(_POINTS_ON.search(text))
