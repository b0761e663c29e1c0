from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.article import Article, Flag, Kind, ListBlock, Paragraph, Table
from newsletter.content.sources.front_matter import MAX_LENGTH
from newsletter.content.sources.markdown import parse_markdown
from newsletter.errors import ParseError
from tests.unit.content.page import MARKDOWN


@pytest.fixture(scope="module")
def article() -> Article:
    return parse_markdown(MARKDOWN, name="tennis-elbow")


def with_line(line: str) -> str:
    return f"---\ntitle: Asthma\n{line}\n---\nText.\n"


def test_front_matter_says_what_the_article_is(article: Article) -> None:
    assert (article.title, article.slug, article.lang) == ("Tennis Elbow", "tennis-elbow", "en-GB")
    assert article.url == "https://harbour.example.org/tennis-elbow/"
    assert article.topics == ("joints", "pain")
    assert (article.reviewed_on, article.reviewer) == (date(2026, 5, 14), "Dr A. Example")
    assert article.status == "usable"
    assert article.published_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert article.modified_at == datetime(2026, 6, 2, 8, 30, tzinfo=UTC)


def test_text_before_the_first_heading_is_the_overview(article: Article) -> None:
    first = article.sections[0]
    assert (first.heading, first.kind) == ("Tennis Elbow", Kind.OVERVIEW)
    assert first.html == (
        "<p>Tennis elbow is pain on the <em>outside</em> of the elbow, "
        "with p &lt; 0.05 &amp; H<sub>2</sub>O.</p>"
    )


def test_bold_openings_are_labels_and_nested_lists_stay_nested(article: Article) -> None:
    types = article.sections[1].blocks[0]
    assert isinstance(types, ListBlock)
    assert types.ordered
    assert [(item.label, item.html) for item in types.items] == [
        ("Acute", "begins suddenly"),
        ("Chronic", 'lasts longer than <a href="https://harbour.example.org/chronic">three months</a>'),
    ]
    nested = types.items[1].blocks[0]
    assert isinstance(nested, ListBlock)
    assert [(item.label, item.html) for item in nested.items] == [
        ("", "nested one"),
        ("Nested two", "with a label"),
    ]


def test_deeper_headings_and_tables_stay_inside_their_section(article: Article) -> None:
    treatment = article.sections[2]
    assert treatment.kind is Kind.TREATMENT
    assert treatment.blocks[0] == Paragraph(html="<strong>Medicines</strong>")
    assert treatment.blocks[1] == Table(header=("Medicine", "Dose"), rows=(("Ibuprofen", "400 mg"),))
    assert treatment.flags == (Flag.DOSE,)


def test_pictures_scripts_and_odd_links_do_not_pass(article: Article) -> None:
    everything = " ".join(section.html for section in article.sections)
    assert "<script" not in everything
    assert 'href="javascript' not in everything
    assert "tracker" not in everything
    assert {left.why for left in article.left_out} == {"a picture: mails carry none", "HTML without text"}


def test_disclaimer_and_references_stand_apart(article: Article) -> None:
    assert article.disclaimer == "This page is for education only."
    assert [(one.text, one.url) for one in article.references] == [
        ("National Example Service. Elbow.", "https://nes.example.org/elbow"),
        ("Example Guideline", "https://guide.example.org/"),
        ("A printed book", ""),
        ("Example Register", "https://register.example.org/"),
    ]
    assert len(article.sections) == 3


def test_a_first_heading_may_give_or_repeat_the_title() -> None:
    given_by_heading = parse_markdown("# Asthma\n\nIt wheezes.\n\n## Causes\n\nPollen.\n", name="a")
    repeated = parse_markdown(
        "---\ntitle: Asthma\n---\n# Asthma\n\nIt wheezes.\n\n## Causes\n\nPollen.\n", name="a"
    )
    assert given_by_heading.sections == repeated.sections
    assert [section.heading for section in repeated.sections] == ["Asthma", "Causes"]
    assert repeated.status == "unreviewed"


