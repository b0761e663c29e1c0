"""Tables: in columns on a phone where no word has to be broken for it, else row by row."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.article import Item, ListBlock, Paragraph, Table
from newsletter.rendering.checks.check import Proof
from newsletter.rendering.checks.parity import lost_sections, parity_gaps
from newsletter.rendering.grid import fits_phone, labelled
from newsletter.settings import NewsletterSettings, Settings
from tests.unit.factory import edition, issue_with, table

DOSES = table(
    ("Medicine", "Usual dose", "Most a day", "Not with"),
    ("Hydrochlorothiazide", "12.5 mg", "25 mg", "lithium"),
    ("Spironolactone", "25 mg", "50 mg", "potassium"),
)


def test_a_small_table_stands_in_columns_and_a_wide_one_does_not():
    assert fits_phone(table(("Age", "Dose"), ("40", "5 mg")))
    assert not fits_phone(DOSES)


def test_every_cell_of_a_row_comes_with_its_header():
    assert labelled(table(("Age", "Dose"), ("40",), ("", "5 mg", "more"))) == [
        [("Age", "40"), ("Dose", "–")],
        [("Age", "–"), ("Dose", "5 mg"), ("", "more")],
    ]


def test_a_wide_table_is_told_row_by_row_in_both_parts():
    made = edition(issue_with(blocks=(DOSES,)))
    assert made.errors == ()
    assert "Hydrochlorothiazide; <strong>Usual dose:</strong> 12.5 mg" in made.html
    assert "- Medicine: Hydrochlorothiazide; Usual dose: 12.5 mg; Most a day: 25" in made.text


_WORDS = st.lists(
    st.text("abcdefgh", min_size=1, max_size=8) | st.integers(1, 900).map(str), min_size=1, max_size=6
).map(" ".join)
_INLINE = st.one_of(
    _WORDS,
    _WORDS.map(lambda said: f"<strong>{said}</strong> mg"),
    st.tuples(_WORDS, st.integers(0, 30)).map(
        lambda one: f'<a href="https://x.example/{one[1]}">{one[0]}</a>'
    ),
)
_TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(_INLINE, min_size=width, max_size=width), min_size=2, max_size=4).map(
        lambda rows: Table(header=tuple(rows[0]), rows=tuple(tuple(row) for row in rows[1:]))
    )
)
_BLOCKS = st.recursive(
    st.one_of(_INLINE.map(lambda said: Paragraph(html=said)), _TABLES),
    lambda inner: st.lists(st.tuples(_INLINE, st.lists(inner, max_size=2)), min_size=1, max_size=3).map(
        lambda items: ListBlock(
            ordered=len(items) > 1,
            items=tuple(Item(html=said, blocks=tuple(below)) for said, below in items),
        )
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=60)  # a busy machine is no fault
@given(st.lists(_BLOCKS, min_size=1, max_size=3))
def test_whatever_blocks_a_letter_has_both_parts_say_all_of_them(blocks):
    letter = issue_with(blocks=tuple(blocks))
    made = edition(letter)
    assert made.errors == ()
    assert parity_gaps(made.html, made.text) == ()
    assert list(lost_sections(Proof(letter, made, Settings(), NewsletterSettings()))) == []
