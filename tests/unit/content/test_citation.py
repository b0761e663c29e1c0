from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.citation import parse_reference


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
            "",
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
