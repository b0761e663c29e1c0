from __future__ import annotations

import pytest

from newsletter.content.article import Article
from newsletter.content.sources.markdown import parse_markdown


def read(body: str, front: str = "") -> Article:
    return parse_markdown(f"---\ntitle: Gout\n{front}---\n{body}", name="gout")


def test_footnotes_are_citations() -> None:
    article = read(
        "## Causes\n\nUric acid.[^b] Beer, too.[^1][^b]\n\n## Symptoms\n\nA *red* toe[^1].\n\n"
        "[^1]: Jones A. *Gout*. 2020. https://doi.org/10.1000/x\n"
        "[^b]: Smith B. Beer.\n    2021;1:2-3.\n\n    PMID: 12345\n[^2]: Brown C. Toes. 2022.\nMore.\n"
    )
    assert [section.text for section in article.sections] == [
        "Uric acid.[1] Beer, too.[2][1]",
        "A red toe[2].\n\nMore.",
    ]
    assert [(one.text, one.url) for one in article.references] == [
        ("Smith B. Beer. 2021;1:2-3. PMID: 12345", "https://pubmed.ncbi.nlm.nih.gov/12345/"),
        ("Jones A. Gout. 2020.", "https://doi.org/10.1000/x"),
        ("Brown C. Toes. 2022.", ""),
    ]


def test_numbers_go_on_after_the_references_of_the_front_matter() -> None:
    article = read("Pain.[^1]\n\n[^1]: [A guide](https://b.example/)\n", "references: [A book]\n")
    assert article.sections[0].text == "Pain.[2]"
    assert [one.text for one in article.references] == ["A book", "A guide"]
    assert article.references[1].url == "https://b.example/"


@pytest.mark.parametrize(
    "body",
    ["See [^1] there.", "`a[^1]`\n\n[^1]: Jones A. 2020.", "```\n[^1]: x\n```\n"],
)
def test_marks_without_a_note_and_code_stay_as_they_are(body: str) -> None:
    assert "[^1]" in read(f"Text.\n\n{body}").sections[0].text


def test_a_note_that_says_a_dose_stays_in_the_text_too() -> None:
    article = read(
        "## Treatment\n\nZokamab.[^1]\n\n## Outlook\n\nGood.\n\n[^1]: Never more than 4 mg a day.\n"
    )
    assert article.sections[0].text == "Zokamab.[1]\n\n[1] Never more than 4 mg a day."
    assert article.sections[1].text == "Good."
