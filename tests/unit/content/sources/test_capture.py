from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import Article, Block, Item, Kind, ListBlock
from newsletter.content.sources.capture import parse_capture
from newsletter.content.sources.document import read_document
from newsletter.errors import ParseError
from tests.acceptance.score_captures import Score, score_all
from tests.unit.content.page import CAPTURE, reference


def items(blocks: tuple[Block, ...]) -> list[Item]:
    """Every item of the lists of *blocks*, nested ones after their own."""
    found: list[Item] = []
    for block in blocks:
        for item in block.items if isinstance(block, ListBlock) else ():
            found += [item, *items(item.blocks)]
    return found


def section_items(article: Article, kind: Kind) -> list[Item]:
    return [item for section in article.sections if section.kind is kind for item in items(section.blocks)]


@pytest.fixture(scope="module")
def article() -> Article:
    return parse_capture(CAPTURE, name="tennis-elbow")


def test_a_page_comes_out_as_its_sections(article: Article) -> None:
    assert [(section.heading, section.kind.value) for section in article.sections] == [
        ("Tennis Elbow", "overview"),
        ("Types of Tennis Elbow", "types"),
        ("Common Causes", "causes"),
        ("When to See a Doctor", "when_to_seek_help"),
        ("Treatment Options", "treatment"),
        ("Conclusion", "conclusion"),
    ]
    assert article.title == "Tennis Elbow"
    assert article.slug == "tennis-elbow"


def test_labels_are_split_off_the_items(article: Article) -> None:
    causes = section_items(article, Kind.CAUSES)
    assert [item.label for item in causes] == ["Repeated gripping", "Kidneys that hold on", "Age"]
    assert causes[2].html == "It is most common between 40 and 60 years of age."


def test_lists_keep_their_nesting_and_order(article: Article) -> None:
    blocks = next(section.blocks for section in article.sections if section.kind is Kind.TREATMENT)
    outer = blocks[1]
    assert isinstance(outer, ListBlock)
    assert outer.ordered
    middle = outer.items[0].blocks[0]
    assert isinstance(middle, ListBlock)
    assert not middle.ordered
    inner = middle.items[0].blocks[0]
    assert isinstance(inner, ListBlock)
    assert [item.html for item in inner.items] == ["Three times a day"]
    assert [item.html for item in middle.items] == ["Ten minutes at a time", "Never on bare skin"]


def test_trust_data_is_read_from_the_page_and_never_from_the_update(article: Article) -> None:
    assert article.url == "https://harbour.example.org/joints/tennis-elbow/"
    assert article.reviewed_on == date(2026, 5, 14)
    assert article.modified_at == datetime(2026, 6, 2, tzinfo=UTC)
    assert article.status == "usable"
    without = parse_capture(CAPTURE.replace("Last reviewed: 14 May 2026\n", ""), name="tennis-elbow")
    assert without.reviewed_on is None
    assert without.status == "unreviewed"


def test_the_disclaimer_and_the_references_stand_apart(article: Article) -> None:
    assert article.disclaimer == "This page is for education only."
    assert [(one.text, one.url) for one in article.references] == [
        (
            "Example A. Elbow pain. J Example. 2020;1:1-9. PMID: 12345",
            "https://pubmed.ncbi.nlm.nih.gov/12345/",
        ),
        ("https://example.org/elbow?ref=2", "https://example.org/elbow?ref=2"),
        ("National Example Service. Tennis elbow.", "https://nes.example.org/elbow"),
    ]
    assert "education" not in " ".join(section.text for section in article.sections)


