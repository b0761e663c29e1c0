"""MJML to HTML: every mistake that mjml-python passes over in silence is an error that names it."""

from __future__ import annotations

import re

import pytest

from newsletter.rendering.lint import ATTRIBUTES, MAX_DEPTH, PARENTS
from newsletter.rendering.mail import render_mail
from newsletter.rendering.mjml import compile_mjml, finished
from newsletter.wording import wording_of


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
    """What is wrong with *source*."""
    return "; ".join(compile_mjml(source)[1])


def compiled(source: str) -> str:
    """The HTML of *source*, which is sound."""
    html, errors = compile_mjml(source)
    assert errors == ()
    return html


def test_a_sound_mail_becomes_html_with_all_it_says():
    html = compiled(text('<p>Rest &amp; <a href="https://x.example/?a=1&amp;b=2">read on</a><br/>now</p>'))
    assert html.lstrip().lower().startswith("<!doctype html>")
    assert "Rest &amp; " in html
    assert 'href="https://x.example/?a=1&amp;b=2"' in html
    assert re.search(r'<html [^>]*lang="en"', html)


def test_no_font_is_fetched_from_anywhere():
    assert "fonts.googleapis" not in compiled(column('<mj-text font-family="Roboto, Lato">Hello</mj-text>'))


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (column("<mj-foo>Hello</mj-foo>"), "<mj-foo> is not a tag our mails use"),
        (column("<mj-social />"), "<mj-social> is not"),
        (column('<mj-image src="x.png" />'), "<mj-image> needs alt"),
        (column('<mj-text role="note">Hello</mj-text>'), "<mj-text> does not take role"),
        (mail('<mj-section href="https://x.example"></mj-section>'), "<mj-section> does not take href"),
        (text("<form>Hello</form>"), "<form> has no place in a mail"),
        (text("<p onclick='x()'>Hello</p>"), "<p> may not say onclick"),
        (text("Hello<img src='a.png' />"), "<img> needs alt"),
        (text("Hello<img src='a.png' alt='' srcset='b.png 2x' />"), "<img> may not say srcset"),
        (text("<table><tr><td background='x.gif'>Hello</td></tr></table>"), "<td> may not say background"),
        (text("<p style='background:url(https://t.example/p.gif)'>Hello</p>"), "would fetch something"),
        (
            text("Hello").replace(
                "<mj-head></mj-head>", "<mj-head><mj-style>@import 'x.css';</mj-style></mj-head>"
            ),
            "a style with @import would fetch something",
        ),
        (text("Hello &nothing;"), "&nothing; is no character"),
        (column("<div>Hello</div>"), "<div> in <mj-column> would be dropped"),
        (mail("<p>Hello</p>"), "<p> in <mj-body> would be dropped"),
        (
            mail("<mj-section><mj-text>Hello</mj-text></mj-section>"),
            "<mj-text> may not stand in <mj-section>",
        ),
        (mail("<mj-text>Hello</mj-text>"), "<mj-text> may not stand in <mj-body>"),
        (mail("<mj-column></mj-column>"), "<mj-column> may not stand in <mj-body>"),
        (text("<mj-button>Hello</mj-button>"), "<mj-button> may not stand in <mj-text>"),
        (column("<mj-raw><table></mj-raw>"), "<mj-raw> is not a tag our mails use"),
        (mail("<mj-raw><table></mj-raw>"), "<mj-raw> is not a tag our mails use"),
        (column("Hello"), "'Hello' in <mj-column> would be misplaced"),
        (mail("<mj-section>Hello</mj-section>"), "'Hello' in <mj-section>"),
        (mail("Hello"), "'Hello' in <mj-body>"),
        (column("<mj-text>a</mj-text><mj-divider />tail"), "'tail' in <mj-column>"),
        (column("<mj-text>Hello</mj-txt>"), "line 1: mismatched tag"),
        (text("<p><b>Hello</p></b>"), "mismatched tag"),
        (text("<p>Hello"), "mismatched tag"),
        (text("Hello</p>"), "mismatched tag"),
        (text("Hello") + "</p>", "not well-formed"),
        (text("Hello").removesuffix("</mjml>"), "no element found"),
        ("<mjml></mjml>", "holds no text"),
        (mail(""), "holds no text"),
        (text(" <br/> "), "holds no text"),
        ("", "no element found"),
        ("Hello", "syntax error"),
        ("<p>Hello</p>", "<p> in <nothing> would be dropped"),
        (text("1 < 2"), "not well-formed"),
        (text("bell \x07"), "not well-formed"),
        (text("odd \ufffe"), "not well-formed"),
        (text("<![CDATA[x]]>Hello"), "cannot be compiled"),
        ('<?xml version="1.0"?>' + text("Hello"), "cannot be compiled"),
        ("<!DOCTYPE html>" + text("Hello"), "has no DOCTYPE"),
        (text("Hello<!-- a -- b -->"), "not well-formed"),
        (text("<p class=x>Hello</p>"), "not well-formed"),
        (column("<MJ-TEXT>Hello</MJ-TEXT>"), "<MJ-TEXT> in <mj-column> would be dropped"),
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
    button = '<mj-button href="https://x.example">last</mj-button>'
    first = f"<mj-section><mj-column>{button}</mj-column></mj-section>"
    assert "a link was lost: 'https://x.example'" in refusal(BODIES.format(first))


