"""MJML to HTML, refusing to lose anything on the way.

mjml-python (mrml) returns HTML without a word when a tag is unknown, in the wrong place or closed by
another one; the content is then gone or stands there as markup. So the source is linted against the tags
and parents that the templates may use, and after compiling every word and every link must have arrived,
in order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser

from jinja2 import Environment, TemplateError
from mjml import mjml2html

from newsletter.errors import RenderError
from newsletter.rendering.template import html_environment

#: Which parents each MJML tag may have; tags that are not here are not used by our templates.
PARENTS: dict[str, frozenset[str]] = {
    "mjml": frozenset({""}),
    "mj-head": frozenset({"mjml"}),
    "mj-title": frozenset({"mj-head"}),
    "mj-attributes": frozenset({"mj-head"}),
    "mj-all": frozenset({"mj-attributes"}),
    "mj-class": frozenset({"mj-attributes"}),
    "mj-breakpoint": frozenset({"mj-head"}),
    "mj-style": frozenset({"mj-head"}),
    "mj-body": frozenset({"mjml"}),
    "mj-wrapper": frozenset({"mj-body"}),
    "mj-section": frozenset({"mj-body", "mj-wrapper", "mj-attributes"}),
    "mj-column": frozenset({"mj-section", "mj-attributes"}),
    "mj-text": frozenset({"mj-column", "mj-attributes"}),
    "mj-button": frozenset({"mj-column", "mj-attributes"}),
    "mj-divider": frozenset({"mj-column", "mj-attributes"}),
    "mj-raw": frozenset({"mj-head"}),
}
#: Deeper nesting than any real article; 20,000 levels would kill the process (a stack overflow in mrml).
MAX_DEPTH = 60

_VOID = frozenset(
    {"br", "hr", "img", "meta", "link", "input", "col", "mj-breakpoint", "mj-divider", "mj-all"}
)
#: Where text and HTML may stand; anywhere else they are dropped, or come out in front of the mail.
_CONTENT = frozenset({"mj-text", "mj-button", "mj-raw", "mj-style", "mj-title"})
_LEFT_OVER = re.compile(r"</?mj-[a-z]+", re.IGNORECASE)
_SILENT = frozenset({"mj-head", "head", "style", "title"})


def render_mjml(template: str, context: Mapping[str, object]) -> str:
    """Render the MJML *template* of templates/email with *context* to one HTML document.

    Raises:
        RenderError: a name is undefined, the MJML is not what our templates may use, or the HTML lost
            a word or a link of it.
    """
    try:
        source = _templates().get_template(template).render(context)
    except TemplateError as error:
        raise RenderError(f"template {template}", str(error), "Mend the template.") from error
    except RecursionError as error:
        raise RenderError(
            f"template {template}", "the text is nested deeper than can be rendered", "Flatten the text."
        ) from error
    return compile_mjml(source, name=template)


@cache
def _templates() -> Environment:
    """Made once: compiling the templates takes most of the time of a mail."""
    return html_environment("email")


def compile_mjml(source: str, *, name: str = "mail") -> str:
    """Compile MJML *source*, or raise RenderError naming what would be lost."""
    wanted = _read(source, name=name, lint=True)
    if not wanted.words:
        raise RenderError(name, "holds no text", "Mend the template.")
    try:
        html: str = mjml2html(source, fonts={})
    except ValueError as error:
        raise RenderError(name, f"MJML cannot be compiled: {error}", "Mend the template.") from error
    left_over = _LEFT_OVER.search(html)
    if left_over:
        raise RenderError(name, f"{left_over[0]}> came out uncompiled", "Mend the template.")
    got = _read(html, name=name, lint=False)
    for what, before, after in (("word", wanted.words, got.words), ("link", wanted.links, got.links)):
        lost = _first_difference(before, after)
        if lost is not None:
            raise RenderError(name, f"a {what} was lost: {lost!r}", "Mend the template or the text.")
    return html


def _first_difference(before: list[str], after: list[str]) -> str | None:
    for index, word in enumerate(before):
        if index >= len(after) or after[index] != word:
            return word
    return after[len(before)] if len(after) > len(before) else None


def _read(markup: str, *, name: str, lint: bool) -> _Reader:
    reader = _Reader(name, lint=lint)
    reader.feed(markup)
    reader.close()
    if lint and reader.open_tags:
        raise RenderError(name, f"<{reader.open_tags[-1]}> is never closed", "Mend the template.")
    return reader


class _Reader(HTMLParser):
    """Collects the words and links a reader would see; on MJML it also checks tags and parents."""

    def __init__(self, name: str, *, lint: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.name = name
        self.lint = lint
        self.words: list[str] = []
        self.links: list[str] = []
        self.open_tags: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.lint:
            self._check(tag)
        if tag not in _VOID:
            self.open_tags.append(tag)
            self._silent += tag in _SILENT
            if len(self.open_tags) > MAX_DEPTH and self.lint:
                raise RenderError(self.name, f"nested deeper than {MAX_DEPTH} levels", "Flatten the text.")
        if not self._silent:
            self.links += [value or "" for key, value in attrs if key == "href"]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self.lint and (not self.open_tags or self.open_tags[-1] != tag):
            opened = f"<{self.open_tags[-1]}>" if self.open_tags else "nothing"
            raise RenderError(self.name, f"</{tag}> closes {opened}", "Mend the template.")
        if tag in self.open_tags:
            while self.open_tags:
                closed = self.open_tags.pop()
                self._silent -= closed in _SILENT
                if closed == tag:
                    break

    def handle_data(self, data: str) -> None:
        if self.lint and data.strip() and self._parent() not in _CONTENT:
            said, where = data.split(maxsplit=1)[0], self._parent() or "nothing"
            raise RenderError(self.name, f"{said!r} in <{where}> would be misplaced", "Put it into mj-text.")
        if not self._silent:
            self.words += data.split()

    def _parent(self) -> str:
        """The innermost MJML tag that is open."""
        return next((opened for opened in reversed(self.open_tags) if opened.startswith("mj")), "")

    def _check(self, tag: str) -> None:
        parent = self._parent()
        if tag.startswith("mj"):
            if tag not in PARENTS:
                raise RenderError(self.name, f"<{tag}> is not a tag our mails use", "Mend the template.")
            if parent not in PARENTS[tag]:
                raise RenderError(self.name, f"<{tag}> may not stand in <{parent}>", "Mend the template.")
        elif parent not in _CONTENT:
            raise RenderError(
                self.name, f"<{tag}> in <{parent or 'nothing'}> would be dropped", "Put it into mj-text."
            )
