"""Articles in Bengali, Hindi, Arabic and Spanish: their sections, warnings and private subjects."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from unicodedata import normalize

import pytest

from newsletter.content.article import Article, Flag, Kind
from newsletter.content.candidate import candidate
from newsletter.content.cleaning import clean_title
from newsletter.content.excerpt import cut_points
from newsletter.content.flag import find_flags, is_emergency_topic
from newsletter.content.heading import heading_kind
from newsletter.content.language.reading import WORDINGS, private_topics
from newsletter.content.private_topic import PRIVATE_TOPICS
from newsletter.content.sectioning import split_label
from newsletter.content.sources.capture import parse_capture
from newsletter.content.sources.markdown import parse_markdown
from newsletter.content.sources.post import Post, read_post
from newsletter.content.word import count_words
from tests.unit.factory import article, desk, paragraph, picked, section

ARTICLES = sorted(Path("tests/articles").glob("*.md"))
KINDS = [
    *(Kind.OVERVIEW, Kind.SYMPTOMS, Kind.TREATMENT, Kind.SELF_CARE),
    *(Kind.WHEN_TO_SEEK_HELP, Kind.PREVENTION),
]


def _read(path: Path) -> Article:
    return parse_markdown(path.read_text(encoding="utf-8"), name=path.stem)


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_an_article_in_another_language_is_as_good_as_an_english_one(path: Path) -> None:
    read = _read(path)
    flags = {one.kind: set(one.flags) for one in read.sections}
    assert (read.status, read.lang) == ("usable", path.stem[-2:])
    assert [one.kind for one in read.sections] == KINDS
    assert Flag.WARNING in flags[Kind.TREATMENT]
    assert {Flag.EMERGENCY, Flag.RED_FLAG} <= flags[Kind.WHEN_TO_SEEK_HELP]
    assert read.disclaimer
    assert len(read.references) == 3
    assert any(getattr(block, "ordered", False) for block in read.sections[3].blocks)
    assert {one.grade for one in read.sections} == {None}
    assert candidate(read).grade == -1
    assert not any(one.private for one in candidate(read).sections)
    assert not read.left_out


def test_a_daily_issue_is_made_of_the_bengali_article() -> None:
    read = _read(Path("tests/articles/asthma.bn.md"))
    second = article("jvar", title="জ্বর", lang="bn", reviewed_on=read.reviewed_on)
    made = picked([read, second], day=date(2026, 11, 3), at=replace(desk(), language="bn"))
    assert read.id in {pick.article_id for pick in made.picks}
    assert len(made.picks) > 2


def test_headings_in_four_languages_get_their_kind() -> None:
    with Path("tests/unit/content/headings_of_languages.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = [heading_kind(row["heading"], title=row["title"]) for row in rows]
    wrong = [(row, kind) for row, kind in zip(rows, found, strict=True) if kind != Kind(row["kind"])]
    assert wrong == []
    assert len(rows) > 80
    for form in ("NFC", "NFD"):
        spelt = [heading_kind(normalize(form, row["heading"]), title=row["title"]) for row in rows]
        assert spelt == found


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Después de un aborto espontáneo", "pregnancy loss"),
        ("Vivir con depresión", "mental health"),
        ("গর্ভপাতের পরে", "pregnancy loss"),
        ("বিষণ্নতা নিয়ে বাঁচা", "mental health"),
        ("আত্মহত্যার চিন্তা", "suicide and self-harm"),
        ("التعايش مع الاكتئاب", "mental health"),
        ("بعد الإجهاض", "pregnancy loss"),
        ("الأمراض المنقولة جنسيًا", "sexual health"),
        ("गर्भपात के बाद", "pregnancy loss"),
        ("शराब की लत", "addiction"),
        ("घरेलू हिंसा", "abuse and violence"),
    ],
)
def test_a_private_subject_is_found_and_marks_what_is_below_it(text: str, topic: str) -> None:
    assert topic in private_topics(text)
    assert Flag.SENSITIVE in find_flags("—", title=text)


@pytest.mark.parametrize("tag", WORDINGS)
def test_every_language_has_every_private_subject_flag_and_kind(tag: str) -> None:
    table = WORDINGS[tag]
    assert set(table.private) == set(PRIVATE_TOPICS)
    assert set(table.flags) == set(Flag) - {Flag.SENSITIVE}
    assert set(table.headings) == set(Kind)


@pytest.mark.parametrize("title", ["Ataque cardíaco", "স্ট্রোক", "السكتة الدماغية", "दिल का दौरा"])
def test_the_title_of_an_emergency_is_known(title: str) -> None:
    assert is_emergency_topic(title)


@pytest.mark.parametrize(
    "dose", ["Tome 2 comprimidos", "৫০০ মিলিগ্রাম", "٥٠٠ ملغ", "५०० मिलीग्राम", "২টি ট্যাবলেট"]
)
def test_doses_are_found_in_any_digits(dose: str) -> None:
    assert Flag.DOSE in find_flags(dose)


@pytest.mark.parametrize("text", ["The drug and its side effects", "5 g of salt a day", "Meningitis vaccine"])
def test_english_texts_get_no_flag_of_another_language(text: str) -> None:
    assert private_topics(text) == set()
    assert not {Flag.DOSE, Flag.EMERGENCY, Flag.SENSITIVE} & set(find_flags(text))


@pytest.mark.parametrize("text", ["বুকে চাপ অনুভব করেন।", "सीने में जकड़न होती है।"])
def test_a_common_sign_of_asthma_is_no_emergency(text: str) -> None:
    assert Flag.EMERGENCY not in find_flags(text)


@pytest.mark.parametrize("end", ["।", "؟", "۔", "॥"])
def test_a_paragraph_may_be_the_last_that_is_shown_when_its_sentence_is_over(end: str) -> None:
    cut = section(Kind.OVERVIEW, paragraph(f"ভালো আছি{end}"), paragraph(30))
    assert cut_points(cut, continues=True) == [(1, 2)]


def test_a_danda_between_blanks_is_no_word() -> None:
    assert count_words("ভালো আছি । কেমন আছেন ؟") == 4


def test_joiners_that_a_word_needs_stay_in_a_title() -> None:
    assert clean_title("ত্বকে র‍্যাশ") == "ত্বকে র‍্যাশ"
    assert clean_title("Sic\u200dkle") == "Sickle"


def test_a_clause_before_a_colon_is_no_label() -> None:
    assert split_label("Los síntomas incluyen: tos") == ("", "Los síntomas incluyen: tos")
    assert split_label("কাশি: রাতে বাড়ে") == ("কাশি", "রাতে বাড়ে")


def test_lists_numbered_in_other_digits_are_lists_in_saved_pages() -> None:
    for one, two in (("১।", "২।"), ("١.", "٢."), ("१.", "२."), ("١-", "٢-")):
        read = parse_capture(f"Gout\n\nGout hurts.\n\nCauses\n\n{one} Kidneys\n{two} Food\n", name="gout")
        block = read.sections[-1].blocks[-1]
        assert (block.type, getattr(block, "ordered", None)) == ("list", True)


def test_references_and_disclaimer_of_a_web_page_stand_apart() -> None:
    page = (
        "<p>الربو مرض.</p><h2>العلاج</h2><p>بخاخ.</p>"
        "<h2>إخلاء المسؤولية</h2><p>معلومات عامة.</p>"
        "<h2>المراجع</h2><ul><li>WHO. Asthma. https://www.who.int/</li></ul>"
    )
    read = read_post(Post(identity="1", title="الربو", content=page, lang="ar"), source="site")
    assert [one.kind for one in read.sections] == [Kind.OVERVIEW, Kind.TREATMENT]
    assert (read.disclaimer, len(read.references)) == ("معلومات عامة.", 1)
