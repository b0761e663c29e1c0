"""What stands below a list is its last item's text only where the items above have such text too."""

from __future__ import annotations

import pytest

from newsletter.content.article import Flag, Table
from newsletter.content.sources.capture import parse_capture


def text_of(body: str) -> str:
    """The text of the last section of a page with *body* below the heading Drugs."""
    page = f"Sciatica\n\nSciatica is pain in one leg.\n\nTreatment:\n\n{body}\n"
    return parse_capture(page, name="sciatica").sections[-1].text


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize("mark", ["  {}. ", "{}. ", "  • ", "- "])
@pytest.mark.parametrize(
    "line",
    [
        "Never take more than 4 g of paracetamol a day.",
        "Most sprains come from sport.",
        "This is enough for most people, and for those with weak kidneys too",
    ],
)
def test_a_paragraph_below_a_list_of_names_is_no_items_text(gap: str, mark: str, line: str) -> None:
    body = gap.join([mark.format(1) + "Paracetamol", mark.format(2) + "Ibuprofen"])
    found = text_of(f"{body}{gap}{line}")
    assert found.endswith(f"Ibuprofen\n\n{line}")


def test_a_paragraph_below_a_list_of_one_is_no_items_text() -> None:
    assert text_of("1. Paracetamol\n\nAt most 4 g a day.\n\nOr:\n\n1. Ice\n2. Heat") == (
        "1. Paracetamol\n\nAt most 4 g a day.\n\nOr:\n\n1. Ice\n2. Heat"
    )


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_items_that_all_have_their_text_on_the_next_line_keep_it(gap: str) -> None:
    parts = ["1. Central", "It is in the middle.", "2. Lateral", "It is at the side.", "3. Far", "It is out."]
    assert text_of(gap.join(parts)) == (
        "1. Central: It is in the middle.\n2. Lateral: It is at the side.\n3. Far: It is out."
    )
    assert text_of(gap.join([*parts, "All of them hurt."])).endswith("It is out.\n\nAll of them hurt.")


def test_a_heading_below_a_list_is_no_items_text() -> None:
    page = (
        "Sciatica\n\nIt hurts.\n\nSymptoms:\n\n1. Pain\n2. Fever\n\nThings That Make It Worse\n\n  - standing"
    )
    article = parse_capture(page, name="sciatica")
    assert [(section.heading, section.text) for section in article.sections[1:]] == [
        ("Symptoms", "1. Pain\n2. Fever"),
        ("Things That Make It Worse", "- standing"),
    ]


@pytest.mark.parametrize("heading", ["Things that make it worse:", "Things That Make It Worse"])
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_line_that_announces_a_list_is_no_items_text(heading: str, gap: str) -> None:
    page = f"Sciatica\n\nIt hurts.\n\nSymptoms:\n\n1. Pain\n2. Fever{gap}{heading}{gap}  - standing"
    text = "\n".join(
        f"{section.heading}\n{section.text}" for section in parse_capture(page, name="s").sections
    )
    assert "2. Fever\n" in text
    assert "Fever:" not in text


def test_lines_below_marks_alone_are_their_items_where_these_are_names() -> None:
    assert text_of("-\nPain\nIt is sharp.\n-\nFever\nIt is high.\n\nSee a doctor.") == (
        "- Pain: It is sharp.\n- Fever: It is high.\n\nSee a doctor."
    )
    assert text_of("-\nIt hurts.\n-\nIt burns.\nSee a doctor.") == "- It hurts.\n- It burns.\n\nSee a doctor."


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_rows_of_cells_with_tabs_between_are_a_table(gap: str) -> None:
    rows = ["Medicine\tOne dose\tIn a day", "Ibuprofen\t400 mg\t1.2 g", "Paracetamol\t1 g\t4 g"]
    after = "Never take both.\n\n1.\tRest\n2.\tIce"
    page = f"Sciatica\n\nIt hurts.\n\nTreatment:\n\nTake one:\n\n{gap.join(rows)}\n\n{after}"
    section = parse_capture(page, name="sciatica").sections[1]
    _, table, paragraph, numbered = section.blocks
    assert isinstance(table, Table)
    assert table.header == ("Medicine", "One dose", "In a day")
    assert table.rows == (("Ibuprofen", "400 mg", "1.2 g"), ("Paracetamol", "1 g", "4 g"))
    assert Flag.DOSE in table.flags
    assert (paragraph.plain(), numbered.plain()) == ("Never take both.", "1. Rest\n2. Ice")


@pytest.mark.parametrize(
    ("rows", "header", "found"),
    [
        ("\tAdults\tChildren\nIbuprofen\t400 mg\t200 mg", ("", "Adults", "Children"), 1),
        ("Rest\tIce\nSymptoms\tCauses", (), 2),
        ("1.\tIbuprofen\t400 mg\n2.\tParacetamol\t1 g", (), 2),
        ("\tA\t1 < 2\n\tB\t3", (), 2),
    ],
)
def test_a_tables_first_row_is_its_header_when_it_alone_has_no_figures(
    rows: str, header: tuple[str, ...], found: int
) -> None:
    page = f"Sciatica\n\nIt hurts.\n\nTreatment:\n\n{rows}\n"
    (table,) = parse_capture(page, name="sciatica").sections[1].blocks
    assert isinstance(table, Table)
    assert (table.header, len(table.rows)) == (header, found)


def test_one_line_with_tabs_is_no_table() -> None:
    assert text_of("Ibuprofen\t400 mg\n\nRest.") == "Ibuprofen 400 mg\n\nRest."


def test_text_that_stands_otherwise_than_that_of_the_other_items_is_no_items_text() -> None:
    after = "These are not all."
    indented = "  1. Pollen\n     Of trees.\n  2. Dust\n\n"
    assert text_of(f"{indented}{after}") == f"1. Pollen: Of trees.\n2. Dust\n\n{after}"
    close = "1. Pollen\nIt is of trees.\n2. Dust\n\n"
    assert text_of(f"{close}{after}") == f"1. Pollen: It is of trees.\n2. Dust\n\n{after}"
