from __future__ import annotations

import gzip
import html
import json
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from newsletter.content.article import Block, Item, Kind, ListBlock, Paragraph, Table, block_html
from newsletter.content.sectioning import build_sections
from newsletter.content.sources.fragment import Fragment, drafts_of
from newsletter.errors import ParseError
from tests.unit.content.page import reference

ALLOWED = {"a", "b", "strong", "i", "em", "sup", "sub", "code", "br", "p", "ul", "ol", "li"} | {
    *("table", "thead", "tbody", "tr", "th", "td", "h2")
}


def blocks_of(markup: str, *, raw: bool = False) -> list[Block]:
    """The blocks of the only draft in *markup*."""
    (draft,) = (draft for draft in drafts_of(markup, raw=raw).drafts if draft.blocks)
    return draft.blocks


def headings(markup: str, *, title: str = "") -> list[str]:
    return [draft.heading for draft in drafts_of(markup, title=title).drafts if draft.blocks]


def html_of(fragment: Fragment) -> str:
    """The drafts as HTML again."""
    return "".join(
        (f"<h2>{html.escape(draft.heading)}</h2>" if draft.heading else "")
        + "".join(block_html(block) for block in draft.blocks)
        for draft in fragment.drafts
        if draft.blocks
    )


def assert_safe(markup: str) -> None:
    """*markup* holds only allow-listed elements and attributes."""
    tree = LexborHTMLParser(f"<body>{markup}</body>")
    assert tree.body is not None
    for node in tree.body.css("*"):
        if node.tag == "body":
            continue
        assert node.tag in ALLOWED, node.tag
        names = set(node.attributes)
        allowed = {"a": {"href"}, "ol": {"start"}, "th": {"scope"}}.get(node.tag, set())
        assert names <= allowed, (node.tag, names)
        if node.tag == "a":
            assert re.match(r"https?://", node.attributes["href"] or ""), node.html


def test_headings_start_sections_and_keep_their_blocks() -> None:
    fragment = drafts_of(
        "<p>It wheezes.</p><h2>1. Causes:</h2><p>Pollen.</p><ul><li>Dust</li></ul>"
        "<h2>Treatment</h2><p>Rest.</p>"
    )
    assert [(draft.heading, len(draft.blocks)) for draft in fragment.drafts] == [
        ("", 1),
        ("Causes", 2),
        ("Treatment", 1),
    ]


def test_a_deeper_heading_starts_a_section_only_when_its_kind_is_known_and_new() -> None:
    markup = (
        "<h2>Treatment</h2><p>a</p><h3>Surgery</h3><p>b</p><h3>Pat's way</h3><p>c</p>"
        "<h3>Complications</h3><p>d</p><h2>Outlook</h2><p>e</p>"
    )
    fragment = drafts_of(markup)
    assert headings(markup) == ["Treatment", "Complications", "Outlook"]
    assert Paragraph(html="<strong>Surgery</strong>") in fragment.drafts[1].blocks
    assert Paragraph(html="<strong>Pat's way</strong>") in fragment.drafts[1].blocks


def test_a_known_heading_below_an_unknown_one_stays_with_what_it_is_about() -> None:
    markup = "<h2>Types</h2><p>a</p><h3>The blue one</h3><h4>Symptoms</h4><p>b</p><h2>Causes</h2><p>c</p>"
    assert headings(markup) == ["Types", "Causes"]


def test_a_first_heading_that_repeats_the_title_is_no_section() -> None:
    assert headings("<h1>Asthma</h1><p>a</p><h2>Causes</h2><p>b</p>", title="Asthma") == ["", "Causes"]


def test_bold_and_numbered_lines_are_headings_where_a_document_has_no_others() -> None:
    assert headings("<p>It wheezes.</p><p><b>Causes:</b></p><p>Pollen.</p><p><b>Very loud words</b></p>") == [
        "",
        "Causes",
    ]
    assert headings("<p>1. Causes</p><p>Pollen.</p><p>2. Treatment</p><ul><li>Rest</ul>") == [
        "Causes",
        "Treatment",
    ]
    assert headings("<p><strong>Symptoms</strong><br>It wheezes.</p>") == ["Symptoms"]


def test_a_list_that_only_numbers_headings_is_none() -> None:
    markup = (
        "<ol><li><h3>Causes</h3></li></ol><p>a</p><ol start=2><li><strong>Symptoms</strong></li></ol><p>b</p>"
        "<ol><li><h3>Treatment</h3><p>c</p></li><li><h3>Prevention</h3><p>d</p></li></ol>"
    )
    assert headings(markup) == ["Causes", "Symptoms", "Treatment", "Prevention"]


