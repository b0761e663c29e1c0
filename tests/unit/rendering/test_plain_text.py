"""The plain part: written, not converted; nothing that the HTML part says is missing."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.article import Block, Item, ListBlock, Paragraph, Table, block_html, plain_text
from newsletter.rendering.plain_text import WIDTH, Links, wrap
from newsletter.rendering.plain_text import block_text as told
from tests.unit.factory import bullets, paragraph, table


def block_text(block: Block) -> str:
    """A block with the addresses of its links below it."""
    links = Links()
    return f"{told(block, links)}\n{links.told()}".rstrip("\n")


def test_a_paragraph_is_wrapped_at_72_and_says_the_same_words():
    text = block_text(paragraph(60))
    assert WIDTH == 72
    assert max(len(line) for line in text.splitlines()) <= 72
    assert text.split() == paragraph(60).plain().split()


def test_an_address_is_never_broken():
    address = "https://clinic.example/" + "a-b/" * 40
    assert address in wrap(f"Read on at {address} today.").splitlines()


def test_entities_and_tags_do_not_show():
    assert block_text(paragraph("Tom &amp; <b>Jerry</b>, 1 &lt; 2<br/>next")) == "Tom & Jerry, 1 < 2 next"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            'Read <a href="https://x.example/?a=1&amp;b=2">the guide</a>.',
            "Read the guide [1].\n[1] https://x.example/?a=1&b=2",
        ),
        ('Read <a href="https://x.example">https://x.example</a>.', "Read https://x.example."),
        ('Read <a href="https://x.example"><b>this</b></a>.', "Read this [1].\n[1] https://x.example"),
        ('<a rel="nofollow" href="https://x.example">this</a>', "this [1]\n[1] https://x.example"),
        ('<a href="https://x.example"></a>', "https://x.example"),
        (
            '<a href="https://a.example">a</a> <a href="https://b.example">b</a>',
            "a [1] b [2]\n[1] https://a.example\n[2] https://b.example",
        ),
    ],
)
def test_a_link_has_a_number_and_its_address_below(html, text):
    assert block_text(paragraph(html)) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("5 × 10<sup>9</sup>/L", "5 × 10^9/L"),
        ("10<sup>-3</sup>", "10^-3"),
        ("kg/m<sup>2</sup>", "kg/m2"),
        ("CO<sub>2</sub>", "CO2"),
        ("H<sub>2</sub>O", "H2O"),
        ("the 1<sup>st</sup> day", "the 1st day"),
    ],
)
def test_a_power_does_not_become_another_number(html, text):
    assert block_text(paragraph(html)) == text
    assert block_text(bullets(html)) == f"- {text}"


def test_a_list_has_dashes_and_hanging_lines():
    lines = block_text(bullets("word " * 30, "short")).splitlines()
    assert lines[0].startswith("- word")
    assert lines[1].startswith("  word")
    assert lines[-1] == "- short"


def test_a_numbered_list_counts_from_its_start():
    assert block_text(bullets("a", "b", ordered=True, start=9)) == "9. a\n10. b"


def test_a_link_met_again_keeps_its_number_and_is_told_once():
    links = Links()
    first = told(paragraph('<a href="https://x.example">a</a>'), links)
    assert (first, links.told()) == ("a [1]", "[1] https://x.example")
    both = paragraph('<a href="https://x.example">a</a> <a href="https://y.example">b</a>')
    assert (told(both, links), links.told()) == ("a [1] b [2]", "[2] https://y.example")


def test_an_items_label_stands_before_its_text():
    items = (Item(label="Trauma", html="a fall"), Item(label="Age", html=""))
    assert block_text(ListBlock(ordered=False, items=items)) == "- Trauma: a fall\n- Age:"


def test_nested_lists_paragraphs_and_tables_are_indented_under_their_item():
    inner = bullets("x", "y", ordered=True)
    outer = ListBlock(
        ordered=False,
        items=(Item(html="a", blocks=(inner, paragraph("p"), table(("h",), ("c",)))), Item(html="b")),
    )
    assert block_text(outer) == "- a\n  1. x\n  2. y\n  p\n  h\n  -\n  c\n- b"


def test_an_item_that_holds_only_a_nested_list_keeps_its_number():
    outer = ListBlock(ordered=True, items=(Item(html="", blocks=(bullets("x"),)), Item(html="b")))
    assert block_text(outer) == "1.\n   - x\n2. b"


def test_a_table_stands_in_columns():
    made = table(("Dose", "When"), ("1", "noon"), ("2 <b>tablets</b>", "night"))
    assert block_text(made) == ("Dose       When\n---------  -----\n1          noon\n2 tablets  night")
    assert block_text(table((), ("1", "noon"))) == "1  noon"


def test_marks_that_take_no_room_do_not_bend_the_columns():
    composed, apart = "é", "e\u0301"
    assert block_text(table((f"r{composed}sum{apart}", "x"), ("1", "y"))).splitlines()[1:] == [
        "------  -",
        "1       y",
    ]


def test_a_table_too_wide_for_columns_says_each_row_with_its_headings():
    wide = "x" * 40
    assert block_text(table(("Dose", "When"), (wide, wide), ("2", "night"))).replace("\n  ", " ") == (
        f"- Dose: {wide}; When: {wide}\n- Dose: 2; When: night"
    )


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (table(("Dose",), ("1", "noon", "7")), "- Dose: 1; noon; 7"),
        (table(("Dose", "When"), ("1",)), "- Dose: 1; When: –"),
        (table(("Dose", "When")), "Dose  When\n----  ----"),
        (table(("Dose", ""), ("1", "")), "Dose\n----\n1"),
    ],
)
def test_a_ragged_table_loses_no_cell(made, text):
    assert block_text(made) == text


_words = st.lists(st.text(string.ascii_letters + string.digits + "éß中", min_size=1, max_size=9), max_size=12)
_inline = _words.map(" ".join)
_link = st.builds(
    lambda path, said: f'<a href="https://x.example/{path}">{said}</a>', st.integers(0, 99), _inline
)
_html = st.lists(st.one_of(_inline, _link), max_size=4).map(" ".join)
_paragraphs = st.builds(Paragraph, html=_html)
_tables = st.builds(
    Table,
    header=st.lists(_html, max_size=3).map(tuple),
    rows=st.lists(st.lists(_html, max_size=3).map(tuple), max_size=3).map(tuple),
)


def _lists(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    items = st.builds(
        Item, label=st.sampled_from(["", "Age 40"]), html=_html, blocks=st.lists(inner, max_size=2).map(tuple)
    )
    made = st.builds(
        ListBlock,
        ordered=st.booleans(),
        start=st.integers(1, 30),
        items=st.lists(items, max_size=3).map(tuple),
    )
    return st.one_of(inner, made)


@settings(max_examples=60, deadline=None)
@given(st.recursive(st.one_of(_paragraphs, _tables), _lists, max_leaves=6))
def test_every_word_number_and_link_of_the_html_is_in_the_text(block):
    html, text = block_html(block), block_text(block)
    said = set(re.findall(r"\w+", text))
    for word in re.findall(r"\w+", plain_text(html.replace("<", " <"))):
        assert word in said
    for address in re.findall(r'href="([^"]*)"', html):
        assert address in text
    for line in text.splitlines():
        assert len(line) <= WIDTH or len(line.split()) <= 3
