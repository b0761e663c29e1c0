"""MJML to HTML: every mistake that mjml-python passes over in silence is an error that names it."""

from __future__ import annotations

import re

import pytest

from newsletter.errors import RenderError
from newsletter.rendering.mjml import MAX_DEPTH, compile_mjml, render_mjml


def mail(body: str) -> str:
    """A document with that body."""
    return f'<mjml lang="en" dir="ltr"><mj-head></mj-head><mj-body>{body}</mj-body></mjml>'


def column(content: str) -> str:
    """A document with that content in its one column."""
    return mail(f"<mj-section><mj-column>{content}</mj-column></mj-section>")


def text(content: str) -> str:
    """A document with that one text."""
    return column(f"<mj-text>{content}</mj-text>")


def refusal(source: str) -> str:
    """Why *source* is refused."""
    with pytest.raises(RenderError) as caught:
        compile_mjml(source, name="the letter")
    assert str(caught.value).startswith("the letter: ")
    return str(caught.value)


def test_a_sound_mail_becomes_html_with_all_it_says():
    html = compile_mjml(
        text('<p>Rest &amp; <a href="https://x.example/?a=1&amp;b=2">read on</a><br/>now</p>')
    )
    assert html.lstrip().lower().startswith("<!doctype html>")
    assert "Rest &amp; " in html
    assert 'href="https://x.example/?a=1&amp;b=2"' in html
    assert re.search(r'<html [^>]*lang="en"', html)


def test_no_font_is_fetched_from_anywhere():
    assert "fonts.googleapis" not in compile_mjml(
        column('<mj-text font-family="Roboto, Lato">Hello</mj-text>')
    )


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (column("<mj-foo>Hello</mj-foo>"), "<mj-foo> is not a tag our mails use"),
        (column('<mj-image src="x.png" />'), "<mj-image> is not"),
        (column("<div>Hello</div>"), "<div> in <mj-column> would be dropped"),
        (mail("<p>Hello</p>"), "<p> in <mj-body> would be dropped"),
        (
            mail("<mj-section><mj-text>Hello</mj-text></mj-section>"),
            "<mj-text> may not stand in <mj-section>",
        ),
        (mail("<mj-text>Hello</mj-text>"), "<mj-text> may not stand in <mj-body>"),
        (mail("<mj-column></mj-column>"), "<mj-column> may not stand in <mj-body>"),
        (text("<mj-button>Hello</mj-button>"), "<mj-button> may not stand in <mj-text>"),
        (column("<mj-raw><table></mj-raw>"), "<mj-raw> may not stand in <mj-column>"),
        (mail("<mj-raw><table></mj-raw>"), "<mj-raw> may not stand in <mj-body>"),
        (column("Hello"), "'Hello' in <mj-column> would be misplaced"),
        (mail("<mj-section>Hello</mj-section>"), "'Hello' in <mj-section>"),
        (mail("Hello"), "'Hello' in <mj-body>"),
        (column("<mj-text>a</mj-text><mj-divider />tail"), "'tail' in <mj-column>"),
        (column("<mj-text>Hello</mj-txt>"), "</mj-txt> closes <mj-text>"),
        (text("<p><b>Hello</p></b>"), "</p> closes <b>"),
        (text("<p>Hello"), "</mj-text> closes <p>"),
        (text("Hello</p>"), "</p> closes <mj-text>"),
        (text("Hello") + "</p>", "</p> closes nothing"),
        (text("Hello").removesuffix("</mjml>"), "<mjml> is never closed"),
        ("<mjml></mjml>", "holds no text"),
        (mail(""), "holds no text"),
        (text(" <br/> "), "holds no text"),
        ("", "holds no text"),
        ("Hello", "in <nothing>"),
        ("<p>Hello</p>", "<p> in <nothing> would be dropped"),
        (text("1 < 2"), "cannot be compiled"),
        (text("bell \x07"), "cannot be compiled"),
        (text("odd \ufffe"), "cannot be compiled"),
        (text("<![CDATA[x]]>Hello"), "cannot be compiled"),
        ('<?xml version="1.0"?>' + text("Hello"), "cannot be compiled"),
        ("<!DOCTYPE html>" + text("Hello"), "cannot be compiled"),
        (text("Hello<!-- a -- b -->"), "cannot be compiled"),
        (text("<p class=x>Hello</p>"), "cannot be compiled"),
        (column("<MJ-TEXT>Hello</MJ-TEXT>"), "uncompiled"),
        (
            mail("<!--[if mso]><mj-section><mj-column></mj-column></mj-section><![endif]-->") + "",
            "holds no text",
        ),
    ],
)
def test_what_would_be_lost_in_silence_is_refused_and_named(source, named):
    assert named in refusal(source)


BODIES = (
    "<mjml><mj-body>{}</mj-body><mj-body><mj-section><mj-column><mj-text>last</mj-text></mj-column>"
    "</mj-section></mj-body></mjml>"
)


def test_a_word_that_did_not_arrive_is_named():
    first = "<mj-section><mj-column><mj-text>paracetamol</mj-text></mj-column></mj-section>"
    assert "a word was lost: 'paracetamol'" in refusal(BODIES.format(first))


def test_a_link_that_did_not_arrive_is_named():
    source = mail(
        '<mj-section href="https://x.example"><mj-column><mj-text>a</mj-text></mj-column></mj-section>'
    )
    assert "a link was lost: 'https://x.example'" in refusal(source)


def test_mjml_in_a_conditional_comment_is_never_sent_as_markup():
    assert "uncompiled" in refusal(text("Hello<!--[if mso]><mj-section></mj-section><![endif]-->"))


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 20_000])
def test_nesting_that_would_kill_the_process_is_refused(depth):
    assert f"deeper than {MAX_DEPTH}" in refusal(text("<b>" * depth + "x" + "</b>" * depth))


def test_nesting_of_real_articles_is_fine():
    assert "deep" in compile_mjml(text("<ul><li>" * 10 + "deep" + "</li></ul>" * 10))


def test_a_template_with_an_undefined_name_is_refused():
    with pytest.raises(RenderError, match=r"confirm\.mjml\.j2: 'lang' is undefined"):
        render_mjml("confirm.mjml.j2", {})


def test_a_template_that_is_not_there_is_refused():
    with pytest.raises(RenderError, match=r"template gone\.mjml\.j2"):
        render_mjml("gone.mjml.j2", {})


def test_the_same_source_gives_the_same_bytes():
    source = text("<p>Hello</p>")
    assert compile_mjml(source) == compile_mjml(source)