def test_lists_keep_nesting_numbers_and_labels() -> None:
    markup = (
        "<ol start=3><li><p><strong>Trauma:</strong> a blow</p><p>more</p><ul><li>one<li>two</ul></li>"
        "<li>Age: over 40</li><li value=9>They include: pain</li></ol>"
    )
    first, second = blocks_of(markup)
    assert isinstance(first, ListBlock)
    assert isinstance(second, ListBlock)
    assert (first.start, second.start) == (3, 9)
    assert [(item.label, item.html) for item in first.items] == [("Trauma", "a blow"), ("Age", "over 40")]
    nested = ListBlock(ordered=False, items=(Item(html="one"), Item(html="two")))
    assert first.items[0].blocks == (Paragraph(html="more"), nested)
    assert second.items[0].label == ""


def test_lists_may_be_reversed_typed_or_stand_between_items() -> None:
    counted_down = blocks_of("<ol reversed><li>b<li>a</ol>")
    assert [block.start for block in counted_down if isinstance(block, ListBlock)] == [2, 1]
    assert block_html(blocks_of("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>")[0]) == (
        "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"
    )
    assert [block_html(block) for block in blocks_of("<p>Take:<br>1. rest<br>2. water</p>")] == [
        "<p>Take:</p>",
        "<ol><li>rest</li><li>water</li></ol>",
    ]
    assert [block_html(block) for block in blocks_of("<p>• one</p><p>• two</p><p>Rest.</p>")] == [
        "<ul><li>one</li><li>two</li></ul>",
        "<p>Rest.</p>",
    ]


def test_lists_nest_to_a_bound_and_lose_nothing() -> None:
    deep = "".join(f"<ul><li>item {number}" for number in range(30))
    text = build_sections(drafts_of(deep).drafts, title="A")[0][0].text
    assert [int(number) for number in re.findall(r"item (\d+)", text)] == list(range(30))


def test_terms_are_labels() -> None:
    (block,) = blocks_of("<dl><dt>Acute</dt><dd>Sudden.</dd><dd>Short.</dd><div><dt>Alone</dt></div></dl>")
    assert block_html(block) == (
        "<ul><li><strong>Acute:</strong> Sudden.</li><li>Short.</li><li><strong>Alone</strong></li></ul>"
    )


def test_tables_stay_tables_and_what_spans_rows_stands_in_each() -> None:
    markup = (
        "<table><caption>Doses</caption><thead><tr><th>Drug<th>Dose<th>When</thead><tbody>"
        "<tr><td rowspan=2>Ibuprofen<td>400&nbsp;mg<td>noon<tr><td colspan=2>800 mg</table>"
    )
    caption, table = blocks_of(markup)
    assert caption == Paragraph(html="Doses")
    assert table == Table(
        header=("Drug", "Dose", "When"),
        rows=(("Ibuprofen", "400\u00a0mg", "noon"), ("Ibuprofen", "800 mg", "")),
    )


def test_tables_that_arrange_the_page_are_unwrapped() -> None:
    assert headings("<table><tr><td><h2>Causes</h2><p>a</p></td></tr></table>") == ["Causes"]
    assert blocks_of("<table><tr><td>one<tr><td>two</table>") == [
        Paragraph(html="one"),
        Paragraph(html="two"),
    ]


def test_inline_marks_survive_and_everything_else_is_text() -> None:
    markup = (
        "<p>H<sub>2</sub>O, 10<sup>9</sup>/L [12]<sup><a href='#r1'>[3]</a></sup>, 2.5&ndash;5&nbsp;mg, "
        "p &lt; 0.05 <a href='https://a.example/x?y=1&amp;z=2' onclick=x>link</a> "
        "<a href='javascript:x()'>no</a> <q>quoted</q></p>"
    )
    assert blocks_of(markup) == [
        Paragraph(
            html="H<sub>2</sub>O, 10<sup>9</sup>/L [12]<sup>[3]</sup>, 2.5–5\u00a0mg, p &lt; 0.05 "
            '<a href="https://a.example/x?y=1&amp;z=2">link</a> no “quoted”'
        )
    ]


