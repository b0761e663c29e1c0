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


def kinds(body: str, *, title: str = "Gribble gout") -> list[tuple[str, Kind]]:
    sections = parse_markdown(f"---\ntitle: {title}\n---\n{body}", name="gout").sections
    return [(section.heading, section.kind) for section in sections]


def test_an_only_first_heading_in_other_words_is_the_title_and_takes_no_section_along() -> None:
    below = "## Symptoms\n\nPain.\n\n## Treatment\n\nRest.\n\n## When to see a doctor\n\nToday.\n"
    three = [
        ("Symptoms", Kind.SYMPTOMS),
        ("Treatment", Kind.TREATMENT),
        ("When to see a doctor", Kind.WHEN_TO_SEEK_HELP),
    ]
    assert kinds(f"# Gribble gout: a guide for patients\n\n{below}") == three
    assert kinds(f"# Gribble gout: symptoms and treatment\n\nA toe.\n\n{below}") == [
        ("Gribble gout", Kind.OVERVIEW),
        *three,
    ]
    article = parse_markdown(f"---\ntitle: Gribble gout\n---\n# All about gout\n\n{below}", name="g")
    assert [(left.line, left.why) for left in article.left_out] == [
        ("All about gout", "the page's title, in other words")
    ]


def test_an_only_first_heading_of_other_words_stays_in_the_text() -> None:
    text = "---\ntitle: Gout\n---\n# Never take zokamab\n\nIt harms.\n\n## Symptoms\n\nPain.\n"
    first, second = parse_markdown(text, name="g").sections
    assert first.html == "<p><strong>Never take zokamab</strong></p>\n<p>It harms.</p>"
    assert second.kind is Kind.SYMPTOMS


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            "# Symptoms\n\nPain.\n\n## Treatment\n\nRest.",
            [("Symptoms", Kind.SYMPTOMS), ("Treatment", Kind.TREATMENT)],
        ),
        ("## More\n\nText.\n\n### Treatment\n\nRest.", [("More", Kind.OTHER), ("Treatment", Kind.TREATMENT)]),
        (
            "## Causes\n\nAge.\n\n#### Odd words\n\nText.\n\n##### Treatment\n\nX.\n\n## Symptoms\n\nPain.",
            [("Causes", Kind.CAUSES), ("Symptoms", Kind.SYMPTOMS)],
        ),
        (
            "## Treatment\n\nRest.\n\n### Medicines\n\nZokamab.\n\n## Causes\n\nAge.",
            [("Treatment", Kind.TREATMENT), ("Medicines", Kind.MEDICATIONS), ("Causes", Kind.CAUSES)],
        ),
        (
            "## Questions\n\nAsk.\n\n### What are the symptoms?\n\nPain.\n\n## Causes\n\nAge.",
            [("Questions", Kind.FAQ), ("Causes", Kind.CAUSES)],
        ),
        (
            "## Causes\n\nAge.\n\n## Disclaimer\n\nNo advice.\n\n### Note\n\nNone.\n\n## Treatment\n\nRest.",
            [("Causes", Kind.CAUSES), ("Treatment", Kind.TREATMENT)],
        ),
    ],
)
def test_sections_start_at_the_highest_level_with_two_headings_and_at_known_kinds(
    body: str, found: list[tuple[str, Kind]]
) -> None:
    assert kinds(body) == found


@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from(["Symptoms", "Treatment", "Odd words", "Gout care"])),
        max_size=9,
    )
)
def test_no_text_is_lost_under_whatever_headings(headings: list[tuple[int, str]]) -> None:
    body = "\n\n".join(
        f"{'#' * level} {words}\n\nText number {number}." for number, (level, words) in enumerate(headings)
    )
    article = parse_markdown(f"---\ntitle: Gout\n---\nText first.\n\n{body}", name="gout")
    said = "\n".join(f"{section.heading}\n{section.text}" for section in article.sections)
    assert [said.count(f"Text number {number}.") for number in range(len(headings))] == [1] * len(headings)
    assert all(words in said for _, words in headings)


@pytest.mark.parametrize("struck", ["~~80 mg~~", "<s>80 mg</s>", "<del>80 *mg*</del>"])
def test_what_is_struck_out_is_left_out_with_the_reason(struck: str) -> None:
    article = parse_markdown(f"---\ntitle: Gout\n---\nTake {struck} 40 mg of zokamab.\n", name="g")
    assert article.sections[0].text == "Take 40 mg of zokamab."
    assert [(left.line, left.why, left.number) for left in article.left_out] == [("80 mg", "struck out", 1)]


def test_a_strike_that_nothing_closes_strikes_nothing() -> None:
    article = parse_markdown("---\ntitle: Gout\n---\nTake <s>40 mg and ~~ rest </del>.\n", name="g")
    assert article.sections[0].text == "Take 40 mg and ~~ rest ."
    assert article.left_out == ()


def test_raw_html_is_read_as_a_pages_is() -> None:
    details = "<details><summary>When to seek help</summary>Call 112</details>"
    body = f"It hurts.\n\n{details}\n"
    assert kinds(body) == [("Gribble gout", Kind.OVERVIEW), ("When to seek help", Kind.WHEN_TO_SEEK_HELP)]
    listed = "- One\n\n  <details><summary>Odd</summary>Words</details>"
    text = f"---\ntitle: Gout\n---\n{listed}\n\nIn <div>a</div><p>row</p>\n"
    section = parse_markdown(text, name="g").sections[0]
    assert "OddWords" not in section.text
    assert section.text.endswith("In a row")
    row = parse_markdown("---\ntitle: Gout\n---\n<tr><td>Zokamab</td><td>40 mg</td></tr>\n", name="g")
    assert row.sections[0].text == "Zokamab | 40 mg"
    unclosed = parse_markdown("---\ntitle: Gout\n---\nText.\n\n<!-- a note\n\nStop it.\n", name="g")
    assert [left.line for left in unclosed.left_out] == ["<!-- a note Stop it."]


def test_pictures_scripts_and_odd_links_do_not_pass(article: Article) -> None:
    everything = " ".join(section.html for section in article.sections)
    assert "<script" not in everything
    assert 'href="javascript' not in everything
    assert "tracker" not in everything
    assert {left.why for left in article.left_out} == {
        "a picture: mails carry none",
        "HTML without text",
    }


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
        ("reviewed_on: 2026-13-01", ["reviewed_on", "'2026-13-01'", "line 3", "2026-05-14"]),
        ("published_at: 2026-01-02T25:00:00Z", ["published_at", "'2026-01-02T25:00:00Z'", "line 3"]),
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