def test_every_line_left_out_is_named_with_number_and_reason(article: Article) -> None:
    lines = CAPTURE.split("\n")
    for left in article.left_out:
        assert left.line in lines[left.number - 1]
    assert {left.line: left.why for left in article.left_out} == {
        "Skip to content": "site navigation",
        "Home > Joints > Tennis elbow": "site navigation",
        "Saved from https://harbour.example.org/joints/tennis-elbow/": "page data: address",
        "Last reviewed: 14 May 2026": "page data: review",
        "Last updated: 2 June 2026": "page data: update",
        "| Harbour Health": "site name after the title",
        "PubMedWikipedia.": "source names or addresses glued after the sentence",
        "wellness.example.orgjointnews.com": "source names or addresses glued after the sentence",
        "Disclaimer: This page is for education only.": (
            "disclaimer: kept apart from the sections, as the article's disclaimer"
        ),
        "Subscribe to our newsletter": "newsletter box",
        "We don’t spam! Read our privacy policy for more info.": "newsletter box: privacy note",
        "Follow us on Social Media": "social media line",
        "© 2020 - 2026 Harbour Press. All rights reserved.": "copyright line",
        "Harbour Health": "closing line of the page: publisher, slogan or the like",
        "Logo": "logo or image placeholder",
    }


def test_text_is_kept_as_safe_xhtml() -> None:
    page = "Gout\n\nUrate < 6 mg/dL & <script>alert(1)</script> rest.\n\nCauses:\n\nKidneys."
    assert parse_capture(page, name="gout").sections[0].html == (
        "<p>Urate &lt; 6 mg/dL &amp; &lt;script&gt;alert(1)&lt;/script&gt; rest.</p>"
    )


def test_list_marks_alone_on_their_line_take_the_text_below() -> None:
    symptoms = "Symptoms\n\nLook for these.\n\n-\nPain\n-\nSwelling\nOf one toe.\n-\n-\n\n"
    page = f"Gout\n\nGout hurts a lot and often.\n\n{symptoms}Outlook\n\nGood."
    article = parse_capture(page, name="gout")
    assert [(item.label, item.html) for item in section_items(article, Kind.SYMPTOMS)] == [
        ("", "Pain"),
        ("Swelling", "Of one toe."),
    ]
    assert [section.kind for section in article.sections] == [Kind.OVERVIEW, Kind.SYMPTOMS, Kind.PROGNOSIS]


def test_pages_without_blank_lines_are_cut_at_their_headings() -> None:
    causes = "Common Causes:\nThese are known:\n- Kidneys hold urate.\n- Food adds some.\n"
    page = f"Gout\nGout is a painful kind of arthritis.\n{causes}Diagnostic Tests:\nA blood test."
    article = parse_capture(page, name="gout")
    assert [section.kind for section in article.sections] == [Kind.OVERVIEW, Kind.CAUSES, Kind.DIAGNOSIS]
    assert len(section_items(article, Kind.CAUSES)) == 2


def test_numbered_headings_are_headings_and_numbered_items_are_items() -> None:
    symptoms = "2. Symptoms\n\n- Pain\n- Heat\n\n"
    page = f"Gout\n\nGout hurts.\n\n1. Causes\n\nKidneys.\n\n{symptoms}3. Treatment\n\nRest."
    article = parse_capture(page, name="gout")
    assert [(one.heading, one.kind.value) for one in article.sections[1:]] == [
        ("Causes", "causes"),
        ("Symptoms", "symptoms"),
        ("Treatment", "treatment"),
    ]


def test_a_question_below_a_heading_is_its_first_line() -> None:
    page = "Gout\n\nGout hurts.\n\nInheritance\n\nHow is gout inherited?\n\n-\nIt runs in families."
    article = parse_capture(page, name="gout")
    assert article.sections[1].text == "How is gout inherited?\n\n- It runs in families."


def test_answers_stay_with_their_questions() -> None:
    faqs = "  1. What is gout?\n     A kind of arthritis.\n\n  2. What causes gout?\n     Crystals do.\n\n"
    page = f"Gout\n\nGout hurts.\n\nFrequently Asked Questions\n\n{faqs}Conclusion:\n\nAsk early."
    faq = parse_capture(page, name="gout").sections[1]
    assert faq.kind is Kind.FAQ
    assert faq.text == "1. What is gout?\n  A kind of arthritis.\n2. What causes gout?\n  Crystals do."


