"""The sample articles: what a reader of the demo, or of a first letter, is promised about every one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from newsletter import samples
from newsletter.content.article import Article, Block, Item, Kind, ListBlock, Section
from newsletter.content.readability import grade
from newsletter.content.sources.document import read_document
from newsletter.settings.schema import DISCLAIMER

FILES = sorted(path for path in Path(samples.__file__).parent.iterdir() if path.suffix in {".md", ".txt"})
CORE_KINDS = {
    Kind.OVERVIEW,
    Kind.TYPES,
    Kind.CAUSES,
    Kind.SYMPTOMS,
    Kind.DIAGNOSIS,
    Kind.TREATMENT,
    Kind.MEDICATIONS,
    Kind.WHEN_TO_SEEK_HELP,
    Kind.CONCLUSION,
}
#: The grade that is promised of a section of so many words or more, and of the article as a whole.
GRADED_WORDS = 40
SECTION_GRADE = 9.0
ARTICLE_GRADE = 8.0
DISCLAIMER_WORDS = 40
#: So many words in a row, said in both disclaimers, are a repetition.
SAME_WORDS = 6

BRANDS = (
    "advair", "advil", "aleve", "benadryl", "claritin", "euthyrox", "gaviscon", "glucophage", "imigran",
    "imitrex", "lipitor", "mounjaro", "nexium", "nurofen", "ozempic", "panadol", "prozac", "seretide",
    "symbicort", "synthroid", "tylenol", "ventolin", "voltaren", "voltarol", "wegovy", "zoloft", "zyrtec",
)  # fmt: skip
_BRAND = re.compile(rf"\b(?:{'|'.join(BRANDS)})\b", re.IGNORECASE)
_CURE = re.compile(r"\bcur(?:e|es|ed|ing|able|ative)\b|\bmiracle\b|\bguaranteed?\b", re.IGNORECASE)
_EMERGENCY = re.compile(r"\bemergency (?:number|department|services|help|care)\b", re.IGNORECASE)
_ROUTINE = re.compile(r"\b(?:appointment|book a visit|arrange a visit|blood test)\b", re.IGNORECASE)


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def article(request: pytest.FixtureRequest) -> Article:
    return read_document(request.param)


def lists(blocks: Iterable[Block]) -> Iterator[ListBlock]:
    """Every list of *blocks*, on any level."""
    for block in blocks:
        if isinstance(block, ListBlock):
            yield block
            for item in block.items:
                yield from lists(item.blocks)


def items(article: Article) -> Iterator[tuple[Section, Item]]:
    for section in article.sections:
        for block in lists(section.blocks):
            for item in block.items:
                yield section, item


def seek_help(article: Article) -> Section:
    return next(section for section in article.sections if section.kind is Kind.WHEN_TO_SEEK_HELP)


def runs(text: str) -> set[tuple[str, ...]]:
    """Every run of SAME_WORDS words of *text*."""
    words = re.findall(r"[a-z]+", text.lower())
    return {tuple(words[at : at + SAME_WORDS]) for at in range(len(words) - SAME_WORDS + 1)}


def test_there_are_enough_of_them_and_in_both_formats() -> None:
    assert len(FILES) >= 16
    assert {path.suffix for path in FILES} == {".md", ".txt"}


def test_each_has_the_core_sections_once_and_no_heading_left_unread(article: Article) -> None:
    kinds = [section.kind for section in article.sections]
    assert set(kinds) >= CORE_KINDS
    assert len(kinds) == len(set(kinds))
    assert Kind.OTHER not in kinds


def test_each_says_what_it_rests_on_and_when_that_was_checked(article: Article) -> None:
    assert len(article.references) >= 2
    assert all(reference.text and reference.url.startswith("https://") for reference in article.references)
    assert article.reviewed_on is not None
    assert not article.reviewer, "nobody is named who did not check it"


def test_each_disclaimer_is_short_and_not_the_general_one_again(article: Article) -> None:
    assert 10 <= len(article.disclaimer.split()) <= DISCLAIMER_WORDS
    assert not runs(article.disclaimer) & runs(DISCLAIMER)
    assert "general information" not in article.disclaimer.lower()
    assert " here " not in article.disclaimer, "a letter shows one section: here may be elsewhere"


def test_each_is_as_easy_to_read_as_promised(article: Article) -> None:
    hard = [
        f"{section.heading}: grade {section.grade}"
        for section in article.sections
        if section.words >= GRADED_WORDS and (section.grade is None or section.grade > SECTION_GRADE)
    ]
    assert not hard
    whole = grade("\n\n".join(section.text for section in article.sections))
    assert whole is not None
    assert whole <= ARTICLE_GRADE


def test_each_list_can_be_taken_in_at_a_glance(article: Article) -> None:
    found = [block for section in article.sections for block in lists(section.blocks)]
    assert found
    assert all(3 <= len(block.items) <= 7 for block in found)


def test_each_item_opens_with_a_label_or_is_a_few_words(article: Article) -> None:
    for section, item in items(article):
        assert item.label or len(item.plain().split()) <= 30, f"{section.heading}: {item.plain()}"
        assert len(item.label.split()) <= 8, f"{section.heading}: {item.label}"


def test_each_section_on_seeking_help_names_the_emergency_first(article: Article) -> None:
    section = seek_help(article)
    first = section.blocks[0]
    opening = first.items[0].plain() if isinstance(first, ListBlock) else first.plain()
    assert _EMERGENCY.search(opening), opening
    assert "call your local emergency number" in section.text.lower()
    routine = _ROUTINE.search(section.text)
    emergencies = [match.start() for match in _EMERGENCY.finditer(section.text)]
    assert routine is None or max(emergencies) < routine.start(), "no emergency below routine care"


def test_none_names_a_brand_or_promises_a_cure(article: Article) -> None:
    text = "\n".join([article.title, *(section.text for section in article.sections), article.disclaimer])
    assert not _BRAND.findall(text)
    assert not _CURE.findall(text)
