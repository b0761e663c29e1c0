from __future__ import annotations

import pytest

from newsletter.content.sources.front_matter import read_front_matter
from newsletter.errors import ParseError


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("reviewed_on", "2026-13-01"),
        ("reviewed_on", "2026-02-30"),
        ("modified_at", "2026-02-03T24:61:00Z"),
        ("published_at", "2026-02-03 10:00:00 +99:00"),
    ],
)
def test_a_date_that_no_calendar_has_is_named_with_key_line_and_what_was_found(key: str, value: str) -> None:
    with pytest.raises(ParseError) as error:
        read_front_matter(f"---\ntitle: Gout\ntopics: [toe]\n{key}: {value}\n---\nText.\n", name="gout.md")
    said = str(error.value)
    assert f"front matter, {key}: found '{value}' (line 4)" in said
    assert "2026-05-14" in said
    assert "YAML" not in said


def test_what_looks_like_a_date_may_be_a_title() -> None:
    about, body = read_front_matter("---\ntitle: 2026-13-01\n---\nText.\n", name="gout.md")
    assert (about.title, body) == ("2026-13-01", "Text.\n")


def test_what_is_not_yaml_is_still_called_so() -> None:
    with pytest.raises(ParseError, match=r"not YAML.*line 3"):
        read_front_matter("---\ntitle: Gout\nslug: a: b\n---\n", name="gout.md")


def test_an_empty_block_says_nothing() -> None:
    about, body = read_front_matter("---\n---\nText.", name="gout.md")
    assert (about.title, body) == ("", "Text.")
