"""Contrast: the colours that a reader sees, whichever way the mail says them, in light and in dark."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.rendering.checks.contrast import faint
from newsletter.rendering.checks.mail import Mail
from newsletter.rendering.checks.style import colour, ratio
from tests.unit.factory import edition

DARK = "@media (prefers-color-scheme: dark)"


def faint_in(html: str, *, dark: bool = False) -> list[str]:
    return [words for words, _, _ in faint(Mail(html, ""), dark=dark)]


@pytest.mark.parametrize(
    ("one", "two", "wanted"),
    [
        ((0, 0, 0), (255, 255, 255), 21.0),
        ((119, 119, 119), (255, 255, 255), 4.48),
        ((255, 0, 0), (255, 255, 255), 4.0),
        ((18, 18, 18), (18, 18, 18), 1.0),
    ],
)
def test_ratios_are_those_of_the_standard(one, two, wanted):
    assert ratio(one, two) == ratio(two, one) == pytest.approx(wanted, abs=0.005)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("#fff", ((255, 255, 255), 1.0)),
        ("#1F2A2E", ((31, 42, 46), 1.0)),
        ("#00000080", ((0, 0, 0), pytest.approx(0.5, abs=0.01))),
        ("rgb(1, 2, 3)", ((1, 2, 3), 1.0)),
        ("rgba(1,2,3,.5)", ((1, 2, 3), 0.5)),
        ("rgb(1 2 3 / 50%)", ((1, 2, 3), 0.5)),
        ("White", ((255, 255, 255), 1.0)),
        ("transparent", ((0, 0, 0), 0.0)),
        ("url(a.png) no-repeat #123456", ((18, 52, 86), 1.0)),
        ("inherit", None),
        ("#12345", None),
    ],
)
def test_colours_are_read_however_they_are_written(said, wanted):
    assert colour(said) == wanted


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color:#777">x</p>',
        '<div style="color:#777"><p>x</p></div>',
        '<div style="background:#888"><p>x</p></div>'.replace("<p>", '<p style="color:#fff">'),
        '<table><tr><td bgcolor="#000">x</td></tr></table>',
        "<style>p { color: #777 }</style><p>x</p>",
        "<style>p { color: #000 } .a { color: #777 }</style><p class='a'>x</p>",
        "<style>p { color: #777 !important }</style><p style='color:#000'>x</p>",
        '<p style="color:rgba(0,0,0,.3)">x</p>',
        '<p style="color:#777;font-size:23px">x</p>',
        '<b style="color:#888;font-size:18px">x</b>',
        '<div style="background:#000"><a href="https://x.example">x</a></div>',
    ],
)
def test_faint_words_are_found(html):
    assert faint_in(html) == ["x"]


@pytest.mark.parametrize(
    "html",
    [
        "<p>x</p>",
        '<p style="color:#767676">x</p>',
        '<p style="color:#888;font-size:24px">x</p>',
        '<b style="color:#888;font-size:18.66px">x</b>',
        '<p style="color:#888;font-size:18pt">x</p>',
        '<div style="background:#000"><p style="color:#fff">x</p></div>',
        "<style>.a { color: #000 } p { color: #777 }</style><p class='a'>x</p>",
        "<style>p { color: #777 }</style><p style='color:#000'>x</p>",
        "<style>@media print { p { color: #fff } }</style><p>x</p>",
        '<p style="display:none;color:#fff">x</p>',
        '<p style="font-size:0;color:#fff">x</p>',
        f"<style>{DARK} {{ p {{ color: #fff !important }} }}</style><p>x</p>",
        "<style>p::nonsense( { color: #fff } p:::: { color: #fff }</style><p>x</p>",
    ],
)
def test_words_that_can_be_seen_are_none(html):
    assert faint_in(html) == []


def test_in_the_dark_its_rules_apply_over_the_others_where_they_are_important():
    page = '<body style="background-color:#fff"><p style="color:#000">x</p></body>'
    half = f"<style>{DARK} {{ body {{ background-color: #111 !important }} p {{ color: #eee }} }}</style>"
    assert faint_in(half + page, dark=True) == ["x"]
    assert faint_in(half + page) == []
    assert faint_in(half.replace("#eee", "#eee !important") + page, dark=True) == []


def test_a_part_that_no_dark_rule_reaches_is_found():
    page = '<div class="a">seen</div><div class="b">lost</div>'
    sheet = f"<style>{DARK} {{ body, .a {{ background: #111; color: #eee }} .b {{ color: #222 }} }}</style>"
    assert faint_in(sheet + page, dark=True) == ["lost"]


def test_a_style_sheet_for_the_dark_alone_counts_too():
    page = (
        '<style media="(prefers-color-scheme: dark)">body { background: #111; color: #222 }</style><p>x</p>'
    )
    assert (faint_in(page), faint_in(page, dark=True)) == ([], ["x"])


@pytest.mark.parametrize("dark", [False, True])
def test_the_example_letter_can_be_read(dark):
    assert faint_in(edition().html, dark=dark) == []


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(alphabet="<>psty le=\"':;{}#f0,@.()!-colr/", max_size=150))
def test_no_markup_stops_the_check(html):
    for dark in (False, True):
        faint_in(f"<style>{html}</style>{html}<p style='{html}'>x</p>", dark=dark)
