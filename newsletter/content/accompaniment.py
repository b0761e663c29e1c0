"""What must go with a section wherever it is shown: half of a treatment is worse than none."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.content.article import Article, Flag, Kind, Section

#: Sections of these kinds, or with one of these flags, tell a reader what to take or to have done.
KINDS = frozenset({Kind.TREATMENT, Kind.MEDICATIONS})
FLAGS = frozenset({Flag.DOSE, Flag.CONTRAINDICATION, Flag.INTERACTION})


@dataclass(frozen=True)
class Accompaniment:
    """What must be shown in the same place as a section.

    Attributes:
        disclaimer: the article's own disclaimer must be shown; false when it has none.
        seek_help_position: the position of the article's section on when to seek help, if it has one.
        standing_call_out: it has none, so the region's own call-out must stand in.
    """

    disclaimer: bool = False
    seek_help_position: int | None = None
    standing_call_out: bool = False


def must_accompany(article: Article, section: Section) -> Accompaniment:
    """What must go with *section* of *article*: its disclaimer, and when to seek help.

    That holds for treatments and medications, and for sections of other kinds that speak of doses, of who
    must not take something, or of what does not go together. Nothing has to go with any other section.
    A section on when to seek help with such words in it needs the disclaimer only: it is itself the rest.
    """
    if section.kind not in KINDS and not FLAGS & set(section.flags):
        return Accompaniment()
    disclaimer = bool(article.disclaimer.strip())
    if section.kind is Kind.WHEN_TO_SEEK_HELP:
        return Accompaniment(disclaimer=disclaimer)
    position = next(
        (one.position for one in article.sections if one.kind is Kind.WHEN_TO_SEEK_HELP and one.words), None
    )
    return Accompaniment(
        disclaimer=disclaimer, seek_help_position=position, standing_call_out=position is None
    )