def test_characters_that_html_names_may_be_written_by_name():
    assert "5\u00a0mg" in compiled(text("5&nbsp;mg")).replace("&nbsp;", "\u00a0")


@pytest.mark.parametrize("tag", sorted(PARENTS))
def test_every_tag_has_its_attributes_listed(tag):
    assert tag in ATTRIBUTES


def test_what_the_compiler_leaves_undone_is_done():
    html = finished(
        '<html><head><title>x</title></head><body><img src="a"><img src="b" alt="B">'
        '<table><tr><td>lay</td></tr></table><table class="d"><tr><th>Dose</th></tr></table>'
        '<table role="presentation"><tr><td><table><tr><td>in</td></tr></table></td></tr></table>'
        "</body></html>"
    )
    assert '<img src="a">' in html  # what a picture says only its author knows: lint and preflight ask
    assert '<img src="b" alt="B">' in html
    assert html.count('role="presentation"') == 3
    assert '<table class="d">' in html
    assert html.count('name="color-scheme" content="light dark"') == 1
    assert finished(html) == html


def test_outlook_still_gets_its_own_tables():
    html = compiled(text("<p>Hello</p>"))
    opened = re.findall(r"<!--\[if [^\]]*\]>", html)
    assert len(opened) == html.count("<![endif]-->")
    assert any("mso" in one for one in opened)
    assert "<![endif]--><!--[if mso | IE]>" not in html


def test_mjml_in_a_conditional_comment_is_never_sent_as_markup():
    assert "uncompiled" in refusal(text("Hello<!--[if mso]><mj-section></mj-section><![endif]-->"))


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 20_000])
def test_nesting_that_would_kill_the_process_is_refused(depth):
    assert f"deeper than {MAX_DEPTH}" in refusal(text("<b>" * depth + "x" + "</b>" * depth))


def test_nesting_of_real_articles_is_fine():
    assert "deep" in compiled(text("<ul><li>" * 10 + "deep" + "</li></ul>" * 10))


def test_a_template_with_an_undefined_name_is_named_with_its_line():
    parts = render_mail("notice", {}, wording=wording_of())
    assert (
        parts.errors[0] == "template blocks/head.mjml.j2, line 2: UndefinedError: 'head_title' is undefined"
    )
    assert "This mail cannot be made" in parts.html
    assert "&#x27;head_title&#x27; is undefined" in parts.html


def test_a_template_that_is_not_there_is_named():
    assert "gone.mjml.j2" in render_mail("gone", {}, wording=wording_of()).errors[0]


def test_the_same_source_gives_the_same_bytes():
    source = text("<p>Hello</p>")
    assert compile_mjml(source) == compile_mjml(source)