def test_bold_lines_are_headings_where_a_document_has_no_others() -> None:
    text = "---\ntitle: Asthma\n---\nIt wheezes.\n\n**Causes:**\n\nPollen.\n\n**Very loud words**\n\nMore.\n"
    article = parse_markdown(text, name="a")
    assert [section.kind for section in article.sections] == [Kind.OVERVIEW, Kind.CAUSES]
    assert "Very loud words" in article.sections[1].text


def test_numbered_lists_keep_their_first_number_quotes_and_code_their_text() -> None:
    text = "---\ntitle: A\n---\n3. three\n4. four\n\n> quoted\n\n    code < 1\n\n<div>in <b>html</b></div>\n"
    section = parse_markdown(text, name="a").sections[0]
    assert section.html == (
        '<ol start="3"><li>three</li><li>four</li></ol>\n<p>quoted</p>\n<p><code>code &lt; 1</code></p>\n'
        "<p>in <b>html</b></p>"
    )


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("review_on: 2026-01-01", ["review_on", "Did you mean reviewed_on?", "Allowed:"]),
        ("reviewed_on: 2026-13-01", ["front matter"]),
        ("reviewed_on: yesterday", ["reviewed_on", "'yesterday'", "2026-05-14"]),
        ("published_at: [1]", ["published_at", "2026-05-14"]),
        ("url: ftp://x.example", ["url", "http"]),
        ("topics: 3", ["topics", "list"]),
        ("slug: Not A Slug", ["slug", "hyphens"]),
        ("lang: english language", ["lang", "en-GB"]),
        ("references: just one", ["references", "list"]),
        ("references: [{name: x}]", ["references", "text"]),
        ("references: [3]", ["references", "text"]),
        ("title: [a, b]", ["title", "one line"]),
        ("a: b: c", ["not YAML", "line 3"]),
        ("x: &a [1]\ny: *a", ["aliases"]),
        ("? [a]\n: b", ["front matter"]),
        ("x: !!python/object/apply:os.system [ls]", ["not YAML"]),
        ("x: " + "[" * 2000, ["not YAML"]),
        ("x: " + "y" * MAX_LENGTH, ["longer than"]),
    ],
)
def test_wrong_front_matter_is_refused_with_key_and_what_is_allowed(line: str, named: list[str]) -> None:
    with pytest.raises(ParseError) as error:
        parse_markdown(with_line(line), name="asthma.md")
    assert error.value.thing == "asthma.md"
    for part in named:
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "empty"),
        ("---\ntitle: Asthma\n", "no closing line"),
        ("---\n- a\n---\nText", "not a list of keys"),
        ("Only text.", "no title"),
        ("---\ntitle:\n---\nText", "no title"),
        ("---\ntitle: Asthma\n---\n", "no text"),
        ("---\ntitle: Asthma\n---\n## Causes\n", "no text"),
    ],
)
def test_documents_that_are_no_articles_are_refused(text: str, named: str) -> None:
    with pytest.raises(ParseError, match=named):
        parse_markdown(text, name="a")


@given(st.text(max_size=300), st.text(st.sampled_from("#*-_>|`[]()<>!&:1. \n\tab"), max_size=200))
def test_any_text_is_an_article_or_a_parse_error(front: str, body: str) -> None:
    for text in (front, f"---\n{front}\n---\n{body}", f"---\ntitle: Asthma\n---\n{body}"):
        try:
            article = parse_markdown(text, name="page")
        except ParseError:
            continue
        assert article.sections
        assert parse_markdown(text, name="page") == article


@given(st.lists(st.tuples(st.sampled_from(["1. ", "- ", "* "]), st.booleans()), min_size=1, max_size=15))
def test_no_list_item_is_lost_and_all_stay_in_order(marks: list[tuple[str, bool]]) -> None:
    lines, indent = [], ""
    for number, (mark, deeper) in enumerate(marks, 1):
        lines.append(f"{indent}{mark}Item number {number}.")
        indent = indent + " " * len(mark) if deeper and len(indent) < 30 else ""
    article = parse_markdown("---\ntitle: Gout\n---\n## Symptoms\n\n" + "\n".join(lines), name="gout")
    text = article.sections[0].text
    places = [text.find(f"Item number {number}.") for number in range(1, len(marks) + 1)]
    assert -1 not in places
    assert places == sorted(places)
