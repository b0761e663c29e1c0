"""Parity: what the HTML part says, the text part says; wrapping and added addresses do not matter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.article import Block, Item, ListBlock, Paragraph, Table, block_html
from newsletter.rendering.checks.parity import parity_gaps
from newsletter.rendering.plain_text import Links, block_text
from tests.unit.factory import edition

HREF = "https://x.example/a_(b)?c=1&d=2"
LINK = f'<a href="{HREF.replace("&", "&amp;")}">the guide</a>'


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Take 5\u00a0mg daily.</p>", "Take 5\nmg daily."),
        ("<p>Take <b>5</b> <i>mg</i>, then rest.</p>", "TAKE 5 MG, THEN REST."),
        ("<p>150 × 10<sup>9</sup>/L</p>", "150 × 10^9/L"),
        ("<p>37&#8239;°C</p>", "37 °C"),
        ("<p>1</p><p>day</p>", "1\n\nweek day"),
        ("<ul><li>One two<ul><li>nested 3 ml</li></ul></li></ul>", "- One\n  two\n  - nested 3\n    ml"),
        ("<ol start='9'><li>Rest.</li><li>Drink.</li></ol>", "9. Rest.\n10. Drink."),
        ("<ul><li><p>Rest.</p><p>Then walk.</p></li></ul>", "- Rest.\n  Then walk."),
        ("<ul><li>Rest.</li></ul>", "• Rest."),
        ("<ul><li>৫ দিন</li></ul>", "৫. ৫ দিন"),
        (
            "<table><tr><th>Dose</th></tr><tr><td>5 mg</td><td>2 days</td></tr></table>",
            "- Dose: 5 mg; 2 days",
        ),
        (f"<ul><li>See {LINK}, then rest.</li></ul>", f"- See the guide ({HREF}), then\n  rest."),
        (f"<ul><li>See {LINK}.</li></ul>", f"- See the guide [3].\n\n[3] {HREF}"),
        (f"<ul><li>See {LINK} 2 times.</li></ul>", f"- See the guide\n  [12] 2\n  times.\n\n[12] <{HREF}>"),
        ("<p>Call <a href='tel:+44111'>+44 111</a></p>", "Call +44 111"),
        ("<p><a href='mailto:a@x.example?subject=Hi'>Write</a></p>", "Write: a@x.example."),
        ("<p>co\u00adoperate 5\u200b mg</p>", "cooperate 5 mg"),
        ("<!-- 9 mg --><style>p{width:9px}</style><p title='9 > 8 mg'>x</p>", "x"),
        ("<p><a href='#top'>Top</a></p>", "Top"),
        ("", ""),
    ],
)
def test_what_differs_only_in_form_is_no_gap(html: str, text: str):
    assert parity_gaps(html, text) == ()


@pytest.mark.parametrize(
    ("html", "text", "gap"),
    [
        ("<p>Take 5 mg.</p>", "Take 5 ml.", "number: 5 mg"),
        ("<p>Take 5 mg.</p>", "Take 15 mg.", "number: 5 mg"),
        ("<p>Take 0.5 mg.</p>", "Take 05 mg.", "number: 0.5 mg"),
        ("<p>5 mg</p><p>5 mg</p>", "5 mg", "number: 5 mg"),
        ("<p>10<sup>9</sup></p>", "109", "number: 10^9"),
        ("<p>50 %</p>", "50", "number: 50 %"),
        ("<p>৫ মিগ্রা</p>", "৬ মিগ্রা", "number: ৫ মিগ্রা"),
        ("<ul><li>Rest.</li></ul>", "Do not Rest.", "list item: Rest."),
        ("<ul><li>Rest.</li><li>Rest.</li></ul>", "- Rest.", "list item: Rest."),
        ("<ul><li>Do not drive.</li></ul>", "- Do drive.", "list item: Do not drive."),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "- a\n", "list item: b"),
        ("<ul><li>One<p>and more</p></li></ul>", "- One", "list item: and more"),
        (f"<p>{LINK}</p>", "the guide", f"link: {HREF}"),
        ("<a href='https://x.example/a'>w</a>", "w (https://x.example/ab)", "link: https://x.example/a"),
        ("<a href='https://x.example/a'>w</a>", "https://x.example/a/b", "link: https://x.example/a"),
        ("<a href='@@UNSUBSCRIBE@@'>w</a>", "w", "link: @@UNSUBSCRIBE@@"),
        ("<a href='tel:112'>112</a>", "111", "link: tel:112"),
        ("<a href='mailto:a@x.example'>w</a>", "ba@x.example", "link: mailto:a@x.example"),
    ],
)
def test_what_the_text_lacks_is_named(html: str, text: str, gap: str):
    assert gap in parity_gaps(html, text)


def test_the_example_letter_says_the_same_in_both_parts():
    made = edition()
    assert parity_gaps(made.html, made.text) == ()


_WORDS = st.lists(
    st.sampled_from(
        ["Take", "5", "mg", "of", "it,", "10", "%", "twice.", "a-b-c", "ß", "[2]", "٣", "(x)", "1–2"]
    ),
    min_size=1,
    max_size=30,
).map(" ".join)
_INLINE = st.one_of(
    _WORDS,
    st.tuples(_WORDS, _WORDS).map(lambda two: f'{two[0]} <a href="https://x.example/y">{two[1]}</a>'),
    _WORDS.map(lambda words: f"{words}<sup>2</sup> <b>{words}</b>"),
)
_BLOCKS: st.SearchStrategy[Block] = st.recursive(
    st.one_of(
        _INLINE.map(lambda html: Paragraph(html=html)),
        st.tuples(_WORDS, _INLINE, _INLINE).map(lambda one: Table(header=one[:1], rows=(one[1:], one[:2]))),
    ),
    lambda inner: st.lists(st.tuples(_INLINE, st.lists(inner, max_size=2)), min_size=1, max_size=4).map(
        lambda items: ListBlock(
            ordered=len(items) % 2 == 0,
            items=tuple(Item(html=html, blocks=tuple(below)) for html, below in items),
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(_BLOCKS, min_size=1, max_size=4))
def test_whatever_blocks_an_article_has_our_text_part_says_all_of_them(blocks: list[Block]):
    html, links = "".join(block_html(block) for block in blocks), Links()
    text = "\n\n".join(block_text(block, links) for block in blocks)
    assert parity_gaps(html, f"{text}\n{links.told()}") == ()


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(alphabet="<>ali/ =\"'ph5&;[](){}x\n\u00a0", max_size=120), st.text(max_size=60))
def test_no_markup_stops_the_check(html: str, text: str):
    parity_gaps(html, text)
