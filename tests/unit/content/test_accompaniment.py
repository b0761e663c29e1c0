from __future__ import annotations

import pytest

from newsletter.content.accompaniment import Accompaniment, must_accompany
from newsletter.content.article import Article, Flag, Kind, Paragraph, Section


def make(*kinds: Kind, disclaimer: str = "For education only.", flags: tuple[Flag, ...] = ()) -> Article:
    sections = tuple(
        Section(position=number, heading="H", kind=kind, blocks=(Paragraph(html="Text."),), flags=flags)
        for number, kind in enumerate(kinds)
    )
    return Article(id="a", source="s", slug="a", title="A", sections=sections, disclaimer=disclaimer)


@pytest.mark.parametrize("kind", [Kind.TREATMENT, Kind.MEDICATIONS])
def test_a_treatment_goes_with_the_disclaimer_and_when_to_seek_help(kind: Kind) -> None:
    article = make(Kind.OVERVIEW, kind, Kind.WHEN_TO_SEEK_HELP)
    assert must_accompany(article, article.sections[1]) == Accompaniment(
        disclaimer=True, seek_help_position=2
    )


def test_the_regions_call_out_stands_in_where_the_article_says_nothing() -> None:
    article = make(Kind.TREATMENT, disclaimer=" ")
    assert must_accompany(article, article.sections[0]) == Accompaniment(standing_call_out=True)


def test_an_overview_goes_alone() -> None:
    article = make(Kind.OVERVIEW, Kind.WHEN_TO_SEEK_HELP)
    assert must_accompany(article, article.sections[0]) == Accompaniment()
    assert must_accompany(article, article.sections[1]) == Accompaniment()


@pytest.mark.parametrize("flag", [Flag.DOSE, Flag.CONTRAINDICATION, Flag.INTERACTION])
def test_self_care_with_a_dose_goes_like_a_treatment(flag: Flag) -> None:
    article = make(Kind.SELF_CARE, Kind.WHEN_TO_SEEK_HELP, flags=(flag,))
    assert must_accompany(article, article.sections[0]).seek_help_position == 1
    assert must_accompany(article, article.sections[1]) == Accompaniment(disclaimer=True)