def test_a_widget_before_the_article_and_its_copies_of_the_intro_are_left_out() -> None:
    intro = (
        "Gout is a painful kind of arthritis that begins when sharp crystals form in one joint of the foot."
    )
    widget = f"Patient Tools\n\nPrint or share\n\n{intro[:60]}...\n\nবাংলা নোট এখনো নেই\n\nArticle Summary"
    takeaways = "Key Takeaways\n\n  • This article explains Causes in simple medical language."
    page = f"Gout\n\n{widget}\n\n{intro}\n\n{takeaways}\n\n{intro}\n\nCauses:\n\nKidneys."
    article = parse_capture(page, name="gout")
    assert article.sections[0].text == intro
    assert {left.why for left in article.left_out} == {
        "tool widget before the article",
        "a cut copy of line 13",
        "a copy of line 19",
        "a line in another script than the page's",
        "generated takeaway",
    }


def test_a_missing_title_comes_from_the_text() -> None:
    page = "Albright's osteodystrophy is a syndrome.\n\nSymptoms\n\nShort stature.\n\nTreatment\n\nCalcium."
    assert parse_capture(page, name="03-albright-s-osteodystrophy-2").title == "Albright's osteodystrophy"
    headed = "Symptoms of knee gout:\n\nPain.\n\nTreatments for knee gout:\n\nRest."
    page = f"Words that name nothing at all here.\n\n{headed}"
    assert parse_capture(page, name="x").title == "Knee gout"


def test_a_page_that_begins_with_a_section_heading_has_its_title_elsewhere() -> None:
    page = "Types of knee gout\n\n1. Acute\nIt is sudden.\n2. Chronic\nIt lasts.\n\nCauses:\n\nKidneys."
    article = parse_capture(page, name="knee-gout")
    assert article.title == "Knee gout"
    assert [(item.label, item.html) for item in section_items(article, Kind.TYPES)] == [
        ("Acute", "It is sudden."),
        ("Chronic", "It lasts."),
    ]


def test_furniture_after_the_references_is_not_cited() -> None:
    page = CAPTURE.replace(
        "Subscribe to our newsletter", "Meet the people of Harbour House\n\nTell a friend of yours"
    )
    article = parse_capture(page, name="tennis-elbow")
    assert len(article.references) == 3
    assert "Meet the people of Harbour House" in {left.line for left in article.left_out}


def test_furniture_after_the_disclaimer_is_not_part_of_it() -> None:
    disclaimer = "Disclaimer: No advice.\nAsk a doctor.\n\n"
    page = f"Gout\n\nGout hurts.\n\nCauses:\n\nKidneys.\n\n{disclaimer}Say hello to us"
    article = parse_capture(page, name="gout")
    assert article.disclaimer == "No advice.\n\nAsk a doctor."
    assert article.left_out[-1].line == "Say hello to us"


@pytest.mark.parametrize(
    "body",
    [
        "\n".join(" " * depth + "- deeper" for depth in range(3000)),
        "\n".join(f"  {number % 7}. item {number}\n    • nested" for number in range(4000)),
        "\n\n".join(f"A paragraph of more than forty characters, number {number}." for number in range(3000)),
        "word: " * 30_000,
        "a" + "\u00a0" * 30_000 + "b",
        "in." * 30_000,
        "x, " * 30_000,
        "(" * 30_000,
        "HealthWHOPMC" * 3000,
    ],
)
def test_odd_and_large_pages_are_read_in_reasonable_time(body: str) -> None:
    started = time.process_time()
    assert parse_capture(f"Gout\n\nGout hurts.\n\nCauses:\n\n{body}\n", name="gout").sections
    assert time.process_time() - started < 10


