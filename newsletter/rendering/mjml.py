"""MJML to HTML, refusing to lose anything on the way.

mjml-python (mrml) returns HTML without a word when a tag is unknown, in the wrong place or closed by
another one; the content is then gone or stands there as markup. So the source is linted first (lint.py),
and after compiling every word and every link must have arrived, in order. What mrml does not do is done in
one pass at the end.
"""

from __future__ import annotations

import re

from mjml import mjml2html
from selectolax.lexbor import LexborHTMLParser

from newsletter.rendering.lint import read_mjml

_LEFT_OVER = re.compile(r"</?mj-[a-z]+", re.IGNORECASE)
#: What mrml writes between two things that only Outlook sees; it says nothing (2 % of a mail).
_SEAM = re.compile(r"<!\[endif\]--><!--\[if mso \| IE\]>")
#: mrml gives its own tables a role, and none to mj-table and to tables in mj-text.
_TABLE_WITHOUT_ROLE = re.compile(
    r"<table(?![^>]*\srole=)[^>]*>(?:(?!</?table).)*?(?:</table>|(?=<table))", re.DOTALL
)
#: Apple Mail and Thunderbird show their dark scheme only to mails that say they have one; no telephone
#: number is to be guessed and linked by the mail program.
_SCHEMES = (
    '<meta name="color-scheme" content="light dark">'
    '<meta name="supported-color-schemes" content="light dark">'
    '<meta name="format-detection" content="telephone=no">'
)


def compile_mjml(source: str) -> tuple[str, tuple[str, ...]]:
    """Compile MJML *source*: the HTML, and what is wrong with it. An HTML with errors must not be sent.

    The HTML is empty when nothing could be compiled.
    """
    wanted = read_mjml(source)
    if wanted.errors:
        return "", wanted.errors
    if not wanted.words:
        return "", ("it holds no text",)
    try:
        html: str = mjml2html(source, fonts={})
    except ValueError as error:
        return "", (f"MJML cannot be compiled: {error}",)
    left_over = _LEFT_OVER.search(html)
    if left_over:
        return html, (f"{left_over[0]}> came out uncompiled",)
    words, links = _read_html(html)
    lost = [
        f"a {what} was lost: {difference!r}"
        for what, before, after in (("word", wanted.words, words), ("link", wanted.links, links))
        if (difference := _first_difference(before, after)) is not None
    ]
    return finished(html), tuple(lost)


def finished(html: str) -> str:
    """What mrml does not do: the schemes, and a role on every table for layout.

    mrml forgets ``alt`` on the images of mj-social and mj-carousel alone, which are not on our list; an image
    of an operator's without one is an error (lint.py), for only who put it there knows what it says.
    """
    html = _SEAM.sub("", html)
    html = _TABLE_WITHOUT_ROLE.sub(_with_role, html)
    if 'name="color-scheme"' not in html:
        html = html.replace("<head>", f"<head>{_SCHEMES}", 1)
    return html


def _with_role(match: re.Match[str]) -> str:
    """A table without headers lays something out; one with headers says so by itself."""
    table = match[0]
    return table if "<th" in table else table.replace("<table", '<table role="presentation"', 1)


def _first_difference(before: list[str], after: list[str]) -> str | None:
    for word, got in zip(before, after, strict=False):
        if word != got:
            return word
    if len(before) > len(after):
        return before[len(after)]
    return after[len(before)] if len(after) > len(before) else None


def _read_html(html: str) -> tuple[list[str], list[str]]:
    """The words and links that a reader would see."""
    tree = LexborHTMLParser(html)
    body = tree.body
    if body is None:
        return [], []
    links = [node.attributes.get("href") or "" for node in body.css("[href]")]
    return body.text(deep=True, separator=" ").split(), links
