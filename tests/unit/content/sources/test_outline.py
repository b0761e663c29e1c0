"""Which line of a saved page is its title, and which lines are its headings."""

from __future__ import annotations

import pytest

from newsletter.content.sources.capture import parse_capture

TEXT = "\n\nCauses:\n\nA gene.\n\nTreatment:\n\nThere is none."


@pytest.mark.parametrize(
    ("name", "opening", "title"),
    [
        ("neurofibromatosis-type-1", "It is a condition of the nerves.", "Neurofibromatosis type 1"),
        ("neurofibromatosis-type-1", "Neurofibromatosis is rare.", "Neurofibromatosis type 1"),
        ("12-C-dystonia-8", "People with dystonia 8 move oddly. Dystonia is rare.", "Dystonia 8"),
        ("spinal-stroke-2", "A spinal stroke comes suddenly.", "Spinal stroke"),
        ("spinal-stroke-9", "It comes suddenly.", "Spinal stroke 9"),
        ("covid-19", "It is an infection.", "Covid 19"),
    ],
)
def test_a_files_number_belongs_to_the_title_unless_the_text_has_it_without(
    name: str, opening: str, title: str
) -> None:
    page = f"{opening} It is found in all countries of the world.{TEXT}"
    assert parse_capture(page, name=name).title == title


def test_a_long_title_with_which_the_text_begins_is_no_copy_of_it() -> None:
    title = "Mitochondrial membrane protein-associated neurodegeneration"
    article = parse_capture(f"{title}\n\n{title} is a disease of the brain.{TEXT}", name="page")
    assert article.title == title
    assert article.sections[0].text == f"{title} is a disease of the brain."


@pytest.mark.parametrize(
    "path", ["", "Home > Joints > Gout\n", "Conditions › Joints › Gout\n", "Joints » Gout\n\n"]
)
@pytest.mark.parametrize("name", ["gout", "page"])
@pytest.mark.parametrize("site", ["Harbour Health", "Please help the people in need"])
def test_a_sites_name_above_the_title_is_left_out(path: str, name: str, site: str) -> None:
    article = parse_capture(f"{site}\n{path}Gout\n\nGout is a kind of arthritis.{TEXT}", name=name)
    assert article.title == "Gout"
    assert article.sections[0].text == "Gout is a kind of arthritis."
    assert site in {left.line for left in article.left_out}


@pytest.mark.parametrize(
    ("title", "below"),
    [
        ("Living with Gout", "Gout"),
        ("Heart attack", "Also called myocardial infarction"),
        ("Gout | Harbour Health", "Podagra"),
    ],
)
def test_a_title_stays_the_title_above_a_second_line(title: str, below: str) -> None:
    article = parse_capture(f"{title}\n{below}\n\nGout is a kind of arthritis.{TEXT}", name="page")
    assert article.title == title.split(" | ", maxsplit=1)[0]
    assert below in article.sections[0].text or below == "Gout"


def test_the_parts_of_an_announced_subject_are_sections() -> None:
    page = (
        "Lung fibrosis\n\nIt stiffens the lungs.\n\nAnatomy of the Lung\n\nStructure\n\nThere are five lobes."
        "\n\nLocation\n\nIn the chest.\n\nTreatment\n\nChildren\n\nOxygen helps."
    )
    article = parse_capture(page, name="lung-fibrosis")
    assert [(section.heading, section.text) for section in article.sections] == [
        ("Lung fibrosis", "It stiffens the lungs."),
        ("Structure", "There are five lobes."),
        ("Location", "In the chest."),
        ("Treatment", "Children\n\nOxygen helps."),
    ]
    assert [left.line for left in article.left_out] == ["Anatomy of the Lung"]


@pytest.mark.parametrize("above", ["Frequently Asked Questions", "What Readers Ask", "Questions on legs"])
def test_numbered_questions_are_all_below_the_heading_that_announces_them(above: str) -> None:
    questions = "Q1. Is sciatica dangerous?\n\nNo.\n\nQ2. How is sciatica treated?\n\nBy walking."
    page = f"Sciatica\n\nIt hurts.\n\n{above}\n\n{questions}\n\nPrevention\n\nWalk."
    article = parse_capture(page, name="sciatica")
    assert [(section.heading, section.text) for section in article.sections[1:]] == [
        (above, questions),
        ("Prevention", "Walk."),
    ]


def test_numbered_questions_without_such_a_heading_are_headings() -> None:
    questions = "Q1. Is sciatica dangerous?\n\nNo.\n\nQ2. How is sciatica treated?\n\nBy walking."
    article = parse_capture(f"Sciatica\n\nIt hurts.\n\n{questions}", name="sciatica")
    assert [section.text for section in article.sections] == ["It hurts.", "No.", "By walking."]


def test_a_banner_above_a_title_with_an_abbreviation_is_left_out() -> None:
    page = f"Support flood victims today\n\nLumbar stenosis (LS)\n\nLumbar stenosis hurts.{TEXT}"
    assert parse_capture(page, name="page").title == "Lumbar stenosis (LS)"