def test_the_same_page_has_the_same_id_wherever_it_lies() -> None:
    one = parse_capture(CAPTURE, name="a")
    two = parse_capture(CAPTURE, name="b")
    assert one.id == two.id, "the address is the identity"
    plain = CAPTURE.replace("Saved from https://harbour.example.org/joints/tennis-elbow/\n", "")
    assert parse_capture(plain, name="a").id != parse_capture(plain, name="b").id


@pytest.mark.parametrize("page", ["", "  \n\n\t", "-\n-\n", "Logo\n© 2026 Harbour", "Asthma"])
def test_a_page_without_text_is_refused_with_the_reason(page: str) -> None:
    with pytest.raises(ParseError, match=r"is empty|is article text"):
        parse_capture(page, name="page")


PAGES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "",
                "",
                "Causes:",
                "Treatment",
                "References",
                "Disclaimer: no advice",
                "Conclusion:",
                "-",
                "What is it?",
            ]
        ),
        st.sampled_from(
            ["  1. One", "  2. Two", "    • Nested", "      ◦ Deeper", "- Dash", "Patient Tools", "Logo"]
        ),
        st.text(max_size=40),
    ),
    max_size=25,
).map("\n".join)


@given(PAGES)
def test_any_text_is_an_article_or_a_parse_error(page: str) -> None:
    try:
        article = parse_capture(page, name="page")
    except ParseError:
        return
    assert article.sections
    assert [section.position for section in article.sections] == list(range(len(article.sections)))
    assert parse_capture(page, name="page") == article


@given(
    st.lists(
        st.tuples(st.sampled_from(["  {}. ", "    • ", "      ◦ ", "- ", "-\n", "• "]), st.booleans()),
        min_size=1,
        max_size=20,
    )
)
def test_no_list_item_is_lost_and_all_stay_in_order(marks: list[tuple[str, bool]]) -> None:
    lines = []
    for number, (mark, blank) in enumerate(marks, 1):
        lines.append(f"{mark.format(number)}Item number {number} of the list.")
        lines += [""] if blank else []
    page = "Gout\n\nGout is a painful disease.\n\nSymptoms:\n\n" + "\n".join(lines)
    found = section_items(parse_capture(page, name="gout"), Kind.SYMPTOMS)
    assert [item.html for item in found] == [
        f"Item number {n} of the list." for n in range(1, len(marks) + 1)
    ]


def test_the_seed_page_comes_out_as_its_eight_sections() -> None:
    article = read_document(reference("captures/seed-winers-nodular-calcinosis.txt"))
    assert [section.kind.value for section in article.sections] == [
        "overview", "types", "causes", "symptoms", "diagnosis", "treatment", "medications", "conclusion",
    ]  # fmt: skip
    assert [len(items(section.blocks)) for section in article.sections] == [0, 2, 7, 5, 4, 5, 4, 0]
    assert all(item.label for section in article.sections for item in items(section.blocks))
    assert article.references == ()
    assert article.disclaimer.startswith("Each person’s journey")
    left_out = {left.line for left in article.left_out}
    assert {"To Get Daily Health Newsletter", "Download Mobile Apps", "RxHarun", "Logo"} <= left_out


def test_captured_pages_of_all_families_are_read_as_well_as_promised() -> None:
    """The thresholds of issue 3."""
    scores: dict[str, Score] = score_all(reference("captures"))
    assert {family: score.misses() for family, score in scores.items()} == {family: [] for family in scores}


def test_a_missed_threshold_is_named() -> None:
    good = Score(
        pages=1, headings_right=1, headings_found=1, headings_true=1, kinds_right=1, items_right=9,
        items_found=9, items_true=9, references_right=1,
    )  # fmt: skip
    assert good.misses() == []
    assert replace(good, items_found=10).misses() == ["items right 0.900 < 0.97"]
    assert replace(good, chrome_inside=1).misses() == ["1 furniture lines inside a section"]
