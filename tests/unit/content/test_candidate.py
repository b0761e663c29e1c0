"""What the picker knows of an article: all that matters, and no more than fits in a short row."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from newsletter.content.article import Flag, Kind, Myth
from newsletter.content.candidate import (
    ALONE,
    CALL_OUT,
    MYTH_POSITION,
    candidate,
    kind_bits,
    private_bits,
    private_names,
    section_key,
    to_row,
)
from newsletter.content.excerpt import fit
from tests.unit.factory import REVIEWED, article, paragraph, section


def test_a_candidate_says_how_much_of_each_section_any_budget_shows():
    long = section(Kind.CAUSES, paragraph(30), paragraph(40), paragraph(50))
    dosed = section(Kind.CAUSES, paragraph(30), paragraph(40), flags=(Flag.DOSE,))
    made = candidate(article(sections=(long, dosed)))
    assert [(one.words, one.cuts) for one in made.sections] == [(120, (30, 70)), (70, ())]
    for budget in range(1, 130):
        fitted = fit(long, budget, continues=True)
        shown = [words for words in (*made.sections[0].cuts, made.sections[0].words) if words <= budget]
        assert (fitted.words if fitted else None) == (max(shown) if shown else None)


def test_what_must_go_with_a_section_is_named():
    helped = (section(Kind.TREATMENT), section(Kind.WHEN_TO_SEEK_HELP), section(Kind.OVERVIEW))
    assert [one.companion for one in candidate(article(sections=helped)).sections] == [1, ALONE, ALONE]
    alone = (section(Kind.TREATMENT), section(Kind.CAUSES, flags=(Flag.DOSE,)))
    assert [one.companion for one in candidate(article(sections=alone)).sections] == [CALL_OUT, CALL_OUT]


def test_a_sensitive_section_is_not_gentle_and_neither_is_one_that_names_a_private_topic():
    sections = (
        section(Kind.OVERVIEW, flags=(Flag.SENSITIVE,)),
        section(Kind.WHEN_TO_SEEK_HELP, flags=(Flag.SENSITIVE,)),
        section(Kind.CAUSES, paragraph("It may follow a miscarriage.")),
        section(Kind.SYMPTOMS),
    )
    found = candidate(article(sections=sections)).sections
    assert [one.is_sensitive for one in found] == [True, False, False, False]
    assert [one.is_gentle for one in found] == [False, False, False, True]
    assert private_names(found[2].private) == ("pregnancy loss",)


def test_a_myth_stands_beside_the_sections():
    made = candidate(article(myth=Myth(claim="Cold causes colds", fact="Viruses do.")))
    myth = made.sections[-1]
    assert (myth.position, myth.heading, myth.words) == (MYTH_POSITION, "Cold causes colds", 5)
    assert section_key("x", position=MYTH_POSITION, kind=Kind.OTHER, heading="y") == "x/myth"


def test_a_row_holds_plain_values_and_its_sections_as_json():
    row = to_row(
        candidate(article(topics=("Joints", "joints "), published_at=datetime(2026, 1, 2, tzinfo=UTC)))
    )
    assert json.loads(row["topics"]) == ["joints"]
    assert row["reviewed"] == REVIEWED.toordinal()
    assert len(json.loads(row["sections"])) == 5
    assert all(isinstance(value, str | int) for value in row.values())


def test_bits_stand_for_names():
    assert kind_bits(frozenset({Kind.OVERVIEW})) == 1
    assert private_names(private_bits(frozenset({"addiction", "fertility"}))) == ("fertility", "addiction")