def test_what_no_mail_can_hold_is_left_out_with_the_reason() -> None:
    fragment = drafts_of(
        "<p>Rest.</p><figure><img src=x.png alt='A knee'><figcaption>Fig. 1</figcaption></figure>"
        "<script>alert(1)</script><iframe src=x>frame</iframe><form><button>Go</button></form>"
        "<div class='sharedaddy sd-sharing'>Tweet</div>"
        "<div id=toc_container class='ez-toc-v2'>Contents Causes</div>"
        "<p style='display:none'>secret</p><p>Take <del>400</del> 200 mg.</p><svg><text>drawn</text></svg>"
        "[caption id=x]<img src=y> A caption[/caption][gallery ids='1,2']"
    )
    reasons = {left.line: left.why for left in fragment.left_out}
    assert [block.plain() for block in fragment.drafts[0].blocks] == ["Rest.", "Take 200 mg."]
    assert reasons["A knee"].startswith("a picture")
    assert reasons["Tweet"] == "social media line"
    assert reasons["Contents Causes"] == "table of contents"
    assert reasons["secret"] == "hidden on the page"
    assert reasons["400"] == "struck out"
    assert "drawn" in reasons
    assert any("A caption" in line for line in reasons)


def test_brackets_of_the_text_are_no_shortcodes() -> None:
    kept = "As shown [12], [sic], [see below], Ca[2+] and [a-z]."
    assert blocks_of(f"<p>{kept}</p>")[0].plain() == kept
    assert blocks_of("[vc_row][vc_column width='1/2']Rest.[/vc_column][/vc_row]") == [Paragraph(html="Rest.")]


def test_blank_lines_part_paragraphs_in_posts_as_wordpress_keeps_them() -> None:
    assert blocks_of("One\ntwo.\n\nThree <b>four\n\nfive</b>.", raw=True) == [
        Paragraph(html="One<br/>two."),
        Paragraph(html="Three <b>four<br/><br/>five</b>.".replace("<br/><br/>", "<br/>")),
    ]
    assert blocks_of("<!-- wp:paragraph -->\n<p>One\n\ntwo.</p>\n<!-- /wp:paragraph -->", raw=True) == [
        Paragraph(html="One two.")
    ]


def test_disclaimer_references_and_boxes_stand_apart() -> None:
    fragment = drafts_of(
        "<h2>Causes</h2><p>Pollen.</p><p>Last reviewed: 14 May 2026</p>"
        "<h2>Related posts</h2><ul><li>Gout</li></ul>"
        "<h2>Disclaimer</h2><p>For education only.</p><h2>References</h2><ol>"
        "<li>Example A. <a href='https://doi.example/1'>Asthma</a>. 2020</li><li>https://b.example/</li></ol>"
    )
    assert [draft.heading for draft in fragment.drafts if draft.blocks] == ["Causes"]
    assert fragment.disclaimer == ["For education only."]
    assert [(one.text, one.url) for one in fragment.references] == [
        ("Example A. Asthma. 2020", "https://doi.example/1"),
        ("https://b.example/", "https://b.example/"),
    ]
    assert str(fragment.reviewed_on) == "2026-05-14"
    assert {left.why for left in fragment.left_out} == {"page data: review", "related posts"}


def test_questions_stay_in_their_faq() -> None:
    markup = (
        "<h2>FAQ</h2><h3>What causes it?</h3><p>a</p><h3>Is it curable?</h3><p>b</p><h2>Summary</h2><p>c</p>"
    )
    assert headings(markup) == ["FAQ", "Summary"]
    sections, _ = build_sections(drafts_of(markup).drafts, title="A")
    assert sections[0].kind is Kind.FAQ


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000,
        "<b>" * 100_000,
        "<ul><li>" * 100_000,
        "".join(f"<b id={number}><p>" for number in range(20_000)),
        "x" * 6_000_000,
    ],
    ids=["div", "b", "ul", "formatting", "long"],
)
def test_markup_that_would_cost_too_much_is_refused(markup: str) -> None:
    with pytest.raises(ParseError):
        drafts_of(markup)


@pytest.mark.parametrize(
    "markup",
    [
        "<br>" * 100_000,
        "x<br>" * 30_000,
        "<p>• x" * 5_000,
        "[caption]" * 30_000,
        "<a b='" * 50_000,
        "<!--" * 50_000,
    ],
    ids=["breaks", "lines", "bullets", "shortcodes", "quotes", "comments"],
)
def test_reading_takes_linear_time(markup: str) -> None:
    drafts_of(markup)


def test_hostile_payloads_leave_only_the_allow_list() -> None:
    with gzip.open(reference("hostile-html/dev.jsonl.gz"), "rt", encoding="utf-8") as lines:
        payloads = [json.loads(line)["payload"] for line in lines]
    assert len(payloads) > 3000
    for payload in payloads:
        fragment = drafts_of(f"<p>before</p>{payload}")
        assert_safe(html_of(fragment))
        # Our output is well-formed and reads back as what it was.
        assert html_of(drafts_of(html_of(fragment))) == html_of(fragment), payload


