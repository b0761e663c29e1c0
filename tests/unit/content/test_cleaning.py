from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.content.cleaning import (
    INLINE_TAGS,
    MAX_DEPTH,
    clean_inline,
    clean_text,
    clean_title,
    escape_text,
    safe_url,
)

MARKUP = st.text(st.sampled_from("<>/=\"' abpisu&;#x0!-[]\n\u202e\u200b\x07"), max_size=80)


def parse(inline: str) -> ET.Element:
    return ET.fromstring(f"<p>{inline}</p>")  # noqa: S314 - our own output


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ("<b>bold</b> and <em>soft</em>", "<b>bold</b> and <em>soft</em>"),
        ("H<sub>2</sub>O and 10<sup>9</sup>", "H<sub>2</sub>O and 10<sup>9</sup>"),
        ("one<br>two", "one<br/>two"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("4&nbsp;mm", "4\u00a0mm"),
        ("<p>left open", "left open"),
        ("<script>alert(1)</script>text", "text"),
        ("<style>p{}</style><iframe src=x>y</iframe>text", "text"),
        ('<img src="https://tracker.example/p.gif">text', "text"),
        (
            '<a href="https://x.example/?a=1&b=2" onclick="x()">go</a>',
            '<a href="https://x.example/?a=1&amp;b=2">go</a>',
        ),
        ('<a href="javascript:alert(1)">go</a>', "go"),
        ('<a href="/relative">go</a>', "go"),
        ("<b></b>text", "text"),
        ("&#8238;turned &#7;round", "turned round"),
    ],
)
def test_only_safe_well_formed_markup_is_kept(found: str, kept: str) -> None:
    assert clean_inline(found) == kept


@given(MARKUP)
@example("<b>" * (MAX_DEPTH + 5) + "deep")
@example("<a href=x><a href=http://y>")
def test_whatever_comes_in_leaves_as_xhtml_of_allowed_elements(markup: str) -> None:
    cleaned = clean_inline(markup)
    tags = {element.tag for element in parse(cleaned).iter()} - {"p"}
    assert tags <= INLINE_TAGS
    assert not re.search("[\x00-\x08\u200b\u202e]", cleaned)


def test_very_deep_markup_becomes_text() -> None:
    assert clean_inline("<b><i>" * MAX_DEPTH + "deep & low" + "</i></b>" * MAX_DEPTH) == "deep &amp; low"


@given(st.text())
def test_any_text_can_be_escaped_into_xhtml(text: str) -> None:
    assert parse(escape_text(text)).text in (clean_text(text), None)


def test_titles_lose_invisible_characters_and_line_breaks() -> None:
    assert clean_title("\ufeffSickle\u200b cell\r\n\u202edisease\x07 ") == "Sickle cell disease"


def test_joiners_that_bangla_needs_stay_in_text() -> None:
    assert clean_text("ক্\u200cষ") == "ক্\u200cষ"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://x.example/a?b=1#c", True),
        (" HTTP://x.example ", True),
        ("ftp://x.example", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://x.example/a b", False),
        ('https://x.example/"onclick', False),
        ("http://[::1", False),
    ],
)
def test_only_whole_web_addresses_are_links(url: str, kept: bool) -> None:  # noqa: FBT001
    assert bool(safe_url(url)) is kept


@pytest.mark.parametrize("code", [0xE0041, 0xE007F, 0xE0001, 0x034F, 0x3164, 0xFFA0, 0x115F, 0x1160])
def test_a_title_hides_no_letters(code: int) -> None:
    assert clean_title(f"Gout{chr(code)} and {chr(code)} you") == "Gout and you"
