"""Where a section may end early, and what must never be cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.article import Flag, Item, Kind, ListBlock, Paragraph, Section, Table
from newsletter.content.excerpt import Fitted, fit
from tests.unit.factory import bullets, paragraph, section, table

WHOLE_OR_NOT = (Kind.TREATMENT, Kind.MEDICATIONS, Kind.WHEN_TO_SEEK_HELP)
SAFETY = (Flag.DOSE, Flag.WARNING, Flag.EMERGENCY)
THREE = (paragraph(10), paragraph(10), paragraph(10))


def fitted(one: Section, budget: int, *, continues: bool = True) -> Fitted:
    """What fits, which must be something."""
    found = fit(one, budget, continues=continues)
    assert found is not None
    return found


def test_a_section_within_the_budget_comes_whole():
    assert fitted(section(Kind.CAUSES, *THREE), 30) == Fitted(THREE, cut=False, words=30)


def test_a_longer_section_loses_trailing_blocks_only():
    assert fitted(section(Kind.CAUSES, *THREE), 29) == Fitted(THREE[:2], cut=True, words=20)


def test_a_short_block_after_one_that_is_too_long_does_not_jump_forward():
    blocks = (paragraph(10), paragraph(50), paragraph(1))
    assert fitted(section(Kind.CAUSES, *blocks), 20).blocks == blocks[:1]


def test_a_section_whose_first_block_is_too_long_is_not_used():
    assert fit(section(Kind.CAUSES, paragraph(50)), 49, continues=True) is None


def test_without_an_address_to_read_on_at_nothing_is_cut():
    assert fit(section(Kind.CAUSES, *THREE), 29, continues=False) is None
    assert not fitted(section(Kind.CAUSES, *THREE), 30, continues=False).cut


@pytest.mark.parametrize("kind", WHOLE_OR_NOT)
def test_what_a_reader_acts_on_comes_whole_or_not_at_all(kind):
    assert fit(section(kind, *THREE), 29, continues=True) is None
    assert fitted(section(kind, *THREE), 30).blocks == THREE


@pytest.mark.parametrize("flag", SAFETY)
def test_a_section_with_a_dose_a_warning_or_an_emergency_comes_whole_or_not_at_all(flag):
    one = section(Kind.CAUSES, *THREE, flags=(flag,))
    assert fit(one, 29, continues=True) is None
    assert fitted(one, 30).blocks == THREE


def test_a_sensitive_section_may_be_cut():
    assert fitted(section(Kind.CAUSES, *THREE, flags=(Flag.SENSITIVE,)), 29).cut


@pytest.mark.parametrize("long", [bullets("a b c", "d e f"), table(("a", "b"), ("c", "d"), ("e", "f"))])
def test_a_list_or_table_is_never_cut_inside(long):
    words = len(long.plain().split())
    one = section(Kind.CAUSES, paragraph(10), long)
    assert fitted(one, 10 + words - 1).blocks == one.blocks[:1]
    assert fitted(one, 10 + words).blocks == one.blocks


@pytest.mark.parametrize(
    "sentence",
    [
        "Common signs are:",
        "Common signs are <b>these:</b>",
        "The signs differ –",
        "Common signs include",
        "You may notice any of the following.",
        "The signs are listed below.",
    ],
)
def test_a_sentence_that_announces_a_list_never_stands_alone(sentence):
    one = section(Kind.CAUSES, paragraph(10), paragraph(sentence), bullets("pain", "heat " * 30))
    assert fitted(one, 30).blocks == one.blocks[:1]
    alone = section(Kind.CAUSES, paragraph(sentence), bullets("pain", "heat " * 30))
    assert fit(alone, 30, continues=True) is None


@pytest.mark.parametrize(
    "sentence",
    ["It hurts.", "Does it hurt?", "It hurts (a lot).", "He said: “It hurts.”", "It hurts.<sup>1</sup>"],
)
def test_a_whole_sentence_before_what_is_cut_stays(sentence):
    one = section(Kind.CAUSES, paragraph(sentence), paragraph(50))
    assert fitted(one, 30).blocks == one.blocks[:1]


def test_a_section_without_a_word_fills_no_slot():
    for blocks in ((), (Paragraph(html=" <br/> "),)):
        empty = Section(position=0, heading="Causes", kind=Kind.CAUSES, blocks=blocks)
        assert fit(empty, 100, continues=True) is None


@st.composite
def _inline(draw: st.DrawFn) -> str:
    words = draw(st.integers(0, 25))
    return " ".join(["word"] * words) + draw(st.sampled_from(["", ".", ":", " –", "?"]))


_items = st.builds(Item, label=st.sampled_from(["", "Trauma"]), html=_inline())
_blocks = st.one_of(
    st.builds(Paragraph, html=_inline()),
    st.builds(ListBlock, ordered=st.booleans(), items=st.lists(_items, min_size=1, max_size=4).map(tuple)),
    st.builds(
        Table,
        header=st.just(("a", "b")),
        rows=st.lists(st.tuples(_inline(), _inline()), max_size=3).map(tuple),
    ),
)
_sections = st.builds(
    Section,
    position=st.just(0),
    heading=st.just("Heading"),
    kind=st.sampled_from(Kind),
    blocks=st.lists(_blocks, max_size=5).map(tuple),
    flags=st.sets(st.sampled_from(Flag)).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(_sections, st.integers(1, 120), st.booleans())
def test_whatever_the_section_what_fits_is_a_prefix_within_the_budget_and_safety_is_never_cut(
    one, budget, continues
):
    found = fit(one, budget, continues=continues)
    if found is None:
        return
    assert found.blocks == one.blocks[: len(found.blocks)]
    assert found.cut == (found.blocks != one.blocks)
    assert 0 < found.words <= budget
    if found.cut:
        assert continues
        assert one.kind not in WHOLE_OR_NOT
        assert not set(SAFETY) & set(one.flags)
        assert not found.blocks[-1].plain().endswith(":") or not isinstance(found.blocks[-1], Paragraph)
