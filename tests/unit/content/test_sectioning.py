from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import Flag, Item, Kind, ListBlock, Paragraph, Section
from newsletter.content.sectioning import (
    MAX_SLUG,
    Draft,
    article_id,
    build_sections,
    slugify,
    split_label,
    states,
    title_from_name,
)


def paragraph(text: str) -> Paragraph:
    return Paragraph(html=text)


def test_text_before_the_first_heading_is_the_overview_under_the_title() -> None:
    drafts = [Draft("", [paragraph("It hurts.")]), Draft("2. Treatment:", [paragraph("Take 5 mg.")])]
    sections, left_out = build_sections(drafts, title="Tennis Elbow")
    assert [(one.position, one.heading, one.kind) for one in sections] == [
        (0, "Tennis Elbow", Kind.OVERVIEW),
        (1, "Treatment", Kind.TREATMENT),
    ]
    assert sections[1].flags == (Flag.DOSE,)
    assert left_out == ()


def test_unknown_headings_keep_their_text_as_other() -> None:
    sections, _ = build_sections([Draft("A day in the clinic", [paragraph("Busy.")])], title="Asthma")
    assert (sections[0].kind, sections[0].text) == (Kind.OTHER, "Busy.")


def test_a_heading_without_text_is_named_as_left_out() -> None:
    sections, left_out = build_sections([Draft("Causes", number=7), Draft("")], title="Asthma")
    assert sections == ()
    assert [(left.line, left.number) for left in left_out] == [("Causes", 7)]


def guessed(*drafts: Draft) -> list[tuple[str, str]]:
    sections, left_out = build_sections(drafts, title="Asthma", guessed=True)
    return [(section.heading, section.text) for section in sections] + [("-", left.line) for left in left_out]


def test_a_guessed_heading_without_text_is_a_line_of_the_section_before() -> None:
    treatment = Draft("Treatment", [paragraph("Take it.")])
    prevention = Draft("Prevention", [paragraph("Wash.")])
    kept = ("Prevention", "Wash.")
    assert guessed(treatment, Draft("With > 1 meal"), prevention) == [
        ("Treatment", "Take it.\n\nWith > 1 meal"),
        kept,
    ]
    assert guessed(Draft("Maximum dose: 40 mg"), prevention) == [("-", "Maximum dose: 40 mg"), kept][::-1]
    assert guessed(treatment, Draft("Maximum dose: 40 mg"), prevention) == [
        ("Treatment", "Take it.\n\nMaximum dose: 40 mg"),
        kept,
    ]
    assert guessed(treatment, Draft("Exercise"), Draft("Surgery"), prevention) == [
        ("Treatment", "Take it.\n\nExercise\n\nSurgery"),
        kept,
    ]
    assert guessed(treatment, Draft("Symptoms"), prevention) == [
        ("Treatment", "Take it."),
        kept,
        ("-", "Symptoms"),
    ]
    assert treatment.blocks == [paragraph("Take it.")]


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("Maximum 40 mg", True),
        ("Up to 2.2 mmol/L", True),
        ("3 tablets at night", True),
        ("Children: none", True),
        ("Vitamin B12 : low", True),
        ("Not in pregnancy", True),
        ("Do not take it with food", True),
        ("Step 2: Causes", False),
        ("Drug treatment", False),
        ("Maximum dose:", True),
        ("Avoidance of triggers", False),
        ("The first 24 hours", False),
        ("Vitamin B12", False),
    ],
)
def test_short_lines_that_say_something_are_no_headings(text: str, *, does: bool) -> None:
    assert states(text) is does


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Trauma: Injuries to the skin.", "Trauma"),
        ("X-rays : A picture.", "X-rays"),
        ("Kidneys that hold on to urate: The main reason.", "Kidneys that hold on to urate"),
        ("They include: pain and fever.", ""),
        ("If you are ill: rest.", ""),
        ("One sentence. Another: with a colon.", ""),
        ("https://example.org/a: an address", ""),
        ("No colon here", ""),
        ("Empty:", ""),
        ("A very long opening that goes on and on: before its colon", ""),
    ],
)
def test_a_short_name_before_a_colon_is_a_label(text: str, label: str) -> None:
    found, rest = split_label(text)
    assert found == label
    assert rest in text


def test_among_labelled_items_a_short_clause_is_a_label_too() -> None:
    assert split_label("If you are ill: rest.", among_labels=True) == ("If you are ill", "rest.")


@given(st.text(max_size=120))
def test_splitting_a_label_off_loses_no_word(text: str) -> None:
    label, rest = split_label(text)
    assert f"{label}:{rest}".replace(":", " ").split() == f":{text}".replace(":", " ").split()


@given(st.text(max_size=200))
def test_slugs_are_short_and_plain(text: str) -> None:
    slug = slugify(text)
    assert 0 < len(slug) <= MAX_SLUG
    assert slug == slugify(slug)


def test_ids_are_the_same_for_the_same_page_and_differ_between_pages() -> None:
    assert (
        article_id("Asthma", "asthma-a")
        == article_id("Asthma", "asthma-a")
        != article_id("Asthma", "asthma-b")
    )
    assert article_id("Asthma", "x").startswith("asthma-")


def test_a_file_name_makes_a_title_when_nothing_else_does() -> None:
    assert title_from_name("07-B-tennis_elbow-2") == "Tennis elbow"
    assert title_from_name("7") == "7"


def only(*blocks: Paragraph | ListBlock, heading: str = "Treatment", title: str = "Gout") -> Section:
    return build_sections([Draft(heading, list(blocks))], title=title)[0][0]


def test_each_block_has_its_own_flags_and_the_section_all_of_them() -> None:
    section = only(paragraph("Rest helps."), paragraph("Take 5 mg."), paragraph("Never drive."))
    assert [block.flags for block in section.blocks] == [(), (Flag.DOSE,), (Flag.WARNING,)]
    assert section.flags == (Flag.DOSE, Flag.WARNING)


def test_a_list_has_the_flags_of_the_line_that_announces_it() -> None:
    ulcers = ListBlock(ordered=False, items=(Item(html="an ulcer"), Item(html="asthma")))
    section = only(paragraph("Do not take it if you have:"), ulcers, paragraph("It works fast."))
    warned = (Flag.WARNING, Flag.CONTRAINDICATION)
    assert [block.flags for block in section.blocks] == [warned, warned, ()]
    assert only(paragraph("Do not take it if you have:")).flags == warned


def test_a_nested_dose_is_one_of_the_list_that_holds_it() -> None:
    nested = ListBlock(ordered=False, items=(Item(html="5 mg"),))
    outer = ListBlock(ordered=False, items=(Item(html="Tablets", blocks=(nested,)),))
    assert only(outer).blocks[0].flags == (Flag.DOSE,)


def test_flags_change_neither_a_sections_hash_nor_what_a_block_says() -> None:
    section = only(paragraph("Take 5 mg."))
    bare = section.model_copy(update={"blocks": (paragraph("Take 5 mg."),)})
    assert bare.blocks[0].flags == () != section.blocks[0].flags
    assert bare.hash == section.hash
    assert bare.blocks == section.blocks
    assert len({bare.blocks[0], section.blocks[0], paragraph("Take 6 mg.")}) == 2


def test_a_section_of_ten_sentences_has_both_grades() -> None:
    section = only(*(paragraph("Rest the sore joint for a day or two.") for _ in range(10)))
    assert section.grade is not None
    assert section.smog == 3.1
