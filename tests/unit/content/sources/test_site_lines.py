"""What is of the site in a Markdown document: it reaches no reader, and nothing medical goes with it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from newsletter.content.article import Article
from newsletter.content.sources.markdown import parse_markdown


def read(body: str, *, more: str = "") -> Article:
    return parse_markdown(f"---\ntitle: Gout\n{more}---\nA joint hurts.\n\n{body}\n", name="gout")


def text_of(article: Article) -> str:
    return " ".join(
        " ".join([section.heading, *(block.plain() for block in section.blocks)])
        for section in article.sections
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("Subscribe to our newsletter", "newsletter box"),
        ("**Subscribe to our newsletter**", "newsletter box"),
        ("Share on [Facebook](https://facebook.com/x)", "social media line"),
        ("[Home](/) | [About](/about)", "site navigation"),
        ("(c) 2024 Harbour Health", "copyright line"),
        ("- [Home](/)\n- [Contact us](/contact)", "site navigation"),
        ("## Related posts\n\n- [Asthma](/asthma)\n- [Eczema](/eczema)", "related posts"),
        ("## Related posts\n\n[Asthma](/asthma)  \n[Eczema](/eczema)", "related posts"),
    ],
)
def test_lines_of_the_site_are_left_out_and_named(body: str, why: str) -> None:
    article = read(f"## Treatment\n\nRest.\n\n{body}\n\n## Causes\n\nSugar.")
    assert text_of(article) == "Gout A joint hurts. Treatment Rest. Causes Sugar."
    assert {left.why for left in article.left_out} == {why}
    assert all(left.number for left in article.left_out)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("## Related posts\n\n[Aspirin](/a): do not take it with gout.", "do not take it with gout"),
        ("## Related posts\n\nMany have gout in the family.", "in the family"),
        ("Subscribe to our newsletter, and call 999 if you cannot breathe.", "call 999"),
        ("(c) 2024 Take no more than 20 mg a day.", "20 mg"),
        ("Contact us if the pain gets worse after two days.", "pain gets worse"),
        ("Source: https://example.org/gout", "https://example.org/gout"),
        ("## References\n\nCopyright and medicine, 2024, https://example.org/c", "hurts"),
    ],
)
def test_nothing_medical_goes_with_them(body: str, words: str) -> None:
    assert words in text_of(read(body))


@pytest.mark.parametrize(
    "line",
    [
        "*Reviewed by Dr Lee on 4 June 2024*",
        "Medically reviewed by Dr Lee on 4 June 2024",
        "**Medically reviewed by** Dr Lee on June 4, 2024.",
        "Last reviewed: 4 June 2024 by Dr Lee",
    ],
)
def test_a_line_of_review_gives_reviewer_and_date(line: str) -> None:
    article = read(f"{line}\n\n## Causes\n\nSugar.")
    assert (article.reviewer, article.reviewed_on, article.status) == ("Dr Lee", date(2024, 6, 4), "usable")
    assert line.strip("*.").replace("**", "") not in text_of(article)
    assert [left.why for left in article.left_out] == ["page data: review"]


def test_front_matter_goes_before_the_text() -> None:
    article = read("Reviewed by Dr Lee on 4 June 2024", more="reviewed_on: 2025-01-01\n")
    assert (article.reviewer, article.reviewed_on) == ("Dr Lee", date(2025, 1, 1))


def test_a_change_is_no_review() -> None:
    article = read("Last updated: 4 June 2024")
    assert (article.reviewed_on, article.status) == (None, "unreviewed")
    assert article.modified_at == datetime(2024, 6, 4, tzinfo=UTC)
