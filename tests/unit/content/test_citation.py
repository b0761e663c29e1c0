from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import Reference
from newsletter.content.citation import identified, parse_reference, unique_references


@pytest.mark.parametrize(
    ("line", "text", "url"),
    [
        ("  3. https://x.example/a?ref=2", "https://x.example/a?ref=2", "https://x.example/a?ref=2"),
        ("[1] NES. Elbow. https://x.example/elbow.", "NES. Elbow.", "https://x.example/elbow"),
        ("NES. Elbow. Available at: https://x.example/elbow", "NES. Elbow.", "https://x.example/elbow"),
        ("• Book (https://x.example/b) of 2020", "Book of 2020", "https://x.example/b"),
        ("Wiki. https://x.example/Elbow_(joint)", "Wiki.", "https://x.example/Elbow_(joint)"),
        (
            "Example A. Elbow pain. 2020;1:1-9. PMID: 12345",
            "Example A. Elbow pain. 2020;1:1-9. PMID: 12345",
            "https://pubmed.ncbi.nlm.nih.gov/12345/",
        ),
    ],
)
def test_a_reference_is_its_words_and_its_address(line: str, text: str, url: str) -> None:
    found = parse_reference(line)
    assert found is not None
    assert (found.text, found.url) == (text, url)


def test_an_empty_line_is_no_reference() -> None:
    assert parse_reference("  ") is None
    assert parse_reference("1. ") is None


@given(st.text(max_size=80))
def test_any_line_can_be_read(line: str) -> None:
    found = parse_reference(line)
    assert found is None or found.text


@pytest.mark.parametrize(
    ("line", "doi", "pmid", "url"),
    [
        ("Elbow. doi: 10.1000/AbC.12.", "10.1000/abc.12", "", "https://doi.org/10.1000/abc.12"),
        ("(see 10.1000/182), B", "10.1000/182", "", "https://doi.org/10.1000/182"),
        ("http://dx.doi.org/10.1016/S0140-6736(20)1-5).", "10.1016/s0140-6736(20)1-5", "",
         "https://doi.org/10.1016/s0140-6736(20)1-5"),
        ("E. https://j.example/doi/full/10.1000/182/pdf?x=1", "10.1000/182", "",
         "https://j.example/doi/full/10.1000/182/pdf?x=1"),
        ("https://www.ncbi.nlm.nih.gov/pubmed/?term=00123", "", "123", "https://pubmed.ncbi.nlm.nih.gov/123/"),
        ("E. PMID:31986264; doi:10.1000/1", "10.1000/1", "31986264", "https://doi.org/10.1000/1"),
        ("E. 2020;10.5:1-9. PMCID: PMC123", "", "", ""),
        ("https://www.ncbi.nlm.nih.gov/books/NBK123/", "", "", "https://www.ncbi.nlm.nih.gov/books/NBK123/"),
    ],
)  # fmt: skip
def test_identifiers_are_found_and_made_into_addresses(line: str, doi: str, pmid: str, url: str) -> None:
    found = parse_reference(line)
    assert found is not None
    assert (found.doi, found.pmid, found.url) == (doi, pmid, url)


def test_a_work_that_is_named_twice_comes_once_with_all_that_is_known_of_it() -> None:
    references = [
        Reference(text="Elbow. PMID: 1"),
        Reference(text="A book"),
        Reference(text="Elbow, PMID 1. doi:10.1000/x"),
        Reference(text="a book."),
        Reference(text="Elsewhere", url="https://www.x.example/a/"),
        Reference(text="https://x.example/a", url="http://x.example/a#top"),
    ]
    assert [(one.text, one.doi) for one in unique_references(references)] == [
        ("Elbow. PMID: 1", "10.1000/x"),
        ("A book", ""),
        ("Elsewhere", ""),
    ]


@given(st.lists(st.sampled_from(["10.1000/a", "PMID 7", "https://x.example/", "Book"]), max_size=5))
def test_making_references_unique_twice_changes_nothing(lines: list[str]) -> None:
    once = unique_references(Reference(text=line) for line in lines)
    assert unique_references(once) == once
    assert all(identified(reference) == reference for reference in once)