WORD = st.sampled_from(
    [
        "mild",
        "acute",
        "chronic",
        "renal",
        "joint",
        "fever",
        "tissue",
        "nerve",
        "bone",
        "rash",
        "cough",
        "muscle",
    ]
)
TEXT = st.lists(WORD, min_size=2, max_size=6).map(" ".join)


PIECES = (
    *("<p>", "</p>", "<b>", "</b>", "<ul>", "<li>", "</ul>", "<h2>", "</h2>", "<h3>", "x", "Causes", "<br>"),
    *("<table>", "<td>", "<th>", "<dl>", "<dt>", "<dd>", "<a href='http://a.example'>", "</a>", ": ", "1. "),
    *(
        "</strong>",
        "References",
        "<div hidden>",
        "</div>",
        "<pre>",
        "\n",
        "\n\n",
        "&nbsp;",
        "&lt;",
        "<strong>",
    ),
    *("<ol start=5>", "</ol>", "FAQ", "?", "Symptoms", "<li value=3>", "<sup>", "</sup>", "\u202e", "<svg>"),
    *("<details>", "<summary>", "<select>", "[", "]", "• ", "<caption>", "<blockquote>", "Disclaimer: "),
)


@given(st.text() | st.lists(st.sampled_from(PIECES), min_size=10, max_size=60).map("".join), st.booleans())
@settings(max_examples=300)
def test_no_text_makes_the_reader_raise_and_its_output_reads_back(markup: str, raw: bool) -> None:  # noqa: FBT001
    fragment = drafts_of(markup, raw=raw)
    again = html_of(fragment)
    assert_safe(again)
    assert html_of(drafts_of(again)) == again


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A well-formed article, and the marks (each a word of its own) that it holds, in order."""
    marks: list[str] = []

    def marked() -> str:
        marks.append(f"m{len(marks)}n")
        return f"{draw(TEXT)} {marks[-1]} {draw(st.integers(0, 900))} mg"

    def listing(depth: int) -> str:
        tag = draw(st.sampled_from(["ul", "ol", "ol start=4"]))
        items = []
        for _ in range(draw(st.integers(1, 3))):
            label = draw(st.sampled_from(["", "<strong>Label:</strong> ", "Name: "]))
            own = f"{label}{marked()}"
            wrapped = draw(st.sampled_from([f"<p>{own}</p>", own]))
            below = listing(depth + 1) if depth < 3 and draw(st.booleans()) else ""
            items.append(f"<li>{wrapped}{below}</li>")
        return f"<{tag}>{''.join(items)}</{tag.split()[0]}>"

    parts = []
    for _ in range(draw(st.integers(1, 6))):
        match draw(st.integers(0, 4)):
            case 0:
                parts.append(f"<h2>{draw(st.sampled_from(['Causes', 'Symptoms', 'Odd words']))}</h2>")
            case 1:
                parts.append(f"<p>{marked()}<br>{marked()}.</p>")
            case 2:
                parts.append(listing(0))
            case 3:
                parts.append(
                    f"<table><tr><th>{marked()}<th>{marked()}<tr><td>{marked()}<td>{marked()}</table>"
                )
            case _:
                parts.append(f"<dl><dt>{marked()}</dt><dd>{marked()}</dd></dl>")
    return "".join(parts), marks


@given(documents())
@settings(max_examples=150)
def test_no_item_or_number_is_lost_or_doubled(document: tuple[str, list[str]]) -> None:
    markup, marks = document
    fragment = drafts_of(markup)
    text = " ".join(block.plain() for draft in fragment.drafts for block in draft.blocks)
    assert re.findall(r"m\d+n", text) == marks
    given = Counter(re.findall(r"(?<= )(\d+) mg", markup))
    assert Counter(re.findall(r"(?<= )(\d+) mg", text)) == given


def test_lines_about_the_page_are_no_references() -> None:
    fragment = drafts_of(
        "<h2>Causes</h2><p>Age.</p><h2>References</h2><ol><li>Smith B. Gout. 2021.</li></ol>"
        "<p>Written by Joe</p><p>Tags: gout, pain</p><p>Filed under: Joints</p>"
        "<p>Source: <a href='https://a.example/'>A guide</a></p>"
    )
    assert [one.text for one in fragment.references] == ["Smith B. Gout. 2021.", "Source: A guide"]
    assert [left.line for left in fragment.left_out] == [
        "Written by Joe",
        "Tags: gout, pain",
        "Filed under: Joints",
    ]
    assert fragment.topics == ("gout", "pain")
